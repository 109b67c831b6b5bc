"""What a creator sees before sending: who would be told at once, later, not at all; and whether it becomes too much."""

from sqlalchemy import select, update

from channel import notices, push
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.following import Wish, actions, devices
from channel.following.tables import follow_devices, followers
from channel.members.tables import memberships
from channel.notices.actions import set_times
from channel.notices.limits import limit
from channel.notices.model import How, Limit, Times
from channel.push.tables import push_rules
from channel.reach import forecast, outlook, weariness
from channel.reach.model import SENDINGS, Forecast, Wording, times
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import post
from tests.push.browsers import Browser

DAY_MS = 24 * 3_600_000


async def follower(scene: Scene, name: str, how: How | None = None, push_how: str | None = None) -> Account:
    """`how`: by letter (None: no address); `push_how`: on a device (None: none)."""
    account = await scene.member(name)
    async with scene.db.write() as tx:
        by = await scene.by(tx, account)
        if how is not None:
            address = {"email": f"{name.lower()}@example.net"}
            await tx.run(update(accounts).where(accounts.c.id == account.id).values(**address))
            await notices.choose(tx, by, scene.community, how)
        if push_how is not None:
            await push.switch_on(tx, push.Owner(account.id, None), Browser(name).subscription)
            await push.choose(tx, by, scene.community, push_how)  # type: ignore[arg-type]
    return account


async def crowd(scene: Scene, count: int) -> list[Account]:
    return [await scene.member(f"M{number}") for number in range(count)]


async def told_by_all_ways(scene: Scene, people: list[Account]) -> None:
    """At once, by letter and on a device each."""
    async with scene.db.write() as tx:
        for one in people:
            await push.switch_on(tx, push.Owner(one.id, None), Browser(one.name).subscription)
            await notices.choose(tx, await scene.by(tx, one), scene.community, "instant")


async def test_before_it_is_sent_everybody_is_told_at_once_later_or_not(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await follower(scene, "At", "instant")
    await follower(scene, "Device", None, "instant")
    await follower(scene, "Both", "daily", "important")
    await follower(scene, "Weekly", "weekly")
    await follower(scene, "Off", "none", "none")
    await scene.member("Nothing")
    muted, quiet = await follower(scene, "Muted", "instant"), await follower(scene, "Quiet", "instant")
    woken = await follower(scene, "Woken", "instant")
    async with db.write() as tx:
        await limit(tx, muted.id, scene.community.id, Limit(None, tx.now + DAY_MS))
        await set_times(tx, quiet.id, Times("UTC", 18, 23 * 60, 60))
        await set_times(tx, woken.id, Times("UTC", 18, 23 * 60, 60, important_passes=True))
    async with db.read() as tx:
        found = await forecast(tx, scene.news, scene.owner.id, SENDINGS, mail=True)
        unsent = await forecast(tx, scene.news, scene.owner.id, ("now",), mail=False)
    assert found == {
        "now": Forecast(2, 4, 3), "important": Forecast(4, 2, 3), "morning": Forecast(0, 6, 3), "silent": Forecast(0, 0, 9),
    }  # fmt: skip
    assert unsent == {"now": Forecast(1, 0, 8)}


async def test_quiet_that_ends_before_a_letter_is_due_holds_it_not_back(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    who = [await follower(scene, how, how) for how in ("instant", "daily", "weekly")]
    async with db.write() as tx:
        for account in who:
            await limit(tx, account.id, scene.community.id, Limit(None, tx.now + DAY_MS))
        wish = Wish(scene.community.id, "zoe@example.net", "weekly", "en")
        zoe = await actions.confirm(tx, await actions.confirmation(tx, wish))
        await actions.be_quiet(tx, zoe.id, tx.now + DAY_MS)
    async with db.read() as tx:
        found = await forecast(tx, scene.news, scene.owner.id, SENDINGS, mail=True)
        outside = await outlook(tx, scene.news, SENDINGS, mail=True, of=Wording())
    assert {how: one.later for how, one in found.items()} == {
        "now": 1,
        "important": 1,
        "morning": 1,
        "silent": 0,
    }
    assert found["now"] == Forecast(0, 1, 2)
    assert outside.by_way["mail"]["now"] == Forecast(0, 1, 0)


async def test_only_those_count_who_may_be_in_the_room_now(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    vault = await scene.room("vault", min_rank=10)
    rich, poor, lapsed = [await follower(scene, name, "instant") for name in ("Rich", "Poor", "Lapsed")]
    assert poor
    async with db.write() as tx:
        theirs = memberships.c.account_id.in_([rich.id, lapsed.id])
        await tx.run(update(memberships).where(theirs).values(tier_id=gold.id))
        await tx.run(
            update(memberships).where(memberships.c.account_id == lapsed.id).values(tier_until=tx.now)
        )
    async with db.read() as tx:
        assert await forecast(tx, vault, scene.owner.id, ("now",), mail=True) == {"now": Forecast(1, 0, 0)}
        assert await forecast(tx, scene.news, scene.owner.id, ("now",), mail=True) == {
            "now": Forecast(3, 0, 0)
        }
    assert Forecast(29, 30, 9).shown == Forecast(20, 30, 0)


async def test_the_third_post_of_a_day_is_warned_of_where_such_days_drove_people_away(
    db: Database, clock: Clock
) -> None:
    scene = await creator(db)
    people = await crowd(scene, 14)
    for day in range(6):
        for _ in range(3 if day % 2 else 1):
            await post(scene, "Words")
        leavers = (
            people[day // 2 * 4 : day // 2 * 4 + 4] if day % 2 else people[12 + day // 4 : 13 + day // 4]
        )
        async with db.write() as tx:
            for one in leavers:
                row = {"place": scene.community.id, "community_id": scene.community.id, "room_id": None}
                taken = tx.insert(push_rules).values(
                    account_id=one.id, how="none", chosen_at=tx.now + 1, turned_at=tx.now + 1, **row
                )
                await tx.run(taken.on_conflict_do_nothing())  # type: ignore[attr-defined]
        clock.forward(DAY_MS)
    async with db.read() as tx:
        assert await weariness(tx, scene.news) == (1, 0), "one a day is no news"
    await post(scene, "One")
    await post(scene, "Two", silent=True)
    async with db.read() as tx:
        assert await weariness(tx, scene.news) == (2, 0), "a silent one tires nobody"
    await post(scene, "Two")
    async with db.read() as tx:
        assert await weariness(tx, scene.news) == (3, 4)


async def test_of_few_people_nothing_is_said(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 9)
    await told_by_all_ways(scene, people)
    await post(scene, "Words")
    clock.forward(DAY_MS)
    for _ in range(3):
        await post(scene, "Words")
    async with db.write() as tx:
        for one in people:
            await push.choose(tx, await scene.by(tx, one), scene.community, "none")
    clock.forward(DAY_MS)
    for _ in range(2):
        await post(scene, "Words")
    async with db.read() as tx:
        assert await weariness(tx, scene.news) == (3, 0)


def test_a_ratio_is_said_in_whole_words() -> None:
    assert [times(one) for one in (0.5, 1.4, 1.5, 2.4, 2.6, 9)] == [0, 0, 2, 2, 3, 4]


async def _muting(scene: Scene, people: list[Account]) -> None:
    """The button on every notice: quiet for a day."""
    async with scene.db.write() as tx:
        for one in people:
            await limit(tx, one.id, scene.community.id, Limit(None, tx.now + DAY_MS))


async def five_calm_days(scene: Scene, clock: Clock) -> None:
    for _ in range(5):
        await post(scene, "Words")
        clock.forward(DAY_MS)


async def the_next(scene: Scene) -> tuple[int, int]:
    async with scene.db.read() as tx:
        return await weariness(tx, scene.news)


async def test_the_alarm_hears_those_who_ask_for_quiet(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 40)
    await five_calm_days(scene, clock)
    for number in range(4):
        await post(scene, f"P{number}")
    await _muting(scene, people[:30])
    assert await the_next(scene) == (5, 4)
    clock.forward(2 * DAY_MS)
    for number in range(2):
        await post(scene, f"Q{number}")
    assert await the_next(scene) == (3, 4), "when it is over it has been so"
    async with db.write() as tx:
        for one in people[:30]:
            await limit(tx, one.id, scene.community.id, Limit())  # as saving the page of notices does
    assert await the_next(scene) == (3, 4)


async def test_what_was_taken_back_at_once_is_no_sign(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 20)
    await five_calm_days(scene, clock)
    for number in range(4):
        await post(scene, f"P{number}")
    await _muting(scene, people)
    async with db.write() as tx:
        for one in people:
            await limit(tx, one.id, scene.community.id, Limit(5, None))
    assert await the_next(scene) == (5, 0)


async def test_saving_the_same_again_is_not_asking_again(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 20)
    async with db.write() as tx:
        until = tx.now + 60 * DAY_MS
    for day in range(2):
        await post(scene, "Words")
        async with db.write() as tx:
            for one in people:
                await limit(tx, one.id, scene.community.id, Limit(day or None, until))
        clock.forward(DAY_MS)
    for number in range(4):
        await post(scene, f"P{number}")
    async with db.write() as tx:
        for one in people:
            await limit(tx, one.id, scene.community.id, Limit(7, until))
    assert await the_next(scene) == (5, 0)


async def test_a_person_counts_once_a_day_whatever_they_do(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    people = await crowd(scene, 9)
    await told_by_all_ways(scene, people)
    await five_calm_days(scene, clock)
    for number in range(4):
        await post(scene, f"P{number}")
    await _muting(scene, people)
    async with db.write() as tx:
        for one in people:
            by = await scene.by(tx, one)
            await push.choose(tx, by, scene.community, "none")
            await notices.choose(tx, by, scene.community, "none")
    assert await the_next(scene) == (5, 0), "nine people, and no number says anything about fewer than ten"


async def test_the_alarm_hears_those_without_an_account(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    addresses, phones = [], []
    async with db.write() as tx:
        for number in range(6):
            wish = Wish(scene.community.id, f"reader{number}@example.net", "instant", "en")
            addresses.append((await actions.confirm(tx, await actions.confirmation(tx, wish))).id)
            told = Browser(f"phone{number}").subscription
            there = {"language": "en", "zone": "UTC", "network": f"192.0.2.{number}"}
            phones.append((await devices.switch_on(tx, scene.community, told, **there)).id)
    await five_calm_days(scene, clock)
    for number in range(4):
        await post(scene, f"P{number}")
    async with db.write() as tx:
        for one in addresses[:3]:
            await actions.end(tx, one)
            await actions.end(tx, one)
        for one in addresses[3:5]:
            await actions.change(tx, one, "none", Times(), {})
        for one in phones[:2]:
            await devices.end(tx, one)
        for one in phones[2:5]:
            await devices.be_quiet(tx, one, 1)
        await actions.stop(tx, addresses[5])  # a mail server's refusals, or taken into an account
    assert await the_next(scene) == (5, 4)
    async with db.write() as tx:
        await devices.be_quiet(tx, phones[4], 0)
    assert await the_next(scene) == (5, 0), "of nine nothing is said"
    async with db.write() as tx:
        await devices.change(tx, phones[4], "none", Times(), {})
    assert await the_next(scene) == (5, 4)
    clock.forward(DAY_MS)
    async with db.write() as tx:
        for one in (*addresses[3:5], phones[4]):
            verb = devices.change if one in phones else actions.change
            await verb(tx, one, "none", Times(), {})
    assert await _turned_days(db) == [], "saving the same again moves nothing"


async def _turned_days(db: Database) -> list[int]:
    async with db.read() as tx:
        held = [await tx.all(select(one.c.turned_at)) for one in (followers, follow_devices)]
        return [row.turned_at for rows in held for row in rows if (row.turned_at or 0) > tx.now - DAY_MS]
