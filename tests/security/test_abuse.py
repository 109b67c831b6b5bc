"""T25: shapes of uploads that mean harm, ten of each at once: refused, in bounded memory, and nothing is left of them."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from channel import accounts, members
from channel.accounts import sessions
from channel.app import build
from channel.media.model import Media
from channel.media.queries import many
from channel.media.tables import media, uploads
from channel.routing import Services
from channel.server import Limits, listen, run, serve
from channel.settings import Settings
from tests.media import peak
from tests.security import shapes
from tests.security.shapes import SHAPES, Shape, request_of, within
from tests.server.site import eventually, open_sockets

AT_ONCE = 10
MOST_GROWN_BYTES = 64 * 1024 * 1024
PATIENCE_S = 60
T = TypeVar("T")


class Target:
    """The whole app on our own server, in a thread; `cookie` is that of Anna, who owns @anna."""

    def __init__(self, folder: Path) -> None:
        self.sock = listen("127.0.0.1", 0)
        self.port: int = self.sock.getsockname()[1]
        self.host = f"127.0.0.1:{self.port}".encode()
        self.folder = folder
        self.settings = Settings(data=folder, url=f"http://{self.host.decode()}", limit_scale=10_000)
        self.app: Starlette = build(self.settings)
        self.cookie = b""
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            quick = Limits(linger_s=1.5, close_s=1.0, tick_s=0.05)
            self._task = asyncio.create_task(
                serve(self.app, self.sock, limits=quick, on_ready=self._ready.set)
            )
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

        run(main())

    def __enter__(self) -> "Target":
        self._thread.start()
        assert self._ready.wait(PATIENCE_S)
        self.cookie = b"channel=" + self.run(_anna).encode()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(PATIENCE_S)

    def run(self, work: Callable[[Services], Awaitable[T]]) -> T:
        async def working() -> T:
            return await work(self.app.state.services)

        return asyncio.run_coroutine_threadsafe(working(), self._loop).result(PATIENCE_S)

    def left(self) -> list[str]:
        """What of uploads lies about: half files, folders to work in, rows."""
        folders = (self.folder / "uploads", self.folder / "scratch")
        files = [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]

        async def work(services: Services) -> list[str]:
            async with services.db.read() as tx:
                return [row.id for row in await tx.all(select(uploads.c.id))]

        return files + self.run(work)

    def known(self) -> list[Media]:
        """Every medium there is, the newest last."""

        async def work(services: Services) -> list[Media]:
            async with services.db.read() as tx:
                ids = [row.id for row in await tx.all(select(media.c.id).order_by(media.c.id))]
                return [*(await many(tx, ids)).values()]

        return self.run(work)

    async def settled(self) -> bool:
        """Whether nothing is left, once the server has noticed who is gone."""
        return await asyncio.to_thread(eventually, lambda: open_sockets(self.port) == 0 and self.left() == [])

    async def ask(self, pieces: Iterator[bytes], *, cut: bool = False) -> bytes:
        """What is answered, however early. `cut`: hang up at the end instead of listening."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        hearing = asyncio.create_task(_heard(reader))
        try:
            with contextlib.suppress(ConnectionError):
                for piece in pieces:
                    if hearing.done():
                        break
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0)  # drain alone need not let anybody listen in between
            if cut:
                writer.transport.abort()
            async with asyncio.timeout(PATIENCE_S):
                return await hearing
        finally:
            writer.close()

    async def send(self, shape: Shape) -> int:
        """The status of the answer; 0 when the connection was cut without one."""
        answer = await self.ask(request_of(shape, self.host, self.cookie))
        return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


async def _heard(reader: asyncio.StreamReader) -> bytes:
    heard = bytearray()
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65_536):
            heard += piece
    return bytes(heard)


async def _anna(services: Services) -> str:
    async with services.db.write() as tx:
        anna = await accounts.create(tx, name="Anna", handle="anna")
        await members.found(tx, anna, handle="anna", name="Anna")
        _, secret = await sessions.open_session(tx, anna.id, device="", how="link")
    return secret


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with Target(tmp_path_factory.mktemp("target")) as running:
        yield running


# A head that is too long is not listened to any longer: what is still on its way resets the connection, and the answer
# may be lost with it. Bodies are read on for a moment.
DEAF = {"a boundary of 1 MiB"}
PLAIN = Shape(shapes.FORM, shapes.ENCODED, within(b"code=AAAA", b"", 1), told=9)


@pytest.mark.parametrize("name", SHAPES)
async def test_ten_at_once_are_refused_in_bounded_memory_and_leave_nothing(target: Target, name: str) -> None:
    before, grown_from = len(target.known()), peak.anew()
    statuses = await asyncio.gather(*(target.send(SHAPES[name]) for _ in range(AT_ONCE)))
    # 0: cut while it was still sending, so that the answer was lost on its way.
    assert all(status == 0 or 400 <= status < 500 for status in statuses), statuses
    assert any(statuses) or name in DEAF, "nobody was told"
    assert not {*statuses} & {401, 403, 404, 405}, "it was refused for another reason"
    assert peak.bytes_now() - grown_from <= MOST_GROWN_BYTES
    assert await target.settled()
    assert len(target.known()) == before, "something was taken"
    assert await target.send(PLAIN) in (200, 303, 422), "others are not served any more"


async def test_what_follows_the_last_part_is_not_read(target: Target) -> None:
    """The form is whole, and its files are kept: RFC 2046 has whatever comes afterwards ignored."""
    before, grown_from = len(target.known()), peak.anew()
    statuses = await asyncio.gather(*(target.send(shapes.AFTERWARDS) for _ in range(AT_ONCE)))
    assert {*statuses} <= {0, 200}, statuses
    assert peak.bytes_now() - grown_from <= MOST_GROWN_BYTES
    assert await target.settled()
    assert len(target.known()) == before + AT_ONCE


def form_of(content: bytes, more: bytes = b'; filename="a.png"') -> bytes:
    return shapes.part(b"file", content, more) + shapes.END


def files(body: bytes, told: int | None) -> Shape:
    return Shape(shapes.FILES, shapes.MULTIPART, lambda: iter([body]), told)


DOCUMENT = b"%PDF-1.7" + bytes(range(256)) * 40


async def test_a_form_that_ends_anywhere_before_its_end_leaves_no_file(target: Target) -> None:
    """Cut at each KiB and around its edges: with a length that fits what came, in chunks, and hung up."""
    before, whole = len(target.known()), form_of(DOCUMENT)
    edges = [*range(0, 120, 8), *range(len(whole) - 24, len(whole) - 3)]
    for at in sorted({*range(0, len(whole) - 3, 1024), *edges}):
        longer = request_of(files(whole[:at], len(whole)), target.host, target.cookie)
        told, chunked, _ = await asyncio.gather(
            target.send(files(whole[:at], at)),
            target.send(files(whole[:at], None)),
            target.ask(longer, cut=True),
        )
        assert (told, chunked) == (422, 422), at
    assert await target.settled()
    assert len(target.known()) == before
    assert await target.send(files(whole, len(whole))) == 200, "the whole one is taken"
    assert len(target.known()) == before + 1


async def test_a_file_in_one_request_is_whole_or_not_at_all(target: Target) -> None:
    before = len(target.known())
    for at in range(0, len(DOCUMENT), 1024):
        sent = Shape(shapes.FILE, "", within(DOCUMENT[:at], b"", 1), len(DOCUMENT))
        await target.ask(request_of(sent, target.host, target.cookie), cut=True)
    assert await target.settled()
    assert len(target.known()) == before


@pytest.mark.parametrize(
    ("told", "named"),
    [
        (b"; filename=\"a.png\"; filename*=UTF-8''b%0d%0aX-Evil:%20y.html", None),
        (b'; filename="..\\..\\a;b.png"', "a;b.png"),
        (b'; filename="a.png\x00.html"', None),
        (b'; filename="%2e%2e%2fa.png"', None),
        (b'; FILENAME="/etc/cron.d/a"', "a"),
    ],
)
async def test_a_name_that_leads_elsewhere_becomes_a_plain_one(
    target: Target, told: bytes, named: str | None
) -> None:
    before = len(target.known())
    content = form_of(b"%PDF-1.7 x", told)
    assert await target.send(files(content, len(content))) == 200
    *_, made = target.known()
    assert len(target.known()) == before + 1, "the premise: it was taken as a file"
    assert named is None or made.name == named
    assert not {*made.name} & {*'/\\\r\n\0"'} and not made.name.startswith(".")


async def test_a_name_in_the_other_notation_makes_no_file(target: Target) -> None:
    """RFC 7578 forbids it, and no browser sends it: it is a plain field, for every reader of it here."""
    before, content = len(target.known()), form_of(b"x", b"; filename*=UTF-8''..%2f..%2fetc%2fpasswd")
    assert await target.send(files(content, len(content))) == 200
    assert len(target.known()) == before


async def test_a_semicolon_separates_nothing(target: Target) -> None:
    """What one reader takes for two fields another takes for one: a form has & and nothing else."""
    body = b"hidden=;code=AAAA"
    shape = Shape(shapes.FORM, shapes.ENCODED, lambda: iter([body]), len(body))
    answer = await target.ask(request_of(shape, target.host, target.cookie))
    other = Shape(shapes.FORM, shapes.ENCODED, lambda: iter([b"hidden=&code=AAAA"]), len(body))
    assert b"AAAA" not in answer
    assert b"AAAA" in await target.ask(request_of(other, target.host, target.cookie)), "the premise"
