"""The leak finder: one feed that is read from many networks is pointed out to its owner and to the creator."""

import re

import pytest
from sqlalchemy import select

from channel import feeds
from channel.errors import NotFound, Unavailable
from channel.feeds.actions import sweep
from channel.feeds.model import MOST_A_DAY, MOST_A_WEEK, MOST_COUNTED, Reading, day_of, network_hash, week_of
from channel.feeds.reading import Readers
from channel.feeds.seal import Seal
from channel.feeds.tables import feed_networks
from channel.members import Role
from tests.cast import creator
from tests.feeds.readers import own_feed
from tests.security.wire import ask
from tests.web.conftest import Site

KEY = b"k" * 32
DAY_MS = 24 * 3600 * 1000


def same(one: str, other: str, day: int = 20_000) -> bool:
    return network_hash(KEY, "feed", one, day) == network_hash(KEY, "feed", other, day)


def test_a_network_is_a_24_or_a_48() -> None:
    assert same("192.0.2.1", "192.0.2.250") and not same("192.0.2.1", "192.0.3.1")
    assert same("2001:db8:1:2::1", "2001:db8:1:ffff::9") and not same("2001:db8:1::1", "2001:db8:2::1")
    assert same("::ffff:192.0.2.9", "192.0.2.1") and same("fe80::1%eth0", "fe80::1")
    assert same("", "nonsense")


def test_its_hash_says_nothing_without_the_key_nor_of_another_feed_or_week() -> None:
    there = network_hash(KEY, "feed", "192.0.2.1", 20_000)
    assert there != network_hash(b"x" * 32, "feed", "192.0.2.1", 20_000)
    assert there != network_hash(KEY, "other", "192.0.2.1", 20_000)
    assert there != network_hash(KEY, "feed", "192.0.2.1", 20_007)
    assert -(2**63) <= there < 2**63


def test_weeks_begin_on_monday() -> None:
    monday = 4  # 1970-01-05
    assert week_of(monday) == week_of(monday + 6) == week_of(monday - 1) + 1
    assert network_hash(KEY, "f", "1.1.1.1", monday) == network_hash(KEY, "f", "1.1.1.1", monday + 6)


def test_what_is_more_than_one_person_has() -> None:
    assert not Reading(most_a_day=MOST_A_DAY, most_a_week=MOST_A_WEEK).wide
    assert Reading(most_a_day=MOST_A_DAY + 1).wide and Reading(most_a_week=MOST_A_WEEK + 1).wide


async def read_from(site: Site, place: str, networks: range) -> None:
    for number in networks:
        answer = await ask(site.app, "GET", f"{place}/feed.atom", client=f"10.0.{number}.7")
        assert answer.status == 200
    await site.app.state.feed_readers.flush()


async def test_networks_are_counted_once_a_day_and_no_address_is_kept(site: Site) -> None:
    member = await site.anna.member("bob")
    feed, place = await own_feed(site, member)
    for _ in range(2):
        await read_from(site, place, range(3))
    site.clock.forward(DAY_MS)
    await read_from(site, place, range(2))
    async with site.db.read() as tx:
        rows = await tx.all(select(feed_networks))
        (shown,) = await feeds.listing(tx, member.id)
    assert len(rows) == 5 and "10.0" not in repr(rows)
    assert (shown.reading.today, shown.reading.most_a_day) == (2, 3)
    assert shown.reading.most_a_week in (3, 5), "the week may have turned"
    assert shown.reading.last_day == day_of(site.clock.now_ms)
    assert feed.id == shown.id and not shown.reading.wide


async def test_the_same_networks_all_week_are_one_persons(site: Site) -> None:
    """Home, work and on the way, day after day."""
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    for _ in range(10):
        await read_from(site, place, range(5))
        site.clock.forward(DAY_MS)
    async with site.db.read() as tx:
        (shown,) = await feeds.listing(tx, member.id)
    assert (shown.reading.most_a_day, shown.reading.most_a_week, shown.reading.wide) == (5, 5, False)


async def test_what_went_around_is_said_to_its_owner_and_to_the_creator(site: Site) -> None:
    member, quiet = await site.anna.member("bob"), await site.anna.member("alice")
    _, place = await own_feed(site, member)
    _, other = await own_feed(site, quiet)
    owner, bob = await site.browser(site.anna.owner), await site.browser(member)
    await read_from(site, other, range(MOST_A_DAY))
    await read_from(site, place, range(MOST_A_DAY))
    assert "read from many networks" not in await owner.get("/studio/anna/members")
    await read_from(site, place, range(MOST_A_DAY, MOST_A_DAY + 1))
    mine = await bob.get("/account/feeds")
    assert "It was read from 9 networks on one day" in mine
    assert "gone around" not in await (await site.browser(quiet)).get("/account/feeds")
    assert "A private feed is read from many networks" in await owner.get("/studio/anna/members")
    listed = await owner.get("/studio/anna/feeds")
    assert "bob" in listed and "9 networks on one day" in listed and "alice" not in listed.text
    assert place.rpartition("/")[2] not in listed.answer.text, "nobody else is told the address"


async def test_slowly_around_is_found_by_the_week(site: Site) -> None:
    while (day_of(site.clock.now_ms) + 3) % 7:  # a Monday
        site.clock.forward(DAY_MS)
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    for day in range(3):
        await read_from(site, place, range(day * 7, day * 7 + 7))
        site.clock.forward(DAY_MS)
    async with site.db.read() as tx:
        (shown,) = await feeds.listing(tx, member.id)
        by = await site.anna.by(tx, site.anna.owner)
        wide = await feeds.queries.wide(tx, by, site.anna.community)
    assert (shown.reading.most_a_day, shown.reading.most_a_week, shown.reading.wide) == (7, 21, True)
    assert [feed.account_id for feed, _ in wide] == [member.id]


@pytest.mark.parametrize("do", ["revoke", "renew"])
async def test_the_creator_ends_it(site: Site, do: str) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    await read_from(site, place, range(9))
    moderator = await site.browser(await site.anna.member("mo", role=Role.MODERATOR))
    listed = await moderator.get("/studio/anna/feeds")
    found = re.search(r'action="(/studio/anna/feeds/[\w-]+)"', listed.text)
    assert found
    done = await moderator.follow(found[1], {"do": do})
    assert "No feed went around" in done
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 410
    mine = await (await site.browser(member)).get("/account/feeds")
    assert ("/feed.atom" in mine.text) == (do == "renew")
    assert place not in mine.text and "gone around" not in mine


async def test_who_may_not_ends_nothing(site: Site) -> None:
    feed, place = await own_feed(site, await site.anna.member("bob"))
    zoe = await creator(site.db, "zoe")
    for browser, path, status in (
        (await site.browser(await site.anna.member("ed", role=Role.EDITOR)), "/studio/anna", 403),
        (await site.browser(zoe.owner), "/studio/zoe", 404),
        (await site.browser(site.anna.owner), "/studio/anna", 422),
    ):
        do = "nonsense" if status == 422 else "revoke"
        assert (await browser.post(f"{path}/feeds/{feed.id}", {"do": do})).status == status
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 200
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        with pytest.raises(NotFound):
            seal = Seal(site.app.state.services.secret)
            await feeds.withdraw(tx, seal, by, site.anna.community, "nonsense", renewed=True)


async def test_two_weeks_later_nothing_is_known_of_it(site: Site) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    await read_from(site, place, range(9))
    site.clock.forward(14 * DAY_MS)
    async with site.db.write() as tx:
        (shown,) = await feeds.listing(tx, member.id)
        assert shown.reading == Reading()
        await sweep(tx)
        assert not await tx.all(select(feed_networks))


async def test_a_crowd_costs_so_many_rows_and_no_more(site: Site) -> None:
    feed, _ = await own_feed(site, await site.anna.member("bob"))
    readers = Readers(site.db, KEY)
    for number in range(3 * MOST_COUNTED):
        readers.note(feed.id, f"10.{number // 250}.{number % 250}.1")
    readers.note("0198d000-0000-7000-8000-000000000000", "10.0.0.1")  # revoked and swept meanwhile
    await readers.flush()
    async with site.db.read() as tx:
        assert len(await tx.all(select(feed_networks))) == MOST_COUNTED


async def test_what_could_not_be_written_is_noted_by_the_next_reading(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed, _ = await own_feed(site, await site.anna.member("bob"))
    readers = Readers(site.db, KEY)

    def away(**_: object) -> None:
        raise Unavailable("The database is away.")

    with monkeypatch.context() as patch:
        patch.setattr(site.db, "write", away)
        readers.note(feed.id, "10.0.0.1")
        with pytest.raises(Unavailable):
            await readers.flush()
    readers.note(feed.id, "10.0.0.1")
    await readers.flush()
    async with site.db.read() as tx:
        assert len(await tx.all(select(feed_networks))) == 1


async def test_a_file_of_a_feed_counts_as_reading_it(site: Site) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    await ask(site.app, "GET", f"{place}/media/x/file", client="10.1.1.1")
    await site.app.state.feed_readers.flush()
    async with site.db.read() as tx:
        assert not await tx.all(select(feed_networks)), "what is not there is no reading"
