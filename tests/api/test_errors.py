"""How refusals look, and what the server does with methods and addresses that it does not have."""

import dataclasses

import pytest

from channel.api.documents import routes
from channel.errors import Unavailable
from channel.limiter import RATES, Limiter
from channel.routing import Policy
from tests.api.conftest import Site, code_of, page
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio


async def test_a_problem_has_the_fields_of_rfc_9457_and_ours(site: Site) -> None:
    answer = await site.nobody().get("/communities/nobody")
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem.keys() == {"type", "title", "status", "code", "detail", "request_id"}
    assert (problem["type"], problem["status"]) == ("/api/docs#error-not_found", 404)
    assert problem["request_id"] == answer.headers["x-request-id"]


async def test_answers_stay_out_of_every_cache(site: Site) -> None:
    anna = await site.creator()
    for answer in (await anna.get("/me"), await site.nobody().get("/communities"), await anna.get("/nope")):
        assert answer.headers["cache-control"] == "private, no-store"


async def test_a_host_that_is_not_ours_is_a_problem_too(site: Site) -> None:
    for host in (":2", "evil.test", "channel.test.evil.test"):
        answer = await site.nobody().call("GET", "/communities", headers={"host": host})
        assert code_of(answer) == (400, "unknown_host"), host
        assert "CHANNEL_URL" in answer.json()["detail"]


async def test_an_unknown_address_is_a_problem_too(site: Site) -> None:
    for path in (
        "/nope",
        "/posts/x/y/z",
        "/me/tokens",
        "/posts/018f0000-0000-7000-8000-000000000000/comments",
    ):
        assert code_of(await site.nobody().get(path)) == (404, "not_found")


async def test_a_wrong_method_is_told_all_right_ones(site: Site) -> None:
    answer = await site.nobody().put("/communities/anna", {})
    assert code_of(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PATCH"


async def test_options_and_head_are_answered(site: Site) -> None:
    await site.creator()
    options = await site.nobody().call("OPTIONS", "/communities/anna/rooms")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")
    assert (await site.nobody().call("HEAD", "/communities/anna")).status_code == 200


async def test_a_bug_is_told_as_500_without_a_trace(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("channel.members.queries.visible", broken)
    client = site.client()
    client._transport.raise_app_exceptions = False  # type: ignore[attr-defined]
    answer = await client.get("/api/v1/communities/anna")
    assert code_of(answer) == (500, "broken")
    assert "secret" not in answer.text


async def test_a_database_that_is_away_is_503_with_a_time_to_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise Unavailable("The database cannot be reached. Nothing was saved; try again.")

    monkeypatch.setattr("channel.members.queries.visible", away)
    answer = await site.nobody().get("/communities/anna")
    assert (code_of(answer), answer.headers["retry-after"]) == ((503, "unavailable"), "5")


@pytest.mark.parametrize(
    ("name", "who"), [("read", "account"), ("write", "account"), ("publish", "account"), ("join", "network")]
)
async def test_every_rate_ends_at_its_limit_with_a_time_to_come_back(site: Site, name: str, who: str) -> None:
    anna, zoe = await site.creator(), await site.creator("zoe")
    room, code = await news_of(anna), (await anna.made("/communities/anna/invites", {}))["code"]
    site.app.state.services = dataclasses.replace(
        site.app.state.services, limiter=Limiter(5 / RATES[name][0])
    )
    calls = {
        "read": ("GET", "/me", None),
        "write": ("PATCH", "/communities/anna", {}),
        "publish": ("POST", f"/rooms/{room}/posts", {"text": "x"}),
        "join": ("POST", f"/invites/{code}/accept", {"display_name": "Bob"}),
    }
    if name in ("publish", "join"):  # each is a write as well, which must not be what ends it
        limiter = site.app.state.services.limiter
        limiter._most["write"] = Limiter(1000)._most["write"]
    method, path, body = calls[name]
    caller = anna if who == "account" else site.nobody()
    statuses = [(await caller.call(method, path, body)).status_code for _ in range(5)]
    assert all(status < 300 for status in statuses), statuses
    answer = await caller.call(method, path, body)
    assert code_of(answer) == (429, "too_many")
    assert 1 <= int(answer.headers["retry-after"]) <= 2 * RATES[name][1]
    if who == "account":
        assert (await zoe.get("/me")).status_code == 200
    else:
        assert (await site.nobody("198.51.100.9").call(method, path, body)).status_code == 201


def test_every_route_says_who_may_take_it() -> None:
    made = routes(page)  # type: ignore[arg-type]
    assert len(made) > 35
    assert all(isinstance(route.policy, Policy) for route in made)  # type: ignore[attr-defined]
