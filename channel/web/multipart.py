"""Forms with files, a part at a time: files go on as they come, and nothing is kept in memory but short fields."""

from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from channel.errors import Invalid
from channel.web.forms import MAX_FIELD_BYTES, MAX_FIELDS, Form

MAX_HEADER_BYTES: Final = 8 * 1024
MAX_PREAMBLE_BYTES: Final = 64 * 1024  # no browser sends any
_UNREADABLE: Final = "This form could not be read. Go back and try again."
_CUT_OFF: Final = "The form was cut off. Send it again."


@dataclass(slots=True)
class Part:
    """One field. `filename` None: a plain one; "": a file field that nobody used. Read it before asking for the next."""

    name: str
    filename: str | None
    _reader: "_Reader"

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes as they come."""
        while (event := await self._reader.next()) is not None and event[0] == "data":
            yield event[1]

    async def text(self) -> str:
        """Raises Invalid for a field that is too long."""
        held = bytearray()
        async for piece in self.pieces():
            held += piece
            if len(held) > MAX_FIELD_BYTES:
                raise Invalid({"": _UNREADABLE})
        return held.decode("utf-8", "replace")


async def parts(request: Request) -> AsyncIterator[Part]:
    """Every part of the form. Raises Invalid for what is no form, or too many fields."""
    reader = _Reader(request)
    for _ in range(MAX_FIELDS):
        event = await reader.next()
        while event is not None and event[0] != "begin":
            event = await reader.next()  # what is left of a part that nobody wanted
        if event is None:
            return
        name, filename = _named(event[1])
        yield Part(name, filename, reader)
    raise Invalid({"": _UNREADABLE})


def keep(form: Form, name: str, text: str) -> None:
    """A plain field of the form."""
    form.values[name] = text
    form.lists.setdefault(name, []).append(text)


def bound(request: Request, most: int) -> int:
    """How large one file of this request can be, in bytes."""
    length = request.headers.get("content-length", "")
    return min(most, int(length)) if length.isascii() and length.isdigit() and len(length) < 16 else most


def _named(header: bytes) -> tuple[str, str | None]:
    _, options = parse_options_header(header)
    name, filename = options.get(b"name"), options.get(b"filename")
    if name is None:
        raise Invalid({"": _UNREADABLE})
    return name.decode("utf-8", "replace"), None if filename is None else filename.decode("utf-8", "replace")


class _Reader:
    """Turns the body into events: ("begin", disposition), ("data", bytes), ("end", b"")."""

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary or len(boundary) > 70:
            raise Invalid({"": _UNREADABLE})
        self._stream = request.stream()
        self._events: deque[tuple[str, bytes]] = deque()
        self._field = self._value = self._disposition = b""
        self._header_bytes = 0
        self._preamble_bytes = 0
        self._begun = self._ended = False
        self._parser = MultipartParser(boundary, self._callbacks())  # type: ignore[arg-type]

    def _callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
            "on_part_end": lambda: self._events.append(("end", b"")),
            "on_end": self._end,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": lambda: self._events.append(("begin", self._disposition)),
        }

    def _end(self) -> None:
        self._ended = True

    def _begin(self) -> None:
        self._begun = True
        self._field = self._value = self._disposition = b""
        self._header_bytes = 0

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._field += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += data[start:end]

    def _header_end(self) -> None:
        if self._field.lower() == b"content-disposition":
            self._disposition = self._value
        self._field = self._value = b""

    def _count(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER_BYTES:
            raise Invalid({"": _UNREADABLE})

    async def next(self) -> tuple[str, bytes] | None:
        """None after the last part, whatever may follow it. Raises Invalid, also for a form without its end."""
        while not self._events:
            if self._ended:
                return None
            self._read(await self._piece())
        return self._events.popleft()

    async def _piece(self) -> bytes:
        try:
            piece = await anext(self._stream, None)
        except ClientDisconnect as error:
            raise Invalid({"": _CUT_OFF}) from error
        if piece is None:  # a file whose end did not come is none
            raise Invalid({"": _CUT_OFF})
        return piece

    def _read(self, piece: bytes) -> None:
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise Invalid({"": _UNREADABLE}) from error
        if not (self._begun or self._ended):
            self._preamble_bytes += len(piece)
            if self._preamble_bytes > MAX_PREAMBLE_BYTES:
                raise Invalid({"": _UNREADABLE})
