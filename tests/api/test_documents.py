"""The API describes itself: the documents are valid, complete, and the page that people read shows all of it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx2
import jsonschema_rs
import pytest
from starlette.routing import Route

import channel
from channel import app as whole
from channel.api import asyncapi, emotes, looks, openapi, reference, sent_pictures, tus, uploads
from channel.api.codes import CODES
from channel.api.endpoint import PREFIX, Nothing
from channel.api.v1 import ENDPOINTS
from channel.live import protocol
from channel.payments.sale import WHY_NOT
from channel.settings import Settings
from tests.conftest import Clock

SETTINGS = Settings(url="https://channel.example.org")

# What is no GET and takes no Idempotency-Key: the protocol of resumable uploads has its own ways to be repeated safely,
# and the document says which.
WITHOUT_A_KEY = {
    "ask_how_to_send": "by reading",
    "get_upload": "by reading",
    "send_piece": "by offset",
    "give_up_upload": "by absence",
    "set_my_avatar": "by state",
    "set_community_avatar": "by state",
    "set_community_cover": "by state",
    "put_emoji": "by state",
}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(ENDPOINTS, SETTINGS)


def references(part: Any) -> set[str]:
    """Every $ref below `part`."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*(references(value) for value in part.values()))
    return set().union(*(references(value) for value in part)) if isinstance(part, list) else set()


def test_every_call_of_the_contract_is_there(document: dict[str, Any]) -> None:
    calls = {
        f"{method.upper()} {path.removeprefix(PREFIX)}"
        for path, ops in document["paths"].items()
        for method in ops
    }
    contract = """GET /me, POST /communities, GET /communities/{handle}, PATCH /communities/{handle},
        DELETE /communities/{handle}, GET /communities/{handle}/rooms, POST /communities/{handle}/rooms,
        GET /communities/{handle}/rooms/{slug}, PATCH /communities/{handle}/rooms/{slug},
        DELETE /communities/{handle}/rooms/{slug}, GET /communities/{handle}/tiers, POST /communities/{handle}/tiers,
        PATCH /communities/{handle}/tiers/{id}, DELETE /communities/{handle}/tiers/{id},
        GET /communities/{handle}/invites, POST /communities/{handle}/invites,
        DELETE /communities/{handle}/invites/{id}, GET /invites/{code}, POST /invites/{code}/accept,
        GET /communities/{handle}/members, PATCH /communities/{handle}/members/{account_id}, POST /rooms/{id}/posts,
        GET /rooms/{id}/posts, GET /posts/{id}, PATCH /posts/{id}, DELETE /posts/{id}, PUT /rooms/{id}/read,
        GET /streams/{stream}/events, POST /live/ticket"""
    assert {" ".join(call.split()) for call in contract.split(",")} <= calls


def test_every_operation_is_complete(document: dict[str, Any]) -> None:
    seen: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            assert operation["summary"]
            assert operation["description"]
            assert operation["x-policy"]["who"]
            named = {p["name"] for p in operation["parameters"] if p.get("in") == "path"}
            assert named == set(re.findall(r"{(\w+)}", path))
            has_key = {"$ref": "#/components/parameters/IdempotencyKey"} in operation["parameters"]
            assert has_key == (method != "get" and operation["operationId"] not in WITHOUT_A_KEY)
            assert ("x-idempotent" in operation) == (operation["operationId"] in WITHOUT_A_KEY)
            assert {"401", "404", "422", "429"} <= operation["responses"].keys()


def test_every_call_without_a_key_says_why_it_may_be_repeated(document: dict[str, Any]) -> None:
    told = {
        operation["operationId"]: operation["x-idempotent"].partition(":")[0]
        for operations in document["paths"].values()
        for operation in operations.values()
        if "x-idempotent" in operation
    }
    assert told == WITHOUT_A_KEY


def test_resumable_uploads_are_told_with_their_headers_and_statuses(document: dict[str, Any]) -> None:
    def headers(operation: dict[str, Any], status: str) -> set[str]:
        return {*operation["responses"][status]["headers"]}

    def taken(operation: dict[str, Any]) -> dict[str, bool]:
        given = [parameter for parameter in operation["parameters"] if parameter.get("in") == "header"]
        return {parameter["name"]: parameter["required"] for parameter in given}

    begin, upload = document["paths"][tus.MEDIA]["post"], document["paths"][tus.UPLOAD]
    assert taken(begin) == {"Tus-Resumable": False, "Upload-Length": False, "Upload-Metadata": False}
    assert {"Location", "Upload-Offset", "Upload-Length", "Upload-Expires"} < headers(begin, "201")
    assert {"409", "412", "413", "422", "429", "507"} <= begin["responses"].keys()
    assert taken(upload["head"]) == {"Tus-Resumable": True}
    assert {"Upload-Offset", "Upload-Length", "Upload-Expires"} < headers(upload["head"], "200")
    piece = upload["patch"]
    assert taken(piece) == {"Tus-Resumable": True, "Upload-Offset": True, "Upload-Checksum": False}
    assert [*piece["requestBody"]["content"]] == ["application/offset+octet-stream"]
    assert {"409", "412", "413", "415", "460"} <= piece["responses"].keys()
    asked = document["paths"][tus.MEDIA]["options"]
    assert {"Tus-Version", "Tus-Extension", "Tus-Max-Size", "Tus-Checksum-Algorithm"} < headers(asked, "204")


def test_every_reference_leads_somewhere_and_every_schema_is_one(document: dict[str, Any]) -> None:
    for described in (document, asyncapi.document(SETTINGS)):
        for target in references(described):
            found: Any = described
            for step in target.removeprefix("#/").split("/"):
                found = found[step]
        for schema in described["components"]["schemas"].values():
            jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})


def test_bodies_refuse_unknown_fields_and_tell_their_limits(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    bodies = [endpoint.body.__name__ for endpoint in ENDPOINTS if endpoint.body is not Nothing]
    for name in bodies:
        assert schemas[name]["additionalProperties"] is False
        for field, schema in schemas[name]["properties"].items():
            for part in schema.get("anyOf", [schema]):
                if part.get("type") == "string" and "format" not in part:
                    assert "maxLength" in part, (name, field)
                if part.get("type") == "integer":
                    assert "maximum" in part, (name, field)
                if part.get("type") == "array":
                    assert "maxItems" in part, (name, field)


SPOKEN = re.compile(r'code(?:: ClassVar\[str\])? ?= ?"([a-z_]+)"')
BEHIND_THE_API = ("api", "communities", "rooms", "tiers", "members", "messages", "inbox", "invites", "posts/actions.py", "posts/pins.py",
                  "posts/rights.py", "render", "routing.py", "live/joining.py", "live/reading.py", "payments/counter.py", "payments/orders.py",
                  "payments/raising.py", "payments/sale.py")  # fmt: skip


def test_every_code_that_a_call_may_answer_is_in_the_list() -> None:
    package = Path(channel.__file__).parent
    files = [
        f
        for name in BEHIND_THE_API
        for f in ((package / name).rglob("*.py") if "." not in name else [package / name])
    ]
    spoken = {code for file in files for code in SPOKEN.findall(file.read_text())} | WHY_NOT.keys()
    assert len(spoken) > 25
    assert spoken <= CODES.keys(), "add them to channel/api/codes.py: codes are part of the contract"


def test_answers_of_posts_are_open_locked_or_gone(document: dict[str, Any]) -> None:
    validator = jsonschema_rs.validator_for(
        {"$ref": "#/components/schemas/Post", "components": document["components"]}
    )
    trace = {"id": "x", "room_id": "x", "seq": 1, "deleted": True, "deleted_at": "x"}
    assert validator.is_valid(trace)
    assert not validator.is_valid(trace | {"deleted": False})


def test_the_live_document_knows_every_message_that_the_socket_parses() -> None:
    described = asyncapi.document(SETTINGS)
    parsed = {kind.__struct_config__.tag for kind in protocol.ClientMessage.__args__}
    assert parsed == set(asyncapi.FROM_CLIENT)
    for name, kind in asyncapi.FROM_CLIENT.items():
        assert described["components"]["schemas"][kind.__name__]["properties"]["type"] == {"enum": [name]}
    frames = asyncapi.FROM_SERVER
    said = [protocol.welcome("x"), protocol.error("forbidden", "No.", message_id=1), protocol.PING]
    for text in said:
        frame = json.loads(text)
        assert jsonschema_rs.is_valid(frames[frame["type"]], frame), frame
    assert described["servers"]["this"] == {"host": "channel.example.org", "protocol": "wss"}


def test_the_page_shows_every_call_and_every_field(document: dict[str, Any]) -> None:
    shown = [operation for group in reference.groups(document) for operation in group.operations]
    raw = [*tus.PATHS.values(), *sent_pictures.PATHS.values()]
    sent = {told["operationId"] for operations in raw for told in operations.values()}
    assert {operation.id for operation in shown} == {endpoint.name for endpoint in ENDPOINTS} | sent
    by_id = {operation.id: operation for operation in shown}
    fields = {field.name: field for field in by_id["create_tier"].body}
    assert (fields["name"].kind, fields["name"].required) == ("string, 1–60 characters", True)
    assert fields["benefits"].kind == "array of string, 0–120 characters"
    assert fields["colour"].kind == "integer 0–359 or null"
    assert by_id["list_rooms"].outcomes[0].fields[0].kind == "array of Room"
    assert by_id["create_post"].outcomes[0].schema == "Post"
    assert [field.name for field in by_id["send_piece"].body] == ["application/offset+octet-stream"]
    assert "Upload-Offset" in {header.name for header in by_id["send_piece"].outcomes[0].headers}


@pytest.mark.anyio
async def test_the_whole_app_serves_the_documents_and_the_page(settings: Settings, clock: Clock) -> None:
    app = whole.build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=settings.url) as http:
            served = (await http.get("/api/openapi.json")).json()
            assert served["servers"] == [{"url": settings.url}]
            assert (await http.get("/api/asyncapi.json")).json()["asyncapi"] == "3.0.0"
            page = (await http.get("/api/docs", headers={"accept-language": "en"})).text
            for endpoint in ENDPOINTS:
                assert f'id="{endpoint.name}"' in page
            assert all(f'id="error-{code}"' in page for code in CODES)
            assert "style=" not in page
            refused = await http.get("/api/v1/me")
            assert refused.headers["content-type"] == "application/problem+json"
            for path, methods in served["paths"].items():
                options = await http.request("OPTIONS", path.replace("{", "").replace("}", ""))
                assert {method.upper() for method in methods} <= set(options.headers["allow"].split(", ")), (
                    path
                )


def test_every_documented_path_is_a_route() -> None:
    app = whole.build(SETTINGS)
    served = {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
    }
    assert {(endpoint.method, PREFIX + endpoint.path) for endpoint in ENDPOINTS} <= served
    told = {(method.upper(), path) for path, calls in tus.PATHS.items() for method in calls}
    assert told <= served
    pictures = {(method.upper(), path) for path, calls in sent_pictures.PATHS.items() for method in calls}
    put = {
        (method, route.path)
        for route in (*looks.ROUTES, *emotes.ROUTES)
        for method in route.methods or ()
        if method == "PUT"
    }
    assert pictures == put <= served, (
        "what looks.py and emotes.py take and sent_pictures.py tells is the same"
    )
    for path, calls in sent_pictures.PATHS.items():
        route = next(
            one
            for one in (*looks.ROUTES, *emotes.ROUTES)
            if one.path == path and "PUT" in (one.methods or ())
        )
        policy, said = getattr(route, "policy", None), calls["put"]["x-policy"]
        assert policy is not None
        assert (said["who"], said["scope"]) == (policy.who.value, policy.scope)
        assert said.get("action") == (policy.action.value if policy.action else None)
    taken = {(method, route.path) for route in uploads.ROUTES for method in route.methods or ()}
    assert taken - {("HEAD", tus.MEDIA)} == told, "what uploads.py serves and tus.py tells is the same"
