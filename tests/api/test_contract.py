"""docs/../contract.md, call by call, on both databases."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from channel.api.v1 import ENDPOINTS
from tests.api.conftest import Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def news_of(caller: Caller, handle: str = "anna") -> str:
    return str((await caller.found(f"/communities/{handle}/rooms/news"))["id"])


async def test_founding_a_community_makes_its_free_tier_its_room_news_and_its_owner(site: Site) -> None:
    anna = await site.caller("Anna")
    body = {"handle": "anna", "name": "Anna's world", "about": "*Hi*", "visibility": "public"}
    made = await anna.made("/communities", body)
    assert made["handle"] == "anna"
    assert made["url"] == "http://channel.test/@anna"
    assert MOMENT.fullmatch(made["created_at"])
    assert made["standing"] == {"role": "owner", "state": "active", "rank": None}
    assert "<em>Hi</em>" in made["about_html"]
    [tier] = (await anna.found("/communities/anna/tiers"))["items"]
    assert tier["rank"] == 0
    [room] = (await anna.found("/communities/anna/rooms"))["items"]
    assert (room["slug"], room["kind"], room["head"], room["min_rank"]) == ("news", "channel", 0, None)
    me = await anna.found("/me")
    [mine] = me["memberships"]
    assert (mine["community"]["handle"], mine["role"]) == ("anna", "owner")
    assert mine["rooms"] == [
        {
            "id": room["id"],
            "slug": "news",
            "name": room["name"],
            "head": 0,
            "read": 0,
            "unread": 0,
            "mentions": 0,
        }
    ]


async def test_a_community_is_changed_closed_reopened_and_deleted(site: Site) -> None:
    anna = await site.creator()
    changed = await anna.patch("/communities/anna", {"name": "Anna B", "hue": 200, "approval": True})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["hue"], changed.json()["approval"]) == (
        "Anna B",
        200,
        True,
    )
    assert (await anna.patch("/communities/anna", {"state": "closed"})).json()["state"] == "closed"
    room = await news_of(anna)
    assert code_of(await anna.post(f"/rooms/{room}/posts", {"text": "x"})) == (403, "community_closed")
    assert (await anna.patch("/communities/anna", {"state": "open"})).json()["state"] == "open"
    gone = await anna.delete("/communities/anna")
    assert (gone.status_code, gone.content) == (204, b"")
    assert code_of(await site.nobody().get("/communities/anna")) == (404, "not_found")
    assert (await anna.found("/communities/anna"))["purge_at"]


async def test_the_list_of_communities_is_mine_or_for_nobody_the_public_ones(site: Site) -> None:
    anna = await site.creator()
    await site.creator("hidden", visibility="unlisted")
    listed = await site.nobody().found("/communities")
    assert [one["handle"] for one in listed["items"]] == ["anna"]
    assert listed["next_cursor"] is None
    assert [one["handle"] for one in (await anna.found("/communities"))["items"]] == ["anna"]


async def test_rooms_are_opened_changed_moved_and_deleted(site: Site) -> None:
    anna = await site.creator()
    made = await anna.made("/communities/anna/rooms", {"slug": "kiln", "name": "The kiln", "min_rank": 10})
    assert (made["slug"], made["min_rank"], made["position"]) == ("kiln", 10, 2)
    path = "/communities/anna/rooms/kiln"
    changed = (await anna.patch(path, {"name": "Kiln", "position": 1})).json()
    assert (changed["name"], changed["position"]) == ("Kiln", 1)
    assert (await anna.patch(path, {"min_rank": None})).json()["min_rank"] is None
    order = (await anna.found("/communities/anna/rooms"))["items"]
    assert [room["slug"] for room in order] == ["kiln", "news"]
    assert (await anna.delete(path)).status_code == 204
    assert code_of(await anna.get(path)) == (404, "not_found")
    assert code_of(await anna.delete("/communities/anna/rooms/news")) == (409, "last_room")


async def test_tiers_are_made_changed_and_deleted_while_nobody_has_them(site: Site) -> None:
    anna = await site.creator()
    tier = {"name": "Gold", "rank": 10, "benefits": ["All posts", "A mug"], "colour": 40}
    made = await anna.made("/communities/anna/tiers", tier)
    assert {name: made[name] for name in tier} == tier
    path = f"/communities/anna/tiers/{made['id']}"
    assert (await anna.patch(path, {"rank": 20, "colour": None})).json()["rank"] == 20
    await site.member(anna, tier_id=made["id"])
    assert code_of(await anna.delete(path)) == (409, "tier_in_use")
    silver = await anna.made("/communities/anna/tiers", {"name": "Silver", "rank": 5})
    assert (await anna.delete(f"/communities/anna/tiers/{silver['id']}")).status_code == 204
    assert fields_of(await anna.post("/communities/anna/tiers", {"name": "Again", "rank": 20})) == {"rank"}


async def test_an_invite_is_made_looked_at_accepted_and_counts_each_account_once(site: Site) -> None:
    anna = await site.creator()
    wanted = {"label": "Fair", "max_uses": 2, "expires_at": "2027-01-01T00:00:00Z"}
    invite = await anna.made("/communities/anna/invites", wanted)
    assert invite["url"] == f"http://channel.test/join/{invite['code']}"
    assert (invite["uses"], invite["status"], invite["expires_at"]) == (0, "open", "2027-01-01T00:00:00.000Z")
    path = f"/invites/{invite['code']}"
    preview = await site.nobody().found(path)
    assert (preview["community"]["handle"], preview["host"]["name"]) == ("anna", "Anna")

    first = await site.nobody().post(f"{path}/accept", {"display_name": "Bob"})
    assert first.status_code == 201
    joined = first.json()
    assert joined["account"]["name"] == "Bob"
    assert (joined["membership"]["role"], joined["membership"]["state"]) == ("member", "active")
    bob = Caller(site.client(), token=joined["token"])
    again = await bob.post(f"{path}/accept")
    assert (again.status_code, "token" in again.json()) == (200, False)
    assert (await anna.found(f"/communities/anna/invites/{invite['id']}"))["uses"] == 1
    me = await bob.found("/me")
    assert (me["scopes"], me["memberships"][0]["tier"]) == (["post", "read"], "Free")

    assert (await site.nobody().post(f"{path}/accept", {"display_name": "Cleo"})).status_code == 201
    assert code_of(await site.nobody().post(f"{path}/accept", {"display_name": "Dora"})) == (
        410,
        "invite_used_up",
    )
    assert code_of(await site.nobody().get(path)) == (410, "invite_used_up")


async def test_an_invite_ends_by_being_paused_revoked_or_too_old(site: Site) -> None:
    anna = await site.creator()
    invite = await anna.made("/communities/anna/invites", {"expires_at": "2026-01-02T00:00:00+00:00"})
    path = f"/communities/anna/invites/{invite['id']}"
    assert (await anna.patch(path, {"state": "paused"})).json()["status"] == "paused"
    assert code_of(await site.nobody().get(f"/invites/{invite['code']}")) == (410, "invite_paused")
    assert (await anna.patch(path, {"state": "open"})).json()["status"] == "open"
    site.clock.forward(2 * 24 * 3600 * 1000)
    assert code_of(await site.nobody().get(f"/invites/{invite['code']}")) == (410, "invite_expired")
    assert (await anna.delete(path)).status_code == 204
    assert (await anna.found(path))["status"] == "revoked"
    assert code_of(await anna.patch(path, {"state": "open"})) == (409, "invite_revoked")
    past = {"expires_at": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}
    assert fields_of(await anna.post("/communities/anna/invites", past)) == {"expires_at"}


async def test_invites_and_members_come_in_pages(site: Site) -> None:
    anna = await site.creator()
    for _ in range(3):
        site.clock.forward(1000)
        await anna.made("/communities/anna/invites", {})
        await site.member(anna)
    for what, size in (("invites", 6), ("members", 4)):
        seen: list[Any] = []
        cursor: str | None = None
        while True:
            page = await anna.found(
                f"/communities/anna/{what}", limit=2, **({"cursor": cursor} if cursor else {})
            )
            seen += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert len({str(item) for item in seen}) == size
        odd = await anna.get(f"/communities/anna/{what}", cursor="bm90IG91cnM")
        assert fields_of(odd) == {"cursor"}


async def test_members_are_found_given_roles_and_tiers_muted_banned_and_approved(site: Site) -> None:
    anna = await site.creator()
    gold = await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await site.member(anna, name="Bob")
    asked = await site.member(anna, name="Cleo", requires_approval=True)
    assert bob.account is not None
    assert asked.account is not None
    path = f"/communities/anna/members/{bob.account.id}"
    found = await anna.found("/communities/anna/members", q="bo", role="member", state="active")
    assert [member["account"]["name"] for member in found["items"]] == ["Bob"]
    changed = (await anna.patch(path, {"role": "editor", "tier_id": gold["id"]})).json()
    assert (changed["role"], changed["tier"]["name"]) == ("editor", "Gold")
    muted = (
        await anna.patch(path, {"state": "muted", "until": "2026-02-01T00:00:00Z", "reason": "Noise"})
    ).json()
    assert (muted["state"], muted["until"], muted["reason"]) == ("muted", "2026-02-01T00:00:00.000Z", "Noise")
    assert (await anna.patch(path, {"state": "active"})).json()["state"] == "active"
    banned = (await anna.patch(path, {"state": "banned", "reason": "Spam"})).json()
    assert (banned["state"], banned["role"]) == ("banned", "member")
    refused = await anna.patch(path, {"state": "active"})
    assert code_of(refused) == (409, "not_in_that_state")
    assert "A ban is lifted by left" in refused.json()["detail"]
    assert (await anna.patch(path, {"state": "left"})).json()["state"] == "left"
    approved = await anna.patch(f"/communities/anna/members/{asked.account.id}", {"state": "active"})
    assert approved.json()["state"] == "active"
    assert fields_of(await anna.patch(path, {"reason": "why"})) == {"state"}


async def test_a_member_leaves_and_the_owner_cannot(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    assert (await bob.delete("/communities/anna/membership")).status_code == 204
    assert (await bob.found("/me"))["memberships"] == []
    assert code_of(await anna.delete("/communities/anna/membership")) == (409, "owner")


async def test_a_post_is_published_read_edited_pinned_and_deleted(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    wanted = {"text": "Hello **all**", "teaser": "Hi", "silent": True, "ai": "assisted"}
    post = await anna.made(f"/rooms/{room}/posts", wanted)
    assert {name: post[name] for name in wanted} == wanted
    assert (post["seq"], post["rev"], post["locked"], post["room_id"]) == (1, 1, False, room)
    assert post["author"] == {"id": anna.account.id, "name": "Anna", "handle": None, "avatar_url": None}  # type: ignore[union-attr]
    assert "<strong>all</strong>" in post["html"]
    assert (post["media"], post["poll"], post["quote"], post["edited_at"]) == ([], None, None, None)
    assert post["counts"] == {"reactions": {}, "comments": 0, "views": 0}
    assert post["mine"] == {"reactions": []}
    path = f"/posts/{post['id']}"
    assert await anna.found(path) == post

    site.clock.forward(1000)
    edited = (await anna.patch(path, {"text": "Hello you"})).json()
    assert (edited["text"], edited["rev"], edited["teaser"]) == ("Hello you", 2, "Hi")
    assert MOMENT.fullmatch(edited["edited_at"])
    versions = (await anna.found(f"{path}/revisions"))["items"]
    assert [version["text"] for version in versions] == ["Hello **all**", "Hello you"]
    assert code_of(await anna.patch(path, {"text": "Mine", "rev": 1})) == (409, "edited_meanwhile")

    assert (await anna.put(f"{path}/pin")).json()["pinned"] == 1
    assert [one["id"] for one in (await anna.found(f"/rooms/{room}/posts", pinned="true"))["items"]] == [
        post["id"]
    ]
    assert (await anna.delete(f"{path}/pin")).status_code == 204

    quoting = await anna.made(f"/rooms/{room}/posts", {"text": "See", "quote": post["id"]})
    assert (quoting["quote"]["id"], quoting["quote"]["text"]) == (post["id"], "Hello you")
    assert (await anna.delete(path)).status_code == 204
    trace = await anna.found(path)
    assert trace == {
        "id": post["id"], "room_id": room, "seq": 1, "deleted": True, "deleted_at": trace["deleted_at"],
    }  # fmt: skip


async def test_posts_come_newest_first_before_and_after_a_seq_and_by_cursor(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    for number in range(5):
        await anna.made(f"/rooms/{room}/posts", {"text": f"n{number}"})
    path = f"/rooms/{room}/posts"

    async def seqs(**query: object) -> list[int]:
        return [post["seq"] for post in (await anna.found(path, **query))["items"]]

    assert await seqs() == [5, 4, 3, 2, 1]
    assert await seqs(before=4, limit=2) == [3, 2]
    assert await seqs(after=2, limit=2) == [4, 3]
    page = await anna.found(path, limit=2)
    older = await anna.found(path, limit=2, cursor=page["next_cursor"])
    assert [post["seq"] for post in older["items"]] == [3, 2]
    assert fields_of(await anna.get(path, cursor="x")) == {"cursor"}


async def test_a_post_above_ones_rank_comes_locked_and_with_nothing_else(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await site.member(anna)
    room = await news_of(anna)
    text = "The canary sings"
    post = await anna.made(f"/rooms/{room}/posts", {"text": text, "min_rank": 10, "teaser": "Psst"})
    locked = await bob.found(f"/posts/{post['id']}")
    assert set(locked) == {
        "id", "room_id", "seq", "author", "created_at", "min_rank", "locked", "tier", "teaser", "teaser_picture", "kinds",
        "carries", "duration_ms",
        "opens_at", "unlock",
    }  # fmt: skip
    assert (locked["locked"], locked["tier"]["name"], locked["teaser"]) == (True, "Gold", "Psst")
    assert locked["kinds"] == ["text"]
    for reader in (bob, site.nobody()):
        for path in (f"/posts/{post['id']}", f"/rooms/{room}/posts", f"/streams/room:{room}/events"):
            assert "canary" not in (await reader.get(path)).text
    assert code_of(await bob.get(f"/posts/{post['id']}/revisions"))[0] == 403


async def test_a_post_that_opens_by_itself_says_when_to_each_what_is_theirs(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await site.member(anna)
    room = await news_of(anna)
    opens = [
        {"at": "2026-01-02T01:00:00+01:00", "min_rank": 0},
        {"at": "2026-01-05T00:00:00Z", "min_rank": None},
    ]
    wanted = {"text": "Early", "min_rank": 10, "opens": opens}
    post = await anna.made(f"/rooms/{room}/posts", wanted)
    assert post["opens"] == [
        {"at": "2026-01-02T00:00:00.000Z", "min_rank": 0},
        {"at": "2026-01-05T00:00:00.000Z", "min_rank": None},
    ]
    path = f"/posts/{post['id']}"
    assert (await bob.found(path))["opens_at"] == "2026-01-02T00:00:00.000Z"
    assert (await site.nobody().found(path))["opens_at"] == "2026-01-05T00:00:00.000Z"
    assert (await anna.patch(path, {"text": "Early, better"})).json()["opens"] == post["opens"]
    assert (await anna.patch(path, {"opens": post["opens"][1:]})).json()["opens"] == post["opens"][1:]
    assert (await bob.found(path))["opens_at"] == "2026-01-05T00:00:00.000Z"
    assert (await anna.patch(path, {"opens": []})).json()["opens"] == []
    assert (await bob.found(path))["opens_at"] is None
    for wrong in ([opens[1], opens[0]], [{"at": "2025-01-01T00:00:00Z", "min_rank": 0}], opens * 3):
        assert fields_of(await anna.patch(path, {"opens": wrong})) == {"opens"}
    half = [{"at": "2026-01-05T00:00:00Z"}]
    assert fields_of(await anna.patch(path, {"opens": half})) == {"opens[0].min_rank"}


async def test_the_log_fills_a_gap_with_the_events_of_the_live_protocol(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "one"})
    await anna.patch(f"/posts/{post['id']}", {"text": "two"})
    await anna.put(f"/posts/{post['id']}/pin")
    log = await anna.found(f"/streams/room:{room}/events", limit=2)
    assert [(event["seq"], event["kind"]) for event in log["items"]] == [
        (1, "post.published"),
        (2, "post.edited"),
    ]
    assert log["items"][0]["type"] == "event"
    assert log["items"][0]["stream"] == f"room:{room}"
    assert log["items"][0]["data"]["post"]["text"] == "two"
    assert (log["head"], log["next_cursor"]) == (3, "2")
    assert log["epoch"]
    rest = await anna.found(f"/streams/room:{room}/events", cursor=log["next_cursor"])
    assert [event["kind"] for event in rest["items"]] == ["post.pinned"]
    mine = await anna.found("/streams/me/events")
    assert mine["items"][0]["kind"] == "membership.changed"
    assert mine["items"][0]["data"] == {"community": "anna"}
    bob = await site.member(anna)
    assert code_of(await bob.get(f"/streams/account:{anna.account.id}/events"))[0] == 404  # type: ignore[union-attr]


async def test_a_read_position_moves_forward_only_and_counts_views(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "one"})
    await anna.made(f"/rooms/{room}/posts", {"text": "two"})
    assert (await bob.found("/me"))["memberships"][0]["rooms"][0]["unread"] == 2
    assert (await bob.put(f"/rooms/{room}/read", {"seq": 2})).json() == {"room_id": room, "seq": 2}
    assert (await bob.put(f"/rooms/{room}/read", {"seq": 1})).json() == {"room_id": room, "seq": 2}
    mine = (await bob.found("/me"))["memberships"][0]["rooms"][0]
    assert (mine["read"], mine["unread"]) == (2, 0)
    assert (await anna.found(f"/posts/{post['id']}"))["counts"]["views"] == 1
    assert {topic for topic, _ in site.notes} == {"read", "counts"}


async def test_a_ticket_opens_one_live_connection(site: Site) -> None:
    anna = await site.caller("Anna")
    ticket = await anna.made("/live/ticket", {})
    assert ticket["expires_in"] == 30
    assert len(ticket["ticket"]) >= 22


TO_COME = {
    "/rooms/{room}/posts": ("publish_at",),
}


async def test_what_is_still_to_come_is_refused_by_name(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    for path, fields in TO_COME.items():
        for field in fields:
            answer = await anna.post(path.format(room=room), {field: []})
            assert fields_of(answer) == {field}
            assert "cannot do that yet" in answer.json()["detail"]


async def test_an_account_says_whether_others_see_that_it_is_here(site: Site) -> None:
    anna = await site.creator()
    assert (await anna.found("/me"))["account"]["presence"] is True
    changed = await anna.patch("/me", {"presence": False})
    assert (changed.status_code, changed.json()["presence"]) == (200, False)
    assert (await anna.found("/me"))["account"]["presence"] is False
    assert (await anna.patch("/me", {})).json()["presence"] is False
    assert code_of(await anna.patch("/me", {"presence": "no"})) == (422, "invalid")
    reader = await site.caller("Reader", scopes=("read",))
    assert code_of(await reader.patch("/me", {"presence": False})) == (403, "scope")


def test_every_list_takes_a_limit_and_a_cursor() -> None:
    lists = [
        each
        for each in ENDPOINTS
        if each.method == "GET" and "next_cursor" in getattr(each.answers.get(200), "__struct_fields__", ())
    ]
    assert len(lists) > 30
    for each in lists:
        assert {"limit", "cursor"} <= set(each.query.__struct_fields__), each.path


async def test_a_short_list_is_read_in_parts_while_it_grows(site: Site) -> None:
    """Rooms come whole unless somebody asks for parts; what comes in before a part moves nothing into it twice."""
    anna = await site.creator()
    for slug in ("a1", "b2", "c3", "d4"):
        await anna.made("/communities/anna/rooms", {"slug": slug, "name": slug, "kind": "channel"})
    path = "/communities/anna/rooms"
    whole = await anna.found(path)
    slugs = [room["slug"] for room in whole["items"]]
    assert (len(slugs), whole["next_cursor"]) == (5, None)
    first = await anna.found(path, limit=2)
    second = await anna.found(path, limit=2, cursor=first["next_cursor"])
    await anna.delete(f"{path}/{slugs[0]}")
    third = await anna.found(path, limit=2, cursor=second["next_cursor"])
    assert [room["slug"] for part in (first, second, third) for room in part["items"]] == slugs
    assert third["next_cursor"] is None
    await anna.delete(f"{path}/{slugs[3]}")
    assert (await anna.get(path, cursor=second["next_cursor"])).status_code == 200, "its mark is gone"
    for odd in ("x", "1", "1:", "-1:a", "9999999:a", "\u0663:a"):
        assert fields_of(await anna.get(path, cursor=odd)) == {"cursor"}
    for beyond in (0, 101):
        assert fields_of(await anna.get(path, limit=beyond)) == {"limit"}
