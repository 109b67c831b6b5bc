"""Following on a device without an account: switching on, what comes, how it ends, and becoming a member. On both
databases."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select, update

from channel import following, members, push
from channel.accounts import Account
from channel.communities.tables import communities
from channel.errors import Conflict, Forbidden, NotFound, TooMany
from channel.following import FollowDevice, banning, devices, links, sight
from channel.following.model import DAY_MS
from channel.following.tables import follow_device_rules, follow_devices, follow_pushes
from channel.ids import token_hash
from channel.members.queries import readable_rooms
from channel.notices.model import Times
from channel.notices.queries import times
from channel.notify.pushed.plans import planner
from channel.posts.rounds import IN_A_JOB
from channel.push.model import PushHow
from channel.push.queries import rules
from channel.storage import Database
from channel.tasks import FollowDevicesDue
from channel.worker import Worker
from tests.conftest import Clock
from tests.posts.writing import change, post, remove
from tests.push.browsers import Browser
from tests.push.depot import SECRET, Depot, open_depot


@dataclass
class Shelf(Depot):
    """A depot with devices that belong to nobody, called after their browsers."""

    async def planned(self) -> None:
        await Worker(self.db, {"push": planner(self.db)}).work_off()

    async def follows(self, name: str, *, network: str = "192.0.2.1", language: str = "en") -> FollowDevice:
        wanted = self.service.browser(name).subscription
        async with self.db.write() as tx:
            return await devices.switch_on(
                tx, self.scene.community, wanted, language=language, zone="Europe/Berlin", network=network
            )

    async def chosen(
        self, one: FollowDevice, how: PushHow, *, rooms: dict[str, PushHow | None] | None = None, **given: int
    ) -> None:
        async with self.db.write() as tx:
            await devices.change(tx, one.id, how, Times("UTC", **given), rooms or {})

    async def fates(self) -> list[str]:
        async with self.db.read() as tx:
            rows = await tx.all(select(follow_pushes).order_by(follow_pushes.c.id))
        return [f"{row.state} {row.problem}".strip() for row in rows]

    async def kept(self) -> list[str]:
        """The browsers that are known."""
        async with self.db.read() as tx:
            rows = await tx.all(select(follow_devices.c.endpoint).order_by(follow_devices.c.endpoint))
        return [row.endpoint.rpartition("/")[2] for row in rows]

    async def becomes(self, one: FollowDevice, account: Account) -> None:
        async with self.db.write() as tx:
            by = await members.entitlement(tx, self.scene.community, account.id)
            here = await readable_rooms(tx, by)
            owner = push.Owner(account.id, None, "phone")
            await devices.hand_over(tx, one, by, self.scene.community, here, owner)


@pytest.fixture
async def shelf(db: Database, clock: Clock, tmp_path: Path) -> AsyncIterator[Shelf]:
    async with open_depot(db, clock, tmp_path) as opened:
        yield Shelf(opened.scene, opened.clock, opened.service)


async def test_a_device_is_told_with_a_way_to_end_it_and_none_into_an_account(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    assert zoe.times.zone == "Europe/Berlin"
    made = await post(shelf.scene, "The kiln is hot")
    [one] = await shelf.pushed()
    assert (one.said["id"], one.said["body"], one.said["href"]) == (
        made.id,
        "Anna: The kiln is hot",
        f"/@anna/news/{made.seq}",
    )
    mine = f"/follow/on/{links.sealed(SECRET, zoe.id, links.OF_DEVICE)}"
    assert one.said["mine"] == one.said["quiet"] == mine
    assert {"push", "account", "emoji", "react", "read"}.isdisjoint(one.said)
    with pytest.raises(NotFound):
        links.opened(SECRET, mine.rpartition("/")[2])  # the link of a follower by mail is another one
    assert await shelf.to() == [], "once"
    assert await shelf.fates() == ["sent"]


async def test_the_same_browser_is_the_same_device_and_keeps_what_it_chose(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    await shelf.chosen(zoe, "important")
    again = await shelf.follows("zoe")
    assert (again.id, again.how) == (zoe.id, "important")


@pytest.mark.parametrize("whose", ["nobody", "somebody"])
async def test_an_endpoint_of_another_browser_is_refused_without_its_keys(shelf: Shelf, whose: str) -> None:
    if whose == "nobody":
        await shelf.follows("zoe")
    else:
        await shelf.reader("Zoe")
    forged = Browser("zoe").subscription
    with pytest.raises(Conflict):
        async with shelf.db.write() as tx:
            await devices.switch_on(
                tx, shelf.scene.community, forged, language="en", zone="", network="192.0.2.9"
            )


async def test_one_network_switches_on_so_many(shelf: Shelf) -> None:
    for number in range(20):
        await shelf.follows(f"one{number}")
    with pytest.raises(TooMany):
        await shelf.follows("another")
    await shelf.follows("another", network="192.0.2.2")


@pytest.mark.parametrize("name", ["MOST_AN_HOUR", "MOST_IN_ALL"])
async def test_a_server_takes_so_many_and_says_so(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    await shelf.follows("zoe")
    monkeypatch.setattr(devices, name, 1)
    with pytest.raises(TooMany):
        await shelf.follows("yan", network="192.0.2.2")
    assert (await shelf.follows("zoe")).id, "who is there already is not counted again"


async def test_only_what_strangers_see_can_be_followed(shelf: Shelf) -> None:
    async with shelf.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    await shelf.scene.refresh()
    with pytest.raises(NotFound):
        await shelf.follows("zoe")


async def test_what_a_stranger_may_not_read_tells_no_device(shelf: Shelf) -> None:
    await shelf.follows("zoe")
    await shelf.scene.tier("Gold", 10)
    vault, inside = await shelf.scene.room("vault", min_rank=10), await shelf.scene.room("inside", min_rank=0)
    await post(shelf.scene, "goldword", min_rank=10, teaser="teaserword")
    await post(shelf.scene, "vaultword", room=vault)
    await post(shelf.scene, "freeword", room=inside)
    await post(shelf.scene, "hushword", silent=True)
    assert await shelf.pushed() == []
    assert await shelf.fates() == []


@pytest.mark.parametrize("what", ["deleted", "locked", "stopped", "unwanted", "muted", "private", "member"])
async def test_what_changes_before_it_leaves_counts(shelf: Shelf, what: str) -> None:
    zoe = await shelf.follows("zoe")
    await shelf.scene.tier("Gold", 10)
    made = await post(shelf.scene, "secretword")
    await shelf.planned()
    match what:
        case "deleted":
            await remove(shelf.scene, made)
        case "locked":
            await change(shelf.scene, made, "secretword", min_rank=10)
        case "stopped":
            async with shelf.db.write() as tx:
                await devices.stop(tx, zoe.id)
        case "unwanted":
            await shelf.chosen(zoe, "none")
        case "muted":
            async with shelf.db.write() as tx:
                await devices.be_quiet(tx, zoe.id, 1)
        case "private":
            async with shelf.db.write() as tx:
                await tx.run(update(communities).values(visibility="private"))
            await shelf.scene.refresh()
        case "member":
            await shelf.reader("Zoe")
    assert await shelf.to() == [], what
    if what == "member":
        await post(shelf.scene, "Both ways")
        assert await shelf.to() == ["zoe"], "one notice, as a member"


async def test_a_browser_of_somebody_who_is_not_in_is_told_as_a_strangers(shelf: Shelf) -> None:
    from channel.members import joining

    await shelf.follows("zoe")
    zoe = await shelf.reader("Zoe")
    async with shelf.db.write() as tx:
        await joining.leave(tx, zoe.id, shelf.scene.community)
    await post(shelf.scene)
    [one] = await shelf.pushed()
    assert "mine" in one.said


async def test_each_is_told_what_and_when_they_chose(shelf: Shelf) -> None:
    some, none, quiet = await shelf.follows("some"), await shelf.follows("none"), await shelf.follows("quiet")
    tips = await shelf.scene.room("tips")
    await shelf.chosen(some, "important")
    await shelf.chosen(none, "none", rooms={tips.id: "instant"})
    minute = shelf.clock() // 60_000 % (24 * 60)
    await shelf.chosen(quiet, "instant", quiet_from=minute, quiet_to=(minute + 60) % (24 * 60))
    await post(shelf.scene, "One")
    assert await shelf.to() == []
    await post(shelf.scene, "Two", important=True)
    assert await shelf.to() == ["some"]
    await post(shelf.scene, "Three", room=tips)
    assert await shelf.to() == ["none"]
    shelf.clock.forward(3_600_000)
    assert await shelf.to() == ["quiet"] * 3


async def test_in_quiet_hours_it_is_told_of_what_is_important_where_that_is_allowed(shelf: Shelf) -> None:
    zoe, yan = await shelf.follows("zoe"), await shelf.follows("yan")
    minute = shelf.clock() // 60_000 % (24 * 60)
    quiet = {"quiet_from": minute, "quiet_to": (minute + 60) % (24 * 60)}
    await shelf.chosen(zoe, "instant", **quiet, important_passes=True)
    await shelf.chosen(yan, "instant", **quiet)
    await post(shelf.scene)
    assert await shelf.to() == []
    await post(shelf.scene, important=True)
    assert await shelf.to() == ["zoe"]
    await post(shelf.scene, important=True)
    await shelf.planned()
    await shelf.chosen(zoe, "instant", **quiet)
    assert await shelf.to() == [], "taken back while it was on its way"
    shelf.clock.forward(3_600_000)
    assert await shelf.to() == ["yan"] * 3 + ["zoe"] * 2


async def test_quiet_for_a_day_is_over_after_it_and_what_came_meanwhile_is_not_told_later(
    shelf: Shelf,
) -> None:
    zoe = await shelf.follows("zoe")
    async with shelf.db.write() as tx:
        await devices.be_quiet(tx, zoe.id, 1)
    await post(shelf.scene, "Hush")
    assert await shelf.to() == []
    shelf.clock.forward(DAY_MS)
    assert await shelf.to() == []
    await post(shelf.scene, "Again")
    assert await shelf.to() == ["zoe"]


@pytest.mark.parametrize("answer", ["404 Not Found", "410 Gone"])
async def test_a_browser_that_is_gone_is_forgotten_with_all_that_waits(shelf: Shelf, answer: str) -> None:
    zoe, _ = await shelf.follows("zoe"), await shelf.follows("yan")
    await shelf.chosen(zoe, "instant", rooms={shelf.scene.news.id: "instant"})
    shelf.service.answers["zoe"] = [answer]
    await post(shelf.scene)
    assert await shelf.to() == ["yan"]
    assert await shelf.kept() == ["yan"]
    async with shelf.db.read() as tx:
        assert await tx.all(select(follow_device_rules)) == []
        assert len(await tx.all(select(follow_pushes))) == 1


async def test_nothing_is_kept_of_who_ends_it_and_the_creator_counts_one_less(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    async with shelf.db.read() as tx:
        assert await following.count(tx, shelf.scene.community.id) == 1
    await shelf.chosen(zoe, "instant", rooms={shelf.scene.news.id: "instant"})
    await post(shelf.scene)
    await shelf.planned()
    for _ in range(2):
        async with shelf.db.write() as tx:
            await devices.stop(tx, zoe.id)
    async with shelf.db.read() as tx:
        assert await following.count(tx, shelf.scene.community.id) == 0
        for table in (follow_devices, follow_device_rules, follow_pushes):
            assert await tx.all(select(table)) == []
    with pytest.raises(NotFound):
        async with shelf.db.write() as tx:
            await devices.be_quiet(tx, zoe.id, 1)


async def test_a_browser_with_another_address_stays_the_same_device(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    await shelf.chosen(zoe, "important")
    fresh = shelf.service.browser("zoe2").subscription
    async with shelf.db.write() as tx:
        await devices.move(tx, zoe.id, fresh)
        assert (await sight.device(tx, zoe.id)).how == "important"
    await post(shelf.scene, important=True)
    assert await shelf.to() == ["zoe2"]


async def test_only_who_has_its_keys_takes_a_device_into_an_account(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    for other in (Browser("zoe").subscription, shelf.service.browser("yan").subscription):
        with pytest.raises(Forbidden):
            devices.require_same(zoe, other)
    devices.require_same(zoe, shelf.service.browser("zoe").subscription)


async def test_what_was_chosen_comes_along_into_the_account(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    tips = await shelf.scene.room("tips")
    await shelf.chosen(
        zoe, "important", rooms={tips.id: "instant"}, quiet_from=60, quiet_to=120, important_passes=True
    )
    async with shelf.db.write() as tx:
        await devices.be_quiet(tx, zoe.id, 7)
        zoe = await sight.device(tx, zoe.id)
    account = await shelf.scene.member("Zoe")
    await shelf.becomes(zoe, account)
    async with shelf.db.read() as tx:
        assert {(rule.room_id, rule.how) for rule in await rules(tx, account.id)} == {
            (None, "important"), (tips.id, "instant"),
        }  # fmt: skip
        kept = await times(tx, account.id)
        assert (kept.quiet_from, kept.important_passes) == (60, True)
    assert await shelf.kept() == []
    await post(shelf.scene, "Hush", room=tips)
    assert await shelf.to() == [], "quiet for the week"
    shelf.clock.forward(7 * DAY_MS)
    await post(shelf.scene, "In tips", room=tips)
    [one] = await shelf.pushed()
    assert one.browser == "zoe"
    assert "push" in one.said, "as a member's"


async def test_what_the_account_chose_itself_stays(shelf: Shelf) -> None:
    zoe = await shelf.follows("zoe")
    account = await shelf.scene.member("Zoe")
    await shelf.choose(account, "none")
    await shelf.becomes(zoe, account)
    async with shelf.db.read() as tx:
        assert [rule.how for rule in await rules(tx, account.id)] == ["none"]


async def test_a_crowd_is_planned_in_pieces_and_nobody_is_left_out_or_told_twice(shelf: Shelf) -> None:
    many = 2 * IN_A_JOB + 10
    pattern = await shelf.follows("pattern")
    async with shelf.db.write(heavy=True) as tx:
        [row] = await tx.all(select(follow_devices).where(follow_devices.c.id == pattern.id))
        rows = [
            row._asdict()
            | {"id": f"00000000-0000-7000-8000-{number:012x}", "endpoint_hash": token_hash(str(number))}
            for number in range(1, many)
        ]
        await tx.run_many(follow_devices.insert(), rows)
    made = await post(shelf.scene)
    await shelf.planned()
    await following.planning.plan_devices(shelf.db, FollowDevicesDue(post_id=made.id))
    async with shelf.db.read() as tx:
        found = await tx.all(select(follow_pushes.c.device_id))
    assert len({row.device_id for row in found}) == len(found) == many


async def test_a_notice_tells_nothing_about_the_device(shelf: Shelf) -> None:
    await shelf.follows("zoe")
    await post(shelf.scene)
    [one] = await shelf.pushed()
    given = shelf.service.browser("zoe").given
    assert not any(value in json.dumps(one.said) for value in given.values())


async def test_a_ban_ends_what_comes_to_the_browser_of_the_account_without_it(shelf: Shelf) -> None:
    for name in ("zoe", "cara"):
        await shelf.follows(name)
    zoe = await shelf.scene.member("Zoe")
    await shelf.device(zoe, "zoe")
    async with shelf.db.write() as tx:
        await banning.put_out(tx, zoe.id, shelf.scene.community.id)
    assert await shelf.kept() == ["cara"]
