"""Nobody is told on a device of what waits further down in the room or topic that they look at; and nobody misses it."""

from channel.live.looking import LASTS_MS, TOPIC, Looking
from channel.members import actions
from channel.notify.pushed.judging import HELD_MS, LOOK_AGAIN_MS
from channel.rooms.actions import mark_read
from tests.posts.writing import post
from tests.push.depot import Depot
from tests.topics import talking


class Eyes:
    """Who looks at which room, or topic."""

    def __init__(self) -> None:
        self.at: set[tuple[str, str]] = set()

    def __call__(self, account_id: str, place_id: str) -> bool:
        return (account_id, place_id) in self.at


async def test_who_looks_is_told_nothing_until_they_look_away(depot: Depot) -> None:
    bob = await depot.reader("Bob", devices=2)
    await depot.reader("Carol")
    eyes = Eyes()
    eyes.at = {(bob.id, depot.scene.news.id)}
    courier = depot.hire(looking=eyes)
    await post(depot.scene, "The kiln is hot.")
    assert await depot.to(courier) == ["carol"]
    depot.clock.forward(LOOK_AGAIN_MS)
    assert await depot.to(courier) == []
    eyes.at.clear()
    depot.clock.forward(LOOK_AGAIN_MS)
    assert await depot.to(courier) == ["bob", "bob2"], "the page was closed before they had read it"
    depot.clock.forward(HELD_MS)
    assert await depot.to(courier) == []


async def test_who_looked_and_then_read_it_is_told_nothing(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    eyes = Eyes()
    eyes.at = {(bob.id, depot.scene.news.id)}
    courier = depot.hire(looking=eyes)
    made = await post(depot.scene, "The kiln is hot.")
    assert await depot.to(courier) == []
    async with depot.db.write() as tx:
        await mark_read(tx, made.room_id, {bob.id: made.seq})
    eyes.at.clear()
    depot.clock.forward(HELD_MS)
    assert await depot.to(courier) == []
    assert await depot.states() == {"Bob": "cancelled seen"} or await depot.states() == {
        "bob": "cancelled seen"
    }


async def test_a_page_that_is_open_for_ever_holds_nothing_back_for_ever(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    eyes = Eyes()
    eyes.at = {(bob.id, depot.scene.news.id)}
    courier = depot.hire(looking=eyes)
    await post(depot.scene, "The kiln is hot.")
    assert await depot.to(courier) == []
    depot.clock.forward(HELD_MS)
    assert await depot.to(courier) == ["bob"]


async def test_another_room_is_told_and_who_was_banned_meanwhile_is_not(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    side = await depot.scene.room("side")
    eyes = Eyes()
    eyes.at = {(bob.id, depot.scene.news.id)}
    courier = depot.hire(looking=eyes)
    await post(depot.scene, "There", room=side)
    assert await depot.to(courier) == ["bob"]
    await post(depot.scene, "Here")
    assert await depot.to(courier) == []
    async with depot.db.write() as tx:
        by = await depot.scene.by(tx, depot.scene.owner)
        await actions.ban(tx, by, depot.scene.community, bob.id)
    eyes.at.clear()
    depot.clock.forward(LOOK_AGAIN_MS)
    assert await depot.to(courier) == []


async def test_who_looks_at_a_topic_is_told_of_the_others_of_its_group_alone(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    group = await talking.group(depot.scene)
    here, there = [await talking.start(depot.scene, group, name) for name in ("Glaze", "Clay")]
    for topic in (here, there):
        await talking.follow(depot.scene, topic, bob)
    eyes = Eyes()
    eyes.at = {(bob.id, here.id)}
    courier = depot.hire(looking=eyes)
    await talking.say(depot.scene, group, "Glaze runs", topic=here)
    assert await depot.to(courier) == []
    await talking.say(depot.scene, group, "Clay cracks", topic=there)
    [told] = await depot.pushed(courier)
    assert told.said["topic"] == there.id
    eyes.at.clear()
    depot.clock.forward(LOOK_AGAIN_MS)
    [told] = await depot.pushed(courier)
    assert told.said["topic"] == here.id, "the page was closed before they had read it"


async def test_who_looks_at_a_room_is_told_of_a_group_that_they_do_not_look_at(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    group = await talking.group(depot.scene)
    topic = await talking.start(depot.scene, group, "Glaze")
    await talking.follow(depot.scene, topic, bob)
    eyes = Eyes()
    eyes.at = {(bob.id, group.id)}
    await talking.say(depot.scene, group, "Glaze runs", topic=topic)
    assert await depot.to(depot.hire(looking=eyes)) == ["bob"], "its list of topics shows no message"


def test_a_look_lasts_for_a_while_and_is_of_one_account_and_room() -> None:
    bob, carol = "0198d000-0000-7000-8000-00000000000b", "0198d000-0000-7000-8000-00000000000c"
    room, other = "0198d000-0000-7000-8000-000000000001", "0198d000-0000-7000-8000-000000000002"
    topic = "0198d000-0000-7000-8000-0000000000aa"
    now = 0
    looking = Looking(lambda: now)
    looking.note(TOPIC, {"room_id": room, "account_ids": [bob]})
    looking.note("read", {"room_id": room, "account_ids": [carol]})
    looking.note(TOPIC, {"room_id": "no id", "account_ids": [carol]})
    looking.note(TOPIC, {"room_id": room, "account_ids": carol})
    assert [looking.at(who, where) for who in (bob, carol) for where in (room, other)] == [
        True,
        False,
        False,
        False,
    ]
    looking.note(TOPIC, {"room_id": other, "topic_id": topic, "account_ids": [carol]})
    assert looking.at(carol, topic) and not looking.at(carol, other) and not looking.at(bob, topic)
    now = LASTS_MS - 1
    assert looking.at(bob, room)
    looking.note(TOPIC, {"room_id": room, "account_ids": [bob]})
    now = 2 * LASTS_MS - 2
    assert looking.at(bob, room), "it was said again"
    now = 2 * LASTS_MS
    assert not looking.at(bob, room)
