"""Asking a server whose address somebody else chose. Its library is loaded with the first question."""

import asyncio
import contextlib
import logging
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from channel import __version__
from channel.errors import Invalid, Unavailable
from channel.outside.target import Target

if TYPE_CHECKING:
    import ssl

    import httpcore2

    from channel.outside.kept import Kept
    from channel.outside.wire import Connect, Resolve

MAX_BYTES: Final = 5 * 1024 * 1024
HEAD_BYTES: Final = 256 * 1024  # what headers, frames and TLS may take besides
LONGEST_S: Final = 10.0  # in all: names, connections, redirects, the body
MAX_REDIRECTS: Final = 3
REDIRECTS: Final = (301, 302, 303, 307, 308)
GZIP: Final = 16 + zlib.MAX_WBITS
Writing = Literal["POST", "PUT", "PATCH", "DELETE"]

log = logging.getLogger("channel.outside")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. `url`: the one that said it, after redirects; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def kind(self) -> str:
        """The media type, lower case, without parameters; empty when nothing was said."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class _Question:
    method: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    most_bytes: int
    cut: bool
    kinds: Sequence[str]
    keep: bool = False


class Outside:
    """`own` is our public host, which nobody makes us ask.

    `resolve`, `connect` and `trust` are for tests, which have no internet: whatever they say, an address that is not
    public is refused before `connect` is called. No setting leads here.
    """

    def __init__(
        self,
        own: str,
        *,
        resolve: "Resolve | None" = None,
        connect: "Connect | None" = None,
        trust: "ssl.SSLContext | None" = None,
    ) -> None:
        self._own = own.lower().removesuffix(".")
        self._resolve = resolve
        self._connect = connect
        self._trust = trust
        self._kept: Kept | None = None

    async def get(
        self,
        url: str,
        *,
        accept: str = "*/*",
        kinds: Sequence[str] = (),
        most_bytes: int = MAX_BYTES,
        cut: bool = False,
    ) -> Answer:
        """Ask for `url`, following at most three redirects; the body is unpacked, at most `most_bytes` of it.

        `cut`: a longer body is cut off there, and else refused. `kinds`: the media types that are wanted; the body of
        another one is not read, nor that of a failure. Raises Invalid (url) for what will not get better,
        Unavailable for what may; neither says what there is at an address that is not public.
        """
        headers = (("Accept", accept), ("Accept-Encoding", "gzip"))
        return await self._timed(url, _Question("GET", headers, None, min(most_bytes, MAX_BYTES), cut, kinds))

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        most_bytes: int = 64 * 1024,
        keep: bool = False,
        method: Writing = "POST",
    ) -> Answer:
        """Hand `body` over. A redirect is an answer like others: what is meant for one server is not given to another.

        `keep`: the connection stays open for more of the kind, until `rest` or for a few seconds. Raises as `get`.
        """
        given = (*headers.items(), ("Content-Length", str(len(body))))
        most_bytes = min(most_bytes, MAX_BYTES)
        return await self._timed(url, _Question(method, given, body, most_bytes, True, (), keep))

    async def rest(self) -> None:
        """There is nothing more to ask for now: let go of what was kept."""
        if self._kept is not None:
            await self._kept.close()

    async def _timed(self, url: str, question: _Question) -> Answer:
        try:
            async with asyncio.timeout(LONGEST_S):
                return await self._follow(Target.parse(url), question)
        except TimeoutError as error:
            raise _away() from error

    async def _follow(self, target: Target, question: _Question) -> Answer:
        for _ in range(MAX_REDIRECTS + 1):
            if target.host == self._own:
                raise Invalid(url="This is our own address. Link to it, and nobody need ask.")
            answer = await self._ask(target, question)
            location = answer.headers.get("location")
            if question.method != "GET" or answer.status not in REDIRECTS or not location:
                return answer
            target = target.leads_to(location)
        raise Invalid(url="This page leads to another one again and again.")

    async def _ask(self, target: Target, question: _Question) -> Answer:
        import httpcore2

        try:
            if question.keep:
                # A server may hang up just when a kept line is used again: then it is asked once more, on a fresh one.
                with contextlib.suppress(
                    httpcore2.ReadError, httpcore2.WriteError, httpcore2.RemoteProtocolError
                ):
                    return await self._say(self._lines(), target, question)
            async with self._line(question.most_bytes + HEAD_BYTES) as line:
                return await self._say(line, target, question)
        except (httpcore2.NetworkError, httpcore2.TimeoutException, httpcore2.ProtocolError) as error:
            # Why is for nobody who asked: an open port must not differ from a closed one.
            log.info("%s did not answer as it should (%s)", target.host, type(error).__name__)
            raise _away() from error

    async def _say(
        self, line: "httpcore2.AsyncConnectionPool | Kept", target: Target, question: _Question
    ) -> Answer:
        async with line.stream(
            question.method, _address(target), headers=_headers(target, question, self._own),
            content=question.body, extensions={"timeout": dict.fromkeys(_PARTS, LONGEST_S)},
        ) as response:  # fmt: skip
            return await _read(target, question, response)

    def _line(self, most_bytes: int) -> "httpcore2.AsyncConnectionPool":
        """For one question."""
        import httpcore2

        from channel.outside import wire

        backend = wire.Wire(self._resolve or wire.look_up, self._connect or wire.connect, most_bytes)
        return httpcore2.AsyncConnectionPool(network_backend=backend, ssl_context=self._context())

    def _lines(self) -> "Kept":
        from channel.outside import wire
        from channel.outside.kept import Kept

        if self._kept is None:
            self._kept = Kept(self._resolve or wire.look_up, self._connect or wire.connect, self._context())
        return self._kept

    def _context(self) -> "ssl.SSLContext":
        from httpcore2 import default_ssl_context

        if self._trust is None:
            self._trust = default_ssl_context(_trust_env=False)
        return self._trust


_PARTS: Final = ("connect", "read", "write", "pool")


def _address(target: Target) -> "httpcore2.URL":
    import httpcore2

    scheme, host, path = (part.encode("ascii") for part in (target.scheme, target.host, target.path))
    return httpcore2.URL(scheme=scheme, host=host, port=target.port, target=path)


def _headers(target: Target, question: _Question, own: str) -> list[tuple[str, str]]:
    agent = f"Channel/{__version__} (+https://{own}/)"
    ends = [] if question.keep else [("Connection", "close")]
    return [("Host", target.netloc), ("User-Agent", agent), *ends, *question.headers]


def _away() -> Unavailable:
    return Unavailable("That address does not answer as it should. Try again later.")


async def _read(target: Target, question: _Question, response: "httpcore2.Response") -> Answer:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
    answer = Answer(target.url, response.status, headers, b"")
    if question.method == "GET" and (response.status >= 300 or not _wanted(answer, question.kinds)):
        return answer
    encoding = headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise Invalid(url="This page comes packed in a way that was not asked for.")
    body = _Body(question, zlib.decompressobj(GZIP) if encoding.endswith("gzip") else None)
    async for chunk in response.aiter_stream():
        if not body.take(chunk):
            break
    return Answer(target.url, response.status, headers, bytes(body.read))


def _wanted(answer: Answer, kinds: Sequence[str]) -> bool:
    return not kinds or answer.kind in kinds


class _Body:
    """What was read of a body. Counted is what it unpacks to, and never more of it is unpacked than is wanted."""

    def __init__(self, question: _Question, packed: Any) -> None:
        self.read = bytearray()
        self._question = question
        self._packed = packed

    def take(self, chunk: bytes) -> bool:
        """Add a piece; False when there is enough of it. Raises Invalid (url) beyond what is allowed."""
        room = self._question.most_bytes - len(self.read)
        try:
            more = chunk if self._packed is None else self._packed.decompress(chunk, room + 1)
        except zlib.error as error:
            raise Invalid(url="What this page sent cannot be unpacked.") from error
        self.read += more[:room]
        if len(more) <= room:
            return True
        if not self._question.cut:
            raise Invalid(url="What is there is too large to be taken.")
        return False
