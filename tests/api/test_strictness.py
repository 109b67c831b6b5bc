"""P20, F18: whatever is odd in a body or a query is refused with 4xx, the field and the remedy, on both databases."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from channel.api.strict import MAX_BODY_BYTES, most_frequent
from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio
DEEP = "[" * 200_000
# What a JSON value can be that no field takes, as raw bytes of JSON.
TRAPS: dict[str, bytes] = {
    "depth 200,000": DEEP.encode(),
    "depth 33": b"[" * 33 + b"]" * 33,
    "5,000 digits": b"9" * 5000,
    "2^53 + 1": b"9007199254740993",
    "2^63": b"9223372036854775808",
    "-2^63 - 1": b"-9223372036854775809",
    "-1": b"-1",
    "NaN": b"NaN",
    "Infinity": b"-Infinity",
    "1e400": b"1e400",
    "1.5": b"1.5",
    "lone surrogate": rb'"\ud800"',
    "reversed pair": rb'"\udc00\ud800"',
    "raw surrogate": b'"\xed\xa0\x80"',
    "bad utf-8": b'"\xff\xfe"',
    "NUL": rb'"a\u0000b"',
    "raw NUL": b'"a\x00b"',
    "a million characters": b'"' + b"x" * 1_000_000 + b'"',
    "object": b"{}",
    "list of lists": b"[[[]]]",
    "empty": b"",
    "half a string": b'"x',
}
# Odd but text: they may be taken where text is, and must not break anything.
TEXTS = [
    "\u202eevil",
    "a\u200d\u200c\ufeffb",
    "e" + "\u0301" * 80,
    "﷽" * 20,
    "\U0010ffff",
    "\uffff",
    "{{7*7}}",
    "'; --",
]


async def raw(caller: Caller, method: str, path: str, body: bytes, **headers: str) -> httpx2.Response:
    sent = {"authorization": f"Bearer {caller.token}", "content-type": "application/json", **headers}
    return await caller.http.request(method, f"/api/v1{path}", content=body, headers=sent)


def writes(room: str, post: str, member: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A good body for every call that takes one."""
    yield (
        "POST",
        "/communities",
        {"handle": "new-one", "name": "N", "about": "", "visibility": "public", "language": "en"},
    )
    yield "PATCH", "/communities/anna", {
        "name": "N", "about": "x", "visibility": "public", "approval": False, "embeddable": True, "reach_shown": False, "hue": 1, "cover": "", "avatar": "",
        "language": "en", "state": "open",
    }  # fmt: skip
    yield (
        "POST",
        "/communities/anna/rooms",
        {"slug": "r", "name": "R", "kind": "channel", "min_rank": 0, "about": ""},
    )
    yield (
        "PATCH",
        "/communities/anna/rooms/news",
        {"slug": "news", "name": "R", "min_rank": 0, "about": "", "position": 1},
    )
    yield (
        "POST",
        "/communities/anna/tiers",
        {"name": "T", "rank": 3, "about": "", "benefits": ["b"], "colour": 1},
    )
    yield "POST", "/communities/anna/invites", {
        "label": "L", "expires_at": "2030-01-01T00:00:00Z", "max_uses": 1, "tier_id": None,
        "requires_approval": False, "rooms": [room],
    }  # fmt: skip
    yield "PATCH", f"/communities/anna/members/{member}", {"state": "muted", "until": None, "reason": "r"}
    yield "POST", f"/rooms/{room}/posts", {
        "text": "t", "min_rank": None, "teaser": "", "silent": False, "ai": "none", "quote": None,
    }  # fmt: skip
    yield "PATCH", f"/posts/{post}", {"text": "t", "min_rank": None, "teaser": "", "ai": "none", "rev": 1}
    yield "PUT", f"/posts/{post}/pin", {"position": 1}
    yield "PUT", f"/rooms/{room}/read", {"seq": 1}


async def scene(site: Site) -> tuple[Caller, list[tuple[str, str, dict[str, Any]]]]:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "x"})
    assert bob.account is not None
    return anna, list(writes(room, post["id"], bob.account.id))


def with_raw(body: dict[str, Any], field: str, value: bytes) -> bytes:
    """The body with one member's value replaced by raw bytes."""
    others = [
        json.dumps(name).encode() + b":" + json.dumps(v).encode() for name, v in body.items() if name != field
    ]
    return b"{" + b",".join([json.dumps(field).encode() + b":" + value, *others]) + b"}"


async def test_every_trap_in_every_field_is_refused(site: Site) -> None:
    anna, calls = await scene(site)
    tried = 0
    for method, path, body in calls:
        for field in body:
            for name, value in TRAPS.items():
                answer = await raw(anna, method, path, with_raw(body, field, value))
                assert 400 <= answer.status_code < 500, (method, path, field, name, answer.text[:300])
                assert answer.headers["content-type"] == "application/problem+json"
                tried += 1
    assert tried > 800


async def test_odd_text_breaks_nothing(site: Site) -> None:
    anna, calls = await scene(site)
    for method, path, body in calls:
        for field, good in body.items():
            for text in TEXTS if isinstance(good, str) else []:
                answer = await raw(anna, method, path, json.dumps(body | {field: text}).encode())
                assert answer.status_code < 500, (method, path, field, text, answer.text)


async def test_every_trap_as_a_whole_body_is_refused(site: Site) -> None:
    anna, calls = await scene(site)
    for method, path, body in calls:
        for name, value in (TRAPS | {"null": b"null", "true": b"true"}).items():
            if value in (b"{}", b"") and method != "POST":
                continue  # nothing to change, or only what has a default
            answer = await raw(anna, method, path, value)
            allowed = not value.strip(b"{}") and path.endswith("/invites") and method == "POST"
            assert allowed or 400 <= answer.status_code < 500, (method, path, name, body, answer.text[:300])


MALFORMED = [
    b'{"name": "a"',
    b'{"name": "\xff"}',
    b'{"name": "a"} {}',
    b'{"name": "\\ud800"}',
    b"{'name': 1}",
]
UNFIT = [b'{"name": "a", "name": "b"}', b'{"name": "a", "nam\\u0065": "b"}', b"[]", b'{"nope": 1}', b"null"]


async def test_what_is_no_json_and_what_does_not_fit_are_told_apart(site: Site) -> None:
    anna = await site.creator()
    for body in MALFORMED:
        assert code_of(await raw(anna, "PATCH", "/communities/anna", body)) == (400, "malformed"), body
    for body in UNFIT:
        assert code_of(await raw(anna, "PATCH", "/communities/anna", body)) == (422, "invalid"), body


async def test_a_refusal_names_the_field_and_the_remedy(site: Site) -> None:
    anna = await site.creator()

    async def errors(body: dict[str, Any]) -> list[dict[str, str]]:
        answer = await anna.post("/communities/anna/tiers", body)
        found: list[dict[str, str]] = answer.json()["errors"]
        return found

    assert await errors({"rank": 1}) == [{"field": "name", "detail": "This field is required."}]
    assert await errors({"name": "T", "rank": "1"}) == [
        {"field": "rank", "detail": "This must be int, not str."}
    ]
    assert await errors({"name": "T", "rank": 1_000_001}) == [{"field": "rank", "detail": "At most 1000000."}]
    too_long = await errors({"name": "x" * 61, "rank": 1})
    assert too_long == [{"field": "name", "detail": "At most 60 characters."}]
    many = await errors({"name": "T", "rank": 1, "benefits": ["b"] * 21})
    assert many == [{"field": "benefits", "detail": "At most 20 entries."}]
    assert await errors({"name": "T", "rank": 1, "x": 1}) == [
        {"field": "x", "detail": "There is no such field here. Leave it out."}
    ]


LIMITS: list[tuple[str, str, str, int]] = [
    ("POST", "/communities", "name", 80),
    ("POST", "/communities", "about", 4000),
    ("PATCH", "/communities/anna", "name", 80),
    ("PATCH", "/communities/anna", "about", 4000),
    ("POST", "/communities/anna/rooms", "slug", 40),
    ("POST", "/communities/anna/rooms", "name", 80),
    ("POST", "/communities/anna/rooms", "about", 500),
    ("POST", "/communities/anna/tiers", "name", 60),
    ("POST", "/communities/anna/tiers", "about", 500),
    ("POST", "/communities/anna/invites", "label", 80),
    ("PATCH", "/communities/anna/members/{member}", "reason", 500),
    ("POST", "/rooms/{room}/posts", "text", 10_000),
    ("POST", "/rooms/{room}/posts", "teaser", 280),
]


async def test_every_length_is_taken_at_its_limit_and_refused_one_beyond(site: Site) -> None:
    anna, calls = await scene(site)
    for method, path, field, limit in LIMITS:
        where = path.split("{")[0]
        _, full, body = next(
            one for one in calls if one[0] == method and one[1].startswith(where) and field in one[2]
        )
        for length, good in ((limit, True), (limit + 1, False)):
            fresh = {"handle": f"h{length}{field}"[:30]} if "handle" in body else {}
            fresh |= {"slug": f"s{length}{field}"} if "slug" in body else {}
            fresh |= {"rank": length} if "rank" in body else {}
            answer = await raw(anna, method, full, json.dumps(body | fresh | {field: "x" * length}).encode())
            assert answer.is_success == good, (method, full, field, length, answer.text)
            assert good or fields_of(answer) == {field}


NUMBERS: list[tuple[str, str, str, int, int]] = [
    ("PATCH", "/communities/anna", "hue", 0, 359),
    ("POST", "/communities/anna/rooms", "min_rank", 0, 1_000_000),
    ("PATCH", "/communities/anna/rooms/news", "position", 1, 100),
    ("POST", "/communities/anna/tiers", "rank", 1, 1_000_000),
    ("POST", "/communities/anna/tiers", "colour", 0, 359),
    ("POST", "/communities/anna/invites", "max_uses", 1, 1_000_000),
    ("PUT", "/rooms/{room}/read", "seq", 0, 2**53),
    ("PUT", "/posts/{post}/pin", "position", 1, 10),
]


async def test_every_number_is_taken_at_its_bounds_and_refused_beyond(site: Site) -> None:
    anna, calls = await scene(site)
    for method, path, field, low, high in NUMBERS:
        where = path.split("{")[0]
        _, full, body = next(
            one for one in calls if one[0] == method and one[1].startswith(where) and field in one[2]
        )
        for value, good in ((low, True), (high, True), (low - 1, False), (high + 1, False)):
            fresh = {"slug": f"s{abs(value)}"} if method == "POST" and "slug" in body else {}
            fresh |= {"rank": 5000 + value % 7} if field != "rank" and "rank" in body else {}
            answer = await raw(anna, method, full, json.dumps(body | fresh | {field: value}).encode())
            assert answer.is_success == good, (method, full, field, value, answer.text)
            assert good or fields_of(answer) == {field}


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_has_at_most_256_kib(site: Site, announced: bool) -> None:
    anna = await site.creator()
    for size_bytes, status in ((MAX_BODY_BYTES, 200), (MAX_BODY_BYTES + 1, 413)):
        body = b'{"name": "N"' + b" " * (size_bytes - 13) + b"}"

        async def parts(body: bytes = body) -> AsyncIterator[bytes]:
            yield body

        answer = await anna.http.patch(
            "/api/v1/communities/anna",
            content=body if announced else parts(),
            headers={"authorization": f"Bearer {anna.token}", "content-type": "application/json"},
        )
        assert answer.status_code == status


async def test_only_json_is_taken(site: Site) -> None:
    anna = await site.creator()
    good = ("application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json")
    bad = ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "")
    for media_type in (*good, *bad):
        answer = await raw(
            anna, "PATCH", "/communities/anna", b'{"name": "N"}', **{"content-type": media_type}
        )
        assert answer.status_code == (200 if media_type in good else 415), media_type


ODD_QUERIES = [
    "limit=0", "limit=101", "limit=x", "limit=1.5", "limit=", "limit=1&limit=2", "nope=1", "cursor=%00",
    "cursor=" + "x" * 201, "q=" + "x" * 81, "role=boss", "state=asleep", "cursor=\u00e9", "tier=%00", "q=%00",
    "limit=99999999999999999999999", "cursor=AAAA",
]  # fmt: skip


async def test_an_odd_query_is_refused(site: Site) -> None:
    anna = await site.creator()
    for query in ODD_QUERIES:
        answer = await anna.call("GET", f"/communities/anna/members?{query}")
        assert fields_of(answer) == {query.partition("=")[0]}, query


async def test_a_page_has_1_to_100_items(site: Site) -> None:
    anna = await site.creator()
    for limit in (1, 100):
        assert (await anna.get("/communities/anna/members", limit=limit)).status_code == 200


async def test_a_write_takes_no_query_and_a_read_no_notice_of_a_body(site: Site) -> None:
    anna = await site.creator()
    assert (await anna.call("PATCH", "/communities/anna?name=x", {"name": "N"})).status_code == 422
    assert (await raw(anna, "GET", "/communities/anna", b"[[[")).status_code == 200


ODD_PATHS = [
    "/communities/%00", "/communities/a%00b", "/communities/" + "a" * 5000, "/communities/%ED%A0%80",
    "/communities/anna/rooms/%00", "/communities/anna/rooms/..%2f..%2f", "/posts/1", "/posts/%00",
    "/posts/018F0000-0000-7000-8000-000000000000", "/rooms/x/posts", "/streams/room:1/events",
    "/streams/nope:018f0000-0000-7000-8000-000000000000/events", "/streams/%00/events", "/invites/%00",
    "/invites/abc", "/streams/thread:018f0000-0000-7000-8000-000000000000/events", "/communities/anna/members/me",
    "/communities/anna/invites/x", "/rooms/018f0000-0000-7000-8000-000000000000/posts",
    "/posts/018f0000-0000-7000-8000-000000000000",
]  # fmt: skip


async def test_an_odd_or_unknown_name_in_a_path_is_not_found(site: Site) -> None:
    anna = await site.creator()
    for path in ODD_PATHS:
        assert code_of(await anna.get(path)) == (404, "not_found"), path


async def test_whoever_sends_a_word_that_is_none_hears_which_there_are(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    for refused, field, words in (
        (await anna.get("/communities/anna/members", role="boss"), "role", "admin, editor, member, moderator, owner"),
        (await anna.post(f"/rooms/{room}/posts", {"text": "a", "ai": "some"}), "ai", "assisted, generated, none"),
        (
            await anna.post("/communities/anna/tiers", {"name": "A", "rank": 7, "prices": [{"amount": 1, "currency": "EUR", "interval": "day"}]}),
            "prices[0].interval", "month, once, quarter, year",
        ),
    ):  # fmt: skip
        assert fields_of(refused) == {field}
        assert refused.json()["detail"] == f"This must be one of: {words}."


def test_a_name_that_comes_twice_is_found_without_comparing_all_with_all() -> None:
    compared = 0

    class Name(str):
        __hash__ = str.__hash__

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    names = [Name(number) for number in range(5_000)]
    assert most_frequent([*names, Name(4_999)]) == "4999"
    assert compared < 10 * len(names)
