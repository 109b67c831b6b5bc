"""Who may call what: 401 without credentials, 403 with too few rights, 404 for what the caller may not know exists."""

import pytest

from channel.accounts import sessions
from tests.api.conftest import Caller, Site, code_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio
WRITES = [
    ("PATCH", "/communities/anna", {"name": "Mine"}),
    ("PATCH", "/communities/anna", {}),
    ("DELETE", "/communities/anna", None),
    ("POST", "/communities/anna/rooms", {"slug": "mine", "name": "Mine"}),
    ("PATCH", "/communities/anna/rooms/news", {"name": "Mine"}),
    ("PATCH", "/communities/anna/rooms/news", {}),
    ("DELETE", "/communities/anna/rooms/news", None),
    ("POST", "/communities/anna/tiers", {"name": "Mine", "rank": 7}),
    ("POST", "/communities/anna/invites", {}),
    ("GET", "/communities/anna/invites", None),
    ("GET", "/communities/anna/members", None),
    ("POST", "/rooms/{room}/posts", {"text": "mine"}),
    ("PATCH", "/posts/{post}", {"text": "mine"}),
    ("DELETE", "/posts/{post}", None),
    ("PUT", "/posts/{post}/pin", {}),
    ("DELETE", "/posts/{post}/pin", None),
]


async def scene(site: Site) -> tuple[Caller, dict[str, str]]:
    anna = await site.creator()
    room = await news_of(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "hers"})
    return anna, {"room": room, "post": post["id"]}


async def test_without_credentials_a_write_is_401_and_says_how_to_come(site: Site) -> None:
    _, ids = await scene(site)
    for method, path, body in WRITES:
        answer = await site.nobody().call(method, path.format(**ids), body)
        assert code_of(answer) == (401, "unauthorized"), path
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_plain_member_and_a_stranger_may_change_nothing(site: Site) -> None:
    anna, ids = await scene(site)
    bob = await site.member(anna)
    assert bob.account is not None
    for caller in (await site.program(bob.account), await site.creator("zoe")):
        for method, path, body in WRITES:
            assert code_of(await caller.call(method, path.format(**ids), body))[0] == 403, (method, path)
    assert (await anna.found(f"/posts/{ids['post']}"))["text"] == "hers"


async def test_a_private_community_does_not_exist_for_who_is_not_in_it(site: Site) -> None:
    anna, ids = await scene(site)
    await anna.patch("/communities/anna", {"visibility": "private"})
    zoe = await site.creator("zoe")
    reads = [
        "/communities/anna", "/communities/anna/rooms", "/communities/anna/rooms/news", "/communities/anna/tiers",
        "/rooms/{room}/posts", "/posts/{post}", "/posts/{post}/revisions", "/streams/room:{room}/events",
    ]  # fmt: skip
    for caller in (site.nobody(), zoe):
        for path in reads:
            assert code_of(await caller.get(path.format(**ids))) == (404, "not_found"), path
    for method, path, body in WRITES:
        assert code_of(await zoe.call(method, path.format(**ids), body)) == (404, "not_found"), path


async def test_a_banned_member_finds_nothing_any_more(site: Site) -> None:
    anna, ids = await scene(site)
    bob = await site.member(anna)
    assert bob.account is not None
    await anna.patch(f"/communities/anna/members/{bob.account.id}", {"state": "banned"})
    assert code_of(await bob.get(f"/posts/{ids['post']}")) == (404, "not_found")
    assert code_of(await bob.get("/communities/anna")) == (404, "not_found")
    code = (await anna.made("/communities/anna/invites", {}))["code"]
    assert code_of(await bob.post(f"/invites/{code}/accept")) == (403, "banned")


async def test_a_room_above_ones_rank_is_listed_and_not_read(site: Site) -> None:
    anna, _ = await scene(site)
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await site.member(anna)
    gold = await anna.made("/communities/anna/rooms", {"slug": "gold", "name": "Gold", "min_rank": 10})
    post = await anna.made(f"/rooms/{gold['id']}/posts", {"text": "canary"})
    listed = {room["slug"]: room for room in (await bob.found("/communities/anna/rooms"))["items"]}
    assert (listed["gold"]["readable"], listed["gold"]["head"]) == (False, None)
    reads = [f"/rooms/{gold['id']}/posts", f"/posts/{post['id']}", f"/streams/room:{gold['id']}/events"]
    for path in [*reads, f"/posts/{post['id']}/revisions"]:
        assert code_of(await bob.get(path)) == (403, "room_locked"), path
    assert code_of(await bob.put(f"/rooms/{gold['id']}/read", {"seq": 1}))[0] == 403


async def test_what_was_locked_when_it_was_written_stays_locked_in_the_history(site: Site) -> None:
    anna, ids = await scene(site)
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await site.member(anna)
    post = await anna.made(f"/rooms/{ids['room']}/posts", {"text": "canary", "min_rank": 10})
    await anna.patch(f"/posts/{post['id']}", {"text": "for all", "min_rank": None})
    versions = (await bob.found(f"/posts/{post['id']}/revisions"))["items"]
    assert [version["text"] for version in versions] == ["for all"]


REACH: list[tuple[tuple[str, ...], str, str, object, int]] = [
    (("read",), "POST", "/communities", {"handle": "mine", "name": "M"}, 403),
    (("manage",), "GET", "/me", None, 403),
    (("read", "manage"), "POST", "/communities/anna/invites", {}, 403),
    (("read", "members"), "POST", "/communities/anna/invites", {}, 201),
    (("read", "members"), "PATCH", "/communities/anna", {"name": "N"}, 403),
    (("read", "members", "manage"), "POST", "/rooms/{room}/posts", {"text": "x"}, 403),
    (("post",), "POST", "/rooms/{room}/posts", {"text": "x"}, 201),
]


async def test_a_token_reaches_as_far_as_its_scopes(site: Site) -> None:
    anna, ids = await scene(site)
    assert anna.account is not None
    for scopes, method, path, body, status in REACH:
        token = await site.program(anna.account, scopes=scopes)
        answer = await token.call(method, path.format(**ids), body)
        assert answer.status_code == status, (scopes, path, answer.text)
        assert status != 403 or code_of(answer) == (403, "scope")


async def test_credentials_that_are_none_are_401_even_where_nobody_would_be_served(site: Site) -> None:
    await site.creator()
    for header in ("Bearer ch_nonsense", "Bearer ", "Basic YTpi", "ch_nonsense"):
        answer = await site.nobody().call("GET", "/communities/anna", headers={"authorization": header})
        assert code_of(answer) == (401, "unauthorized"), header


async def test_a_session_cookie_works_from_our_own_pages_only(site: Site) -> None:
    anna = await site.creator()
    assert anna.account is not None
    async with site.db.write() as tx:
        _, secret = await sessions.open_session(tx, anna.account.id, device="Test", how="link")
    cookie = {"cookie": f"channel={secret}"}
    page = site.nobody()
    ours = cookie | {"origin": "http://channel.test"}
    assert (await page.call("GET", "/me", headers=cookie)).json()["scopes"] is None
    assert (await page.call("PATCH", "/communities/anna", {"name": "N"}, headers=ours)).status_code == 200
    for foreign in (
        {},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ):
        answer = await page.call("PATCH", "/communities/anna", {"name": "Evil"}, headers=cookie | foreign)
        assert code_of(answer) == (403, "cross_site"), foreign


async def test_objects_of_another_community_are_not_reached_through_ones_own(site: Site) -> None:
    anna, ids = await scene(site)
    zoe = await site.creator("zoe")
    tier = await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    invite = await anna.made("/communities/anna/invites", {})
    bob = await site.member(anna)
    assert bob.account is not None
    theirs = [
        ("PATCH", f"/communities/zoe/tiers/{tier['id']}", {"name": "Mine"}),
        ("DELETE", f"/communities/zoe/tiers/{tier['id']}", None),
        ("GET", f"/communities/zoe/invites/{invite['id']}", None),
        ("DELETE", f"/communities/zoe/invites/{invite['id']}", None),
        ("GET", f"/communities/zoe/members/{bob.account.id}", None),
        ("PATCH", f"/communities/zoe/members/{bob.account.id}", {"state": "banned"}),
        ("POST", "/communities/zoe/invites", {"tier_id": tier["id"]}),
        ("POST", "/communities/zoe/invites", {"rooms": [ids["room"]]}),
    ]
    for method, path, body in theirs:
        assert code_of(await zoe.call(method, path, body)) == (404, "not_found"), path
    room = await news_of(zoe, "zoe")
    quoting = await zoe.post(f"/rooms/{room}/posts", {"text": "x", "quote": ids["post"]})
    assert code_of(quoting) == (422, "invalid")


async def test_a_role_cannot_raise_itself(site: Site) -> None:
    anna, _ = await scene(site)
    bob = await site.member(anna)
    assert bob.account is not None
    path = f"/communities/anna/members/{bob.account.id}"
    for role in ("moderator", "editor", "admin"):
        assert (await anna.patch(path, {"role": role})).status_code == 200
        mine = await site.program(bob.account)
        assert code_of(await mine.patch(path, {"role": "admin"}))[0] == 403, role
        assert anna.account is not None
        hers = f"/communities/anna/members/{anna.account.id}"
        assert code_of(await mine.patch(hers, {"role": "member"}))[0] == 403
    assert (await anna.patch(path, {"role": "owner"})).status_code == 422
