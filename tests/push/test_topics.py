"""Devices are told of messages in topics that their owner follows and chose them for, as long as all of that holds."""

from typing import Any

import pytest

from channel import posts, rooms
from channel.accounts import Account
from channel.members import actions, joining
from channel.notices.limits import limit
from channel.notices.model import HOUR_MS, Limit
from channel.push.actions import change, forget
from channel.push.links import From, opened
from channel.rooms import Room
from channel.topics import Topic
from channel.topics.queries import marks_of
from tests.cast import join_unasked
from tests.posts.writing import post
from tests.push.depot import SECRET, Depot
from tests.topics import talking


async def topic_in(depot: Depot, name: str = "Glaze", **rules: Any) -> tuple[Room, Topic]:
    group = await talking.group(depot.scene, **rules)
    return group, await talking.start(depot.scene, group, name)


async def follower(depot: Depot, topic: Topic, name: str = "mara", **given: Any) -> Account:
    account = await depot.reader(name, **given)
    await talking.follow(depot.scene, topic, account)
    return account


async def test_a_message_is_pushed_to_who_follows_its_topic(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    mara = await follower(depot, topic)
    await depot.reader("other")
    elsewhere = await talking.start(depot.scene, group, "Other")
    await talking.say(depot.scene, group, "Elsewhere", topic=elsewhere)
    assert await depot.to() == []
    said = await talking.say(depot.scene, group, "Did you try *less* water?", topic=topic)
    [one] = await depot.pushed()
    assert one.browser == "mara"
    told = {name: one.said[name] for name in ("id", "title", "body", "href", "room", "topic", "root", "seq")}
    assert told == {
        "id": said.id, "title": "Annas world · Glaze", "body": "Anna: Did you try less water?",
        "href": f"/@anna/talk/{said.seq}", "room": group.id, "topic": topic.id, "root": f"/@anna/talk/t/{topic.number}",
        "seq": said.seq,
    }  # fmt: skip
    token, _, query = one.said["mine"].rpartition("/")[2].partition("?")
    assert query == f"topic={topic.id}"
    assert opened(SECRET, token).community_id == depot.scene.community.id
    assert isinstance(opened(SECRET, token), From)
    assert mara.id == one.said.get("account", mara.id)


async def test_while_a_device_is_off_its_push_service_keeps_the_newest_of_each_topic(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    other = await talking.start(depot.scene, group, "Other")
    mara = await follower(depot, topic)
    await talking.follow(depot.scene, other, mara)
    for where in (topic, topic, other):
        await talking.say(depot.scene, group, "Hello", topic=where)
    kept = [(one.said["topic"], one.headers["topic"]) for one in await depot.pushed()]
    assert len(kept) == 3
    assert len(set(kept)) == len({header for _, header in kept}) == 2


async def test_nothing_is_pushed_to_who_did_not_ask_for_it(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    for name, given in (("mute", {"level": "mute"}), ("mailed", {"push": "none", "mail": "instant"})):
        await talking.follow(depot.scene, topic, await depot.reader(name), **given)
    mine = await follower(depot, topic, "mine")
    await talking.say(depot.scene, group, "My own", topic=topic, author=mine)
    await talking.say(depot.scene, group, "Hush", topic=topic, silent=True)
    assert await depot.to() == []


async def test_what_was_chosen_for_posts_says_nothing_of_topics(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    await depot.choose(await follower(depot, topic), "none")
    await post(depot.scene, "A post")
    assert await depot.to() == []
    await talking.say(depot.scene, group, "A message", topic=topic)
    assert await depot.to() == ["mara"]


async def _left(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with depot.db.write() as tx:
        await joining.leave(tx, mara.id, depot.scene.community)


async def _deleted(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with depot.db.write() as tx:
        await posts.delete(tx, await depot.scene.by(tx, depot.scene.owner), said)


async def _moved(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.move(depot.scene, group, [said], await talking.start(depot.scene, group, "Elsewhere"))


async def _unfollowed(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.follow(depot.scene, topic, mara, level="")


async def _other_way(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.follow(depot.scene, topic, mara, level=None, push="none", mail="daily")


async def _read(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    await talking.read_upto(depot.scene, topic, mara, said)


async def _marked_as_read(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with depot.db.write() as tx:
        await rooms.mark_read(tx, group.id, {mara.id: said.seq})


async def _quiet(depot: Depot, group: Room, topic: Topic, mara: Account, said: Any) -> None:
    async with depot.db.write() as tx:
        await limit(tx, mara.id, depot.scene.community.id, Limit(None, tx.now + 24 * HOUR_MS))


@pytest.mark.parametrize(("happens", "why"), [
    (_left, "left"), (_deleted, "deleted"), (_moved, "unwanted"), (_unfollowed, "unwanted"), (_other_way, "unwanted"),
    (_read, "seen"), (_marked_as_read, "seen"), (_quiet, "muted"),
])  # fmt: skip
async def test_it_is_judged_again_when_it_is_due(depot: Depot, happens: Any, why: str) -> None:
    group, topic = await topic_in(depot)
    mara = await follower(depot, topic)
    said = await talking.say(depot.scene, group, "Hello", topic=topic)
    await depot.planned()
    await happens(depot, group, topic, mara, said)
    assert await depot.to() == []
    assert await depot.states() == {"mara": f"cancelled {why}"}


async def test_whose_tier_has_lapsed_is_told_nothing_of_a_paid_group(depot: Depot) -> None:
    gold = await depot.scene.tier("Gold", 10)
    group, topic = await topic_in(depot, min_rank=10)
    mara = await follower(depot, topic, tier=gold)
    await follower(depot, topic, "rich", tier=gold)
    await talking.say(depot.scene, group, "For gold", topic=topic)
    await depot.planned()
    async with depot.db.write() as tx:
        owner = await depot.scene.by(tx, depot.scene.owner)
        await actions.give_tier(tx, owner, depot.scene.community, [mara.id], depot.scene.free.id)
    assert await depot.to() == ["rich"]
    assert (await depot.states())["mara"] == "cancelled closed"
    await talking.say(depot.scene, group, "For gold again", topic=topic)
    assert await depot.to() == ["rich"]


async def test_a_past_that_the_group_does_not_show_is_not_pushed(depot: Depot) -> None:
    group, topic = await topic_in(depot, history=0)
    mara = await follower(depot, topic)
    await talking.say(depot.scene, group, "Before", topic=topic)
    await depot.planned()
    async with depot.db.write() as tx:
        await joining.leave(tx, mara.id, depot.scene.community)
    depot.clock.forward(1000)
    async with depot.db.write() as tx:
        await join_unasked(tx, mara, depot.scene.community)
    await talking.follow(depot.scene, topic, mara, level="")
    await talking.follow(depot.scene, topic, mara)
    assert await depot.to() == []
    assert await depot.states() == {"mara": "cancelled closed"}
    await talking.say(depot.scene, group, "After", topic=topic)
    assert await depot.to() == ["mara"]


async def test_quiet_hours_hold_for_messages(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    mara = await follower(depot, topic)
    minute = depot.clock.now_ms // 60_000 % (24 * 60)
    quiet = ((minute - 5) % 1440, (minute + 60) % 1440)
    await depot.times(mara, *quiet, important_passes=True)  # which no message is
    await talking.say(depot.scene, group, "Hello", topic=topic)
    assert await depot.to() == []
    depot.clock.forward(2 * HOUR_MS)
    assert await depot.to() == ["mara"]


async def test_a_limit_of_posts_a_week_neither_counts_messages_nor_holds_them_back(depot: Depot) -> None:
    group, topic = await topic_in(depot)
    mara = await follower(depot, topic)
    async with depot.db.write() as tx:
        await limit(tx, mara.id, depot.scene.community.id, Limit(1))
    for text in ("one", "two"):
        await talking.say(depot.scene, group, text, topic=topic)
        assert await depot.to() == ["mara"]
    await post(depot.scene, "The first post of the week")
    assert await depot.to() == ["mara"]
    await post(depot.scene, "The second")
    assert await depot.to() == []
    await talking.say(depot.scene, group, "three", topic=topic)
    assert await depot.to() == ["mara"]


async def test_a_notice_of_less_ends_what_topics_push_too(depot: Depot) -> None:
    _, topic = await topic_in(depot)
    mara, here = await follower(depot, topic), depot.scene.community.id

    async def ways() -> tuple[str, str]:
        async with depot.db.read() as tx:
            mark = (await marks_of(tx, mara.id, [topic.id]))[topic.id]
        return mark.push, mark.mail

    for how, left in (("instant", "instant"), ("important", "none"), ("none", "none")):
        await talking.follow(depot.scene, topic, mara, push="instant", mail="weekly")
        async with depot.db.write() as tx:
            await change(tx, mara.id, here, how)  # type: ignore[arg-type]
        assert await ways() == (left, "weekly")
    await talking.follow(depot.scene, topic, mara, push="instant")
    async with depot.db.write() as tx:
        await forget(tx, mara.id)
    assert await ways() == ("none", "weekly")


async def test_many_followers_are_planned_in_pieces(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channel.posts.rounds.AT_ONCE", 1)
    monkeypatch.setattr("channel.posts.rounds.IN_A_JOB", 2)
    group, topic = await topic_in(depot)
    names = ["ada", "bea", "cleo", "dora", "eve"]
    for name in names:
        await follower(depot, topic, name)
    await talking.say(depot.scene, group, "Hello", topic=topic)
    assert await depot.to() == names
