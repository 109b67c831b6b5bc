"""Reactions over the API: the contract's two calls, what they answer, and what posts tell of them."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.api.conftest import Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
HEART, PARTY = "❤️", "🎉"


def reaction(post: Any, emoji: str = HEART) -> str:
    return f"/posts/{post['id']}/reactions/{quote(emoji, safe='')}"


async def scene(site: Site) -> tuple[Caller, Caller, str, Any]:
    """The owner, a member who joined by a link, their room and a post in it."""
    anna = await site.creator()
    bob = await site.member(anna)
    room = str((await anna.found("/communities/anna/rooms/news"))["id"])
    return anna, bob, room, await anna.made(f"/rooms/{room}/posts", {"text": "Hello"})


async def test_a_reaction_is_put_counted_everywhere_and_deleted(site: Site) -> None:
    anna, bob, room, post = await scene(site)
    answer = await bob.put(reaction(post))
    assert answer.status_code == 200
    assert answer.json() == {"counts": {HEART: 1}, "mine": [HEART], "items": [], "next_cursor": None}
    assert (await bob.put(reaction(post, "❤"))).json() == answer.json()  # twice, in another spelling
    await anna.put(reaction(post))
    await anna.put(reaction(post, "🎉"))
    assert site.notes == [("counts", {"room_id": room, "post_ids": [post["id"]]})] * 3
    for found in (
        await bob.found(f"/posts/{post['id']}"),
        (await bob.found(f"/rooms/{room}/posts"))["items"][0],
    ):
        assert found["counts"] == {"reactions": {HEART: 2, PARTY: 1}, "comments": 0, "views": 0}
        assert found["mine"] == {"reactions": [HEART]}
    stranger = await site.nobody().found(f"/posts/{post['id']}")
    assert stranger["counts"]["reactions"] == {HEART: 2, PARTY: 1}
    assert "mine" not in stranger
    [event] = (await bob.found(f"/streams/room:{room}/events"))["items"]
    assert event["data"]["post"]["counts"]["reactions"] == {HEART: 2, PARTY: 1}
    assert "mine" not in event["data"]["post"]
    gone = await bob.delete(reaction(post))
    assert (gone.status_code, gone.json()["counts"], gone.json()["mine"]) == (200, {HEART: 1, PARTY: 1}, [])
    assert (await bob.delete(reaction(post))).status_code == 200
    assert len(site.notes) == 4


async def test_who_reacted_is_told_only_where_the_room_shows_it(site: Site) -> None:
    anna, bob, _room, post = await scene(site)
    await bob.put(reaction(post))
    path = f"/posts/{post['id']}/reactions"
    for caller in (anna, bob, site.nobody()):
        assert (await caller.found(path, emoji=HEART))["items"] == []
    await anna.patch("/communities/anna/rooms/news", {"reactors_shown": True})
    [one] = (await site.nobody().found(path, emoji=HEART))["items"]
    assert (one["account"]["name"], one["emoji"]) == ("Bob", HEART)
    assert (await bob.found(path))["items"] == []
    assert fields_of(await bob.get(path, emoji="x")) == {"emoji"}
    assert fields_of(await bob.get(path, emoji=HEART, cursor="nonsense")) == {"cursor"}


async def test_a_room_says_what_it_takes(site: Site) -> None:
    anna, bob, _, post = await scene(site)
    path = "/communities/anna/rooms/news"
    changed = (await anna.patch(path, {"reactions": "set", "reaction_set": [PARTY, "👍🏽"]})).json()
    assert (changed["reactions"], changed["reaction_set"], changed["reaction_default"]) == (
        "set",
        [PARTY, "👍"],
        HEART,
    )
    assert code_of(await bob.put(reaction(post))) == (403, "reactions_off")
    assert (await bob.put(reaction(post, PARTY))).status_code == 200
    await anna.patch(path, {"reactions": "off"})
    assert (await bob.found(f"/posts/{post['id']}"))["counts"]["reactions"] == {}
    assert (await bob.found(f"/posts/{post['id']}/reactions"))["mine"] == []
    made = await anna.made("/communities/anna/rooms", {"slug": "quiet", "name": "Quiet", "reactions": "off"})
    assert made["reactions"] == "off"
    assert fields_of(await anna.patch(path, {"reaction_set": ["x"]})) == {"reaction_set"}


async def test_what_is_locked_is_not_reacted_to_and_tells_nothing(site: Site) -> None:
    anna, bob, room, _ = await scene(site)
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    paid = await anna.made(f"/rooms/{room}/posts", {"text": "Secret", "min_rank": 10})
    await anna.put(reaction(paid))
    assert code_of(await bob.put(reaction(paid))) == (403, "post_locked")
    assert code_of(await bob.get(f"/posts/{paid['id']}/reactions")) == (403, "post_locked")
    assert (await bob.delete(reaction(paid))).json()["counts"] == {}
    assert not {"counts", "mine"} & (await bob.found(f"/posts/{paid['id']}")).keys()


@pytest.mark.parametrize(
    "emoji", ["x", "%00", "%F0%9F%8F%BD", "a" * 500, "%ed%a0%80", f"{quote(HEART)}{quote(HEART)}"]
)
async def test_what_is_no_emoji_is_refused_by_its_name(site: Site, emoji: str) -> None:
    _, bob, _, post = await scene(site)
    assert fields_of(await bob.put(f"/posts/{post['id']}/reactions/{emoji}")) == {"emoji"}
    assert fields_of(await bob.delete(f"/posts/{post['id']}/reactions/{emoji}")) == {"emoji"}


async def test_too_many_and_muted_are_told_by_their_codes(site: Site) -> None:
    anna, bob, _, post = await scene(site)
    for emoji in (HEART, PARTY, "👍"):
        await bob.put(reaction(post, emoji))
    assert code_of(await bob.put(reaction(post, "🔥"))) == (409, "too_many_reactions")
    until = "2099-01-01T00:00:00Z"
    muting = {"state": "muted", "until": until, "reason": "Loud"}
    await anna.patch(f"/communities/anna/members/{bob.account.id}", muting)  # type: ignore[union-attr]
    assert code_of(await bob.put(reaction(post, "🔥"))) == (403, "muted")
    assert code_of(await (await site.caller("Eve")).put(reaction(post))) == (403, "join_first")
    assert code_of(await site.nobody().put(reaction(post))) == (401, "unauthorized")
    reader = await site.program(bob.account, scopes=("read",))  # type: ignore[arg-type]
    assert code_of(await reader.put(reaction(post))) == (403, "scope")
