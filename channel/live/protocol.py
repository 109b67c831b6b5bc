"""The messages of the live protocol `channel.v1`: what a client may say, and the frames the server answers with."""

from typing import Annotated, Any, Final, Literal

import msgspec

from channel.errors import Invalid

SUBPROTOCOL: Final = "channel.v1"
HEARTBEAT_S: Final = 25
MAX_MESSAGE_BYTES: Final = 65_536
MAX_STREAMS: Final = 200  # a socket follows at most this many; more is an error frame
RESUME_LIMIT: Final = 1_000  # further behind than this, the API fills the gap

RESTART, TRY_LATER = 1012, 1013
SIGNED_OUT, RIGHTS_CHANGED, NOT_ALLOWED = 4001, 4003, 4004
TOO_SLOW, PROTOCOL_ERROR, TOO_MANY = 4008, 4009, 4029

Format = Literal["json", "html"]
Name = Annotated[str, msgspec.Meta(max_length=100)]
MessageId = int | str | None


class Cursor(msgspec.Struct, forbid_unknown_fields=True):
    """Where a client stands in a stream. Without `after` it wants what comes from now on."""

    stream: Name
    after: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    epoch: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class StreamOnly(msgspec.Struct, forbid_unknown_fields=True):
    stream: Name


class Subscribe(msgspec.Struct, tag="subscribe", forbid_unknown_fields=True):
    streams: Annotated[list[Cursor], msgspec.Meta(min_length=1, max_length=MAX_STREAMS)]
    id: MessageId = None
    format: Format = "json"


class Unsubscribe(msgspec.Struct, tag="unsubscribe", forbid_unknown_fields=True):
    streams: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MAX_STREAMS)]
    id: MessageId = None


class Read(msgspec.Struct, tag="read", forbid_unknown_fields=True):
    stream: Name
    seq: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    id: MessageId = None
    topic: Annotated[str, msgspec.Meta(max_length=36)] | None = None


class Typing(msgspec.Struct, tag="typing", forbid_unknown_fields=True):
    stream: Name
    id: MessageId = None


class Ping(msgspec.Struct, tag="ping", forbid_unknown_fields=True):
    id: MessageId = None


class Pong(msgspec.Struct, tag="pong", forbid_unknown_fields=True):
    id: MessageId = None


ClientMessage = Subscribe | Unsubscribe | Read | Typing | Ping | Pong
_decoder: msgspec.json.Decoder[ClientMessage] = msgspec.json.Decoder(ClientMessage)
_encoder = msgspec.json.Encoder()


def parse(text: str) -> ClientMessage:
    """One client message. Raises Invalid with what is wrong; the socket answers it and closes with 4009."""
    try:
        return _decoder.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise Invalid(message=f"This is no message of {SUBPROTOCOL}: {error}"[:300]) from error


def encode(message: dict[str, Any]) -> bytes:
    """One frame, compact JSON."""
    return _encoder.encode(message)


def welcome(account_id: str | None) -> bytes:
    return encode({"type": "welcome", "account": account_id, "heartbeat": HEARTBEAT_S})


def error(code: str, detail: str, *, message_id: MessageId = None, stream: str | None = None) -> bytes:
    frame: dict[str, Any] = {"type": "error", "id": message_id, "code": code, "detail": detail}
    return encode(frame | ({"stream": stream} if stream else {}))


PING: Final = encode({"type": "ping"})
