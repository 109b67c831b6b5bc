"""Groups in the API: topics and messages in them, and what is refused with which code. On both databases."""

from typing import Any

import pytest

from tests.api.conftest import Caller, Site, code_of

pytestmark = pytest.mark.anyio


async def group_of(anna: Caller, **more: Any) -> dict[str, Any]:
    """A group of anna's."""
    made: dict[str, Any] = await anna.made(
        "/communities/anna/rooms", {"slug": "talk", "name": "Talk", "kind": "group", **more}
    )
    return made


async def writer(site: Site, anna: Caller, name: str = "Bob") -> Caller:
    """A member with a program that may write."""
    member = await site.member(anna, name=name)
    assert member.account
    return await site.program(member.account)


async def test_members_write_in_topics_and_read_them_at_their_own_pace(site: Site) -> None:
    anna = await site.creator()
    bob, room = await writer(site, anna), await group_of(anna)
    posts, topics = f"/rooms/{room['id']}/posts", f"/rooms/{room['id']}/topics"
    hello = await bob.made(posts, {"text": "hello"})
    assert (hello["topic"]["number"], hello["topic"]["name"]) == (1, "General")
    tour = await bob.made(topics, {"name": "The tour"})
    assert (tour["number"], tour["state"], tour["url"]) == (2, "open", "http://channel.test/@anna/talk/t/2")
    when = await anna.made(posts, {"text": "in May", "topic_id": tour["id"]})
    beds = await anna.made(posts, {"text": "a bed?", "topic": "Beds"})
    again = await anna.made(posts, {"text": "two beds?", "topic": "BEDS"})
    assert again["topic"] == beds["topic"]
    listed = (await bob.found(topics))["items"]
    assert [(one["name"], one["posts"], one["mine"]["unread"]) for one in listed] == [
        ("Beds", 2, 2), ("The tour", 1, 1), ("General", 1, 0)
    ]  # fmt: skip
    assert [one["id"] for one in (await bob.found(posts, topic=tour["id"]))["items"]] == [when["id"]]
    read = await bob.put(f"/topics/{tour['id']}/read", {"seq": when["seq"]})
    assert read.json() == {"topic_id": tour["id"], "room_id": room["id"], "seq": when["seq"]}
    assert (
        "read",
        {"room_id": room["id"], "seqs": {bob.account.id: when["seq"]}, "topic_id": tour["id"]},
    ) in site.notes  # type: ignore[union-attr]
    muted = (
        await bob.put(f"/topics/{beds['topic']['id']}/follow", {"level": "mute", "starred": True})
    ).json()
    assert muted["mine"] == {
        "read": 0, "unread": 2, "level": "mute", "starred": True, "push": "none", "mail": "none"
    }  # fmt: skip
    [mine] = (await bob.found("/me"))["memberships"]
    assert [one["unread"] for one in mine["rooms"] if one["slug"] == "talk"] == [0]
    page = await bob.found(topics, limit=2)
    rest = await bob.found(topics, limit=2, cursor=page["next_cursor"])
    assert [one["name"] for one in page["items"] + rest["items"]] == ["Beds", "The tour", "General"]


async def test_refusals_have_codes_of_their_own(site: Site) -> None:
    anna = await site.creator()
    room = await group_of(anna, rules={"slow_s": 60})
    assert room["rules"]["slow_s"] == 60
    bob, posts = await writer(site, anna), f"/rooms/{room['id']}/posts"
    await bob.made(posts, {"text": "one"})
    slow = await bob.post(posts, {"text": "two"})
    assert (code_of(slow), slow.headers["retry-after"]) == ((429, "slow_mode"), "60")
    address = "/communities/anna/rooms/talk"
    minute = site.clock.now_ms // 60_000 % 1440
    for rules, code in (
        ({"slow_s": 0, "quiet_from": minute, "quiet_to": (minute + 1) % 1440}, "quiet_hours"),
        ({"quiet_from": None, "quiet_to": None, "write_rank": 1_000_001}, "rank_too_low"),
    ):
        assert (await anna.patch(address, {"rules": rules})).status_code == 200
        assert code_of(await bob.post(posts, {"text": "two"})) == (403, code)
    await anna.patch(address, {"rules": {"write_rank": None}})
    tour = await bob.made(f"/rooms/{room['id']}/topics", {"name": "The tour"})
    assert (await bob.patch(f"/topics/{tour['id']}", {"state": "closed"})).json()["state"] == "closed"
    assert code_of(await bob.post(posts, {"text": "x", "topic": "the tour"})) == (403, "topic_closed")
    stranger = await site.caller("Eve")
    assert code_of(await stranger.post(posts, {"text": "x"})) == (403, "not_in")
    muted = await anna.patch(f"/communities/anna/members/{bob.account.id}", {"state": "muted"})  # type: ignore[union-attr]
    assert muted.status_code == 200
    assert code_of(await bob.post(posts, {"text": "x"})) == (403, "muted")


async def test_topics_are_resolved_split_and_merged(site: Site) -> None:
    anna = await site.creator()
    bob, room = await writer(site, anna), await group_of(anna)
    posts = f"/rooms/{room['id']}/posts"
    said = [await anna.made(posts, {"text": f"number {n}", "topic": "The tour"}) for n in range(3)]
    tour = said[0]["topic"]["id"]
    done = await anna.patch(f"/topics/{tour}", {"state": "resolved", "answer_id": said[2]["id"]})
    assert (done.json()["state"], done.json()["answer_id"]) == ("resolved", said[2]["id"])
    assert code_of(await bob.patch(f"/topics/{tour}", {"name": "Mine"})) == (403, "forbidden")
    move = {"post_ids": [said[1]["id"]], "name": "Beds"}
    assert code_of(await bob.post(f"/topics/{tour}/move", move)) == (403, "forbidden")
    beds = (await anna.post(f"/topics/{tour}/move", move)).json()
    moved = await bob.found(f"/posts/{said[1]['id']}")
    assert (moved["topic"]["id"], moved["seq"]) == (beds["id"], said[1]["seq"])
    into = (await anna.post(f"/topics/{tour}/merge", {"into": beds["id"]})).json()
    assert (into["id"], into["posts"]) == (beds["id"], 3)
    assert (await bob.found(f"/topics/{tour}"))["moved_to"] == beds["id"]
    assert code_of(await anna.post(f"/topics/{tour}/merge", {"into": beds["id"]})) == (409, "topic_merged")
    kinds = [one["kind"] for one in (await bob.found(f"/streams/room:{room['id']}/events"))["items"]]
    assert kinds[-4:] == ["topic.changed", "posts.moved", "topic.changed", "topic.changed"]


async def test_a_channel_has_no_topics(site: Site) -> None:
    anna = await site.creator()
    news = await anna.found("/communities/anna/rooms/news")
    assert news["rules"] is None
    assert code_of(await anna.get(f"/rooms/{news['id']}/topics")) == (404, "not_found")
    sent = await anna.post(f"/rooms/{news['id']}/posts", {"text": "x", "topic": "News"})
    assert code_of(sent) == (422, "invalid")
    changed = await anna.patch("/communities/anna/rooms/news", {"rules": {"slow_s": 5}})
    assert code_of(changed) == (422, "invalid")


async def test_a_newcomer_finds_no_word_of_a_hidden_past(site: Site) -> None:
    anna = await site.creator()
    room = await group_of(anna, rules={"history": 0})
    posts = f"/rooms/{room['id']}/posts"
    old = await anna.made(posts, {"text": "old words", "topic": "Old topic"})
    site.clock.forward(1000)
    bob = await writer(site, anna)
    site.clock.forward(1000)
    await anna.made(posts, {"text": "fresh words"})
    for path in (posts, f"/rooms/{room['id']}/topics", f"/streams/room:{room['id']}/events", "/me"):
        answer = await bob.get(path)
        assert answer.status_code == 200
        assert "old words" not in answer.text and "Old topic" not in answer.text, path
    for path in (f"/posts/{old['id']}", f"/posts/{old['id']}/revisions", f"/topics/{old['topic']['id']}"):
        assert code_of(await bob.get(path)) == (404, "not_found"), path
    assert (await anna.found(f"/posts/{old['id']}"))["text"] == "old words"


async def test_who_follows_says_how_they_are_told(site: Site) -> None:
    anna = await site.creator()
    bob, room = await writer(site, anna), await group_of(anna)
    tour = await bob.made(f"/rooms/{room['id']}/topics", {"name": "The tour"})
    path = f"/topics/{tour['id']}/follow"

    async def ways(**given: str) -> list[str]:
        mine = (await bob.put(path, given)).json()["mine"]
        return [mine[name] for name in ("level", "push", "mail")]

    assert (await bob.put(path, {"mail": "daily"})).status_code == 422
    assert await ways(level="follow") == ["follow", "instant", "none"]
    assert await ways(push="none", mail="daily") == ["follow", "none", "daily"]
    assert await ways(level="mute") == ["mute", "none", "none"]
    assert await ways(level="follow", push="none", mail="weekly") == ["follow", "none", "weekly"]
    assert (await bob.put(path, {"push": "daily"})).status_code in (400, 422)
