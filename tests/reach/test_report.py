"""What a creator is told of a post's way is what happened to a thousand followers, each in one class."""

from collections import Counter
from dataclasses import dataclass, field
from typing import get_args

from sqlalchemy import select, update

from channel import accounts, notices, push
from channel.accounts.tables import accounts as accounts_table
from channel.members.tables import memberships
from channel.notices.actions import pause, set_times
from channel.notices.limits import limit
from channel.notices.model import Limit, Times
from channel.notices.tables import notice_rules, notice_times
from channel.notices.tables import notices as letters
from channel.notify import Courier, Desk, Postman
from channel.notify.pusher import Outcome, Parcel
from channel.notify.sender import Mail, NobodyThere, Written
from channel.push import actions as devices
from channel.push.planning import GLANCE_MS
from channel.push.tables import push_rules, pushes
from channel.reach.floor import FLOOR, floored
from channel.reach.keeping import keep, seen_now, sweep, usual
from channel.reach.model import Reason
from channel.reach.outside import PLANNED_MS
from channel.reach.queries import report
from channel.rooms.actions import mark_read
from channel.storage import Database, Tx
from channel.worker import Worker
from tests.cast import Scene, creator, join_unasked
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE
from tests.posts.writing import post
from tests.push.browsers import Browser

DAY_MS = 24 * 3_600_000
# How many there are of each kind, and what the report has to say of them.
KINDS = {
    "shown": 150, "pushed": 43, "mail": 57, "both": 31, "live": 71, "live_told": 21, "digest": 59, "muted": 41, "limit": 17,
    "quiet": 53, "no_device": 129, "unchosen": 83, "off": 47, "bounced": 37, "refused": 19, "failed": 29, "lapsed": 23,
    "busy": 13, "enough": 11, "turned": 16, "later": 12, "free": 38,
}  # fmt: skip
WITH_MAIL = {
    "mail",
    "both",
    "live_told",
    "digest",
    "muted",
    "limit",
    "quiet",
    "unchosen",
    "bounced",
    "refused",
    "lapsed",
    "turned",
    "later",
}
WITH_DEVICE = {"shown", "pushed", "both", "off", "failed", "busy", "enough"}
LIMITED = ("limit", "enough")
HOW = {"digest": "daily", "unchosen": "none", "later": "none"}


@dataclass
class Outside:
    """The mail server and the push service; `kinds`: of whom they are asked, by address and endpoint."""

    kinds: dict[str, str] = field(default_factory=dict)
    took: Counter[str] = field(default_factory=Counter)
    pushed: list[bytes] = field(default_factory=list)

    async def rest(self) -> None:
        pass

    async def send(self, parcel: Parcel) -> Outcome:
        kind = self.kinds[parcel.to.endpoint]
        if kind == "failed":
            return Outcome("refused", "Too big")
        if kind == "busy":
            return Outcome("later", "Busy", 3_600)
        self.took[kind] += 1
        return Outcome("taken")

    async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
        kind = self.kinds[to]
        if kind == "bounced":
            raise NobodyThere("550 5.1.1 nobody", permanent=True)
        if kind == "greylisted":
            raise NobodyThere("450 4.2.0 later", permanent=False)
        mail: Mail | None = await write()
        self.took[kind] += mail is not None
        return mail is not None

    async def close(self) -> None:
        pass


async def crowd(scene: Scene, outside: Outside, gold_id: str) -> dict[str, list[str]]:
    """The ids of the accounts of each kind."""
    found: dict[str, list[str]] = {}
    async with scene.db.write() as tx:
        for kind, many in KINDS.items():
            found[kind] = [await one_of(tx, scene, outside, kind, number) for number in range(many)]
        rich = [one for kind, ids in found.items() if kind != "free" for one in ids]
        await tx.run(update(memberships).where(memberships.c.account_id.in_(rich)).values(tier_id=gold_id))
    return found


async def one_of(tx: Tx, scene: Scene, outside: Outside, kind: str, number: int) -> str:
    account = await accounts.create(tx, name=f"{kind} {number}")
    await join_unasked(tx, account, scene.community)
    me, here = account.id, scene.community.id
    if kind in WITH_MAIL:
        address = f"{kind}{number}@example.net"
        outside.kinds[address] = kind
        await tx.run(update(accounts_table).where(accounts_table.c.id == me).values(email=address))
        rule = {"account_id": me, "place": here, "community_id": here, "room_id": None, "chosen_at": tx.now}
        await tx.run(notice_rules.insert().values(how=HOW.get(kind, "instant"), **rule))
    if kind in WITH_DEVICE:
        wanted = Browser(f"{kind}{number}").subscription
        outside.kinds[wanted.endpoint] = kind
        await push.switch_on(tx, push.Owner(me, None, kind), wanted)
    if kind == "off":
        rule = {"account_id": me, "place": here, "community_id": here, "room_id": None, "chosen_at": tx.now}
        await tx.run(push_rules.insert().values(how="none", **rule))
    if kind == "muted":
        await limit(tx, me, here, Limit(None, tx.now + DAY_MS))
    if kind == "quiet":
        await set_times(tx, me, Times("UTC", 18, 0, 8 * 60))  # it is midnight
    if kind in LIMITED:
        await limit(tx, me, here, Limit(1))
    if kind == "refused":
        await notices.actions.pause(tx, me, f"{kind}{number}@example.net")
    return me


async def work(scene: Scene, clock: Clock, outside: Outside) -> None:
    """Everything that is due soon."""
    plan = {"notices": notices.planner(scene.db, mail=True), "push": push.planner(scene.db)}
    await Worker(scene.db, plan).work_off()
    clock.forward(GLANCE_MS + 10_000)
    postman = Postman(scene.db, lambda: outside, Desk(SITE, SECRET), rate=100_000)
    courier = Courier(scene.db, outside, b"p" * 32)
    while await courier.round() + await postman.round():
        pass


async def test_the_report_is_what_happened_to_a_thousand_followers(db: Database, clock: Clock) -> None:
    scene, outside = await creator(db), Outside()
    gold = await scene.tier("Gold", 10)
    vault = await scene.room("vault", min_rank=10)
    who = await crowd(scene, outside, gold.id)
    before = await post(scene, "Before", room=vault)
    plan = {"notices": notices.planner(db, mail=True)}
    async with db.write() as tx:  # so that those with a limit have had theirs this week
        await tx.run(notice_rules.update().values(chosen_at=tx.now - 1))
        for me in (one for kind in LIMITED for one in who[kind]):
            row = notices.LETTERS.fresh(tx, before, me, "instant", tx.now) | {
                "state": "sent",
                "settled_at": tx.now,
            }
            await tx.run(letters.insert().values(**row))
        await tx.run(memberships.update().values(joined_at=tx.now - 2))
    await Worker(db, plan).work_off()
    async with db.write() as tx:
        await tx.run(letters.delete().where(letters.c.post_id == before.id, letters.c.state == "waiting"))
        await tx.run(pushes.delete())
        await tx.run(
            memberships.update().where(memberships.c.account_id.in_(who["lapsed"])).values(tier_until=None)
        )
    made = await post(scene, "Words", room=vault)
    await Worker(db, plan | {"push": push.planner(db)}).work_off()
    async with db.write() as tx:
        await tx.run(pushes.delete().where(pushes.c.post_id == before.id))
        lost = memberships.c.account_id.in_(who["lapsed"])
        await tx.run(memberships.update().where(lost).values(tier_until=tx.now))
        for kind, how in (("turned", "none"), ("later", "instant")):
            theirs = notice_rules.c.account_id.in_(who[kind])
            await tx.run(notice_rules.update().where(theirs).values(how=how))
        seen = {me: made.seq for kind in ("live", "live_told") for me in who[kind]}
        await mark_read(tx, vault.id, seen)
    await work(scene, clock, outside)
    async with db.write() as tx:
        for kind, opened in (("shown", False), ("both", True)):
            for me in who[kind]:
                found = await tx.value(
                    select(pushes.c.id).where(pushes.c.account_id == me, pushes.c.post_id == made.id)
                )
                await devices.told(tx, me, found, opened=opened)
    clock.forward(PLANNED_MS)
    async with db.read() as tx:
        counted = await report(tx, made, vault, mail=True)
    n = KINDS
    assert outside.took == Counter({kind: n[kind] for kind in ("shown", "pushed", "both", "mail")})
    assert counted.members == sum(n.values()) == 1000
    assert counted.may_see == 1000 - n["free"] - n["lapsed"]
    assert counted.by_tier == {"Gold": counted.may_see}
    assert counted.ways == {
        "push": n["shown"] + n["pushed"] + n["both"], "mail": n["mail"], "live": n["live"] + n["live_told"],
    }  # fmt: skip
    assert counted.reasons == {
        "digest": n["digest"] + n["limit"], "muted": n["muted"], "quiet": n["quiet"], "no_device": n["no_device"] + n["unchosen"],
        "unchosen": n["off"], "bounced": n["bounced"] + n["refused"], "failed": n["failed"], "waiting": n["busy"],
        "limit": n["enough"], "missed": n["turned"], "came_later": n["later"],
    }  # fmt: skip
    assert set(counted.reasons) == set(get_args(Reason)) - {"silent"}, "every one that there is"
    assert sum(counted.ways.values()) + sum(counted.reasons.values()) == counted.may_see
    assert counted.lapsed == n["lapsed"]
    assert counted.accepted == sum(outside.took.values())
    assert (counted.shown, counted.opened) == (n["shown"] + n["both"], n["both"])
    assert counted.seen == n["live"] + n["live_told"]
    shown = counted.public
    assert shown.ways["mail"] == n["mail"] // 10 * 10
    assert shown.members == 1000, "known to who reads it anyway"


async def test_fewer_than_ten_are_told_of_by_no_number(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    for number in range(FLOOR - 1):
        await scene.member(f"M{number}")
    made = await post(scene)
    async with db.write() as tx:
        await mark_read(tx, scene.news.id, {one.id: made.seq for one in scene.people.values()})
    async with db.read() as tx:
        exact = await report(tx, made, scene.news, mail=True)
        shown, _ = await seen_now(tx, made, scene.news, mail=True)
    assert exact.seen == FLOOR - 1
    assert (shown.may_see, shown.seen, shown.ways, shown.reasons) == (FLOOR - 1, 0, {}, {})


def test_no_difference_of_shown_numbers_tells_of_fewer_than_ten() -> None:
    for count in range(100):
        assert floored(count) % FLOOR == 0
        assert 0 <= count - floored(count) < FLOOR
        assert floored(count + 1) - floored(count) in (0, FLOOR)


async def test_a_report_is_kept_when_what_it_was_counted_from_is_forgotten(
    db: Database, clock: Clock
) -> None:
    scene = await creator(db)
    for number in range(20):
        await scene.member(f"M{number}")
    made = await post(scene)
    async with db.write() as tx:
        await mark_read(tx, scene.news.id, {one.id: made.seq for one in scene.people.values()})
        await sweep(tx)
        assert (await seen_now(tx, made, scene.news, mail=True))[1] == tx.now, "too young to be kept"
    clock.forward(8 * DAY_MS)
    async with db.write() as tx:
        await sweep(tx)
    kept_at = clock()
    clock.forward(40 * DAY_MS)
    async with db.write() as tx:
        await tx.run(notice_times.delete())
        shown, counted_at = await seen_now(tx, made, scene.news, mail=True)
        await keep(tx, made)
        assert (await seen_now(tx, made, scene.news, mail=True))[1] == kept_at
    assert (shown.seen, counted_at) == (20, kept_at)


async def test_what_is_usual_takes_three_posts(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    for number in range(20):
        await scene.member(f"M{number}")
    for number in range(3):
        made = await post(scene, f"P{number}")
        async with db.write() as tx:
            half = [scene.people[f"M{number}"] for number in range(10)]
            await mark_read(tx, scene.news.id, {one.id: made.seq for one in half})
            assert await usual(tx, scene.news, tx.now + 1) is None
            await keep(tx, made)
        clock.forward(1000)
    async with db.read() as tx:
        found = await usual(tx, scene.news, tx.now)
    assert found is not None
    assert (found.accepted, found.seen) == (0, 50)


async def test_of_a_silent_post_nobody_is_said_to_have_chose_so(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    for name, how in (("At", "instant"), ("Daily", "daily"), ("Some", "important"), ("Off", "none")):
        account = await scene.member(name)
        async with db.write() as tx:
            mine = accounts_table.c.id == account.id
            await tx.run(update(accounts_table).where(mine).values(email=f"{name}@example.net"))
            await notices.choose(tx, await scene.by(tx, account), scene.community, how)  # type: ignore[arg-type]
    made = await post(scene, "Hush", silent=True)
    async with db.read() as tx:
        found = await report(tx, made, scene.news, mail=True)
    assert found.reasons == {"silent": 2, "unchosen": 1, "no_device": 1}


async def test_what_is_not_planned_yet_is_on_its_way(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    account = await scene.member("At")
    async with db.write() as tx:
        mine = accounts_table.c.id == account.id
        await tx.run(update(accounts_table).where(mine).values(email="at@example.net"))
        await notices.choose(tx, await scene.by(tx, account), scene.community, "instant")
    made = await post(scene, "Just now")
    async with db.read() as tx:
        assert (await report(tx, made, scene.news, mail=True)).reasons == {"waiting": 1}


async def test_an_address_that_was_refused_and_is_gone_bounces_no_more(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    account = await scene.member("Gone")
    made, reasons = await post(scene), []
    async with db.write() as tx:
        await notices.choose(tx, await scene.by(tx, account), scene.community, "instant")
        await pause(tx, account.id, "gone@example.net")
    for address in ("gone@example.net", None):
        async with db.write() as tx:
            mine = update(accounts_table).where(accounts_table.c.id == account.id)
            await tx.run(mine.values(email=address))
            reasons.append((await report(tx, made, scene.news, mail=True)).reasons)
    assert reasons == [{"bounced": 1}, {"no_device": 1}]
