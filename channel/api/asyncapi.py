"""The live protocol's description of itself (AsyncAPI 3.0), built from the messages the socket parses."""

from typing import Any
from urllib.parse import urlsplit

import msgspec

import channel
from channel.live import protocol
from channel.settings import Settings

REF = "#/components/schemas/{name}"
FROM_CLIENT: dict[str, type[msgspec.Struct]] = {
    "subscribe": protocol.Subscribe,
    "unsubscribe": protocol.Unsubscribe,
    "read": protocol.Read,
    "typing": protocol.Typing,
    "ping": protocol.Ping,
    "pong": protocol.Pong,
}
TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer", "minimum": 0}
ECHO: dict[str, Any] = {
    "type": ["integer", "string", "null"],
    "description": "the id of the client's message",
}
KINDS = {
    "post.published": "data.post",
    "post.edited": "data.post",
    "post.opened": "data.post: as planned, more people may read it now; as the viewer may see it",
    "post.deleted": "data.post, the trace that stays",
    "post.pinned": "data.post and data.position, null when unpinned",
    "post.previewed": "data.post: its `preview`, of the page that it links to, has come, was changed or was removed",
    "poll.closed": "data.post: nobody votes any more, and its results stand, those of a sealed poll too",
    "comment.published": "data.comment: in the stream of its post, thread:ID",
    "comment.edited": "data.comment",
    "comment.deleted": "data.comment, the trace that stays; null when nobody had seen it",
    "comment.held": "data.comment: it waits for approval; null for all but moderators",
    "comment.shown": "data.comment: approved, and under this seq from here on",
    "topic.changed": "data.topic: a topic of a group was started, named, closed, resolved or merged (moved_to)",
    "posts.moved": "data.post_ids belong to data.topic now; their seq stays",
    "room.updated": "data.room: look again at what you show of it",
    "membership.changed": "data.community: on the account's own stream",
    "question.answered": "data.community, data.question_id, data.post_id: the account asked it; on its own stream",
    "mention.told": "data.community, data.room_id, data.post_id, data.seq: a post names you, or the comment data.comment_id under it, which is missing otherwise; on the account's own stream",
    "message.sent": "data.community, data.message: in the account's conversation with the team, by either side; on its own stream",
    "message.deleted": "data.community, data.message, the trace that stays; on the account's own stream",
    "presence.set": "data.presence: whether others see that the account is here and writing; on its own stream",
    "session.ended": "on the account's own stream",
}
CLOSE_CODES = {
    1012: "the server restarts: come back after a random wait (retry=MS in the reason says which), resume by seq",
    1013: "try later (retry=MS in the reason says when)",
    4001: "signed out: do not come back with these credentials",
    4003: "rights changed: reconnect",
    4004: "not allowed: do not retry",
    4008: "you read too slowly: reconnect and resume by seq",
    4009: "protocol error",
    4029: "too many messages or connections",
}


def _frame(name: str, fields: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    properties = {"type": {"const": name}, **fields}
    required = [field for field in properties if field not in optional]
    return {"type": "object", "properties": properties, "required": required}


SUBSCRIBED = {
    "type": "object",
    "required": ["stream", "head", "epoch", "gap", "reset"],
    "properties": {
        "stream": TEXT,
        "head": NUMBER | {"description": "seq of the newest event"},
        "epoch": TEXT
        | {
            "description": "changes when the data was restored or its database failed over; keep it beside your seq"
        },
        "gap": {
            "description": "more than 1,000 behind: this part is to be read from GET /api/v1/streams/{stream}/events",
            "oneOf": [
                {"type": "null"},
                {"type": "object", "required": ["from", "to"], "properties": {"from": NUMBER, "to": NUMBER}},
            ],
        },
        "reset": {"type": "boolean", "description": "your cursor is of another history: fetch afresh"},
    },
}
FROM_SERVER: dict[str, dict[str, Any]] = {
    "welcome": _frame("welcome", {"account": {"type": ["string", "null"]}, "heartbeat": NUMBER}),
    "subscribed": _frame("subscribed", {"id": ECHO, "streams": {"type": "array", "items": SUBSCRIBED}}),
    "event": _frame(
        "event",
        {
            "stream": TEXT,
            "seq": NUMBER
            | {"description": "per stream, without gaps; what is locked comes locked under its seq"},
            "kind": TEXT | {"description": "; ".join(f"{kind}: {data}" for kind, data in KINDS.items())},
            "at": TEXT | {"format": "date-time"},
            "data": {"type": "object"},
        },
    ),
    "counts": _frame(
        "counts",
        {
            "stream": TEXT,
            "posts": {
                "type": "object",
                "description": "by post; `questions` only of posts that collect them, `emoji` (`:name:` to the address "
                "of its picture) only where reactions are the community's own",
            },
        },
    ),
    "presence": _frame(
        "presence",
        {
            "stream": TEXT,
            "here": {
                "type": ["integer", "null"],
                "description": "how many listen, rounded down to two digits; null for fewer than 5",
            },
        },
    ),
    "typing": _frame(
        "typing",
        {
            "stream": TEXT,
            "who": {
                "type": "array",
                "maxItems": 3,
                "items": {
                    "type": "object",
                    "required": ["id", "name"],
                    "properties": {"id": TEXT, "name": TEXT},
                },
            },
            "more": NUMBER | {"description": "how many besides them"},
        },
    ),
    "read": _frame(
        "read",
        {
            "stream": TEXT,
            "seq": NUMBER | {"description": "how far another device of yours has read"},
            "topic": TEXT | {"description": "in this topic of a group; without it, in all of the room"},
        },
        optional=("topic",),
    ),
    "access": _frame(
        "access",
        {"community": TEXT, "rank": {"type": ["integer", "null"]}, "role": {"type": ["string", "null"]}},
    ),
    "error": _frame(
        "error", {"id": ECHO, "code": TEXT, "detail": TEXT, "stream": TEXT}, optional=("stream",)
    ),
    "ping": _frame("ping", {}),
    "pong": _frame("pong", {"id": ECHO}),
}
SUMMARIES = {
    "welcome": "First frame. A ping follows at least every `heartbeat` seconds; be silent for twice that and be dropped.",
    "subscribed": "The answer to subscribe. Events after `after` follow in order, before anything newer.",
    "event": "One row of a stream's log.",
    "counts": "Not logged; at most one for each stream and second.",
    "presence": "How many listen to the stream, on all nodes; told when it changes, at most every 5 seconds.",
    "typing": "Who is writing there, of those who may; at most one for each stream and second.",
    "read": "The account has read on, on one of its devices.",
    "access": "The viewer's rights changed: what comes from here on follows them.",
    "error": "Something could not be done.",
}
DESCRIPTION = f"""Text frames, one JSON object each, at most 64 KiB and 10 a second (burst 20) from a client.
Subprotocol `{protocol.SUBPROTOCOL}`.

Credentials: a session cookie with an Origin of this server, `Authorization: Bearer …`, or `?ticket=…`
(once, 30 seconds, from POST /api/v1/live/ticket). Without any: public rooms only.

The same events come as server-sent events from `GET /live/sse?stream=…&after=…`, with `Last-Event-ID` honoured.

Close codes: """ + "; ".join(f"{code} {words}" for code, words in CLOSE_CODES.items())


def document(settings: Settings) -> dict[str, Any]:
    """The whole document, seen from the server: it receives what clients send."""
    address = urlsplit(settings.url)
    messages = {
        **{name: _heard(name) for name in FROM_CLIENT},
        **{_told(name): _frame_of(name) for name in FROM_SERVER},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Channel live", "version": channel.__version__, "description": DESCRIPTION},
        "defaultContentType": "application/json",
        "servers": {
            "this": {"host": address.netloc, "protocol": "wss" if address.scheme == "https" else "ws"}
        },
        "channels": {
            "live": {
                "address": "/live",
                "title": "Live events",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
                "bindings": {"ws": {"method": "GET", "query": _query(), "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            "hear": _operation("receive", "What a client may say.", list(FROM_CLIENT)),
            "tell": _operation(
                "send", "What the server answers and tells.", [_told(name) for name in FROM_SERVER]
            ),
        },
        "components": {"messages": messages, "schemas": _schemas()},
    }


def _query() -> dict[str, Any]:
    return {"type": "object", "properties": {"ticket": TEXT | {"description": "one-time, 30 seconds"}}}


def _told(name: str) -> str:
    """Ping and pong go both ways, so the server's frames have names of their own."""
    return f"server.{name}"


def _heard(name: str) -> dict[str, Any]:
    kind = FROM_CLIENT[name]
    return {"name": name, "payload": {"$ref": REF.format(name=kind.__name__)}}


def _frame_of(name: str) -> dict[str, Any]:
    summary = {"summary": SUMMARIES[name]} if name in SUMMARIES else {}
    return {"name": name, "payload": {"$ref": REF.format(name=_told(name))}, **summary}


def _operation(action: str, summary: str, names: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": "#/channels/live"},
        "messages": [{"$ref": f"#/channels/live/messages/{name}"} for name in names],
    }


def _schemas() -> dict[str, Any]:
    _, schemas = msgspec.json.schema_components(list(FROM_CLIENT.values()), ref_template=REF)
    return schemas | {_told(name): frame for name, frame in FROM_SERVER.items()}
