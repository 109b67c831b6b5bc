"""Posts that are important, told in the morning, or held back because somebody has had enough. On both databases."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from channel import notices, push
from channel.errors import Conflict, Invalid
from channel.notices.actions import keep_zone
from channel.notices.limits import limit, limits
from channel.notices.model import Limit, Times, morning_at
from channel.notify.sender import Unreachable, Written
from channel.posts.letters import important_left
from channel.posts.model import Draft
from channel.worker import Worker
from tests.conftest import Clock
from tests.notices.mailroom import Mailroom
from tests.posts.writing import post, remove
from tests.push.depot import Depot, open_depot

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture
async def depot(room: Mailroom, clock: Clock, tmp_path: Path) -> AsyncIterator[Depot]:
    """Devices of the same people."""
    async with open_depot(room.db, clock, tmp_path, room.scene) as opened:
        yield opened


async def planned(room: Mailroom) -> None:
    """For all ways, as one worker does."""
    plan = {"notices": notices.planner(room.db, mail=True), "push": push.planner(room.db)}
    await Worker(room.db, plan).work_off()


async def hold(room: Mailroom, name: str, chosen: Limit) -> None:
    async with room.db.write() as tx:
        await limit(tx, room.scene.people[name].id, room.scene.community.id, chosen)


class Away:
    """A mail server that does not answer."""

    async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
        raise Unreachable("The mail server did not answer in time.")

    async def close(self) -> None:
        pass


async def test_what_is_more_than_somebody_wants_waits_for_its_day_though_the_mail_server_was_away(
    room: Mailroom,
) -> None:
    await room.reader("Bob")
    await hold(room, "Bob", Limit(1))
    await post(room.scene, "The first")
    await post(room.scene, "And another")
    assert await room.to(room.hire(Away())) == []
    room.clock.forward(60_000)
    [letter] = await room.brought()
    assert letter.subject == "Annas world: The first"
    room.clock.forward(7 * DAY_MS)
    [letter] = await room.brought()
    assert letter.subject == "Annas world: And another"


async def test_important_posts_come_to_those_who_want_nothing_else(room: Mailroom) -> None:
    await room.reader("Bob", "important")
    await room.reader("Carol")
    await post(room.scene, "Everyday")
    assert await room.to() == ["carol@example.net"]
    await post(room.scene, "Sold out", important=True)
    assert await room.to() == ["bob@example.net", "carol@example.net"]


async def test_on_devices_too(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    await depot.choose(bob, "important")
    await post(depot.scene, "Everyday")
    assert await depot.to() == []
    await post(depot.scene, "Sold out", important=True)
    assert await depot.to() == ["bob"]


async def test_four_posts_in_thirty_days_can_be_important(room: Mailroom) -> None:
    made = [await post(room.scene, f"P{number}", important=True) for number in range(4)]
    await remove(room.scene, made[0])
    with pytest.raises(Conflict) as caught:
        await post(room.scene, "One more", important=True)
    assert caught.value.code == "no_more_important"
    await post(room.scene, "As any other")
    room.clock.forward(30 * DAY_MS)
    await post(room.scene, "A month later", important=True)
    async with room.db.read() as tx:
        assert await important_left(tx, room.scene.community.id) == 3


async def test_of_many_that_are_sent_at_once_four_are_important(room: Mailroom) -> None:
    tried = [post(room.scene, f"P{number}", important=True) for number in range(10)]
    done = await asyncio.gather(*tried, return_exceptions=True)
    assert sum(isinstance(one, Conflict) for one in done) == 6
    assert sum(not isinstance(one, BaseException) for one in done) == 4


def test_what_is_sent_silently_is_not_important() -> None:
    for more in ({"important": True}, {"morning": True}):
        with pytest.raises(Invalid) as caught:
            Draft.parse("Psst", silent=True, **more)
        assert "silent" in caught.value.fields


async def test_a_morning_post_comes_at_nine_where_each_one_lives(room: Mailroom, depot: Depot) -> None:
    for name, zone in (("Berlin", "Europe/Berlin"), ("Tokyo", "Asia/Tokyo"), ("New", "America/New_York")):
        account = await room.reader(name)
        await room.times(account, zone=zone)
    await depot.device(room.scene.people["Tokyo"], "tokyo")
    await post(room.scene, "Morning", morning=True)  # midnight, UTC: nine in Tokyo is over
    await planned(room)
    came: dict[str, int] = {}
    for hour in range(26):
        came |= dict.fromkeys([*await room.to(), *await depot.to()], hour)
        room.clock.forward(HOUR_MS)
    assert came == {"berlin@example.net": 8, "new@example.net": 14, "tokyo": 24}


async def test_the_morning_of_who_chose_no_hours_is_that_of_their_browser(
    room: Mailroom, depot: Depot
) -> None:
    bob, cara = await room.reader("Bob", None), await room.reader("Cara")
    await depot.device(bob, "bob")
    async with room.db.write() as tx:
        await keep_zone(tx, bob.id, "America/Los_Angeles")
        await keep_zone(tx, cara.id, "Asia/Tokyo")
    await post(room.scene, "Morning", morning=True)  # midnight, UTC
    await planned(room)
    came: dict[str, int] = {}
    for hour in range(26):
        came |= dict.fromkeys([*await depot.to(), *await room.to()], hour)
        room.clock.forward(HOUR_MS)
    assert came == {"bob": 17, "cara@example.net": 24}


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]
)
def test_nine_is_nine_all_year_round(zone: str) -> None:
    from zoneinfo import ZoneInfo

    now = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()) * 1000
    for _ in range(365 * 4):
        at = morning_at(Times(zone), now)
        there = datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
        assert (there.hour, there.minute) == (9, 0)
        assert now < at <= now + 25 * HOUR_MS
        now += 6 * HOUR_MS


async def test_what_is_more_than_somebody_wants_in_a_week_comes_in_a_weekly_letter(room: Mailroom) -> None:
    await room.reader("Bob")
    await room.reader("Carol")
    await hold(room, "Bob", Limit(2))
    for number in range(4):
        await post(room.scene, f"Post {number}")
        room.clock.forward(HOUR_MS)
        to = await room.to()
        assert to == (["bob@example.net"] if number < 2 else []) + ["carol@example.net"]
    room.clock.forward(7 * DAY_MS)
    [letter] = await room.brought()
    assert letter.to == "bob@example.net"
    assert "Post 2" in letter.text
    assert "Post 3" in letter.text
    assert "Post 1" not in letter.text
    await post(room.scene, "A new week")
    assert "bob@example.net" in await room.to()


async def test_of_several_that_are_due_together_no_more_come_than_wanted(room: Mailroom) -> None:
    await room.reader("Bob")
    await hold(room, "Bob", Limit(2))
    for number in range(5):
        await post(room.scene, f"Post {number}")
    [letter] = await room.brought()
    assert [f"Post {number}" in letter.text for number in range(5)] == [True, True, False, False, False]


async def test_devices_and_letters_count_together(room: Mailroom, depot: Depot) -> None:
    bob = await room.reader("Bob", "none")
    await depot.device(bob, "bob")
    await depot.device(bob, "bob2")
    await hold(room, "Bob", Limit(1))
    await post(room.scene, "One")
    assert await depot.to() == ["bob", "bob2"], "one post, wherever it comes"
    await post(room.scene, "Two")
    assert await depot.to() == []
    assert set((await depot.states()).values()) == {"cancelled limit"}
    room.clock.forward(7 * DAY_MS)
    await post(room.scene, "Three")
    assert await depot.to() == ["bob", "bob2"]


async def test_who_wants_quiet_for_a_while_hears_nothing_by_any_way(room: Mailroom, depot: Depot) -> None:
    bob = await room.reader("Bob")
    carol = await room.reader("Carol", "none")
    await depot.device(carol, "carol")
    assert bob
    await post(room.scene, "Before")
    await planned(room)
    async with room.db.read() as tx:
        until = tx.now + DAY_MS
    for name in ("Bob", "Carol"):
        await hold(room, name, Limit(None, until))
    assert await room.to() == []
    assert await depot.to() == []
    assert (await room.states())["bob@example.net"] == "cancelled muted"
    room.clock.forward(DAY_MS)
    async with room.db.read() as tx:
        assert await limits(tx, bob.id) == {}, "it is over by itself"
    await post(room.scene, "After")
    await planned(room)
    assert await room.to() == ["bob@example.net"]
    assert await depot.to() == ["carol"]


def test_limits_have_bounds() -> None:
    for given, field in (
        ((0, None), "per_week"),
        ((21, None), "per_week"),
        ((None, 91 * DAY_MS), "muted_until"),
    ):
        with pytest.raises(Invalid) as caught:
            Limit.parse(*given, 0)  # type: ignore[arg-type]
        assert list(caught.value.fields) == [field]
    assert Limit.parse(None, 5, 10) == Limit(), "what is over is none"
