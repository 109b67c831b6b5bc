"""Reading what a caller sent: JSON and queries, strictly. Whatever is odd is refused with the field and the remedy.

Depth needs no counter: the decoder knows the shape of every body, none is deeper than three, and it stops at the first
byte that does not fit. The same goes for NaN, lone surrogates and numbers beyond 64 bit; 2^53 stands in the types.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

import msgspec
from starlette.requests import Request

from channel.api.choices import choices
from channel.errors import ChannelError, Invalid

MAX_BODY_BYTES = 256 * 1024
JSON_TYPES = ("application/json", "application/merge-patch+json")
# Named in the contract, not built yet: their absence is said, not left to be guessed.
COMING = frozenset({"publish_at"})
QUOTED = re.compile(r"`(.+?)`")

T = TypeVar("T", bound=msgspec.Struct)


class Malformed(ChannelError):
    """The body is not what its type says it is."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "malformed"


class TooLarge(ChannelError):
    """The body is larger than any call needs."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "too_large"


class NotJson(ChannelError):
    """The body is of a type that no call takes."""

    status: ClassVar[int] = 415
    code: ClassVar[str] = "unsupported_media_type"


async def body_bytes(request: Request) -> bytes:
    """The whole body. Raises TooLarge as soon as it is, NotJson when it claims to be something else."""
    announced = request.headers.get("content-length", "")
    if len(announced) > 9 or (announced.isdigit() and int(announced) > MAX_BODY_BYTES):
        raise TooLarge(f"A body has at most {MAX_BODY_BYTES} bytes.")
    parts: list[bytes] = []
    size_bytes = 0
    async for part in request.stream():
        size_bytes += len(part)
        if size_bytes > MAX_BODY_BYTES:
            raise TooLarge(f"A body has at most {MAX_BODY_BYTES} bytes.")
        parts.append(part)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if size_bytes and media_type not in JSON_TYPES:
        raise NotJson("Send JSON, with the header Content-Type: application/json.")
    return b"".join(parts)


def json_body(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """The body as its Struct. Raises Malformed for what is no JSON, Invalid for what does not fit."""
    try:
        given = decoder.decode(raw or b"{}")
    except msgspec.ValidationError as error:
        raise _invalid(str(error), decoder.type) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Malformed("The body is not valid JSON in UTF-8.") from error
    _refuse_ambiguity(raw or b"{}")
    return given


def query(request: Request, kind: type[T]) -> T:
    """The query as its Struct. Raises Invalid for an unknown or repeated parameter, or a value that does not fit."""
    pairs = request.query_params.multi_items()
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Invalid({_shown(most_frequent(name for name, _ in pairs)): "Send this parameter once."})
    for name, value in pairs:
        _refuse_nul(name, value)
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), kind) from error


def most_frequent(names: Iterable[str]) -> str:
    """In one pass: thousands of names in a query, each compared with all others, held up everybody for a second."""
    [(name, _)] = Counter(names).most_common(1)
    return name


def _refuse_ambiguity(raw: bytes) -> None:
    """Two members of one name mean different things to different readers; NUL is refused by PostgreSQL."""
    _UNAMBIGUOUS.decode(raw.decode())


def _check_members(pairs: Sequence[tuple[str, object]]) -> None:
    names = Counter(name for name, _ in pairs)
    for name, value in pairs:
        if names[name] > 1:
            raise Invalid({_shown(name): "Send this field once."})
        _refuse_nul(name, value)


_UNAMBIGUOUS = json.JSONDecoder(object_pairs_hook=_check_members)


def _refuse_nul(name: str, value: object) -> None:
    parts = value if isinstance(value, list) else (value,)
    if any(isinstance(part, str) and "\0" in part for part in parts):
        raise Invalid({_shown(name): "Remove the NUL character."})


def _invalid(message: str, kind: type) -> Invalid:
    """The decoder's sentence as ours, with the field it is about."""
    what, _, where = message.partition(" - at `$")
    field = where.strip("`.")
    named = QUOTED.search(what)
    if what.startswith("Object contains unknown field") and named:
        return Invalid({_shown(f"{field}.{named[1]}".strip(".")): _unknown(named[1])})
    if what.startswith("Object missing required field") and named:
        return Invalid({f"{field}.{named[1]}".strip("."): "This field is required."})
    if what.startswith("Invalid enum value") and (words := choices(kind, where.rstrip("`"))):
        return Invalid({_shown(field): f"This must be one of: {', '.join(words)}."})
    return Invalid({_shown(field or "body"): _sentence(what)})


def _unknown(name: str) -> str:
    if name in COMING:
        return "This server cannot do that yet. Leave the field out."
    return "There is no such field here. Leave it out."


def _sentence(what: str) -> str:
    """`Expected `str` of length <= 5` and its kin, for people."""
    limit = re.fullmatch(r"Expected `(str|array|int)`(?: of length)? (<=|>=) (-?\d+)", what)
    if limit:
        kind, sign, number = limit.groups()
        if (kind, sign, number) == ("str", ">=", "1"):
            return "Write something here."
        least_or_most = "At most" if sign == "<=" else "At least"
        return f"{least_or_most} {number}{ {'str': ' characters', 'array': ' entries', 'int': ''}[kind] }."
    if "matching regex" in what:
        return "This has characters, or a form, that are not allowed here."
    wanted = re.fullmatch(r"Expected `(.+)`, got `(.+)`", what)
    if wanted:
        return f"This must be {wanted[1]}, not {wanted[2]}."
    return what.replace("`", "") + "."


def _shown(name: str) -> str:
    """A field name that is safe to print back: short and of plain characters."""
    return re.sub(r"[^\w.\[\]-]", "?", name)[:60]
