"""From a post to notices on devices: who gets one, what it says, and who does not any more. On both databases."""

from pathlib import Path

import pytest
from sqlalchemy import update

from channel.accounts import sessions, suspend
from channel.members import actions, joining
from channel.members.tables import memberships
from channel.push import keys, switch_off
from channel.push.queries import devices
from channel.rooms.actions import mark_read
from channel.rooms.queries import positions_of
from tests.media.sending import desk, photo, send
from tests.posts.writing import change, post, remove
from tests.push.browsers import bytes_of, text_of
from tests.push.depot import SECRET, Depot

HOUR_MS = 3_600_000


async def test_a_post_comes_to_every_device_of_a_member_and_not_to_its_writer(depot: Depot) -> None:
    await depot.reader("Bob", devices=2)
    await depot.scene.member("Carol")
    await depot.device(depot.scene.owner, "anna")
    made = await post(depot.scene, "The kiln is **hot** today. ||Blue||")
    found = await depot.pushed()
    assert sorted(one.browser for one in found) == ["bob", "bob2"]
    said = found[0].said
    assert said["id"] == made.id
    assert said["title"] == "Annas world · News"
    assert said["body"] == "Anna: The kiln is hot today. ▒▒▒"
    assert said["href"] == f"/@anna/news/{made.seq}"
    assert (said["room"], said["seq"]) == (made.room_id, made.seq)
    assert await depot.to() == [], "once"
    assert set((await depot.states()).values()) == {"sent"}


async def test_a_push_is_closed_introduced_and_collapses_by_room(depot: Depot) -> None:
    await depot.reader("Bob")
    vault = await depot.scene.room("other")
    await post(depot.scene, "One")
    await post(depot.scene, "Two")
    await post(depot.scene, "Three", room=vault)
    found = await depot.pushed()
    one, three, two = sorted(found, key=lambda each: str(each.said["body"]))
    assert b"One" not in one.body
    assert one.headers["content-encoding"] == "aes128gcm"
    assert one.headers["ttl"] == str(24 * 3600)
    assert one.headers["urgency"] == "high"
    assert one.headers["topic"] == two.headers["topic"] != three.headers["topic"]
    assert len(one.headers["topic"]) <= 32
    claims = one.claims
    assert claims["aud"] == "https://fcm.googleapis.com"
    assert claims["sub"] == "https://channel.example.org"
    assert 0 < claims["exp"] - depot.clock() // 1000 <= 24 * 3600
    assert one.headers["authorization"].endswith(keys.public_key(SECRET))
    assert len(one.body) < 4096


async def test_what_not_everybody_in_the_room_may_read_stays_out_unless_the_device_lets_it_in(
    depot: Depot,
) -> None:
    gold = await depot.scene.tier("Gold", 10)
    await depot.reader("Bob")
    await depot.reader("Carol", tier=gold)
    await depot.reader("Dora", tier=gold, shows_text=True)
    await depot.reader("Emil", shows_text=True)
    await post(depot.scene, "zirkonsilikat", min_rank=10, teaser="About glaze")
    said = {one.browser: one.said["body"] for one in await depot.pushed()}
    assert said == {
        "bob": "Anna: About glaze", "carol": "Anna: About glaze", "dora": "Anna: zirkonsilikat", "emil": "Anna: About glaze",
    }  # fmt: skip
    await post(depot.scene, "kobaltoxid", min_rank=10)
    said = {one.browser: one.said["body"] for one in await depot.pushed()}
    assert said == {
        "bob": "Anna: Locked: for Gold", "carol": "Anna: A new post",
        "dora": "Anna: kobaltoxid", "emil": "Anna: Locked: for Gold",
    }  # fmt: skip


async def test_a_notice_says_how_ai_was_used_and_not_of_words_that_it_does_not_show(depot: Depot) -> None:
    gold = await depot.scene.tier("Gold", 10)
    await depot.reader("Bob")
    await depot.reader("Gia", tier=gold)
    await post(depot.scene, "A picture", ai="generated")
    assert {one.said["body"] for one in await depot.pushed()} == {"Anna · Made by AI: A picture"}
    await post(depot.scene, "Words", ai="assisted", min_rank=10, teaser="About glaze")
    assert {one.said["body"] for one in await depot.pushed()} == {"Anna: About glaze"}


async def test_what_everybody_in_a_closed_room_may_read_stands_in_its_notices(depot: Depot) -> None:
    gold = await depot.scene.tier("Gold", 10)
    vault = await depot.scene.room("vault", min_rank=10)
    await depot.reader("Bob")
    await depot.reader("Carol", tier=gold)
    await post(depot.scene, "Only us", room=vault)
    assert {one.browser: one.said["body"] for one in await depot.pushed()} == {"carol": "Anna: Only us"}


async def test_a_long_post_comes_with_its_first_words(depot: Depot) -> None:
    await depot.reader("Bob")
    await post(depot.scene, "ä😀" * 4_000)
    [one] = await depot.pushed()
    assert len(one.said["body"]) <= 130


async def test_silent_posts_and_those_of_groups_tell_nobody(depot: Depot) -> None:
    await depot.reader("Bob")
    await post(depot.scene, "Psst", silent=True)
    assert await depot.to() == []


async def test_muted_rooms_and_communities_stay_quiet(depot: Depot) -> None:
    bob, carol = await depot.reader("Bob"), await depot.reader("Carol")
    other = await depot.scene.room("other")
    await depot.choose(bob, "none", (other, "instant"))
    await depot.choose(carol, "instant", (other, "none"))
    await post(depot.scene)
    assert await depot.to() == ["carol"]
    await post(depot.scene, room=other)
    assert await depot.to() == ["bob"]
    await depot.choose(carol, "instant", (other, None))
    await post(depot.scene, room=other)
    assert await depot.to() == ["bob", "carol"]


async def test_in_quiet_hours_it_waits_until_their_end(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    minute = depot.clock() // 60_000 % 1440
    await depot.times(bob, (minute - 10) % 1440, (minute + 60) % 1440)
    await post(depot.scene)
    assert await depot.to() == []
    depot.clock.forward(HOUR_MS)
    assert await depot.to() == ["bob"]


async def test_quiet_hours_that_were_set_meanwhile_hold_for_what_waits(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    await post(depot.scene)
    await depot.planned()
    minute = depot.clock() // 60_000 % 1440
    await depot.times(bob, (minute - 10) % 1440, (minute + 60) % 1440)
    assert await depot.to() == []
    assert await depot.states() == {"bob": "waiting"}
    depot.clock.forward(HOUR_MS)
    assert await depot.to() == ["bob"]


async def test_who_has_the_room_before_their_eyes_is_told_nothing(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    made = await post(depot.scene)
    await depot.planned()
    assert await depot.hire().round() == 0, "not before a glance"
    async with depot.db.write() as tx:
        await mark_read(tx, made.room_id, {bob.id: made.seq})
        assert await positions_of(tx, made.room_id, [bob.id]) == {bob.id: made.seq}
    assert await depot.to() == []
    assert await depot.states() == {"bob": "cancelled seen"}


@pytest.mark.parametrize(
    "what",
    ["deleted", "left", "banned", "suspended", "unwanted", "closed", "erased", "signed out", "switched off"],
)
async def test_whatever_changed_meanwhile_counts(depot: Depot, what: str) -> None:
    gold = await depot.scene.tier("Gold", 10)
    bob = await depot.reader("Bob", tier=gold)
    scene = depot.scene
    vault = await scene.room("vault", min_rank=10)
    made = await post(scene, room=vault)
    await depot.planned()
    assert await depot.states() == {"bob": "waiting"}, "it was to be pushed"
    match what:
        case "deleted":
            await remove(scene, made)
        case "unwanted":
            await depot.choose(bob, "none")
        case _:
            await _changed(depot, what)
    assert await depot.to() == []
    assert depot.service.asked == []


async def _changed(depot: Depot, what: str) -> None:
    scene, bob = depot.scene, depot.scene.people["Bob"]
    async with depot.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        match what:
            case "left":
                await joining.leave(tx, bob.id, scene.community)
            case "banned":
                await actions.ban(tx, owner, scene.community, bob.id)
            case "suspended":
                await suspend(tx, bob.id)
            case "closed":
                lapsed = update(memberships).where(memberships.c.account_id == bob.id)
                await tx.run(lapsed.values(tier_until=tx.now))
            case "erased":
                await joining.erase_account(tx, bob.id)
            case "signed out":
                await sessions.end_other_sessions(tx, bob.id, None)
            case _:
                [device] = await devices(tx, bob.id)
                await switch_off(tx, bob.id, device.id)


async def test_the_words_are_those_of_the_moment(depot: Depot) -> None:
    await depot.reader("Bob")
    made = await post(depot.scene, "First")
    await depot.planned()
    await change(depot.scene, made, "Second")
    [one] = await depot.pushed()
    assert one.said["body"] == "Anna: Second"


def test_the_key_is_the_same_as_long_as_the_secret_is() -> None:
    first = keys.public_key(SECRET)
    assert first == keys.public_key(SECRET) != keys.public_key(b"q" * 32)
    assert len(bytes_of(first)) == 65
    assert text_of(bytes_of(first)) == first


async def test_what_a_camera_calls_a_picture_is_not_what_a_notice_says(depot: Depot, tmp_path: Path) -> None:
    await depot.reader("Bob")
    one = await send(desk(depot.db, tmp_path), depot.scene, photo(), name="IMG_4711.png")
    await post(depot.scene, "", media=[one.id])
    [got] = await depot.pushed()
    assert got.said["body"] == "Anna: A picture"
