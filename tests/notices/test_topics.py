"""Letters about messages: to those who follow the topic and chose them, as long as all of that holds."""

from typing import Any

import pytest
from sqlalchemy import select

from channel import notices, outbox, push, rooms
from channel.accounts import Account
from channel.members import actions, joining
from channel.notices.limits import limit
from channel.notices.links import Ends, opened
from channel.notices.model import HOUR_MS, Limit
from channel.posts import delete
from channel.push.actions import told
from channel.push.tables import pushes
from channel.rooms import Room
from channel.topics import Topic
from channel.worker import Worker
from tests.cast import join_unasked
from tests.notices.mailroom import SECRET, Mailroom
from tests.posts.writing import post
from tests.push.browsers import Browser as Subscribed
from tests.topics import talking

MARA, OLA = "mara@example.net", "ola@example.net"
DAY_MS = 24 * HOUR_MS


async def topic_in(room: Mailroom, name: str = "Glaze", **rules: Any) -> tuple[Room, Topic]:
    group = await talking.group(room.scene, **rules)
    return group, await talking.start(room.scene, group, name)


async def follower(room: Mailroom, topic: Topic, mail: str = "instant", name: str = "Mara") -> Account:
    """Somebody who chose letters of the topic and none of the community."""
    account = await room.reader(name, None)
    await talking.follow(room.scene, topic, account, push="none", mail=mail)
    return account


async def test_a_message_comes_to_who_follows_its_topic_by_letter(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    await follower(room, topic)
    other = await talking.start(room.scene, group, "Other")
    await room.reader("Ola")  # letters of the community bring no messages
    await talking.say(room.scene, group, "Elsewhere", topic=other)
    assert await room.to() == []
    said = await talking.say(room.scene, group, "Did you try *less* water?", topic=topic)
    [letter] = await room.brought()
    assert letter.to == MARA
    assert letter.subject == "Anna in Glaze: Did you try less water?"
    assert "Anna in Glaze (Talk)" in letter.text
    assert f"/@anna/talk/{said.seq}" in letter.text
    assert "because you follow Glaze by letter" in letter.text


async def test_the_letter_speaks_german(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await room.reader("Mara", None, language="de")
    await talking.follow(room.scene, topic, mara, mail="instant")
    await talking.say(room.scene, group, "Heiß", topic=topic)
    [letter] = await room.brought()
    assert "Diese Mail kam, weil du „Glaze“ per Mail folgst." in letter.text


async def test_nobody_is_told_who_did_not_ask_for_it(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    for name, given in (("Plain", {}), ("Mute", {"level": "mute"}), ("Quiet", {"mail": "none"})):
        await talking.follow(room.scene, topic, await room.reader(name), **given)
    ola = await follower(room, topic, name="Ola")
    await talking.follow(room.scene, topic, ola, level="mute")
    await talking.say(room.scene, group, "Hello", topic=topic)
    assert await room.to() == []


async def test_no_job_is_left_where_nobody_but_the_author_is_told(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    await talking.say(room.scene, group, "Mine", topic=topic, author=mara)
    await talking.say(room.scene, group, "In General")
    assert await room.jobs() == 0
    await talking.say(room.scene, group, "Hush", topic=topic, silent=True)
    assert await room.jobs() == 0
    await talking.say(room.scene, group, "Hello", topic=topic)
    assert await room.jobs() == 1
    async with room.db.read() as tx:
        kinds = await tx.all(select(outbox.jobs.c.consumer))
    assert "push" not in {row.consumer for row in kinds}, "nobody chose devices"


@pytest.mark.parametrize("how", ["daily", "weekly"])
async def test_a_digest_brings_messages_under_the_name_of_their_topic(room: Mailroom, how: str) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic, how)
    other = await talking.start(room.scene, group, "Kiln")
    await talking.follow(room.scene, other, mara, push="none", mail=how)
    for text, where in (("one", topic), ("two", other), ("three", topic)):
        await talking.say(room.scene, group, text, topic=where)
        room.clock.forward(1)
    assert await room.to() == []
    room.clock.forward(7 * DAY_MS)
    [letter] = await room.brought()
    assert letter.subject == "Annas world: 3 new messages"
    places = ["Talk · Glaze · Anna", "one", "three", "Talk · Kiln · Anna", "two"]
    assert sorted(places, key=letter.text.index) == places


async def test_posts_and_messages_of_one_moment_are_one_letter(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await room.reader("Mara")
    await talking.follow(room.scene, topic, mara, mail="instant")
    await talking.say(room.scene, group, "A message", topic=topic)
    await post(room.scene, "A post")
    [letter] = await room.brought()
    assert letter.subject == "Annas world: A post and 1 message"
    assert "new posts and topics of Annas world" in letter.text


async def test_general_is_called_by_its_group(room: Mailroom) -> None:
    group = await talking.group(room.scene)
    await talking.say(room.scene, group, "First")
    async with room.db.read() as tx:
        general = (await tx.all(select(talking.topics.tables.topics.c.id)))[0].id
        topic = await talking.topics.one(tx, general)
    await follower(room, topic)
    await talking.say(room.scene, group, "Second")
    [letter] = await room.brought()
    assert letter.subject == "Anna in Talk: Second"


async def _left(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with room.db.write() as tx:
        await joining.leave(tx, mara.id, room.scene.community)


async def _banned(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with room.db.write() as tx:
        by = await room.scene.by(tx, room.scene.owner)
        await actions.ban(tx, by, room.scene.community, mara.id, reason="")


async def _deleted(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with room.db.write() as tx:
        await delete(tx, await room.scene.by(tx, room.scene.owner), said)


async def _moved(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.move(room.scene, group, [said], await talking.start(room.scene, group, "Elsewhere"))


async def _unfollowed(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.follow(room.scene, topic, mara, level="")


async def _muted(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.follow(room.scene, topic, mara, level="mute")


async def _other_way(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.follow(room.scene, topic, mara, level=None, mail="none")


async def _read(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.read_upto(room.scene, topic, mara, said)


async def _marked_as_read(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with room.db.write() as tx:
        await rooms.mark_read(tx, group.id, {mara.id: said.seq})


async def _quiet(room: Mailroom, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with room.db.write() as tx:
        until = Limit(None, tx.now + DAY_MS)
        await limit(tx, mara.id, room.scene.community.id, until)


@pytest.mark.parametrize(("happens", "why"), [
    (_left, "left"), (_banned, "left"), (_deleted, "deleted"), (_moved, "unwanted"), (_unfollowed, "unwanted"),
    (_muted, "unwanted"), (_other_way, "unwanted"), (_read, "seen"), (_marked_as_read, "seen"), (_quiet, "muted"),
])  # fmt: skip
async def test_it_is_judged_again_when_it_is_due(room: Mailroom, happens: Any, why: str) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    said = await talking.say(room.scene, group, "Hello", topic=topic)
    await room.planned()
    assert await room.states() == {MARA: "waiting"}
    await happens(room, group, topic, mara, said)
    assert await room.to() == []
    assert await room.states() == {MARA: f"cancelled {why}"}


async def test_what_a_device_has_shown_comes_by_no_letter(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await room.reader("Mara", None)
    await talking.follow(room.scene, topic, mara, mail="instant")
    async with room.db.write() as tx:
        await push.switch_on(tx, push.Owner(mara.id, None, "mara"), Subscribed("mara").subscription)
    await talking.say(room.scene, group, "Hello", topic=topic)
    planners = {"push": push.planner(room.db), "notices": notices.planner(room.db, mail=True)}
    await Worker(room.db, planners).work_off()
    room.clock.forward(60_000)
    assert await room.to() == [], "the device comes first"
    async with room.db.write() as tx:
        [row] = await tx.all(select(pushes.c.id))
        await told(tx, mara.id, row.id)
    room.clock.forward(DAY_MS)
    assert await room.to() == []
    assert await room.states() == {MARA: "cancelled shown"}


async def test_that_another_topic_was_read_further_says_nothing(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    other = await talking.start(room.scene, group, "Other")
    await talking.say(room.scene, group, "Hello", topic=topic)
    later = await talking.say(room.scene, group, "Later", topic=other)
    await talking.read_upto(room.scene, other, mara, later)
    assert await room.to() == [MARA]


async def test_a_message_that_was_moved_to_another_followed_topic_still_comes(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    other = await talking.start(room.scene, group, "Other")
    await talking.follow(room.scene, other, mara, mail="daily")
    said = await talking.say(room.scene, group, "Hello", topic=topic)
    await room.planned()
    await talking.move(room.scene, group, [said], other)
    [letter] = await room.brought()
    assert letter.subject == "Anna in Other: Hello"


async def test_topics_that_are_merged_or_split_take_their_followers_along(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    await follower(room, topic)
    said = await talking.say(room.scene, group, "Hello", topic=topic)
    split = await talking.move(room.scene, group, [said], "Split")
    assert await room.to() == [MARA]
    into = await talking.start(room.scene, group, "Into")
    await talking.merge(room.scene, group, split, into)
    await talking.say(room.scene, group, "Again", topic=into)
    assert await room.to() == [MARA]


async def test_whose_tier_has_lapsed_gets_nothing_of_a_paid_group(room: Mailroom) -> None:
    gold = await room.scene.tier("Gold", 10)
    group, topic = await topic_in(room, min_rank=10)
    mara, ola = [await room.reader(name, None, tier=gold) for name in ("Mara", "Ola")]
    for who in (mara, ola):
        await talking.follow(room.scene, topic, who, mail="instant")
    await talking.say(room.scene, group, "For gold", topic=topic)
    await room.planned()
    await lapse(room, mara)
    assert await room.to() == [OLA]
    assert (await room.states())[MARA] == "cancelled closed"
    await talking.say(room.scene, group, "For gold again", topic=topic)
    assert await room.to() == [OLA]


async def lapse(room: Mailroom, who: Account) -> None:
    async with room.db.write() as tx:
        owner = await room.scene.by(tx, room.scene.owner)
        await actions.give_tier(tx, owner, room.scene.community, [who.id], room.scene.free.id)


async def test_a_past_that_the_group_does_not_show_is_not_told(room: Mailroom) -> None:
    group, topic = await topic_in(room, history=0)
    mara = await follower(room, topic, "daily")
    await talking.say(room.scene, group, "Before", topic=topic)
    await room.planned()
    async with room.db.write() as tx:
        await joining.leave(tx, mara.id, room.scene.community)
    room.clock.forward(1000)
    async with room.db.write() as tx:
        await join_unasked(tx, mara, room.scene.community)
    await talking.follow(room.scene, topic, mara, level="")
    await talking.follow(room.scene, topic, mara, mail="instant")
    room.clock.forward(DAY_MS)
    assert await room.to() == []
    assert await room.states() == {MARA: "cancelled closed"}


async def test_who_comes_back_is_told_of_no_topic_that_they_followed_before(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    async with room.db.write() as tx:
        await joining.leave(tx, mara.id, room.scene.community)
    room.clock.forward(1000)
    async with room.db.write() as tx:
        await join_unasked(tx, mara, room.scene.community)
    await talking.say(room.scene, group, "Hello", topic=topic)
    assert await room.to() == []
    await talking.follow(room.scene, topic, mara, level=None, mail="instant")
    await talking.say(room.scene, group, "Hello again", topic=topic)
    assert await room.to() == [MARA]


async def test_quiet_hours_hold_for_messages(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    minute = room.clock.now_ms // 60_000 % (24 * 60)
    quiet = {"quiet_from": (minute - 5) % 1440, "quiet_to": (minute + 60) % 1440}
    await room.times(mara, **quiet, important_passes=True)  # which no message is
    await talking.say(room.scene, group, "Hello", topic=topic)
    assert await room.to() == []
    room.clock.forward(2 * HOUR_MS)
    assert await room.to() == [MARA]


async def test_a_limit_of_posts_a_week_neither_counts_messages_nor_holds_them_back(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await room.reader("Mara")
    await talking.follow(room.scene, topic, mara, push="none", mail="instant")
    async with room.db.write() as tx:
        await limit(tx, mara.id, room.scene.community.id, Limit(1))
    for text in ("one", "two"):
        await talking.say(room.scene, group, text, topic=topic)
        assert await room.to() == [MARA]
    await post(room.scene, "The first post of the week")
    assert await room.to() == [MARA]
    await post(room.scene, "The second")
    assert await room.to() == []
    await talking.say(room.scene, group, "three", topic=topic)
    assert await room.to() == [MARA]


async def test_the_link_of_a_letter_names_the_topic_of_all_that_is_in_it(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    mara = await follower(room, topic)
    for text in ("one", "two"):
        await talking.say(room.scene, group, text, topic=topic)
    [letter] = await room.brought()
    token = letter.text.partition("/notices/off/")[2].split()[0]
    assert opened(SECRET, token) == Ends(mara.id, room.scene.community.id, topic.id)


async def test_many_followers_are_planned_in_pieces(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channel.posts.rounds.AT_ONCE", 1)
    monkeypatch.setattr("channel.posts.rounds.IN_A_JOB", 2)
    group, topic = await topic_in(room)
    names = ["Ada", "Bea", "Cleo", "Dora", "Eve"]
    for name in names:
        await follower(room, topic, name=name)
    await talking.say(room.scene, group, "Hello", topic=topic)
    assert await room.to() == [f"{name.lower()}@example.net" for name in names]
