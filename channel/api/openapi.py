"""The API's description of itself (OpenAPI 3.1), built from the endpoints and their types."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

import channel
from channel.api import comment_shapes, idempotency, sent_pictures, shapes, shapes_questions, tus
from channel.api.codes import CODES
from channel.api.endpoint import PREFIX, Endpoint, Nothing
from channel.api.responses import PROBLEM_TYPE, TITLES, FieldProblem, Problem
from channel.routing import Who
from channel.settings import Settings

REF = "#/components/schemas/{name}"
TAGS = {
    "account": "Who calls, and how far they have read. Its picture is sent with `PUT /api/v1/me/avatar` and its bytes as "
    "the body; `?x=&y=&zoom=` say in percent which square of it is shown.",
    "communities": "What a creator owns, at `/@{handle}`. Its pictures are sent with "
    "`PUT /api/v1/communities/{handle}/avatar` and `…/cover`, as that of an account; an emoji of its own with "
    "`PUT /api/v1/communities/{handle}/emoji/{name}`.",
    "rooms": "Where posts stand. Kind `channel`: creators broadcast, followers read.",
    "tiers": "Levels of membership. A higher rank sees all that lower ones see. Prices are offered, never changed.",
    "money": "Buying a tier, what one pays for, asking for a new price, and the ledger. Amounts are minor units.",
    "invites": "Links that let people join.",
    "following": "New posts by mail without an account. Whoever reads the letter says yes in it; its token does the rest.",
    "hooks": "What happens told to other servers (signed as Standard Webhooks has it), posts shown elsewhere, and "
    "addresses by which programs post. Events and signatures: docs/webhooks.md.",
    "members": "The people in a community: role, tier, state.",
    "topics": "What messages of a group are about. Members write: `POST /rooms/{id}/posts` with a `topic_id` or a "
    "`topic` by name.",
    "posts": "What creators say. A post above the caller's rank comes locked. "
    "Scheduling is coming: its field is refused.",
    "media": "Pictures, sounds, videos and files. Send one with `POST /api/v1/media?community=anna&name=a.jpg` and its "
    "bytes as the body, or resumably by tus 1.0.0 (creation, expiration, termination, checksum) at the same address, with "
    "`community`, `filename` and `alt` as metadata; the upload's id is that of what it becomes. Then name its id in the "
    "`media` of a post. Pictures are prepared meanwhile: `state` says when they are ready.",
    "search": "Finding posts, messages and comments in what the caller may read. What is locked is never found.",
    "questions": "Posts that collect questions, the box of a community, votes and answers.",
    "messages": "A follower's conversation with the team of a community, where its creator allows that; and the answers "
    "that the team keeps.",
    "inbox": "What waits for those who run a community: questions, comments, messages, reports, requests to join.",
    "live": "The log of a stream, and the ticket for the live protocol (see /api/asyncapi.json).",
}
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "tag": {"type": "string", "maxLength": 40, "description": "a tag without #, in any case"},
    "handle": {"type": "string", "description": "the community's handle"},
    "slug": {"type": "string", "description": "the room's slug"},
    "id": {"type": "string", "format": "uuid"},
    "secret": {"type": "string", "maxLength": 43, "description": "of an address by which programs post"},
    "change_id": {"type": "string", "format": "uuid"},
    "account_id": {"type": "string", "format": "uuid"},
    "item": {"type": "string", "description": "the `id` of an item of the inbox"},
    "emoji": {
        "type": "string",
        "description": "one emoji, or `:name:` of the community's own, percent-encoded",
    },
    "name": {"type": "string", "description": "the name of an emoji of the community's own, without colons"},
    "code": {"type": "string", "description": "the code at the end of an invite link"},
    "stream": {"type": "string", "description": "`room:{id}`, or `me` for the caller's own"},
    "token": {
        "type": "string",
        "maxLength": 43,
        "description": "behind `/follow/by/` in each letter to a follower",
    },
}
ALWAYS = (400, 401, 403, 404, 422, 429, 503)
ON_WRITES = (409, 413, 415, 507)
SOME = (410, 412, 460)
KEY_PARAMETER = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours: one effect, the first answer again. Another body: 422. "
    "Without credentials at least 16 characters.",
    "schema": {"type": "string", "minLength": 16, "maxLength": 255, "pattern": "^[!-~]{16,255}$"},
}
DESCRIPTION = """JSON, snake_case, times in RFC 3339 UTC with milliseconds. Unknown fields are refused.

Send `Authorization: Bearer ch_…`; a page of this server may use its session cookie instead. Problems come as
RFC 9457 `application/problem+json` with a stable `code`. Lists take `limit` (at most 100) and answer
`{items, next_cursor}`; give `next_cursor` back as `cursor`. After 429 and 503 wait for `Retry-After` seconds."""


def document(endpoints: Sequence[Endpoint], settings: Settings) -> dict[str, Any]:
    """The whole document."""
    schemas = _schemas(endpoints)
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, schemas)
    for path, operations in (*tus.PATHS.items(), *sent_pictures.PATHS.items()):
        paths.setdefault(path, {}).update(operations)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Channel", "version": channel.__version__, "description": DESCRIPTION},
        "servers": [{"url": settings.url}],
        "security": [{"bearer": []}, {"cookie": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "x-problem-codes": {name: {"status": c.status, "meaning": c.meaning} for name, c in CODES.items()},
        "components": {
            "schemas": schemas,
            "responses": {str(status): _problem_response(status) for status in (*ALWAYS, *ON_WRITES, *SOME)},
            "parameters": {"IdempotencyKey": KEY_PARAMETER},
            "securitySchemes": _security_schemes(settings),
        },
    }


def _security_schemes(settings: Settings) -> dict[str, Any]:
    cookie = "__Host-channel" if settings.secure else "channel"
    return {
        "bearer": {"type": "http", "scheme": "bearer", "description": "A token from the account page."},
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie,
            "description": "The session of a signed-in browser, from pages of this server only.",
        },
    }


def _schemas(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    kinds: list[Any] = [
        Problem, FieldProblem, shapes.OpenPost, shapes.LockedPost, shapes.GonePost, comment_shapes.Comment, comment_shapes.GoneComment,
        comment_shapes.ListedComment,
    ]  # fmt: skip
    kinds.append(shapes_questions.Prompt)
    for endpoint in endpoints:
        kinds += [kind for kind in endpoint.answers.values() if isinstance(kind, type)]
        kinds += [kind for kind in (endpoint.body, endpoint.query) if kind is not Nothing]
    _, schemas = msgspec.json.schema_components(list(dict.fromkeys(kinds)), ref_template=REF)
    for name, kinds_of_it in {
        "Post": ("OpenPost", "LockedPost", "GonePost", "Comment", "GoneComment"),
        "AnyComment": ("Comment", "GoneComment"),
        "AnySaid": ("OpenPost", "LockedPost", "GonePost", "ListedComment"),
    }.items():
        schemas[name] = {"oneOf": [{"$ref": REF.format(name=kind)} for kind in kinds_of_it]}
    return schemas


def _operation(endpoint: Endpoint, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "description": endpoint.handler.__doc__ or "",
        "parameters": list(_parameters(endpoint, schemas)),
        "responses": _responses(endpoint),
        "security": _security(endpoint),
        "x-policy": _policy(endpoint),
    }
    if not endpoint.reads and endpoint.body is not Nothing:
        schema = {"$ref": REF.format(name=endpoint.body.__name__)}
        required = bool(schemas[endpoint.body.__name__].get("required"))
        operation["requestBody"] = {"required": required, "content": {"application/json": {"schema": schema}}}
    return operation


def _security(endpoint: Endpoint) -> list[dict[str, Any]]:
    known: list[dict[str, Any]] = [{"bearer": []}, {"cookie": []}]
    return [*known, {}] if endpoint.policy.who in (Who.ANYONE, Who.VIEWER) else known


def _policy(endpoint: Endpoint) -> dict[str, str]:
    policy = endpoint.policy
    shown = {"who": policy.who.value, "scope": policy.scope}
    return shown | ({"action": policy.action.value} if policy.action else {})


def _parameters(endpoint: Endpoint, schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", endpoint.path):
        schema = dict(PATH_PARAMETERS[name])
        words = {"description": schema.pop("description")} if "description" in schema else {}
        yield {"name": name, "in": "path", "required": True, "schema": schema, **words}
    if endpoint.query is not Nothing:
        kind = schemas[endpoint.query.__name__]
        for name, schema in kind["properties"].items():
            yield {
                "name": name,
                "in": "query",
                "required": name in kind.get("required", ()),
                "schema": _flat(schema),
            }
    if not endpoint.reads:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: absent is absent."""
    some: list[dict[str, Any]] = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(some) == 1:
        rest = {name: value for name, value in schema.items() if name not in ("anyOf", "default")}
        return some[0] | rest
    if isinstance(schema.get("enum"), list):
        return schema | {"enum": [choice for choice in schema["enum"] if choice is not None]}
    return schema


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, kind in endpoint.answers.items():
        responses[str(status)] = {"description": endpoint.summary}
        if isinstance(kind, type):
            content = {"schema": {"$ref": REF.format(name=kind.__name__)}}
            responses[str(status)]["content"] = {"application/json": content}
        elif isinstance(kind, str):
            content = {"schema": {"$ref": REF.format(name=kind)}}
            responses[str(status)]["content"] = {"application/json": content}
    expected = ALWAYS if endpoint.reads else ALWAYS + ON_WRITES
    gone = (410,) if endpoint.tag == "invites" else ()
    return responses | {
        str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted((*expected, *gone))
    }


def _problem_response(status: int) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if status in (429, 503, 507):
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "seconds"}
    if status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    content = {PROBLEM_TYPE: {"schema": {"$ref": REF.format(name="Problem")}}}
    return {"description": TITLES[status], "headers": headers, "content": content}
