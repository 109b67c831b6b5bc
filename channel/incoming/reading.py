"""A mail as it came, read without believing any of it. Pure, and bounded: what is malformed is read as far as it goes.

The parser of the standard library is used in its oldest policy: it gives headers as they are. The newer one takes them
apart by a grammar, which raises on some and takes quadratic time on others.
"""

import email
import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses
from typing import Final

MAX_BYTES: Final = 512 * 1024  # of one mail; words come before attachments, so what is cut off is not missed
MAX_HEADER_CHARS: Final = 2_000
MAX_TEXT_CHARS: Final = 100_000
MAX_PARTS: Final = 100
MAX_DEPTH: Final = 20
MOST_RECIPIENTS: Final = 100
# In which a mail server that delivers writes whom the mail was for, the surest first.
RECIPIENT_HEADERS: Final = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Delivered-To", "To", "Cc")
_BULK: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINES: Final = frozenset({"mailer-daemon", "postmaster", "noreply", "no-reply", "double-bounce"})


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a mail that has words. `kind` is text/plain, text/html, message/delivery-status and the like."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Addresses are in lower case; everything in it was written by somebody unknown."""

    sender: str  # of From; "" when there is none, or several
    subject: str
    message_id: str
    automatic: bool  # written by a program: never answered, and no comment
    empty_sender: bool  # the envelope's: what comes back from a mail server, and no person's mail
    report_type: str  # of multipart/report: delivery-status, feedback-report, disposition-notification; "" for no report
    failed_recipients: bool  # X-Failed-Recipients, which Exim wrote before it sent reports
    parts: tuple[Part, ...]


def read(raw: bytes) -> Letter:
    """Never raises: a mail that cannot be read has no words."""
    message = parsed(raw)
    parts: list[Part] = []
    _collect(message, parts, 0)
    senders = [one for one in _addresses([header(message, "From")]) if one.count("@") == 1]
    sender = senders[0] if len(senders) == 1 else ""
    return Letter(
        sender=sender,
        subject=header(message, "Subject"),
        message_id=header(message, "Message-ID"),
        automatic=_automatic(message, sender),
        empty_sender=header(message, "Return-Path").replace(" ", "") == "<>",
        report_type=_report_type(message),
        failed_recipients=bool(header(message, "X-Failed-Recipients")),
        parts=tuple(parts),
    )


def recipients(raw: bytes) -> list[str]:
    """Whom the mail says it is for, the surest first, at most 100."""
    message = parsed(raw.partition(b"\r\n\r\n")[0][:MAX_BYTES] if b"\r\n\r\n" in raw else raw)
    found: list[str] = []
    for name in RECIPIENT_HEADERS:
        fields = [_decoded(str(value)) for value in (message.get_all(name) or [])[:10]]
        found += [address for address in _addresses(fields) if "@" in address]
    return found[:MOST_RECIPIENTS]


def identity(raw: bytes) -> str:
    """What stays the same when the same mail is handed over again; "" when it has none."""
    message = parsed(raw[: 64 * 1024])
    said = [header(message, name) for name in ("Message-ID", "From", "Date")]
    return "\n".join(said) if said[0] else ""


def _addresses(fields: list[str]) -> list[str]:
    try:
        return [address.lower() for _, address in getaddresses(fields)]
    except (RecursionError, ValueError, IndexError):  # brackets in brackets
        return []


def header(message: "Message[str, str]", name: str) -> str:
    """A header in one line of at most 2,000 characters; "" when it is not there."""
    value = message.get(name)
    return "" if value is None else _decoded(str(value))


def filename(message: "Message[str, str]") -> str:
    """What an attachment is called, in one line; "" when it has no name."""
    try:
        return _decoded(str(message.get_filename() or ""))
    except (ValueError, LookupError, TypeError):
        return ""


def parsed(raw: bytes) -> "Message[str, str]":
    """A mail, or the head of a part; an empty one where nothing can be relied on."""
    try:
        return email.message_from_bytes(raw[:MAX_BYTES], policy=compat32)
    except (RecursionError, ValueError, LookupError, AssertionError, TypeError, AttributeError, IndexError):
        return email.message_from_bytes(b"", policy=compat32)  # nothing of such a mail can be relied on


def _decoded(value: str) -> str:
    """Encoded words (RFC 2047) as what they stand for."""
    value = value[:MAX_HEADER_CHARS]
    try:
        pieces = [_text(piece, charset or "utf-8") for piece, charset in decode_header(value)]
    except (HeaderParseError, ValueError, LookupError):
        pieces = [value]
    joined = "".join(pieces)
    plain = "".join(char if char.isprintable() else " " for char in joined)
    return " ".join(plain.split())[:MAX_HEADER_CHARS]


def _text(piece: bytes | str, charset: str) -> str:
    if isinstance(piece, str):
        return piece.encode("utf-8", "replace").decode()  # bytes that are not ASCII come as surrogates
    try:
        return piece.decode(charset, "replace")
    except (LookupError, ValueError):
        return piece.decode("utf-8", "replace")


def _collect(message: "Message[str, str]", parts: list[Part], depth: int) -> None:
    """All pieces with words, in order; what is attached is left out."""
    if len(parts) >= MAX_PARTS or depth > MAX_DEPTH:
        return
    kind = message.get_content_type()
    payload = message.get_payload()
    if kind in ("message/delivery-status", "message/feedback-report"):
        parts.append(Part(kind, _fields(message)))
    elif kind == "message/rfc822" and isinstance(payload, list):
        parts.append(Part(kind, "\n".join(_heads(one) for one in _messages(payload[:1]))))
    elif isinstance(payload, list):
        for one in _messages(payload):
            _collect(one, parts, depth + 1)
    elif kind.startswith("text/") and message.get_content_disposition() != "attachment":
        parts.append(Part(kind, _body(message)))


def _fields(message: "Message[str, str]") -> str:
    """The groups of fields of a report, an empty line between two (RFC 3464, section 2.1)."""
    payload = message.get_payload()
    if isinstance(payload, list):
        groups = [_heads(one) or _body(one) for one in _messages(payload[:MAX_PARTS])]
        return "\n\n".join(group for group in groups if group)
    return _body(message)


def _messages(payload: Sequence[object]) -> "list[Message[str, str]]":
    return [one for one in payload if isinstance(one, Message)]


def _heads(message: "Message[str, str]") -> str:
    return "\n".join(f"{name}: {_decoded(str(value))}" for name, value in message.items()[:200])


def _body(message: "Message[str, str]") -> str:
    try:
        raw = message.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError, TypeError, AttributeError):
        return ""
    if not isinstance(raw, bytes):
        return ""
    try:
        charset = str(message.get_content_charset("utf-8"))
    except (ValueError, LookupError, TypeError):
        charset = "utf-8"
    text = _text(raw, charset)
    plain = "".join(char for char in text if char.isprintable() or char in "\n\t")
    return plain[:MAX_TEXT_CHARS]


def _report_type(message: "Message[str, str]") -> str:
    if message.get_content_type() != "multipart/report":
        return ""
    try:
        return str(message.get_param("report-type") or "").lower()
    except (ValueError, LookupError, TypeError):
        return ""


def _automatic(message: "Message[str, str]", sender: str) -> bool:
    """Whether a program wrote it (RFC 3834, section 2; and what programs wrote before there was one)."""
    said = header(message, "Auto-Submitted").lower().partition(";")[0].strip()
    if said and said != "no":
        return True
    if header(message, "Precedence").lower() in _BULK or header(message, "List-Id"):
        return True
    if any(header(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress")):
        return True
    if header(message, "Return-Path").replace(" ", "") == "<>":
        return True
    local = sender.partition("@")[0]
    return (
        not sender
        or local in _MACHINES
        or bool(re.match(r"bounces?[+-]", local))
        or bool(_report_type(message))
    )
