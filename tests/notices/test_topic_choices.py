"""Choosing how topics are told, and ending it: by what follows one, and by what ends the letters of a community."""

from collections.abc import Sequence

import pytest

from channel.accounts import Account
from channel.errors import Invalid
from channel.notices.actions import change, forget, stop
from channel.topics import Topic
from channel.topics.queries import marks_of
from channel.topics.telling import by_letter, quieter
from tests.notices.mailroom import Mailroom
from tests.notices.test_topics import follower, topic_in
from tests.topics import talking


async def chosen(room: Mailroom, who: Account, topics: Sequence[Topic]) -> list[tuple[str, str]]:
    async with room.db.read() as tx:
        marks = await marks_of(tx, who.id, [topic.id for topic in topics])
    return [(marks[topic.id].push, marks[topic.id].mail) for topic in topics]


async def test_what_ends_letters_of_a_community_ends_those_of_its_topics(room: Mailroom) -> None:
    group, topic = await topic_in(room)
    other = await talking.start(room.scene, group, "Other")
    mara, here = await room.reader("Mara", None), room.scene.community.id

    async def anew() -> None:
        await talking.follow(room.scene, topic, mara, push="instant", mail="instant")
        await talking.follow(room.scene, other, mara, push="none", mail="weekly")

    for how, left in (
        ("daily", ["daily", "weekly"]),
        ("important", ["none", "none"]),
        ("none", ["none", "none"]),
    ):
        await anew()
        async with room.db.write() as tx:
            await change(tx, mara.id, here, how)  # type: ignore[arg-type]
        assert await chosen(room, mara, [topic, other]) == [("instant", left[0]), ("none", left[1])]
    for community_id in (here, None):
        await anew()
        async with room.db.write() as tx:
            await stop(tx, mara.id, community_id=community_id)
        assert await chosen(room, mara, [topic, other]) == [("instant", "none"), ("none", "none")]
    await anew()
    async with room.db.write() as tx:
        await forget(tx, mara.id)
    assert await chosen(room, mara, [topic, other]) == [("instant", "none"), ("none", "none")]
    await anew()
    async with room.db.write() as tx:
        await by_letter(tx, mara.id, here)
    assert await chosen(room, mara, [topic, other]) == [("none", "daily"), ("none", "weekly")]


async def test_being_quieter_is_no_louder_for_anybody(room: Mailroom) -> None:
    _, topic = await topic_in(room)
    mara = await follower(room, topic, "none")
    ola = await follower(room, topic, "instant", "Ola")
    async with room.db.write() as tx:
        await quieter(tx, mara.id, room.scene.community.id, mail="daily", push="none")
    assert await chosen(room, mara, [topic]) == [("none", "none")]
    assert await chosen(room, ola, [topic]) == [("none", "instant")]


async def test_following_tells_devices_at_once_and_sends_no_letters(room: Mailroom) -> None:
    _, topic = await topic_in(room)
    mara = await room.reader("Mara")
    assert not (await talking.follow(room.scene, topic, mara, level="mute")).told
    mark = await talking.follow(room.scene, topic, mara)
    assert (mark.push, mark.mail) == ("instant", "none")
    mark = await talking.follow(room.scene, topic, mara, mail="daily", push="none")
    assert (await talking.follow(room.scene, topic, mara)) == mark, "once more changes nothing"
    mark = await talking.follow(room.scene, topic, mara, level="")
    assert (mark.push, mark.mail) == ("none", "none")


async def test_a_way_is_for_who_follows(room: Mailroom) -> None:
    _, topic = await topic_in(room)
    mara = await room.reader("Mara")
    for level in (None, "mute", ""):
        with pytest.raises(Invalid) as refused:
            await talking.follow(room.scene, topic, mara, level=level, mail="daily")  # type: ignore[arg-type]
        assert set(refused.value.fields) == {"mail"}
    await talking.follow(room.scene, topic, mara, level=None, mail="none")
