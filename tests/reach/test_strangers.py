"""What a creator is told of those without an account is what happened to a thousand of them, each in one class."""

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import get_args

from sqlalchemy import update

from channel import accounts, push
from channel.accounts.tables import accounts as accounts_table
from channel.communities.tables import communities
from channel.following import Wish, actions, devices
from channel.following.tables import follow_letters, follow_pushes, followers
from channel.ids import new_id
from channel.notices.model import HOUR_MS, How, Times
from channel.notices.tables import notice_rules
from channel.notify import Courier, Desk, Postman
from channel.notify.following import following_handler
from channel.notify.pushed.plans import planner
from channel.notify.sender import Mail
from channel.posts.model import Post
from channel.push.tables import push_rules
from channel.reach.keeping import keep, seen_now
from channel.reach.outside import PLANNED_MS
from channel.reach.queries import report
from channel.reach.strangers import StrangerReason, Strangers
from channel.rooms import Room
from channel.storage import Database, Tx
from channel.worker import Worker
from tests.cast import Scene, creator, join_unasked
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE
from tests.posts.writing import post
from tests.push.browsers import Browser
from tests.reach.test_report import DAY_MS, Outside

# How many there are of each kind.
KINDS = {
    "mail": 317, "room": 64, "daily": 87, "weekly": 31, "none": 45, "important": 53, "roomnone": 27, "quiet": 61,
    "bounced": 37, "refused": 23, "member": 41, "turned": 19, "stopped": 12, "came_later": 145, "greylisted": 14,
    "muted": 21, "turned_on": 15,
}  # fmt: skip
HOW: dict[str, How] = {
    "daily": "daily",
    "weekly": "weekly",
    "none": "none",
    "important": "important",
    "room": "none",
    "turned_on": "none",
}


class Mailbag:
    """No single letter is asked for here."""

    async def send(self, mail: Mail) -> None:
        raise AssertionError(mail)


async def follow(tx: Tx, scene: Scene, outside: Outside, kind: str, many: int) -> list[str]:
    """Their ids."""
    made = []
    for number in range(many):
        address = f"{kind}{number}@example.net"
        outside.kinds[address] = kind
        wish = Wish(scene.community.id, address, HOW.get(kind, "instant"), "en")
        made.append((await actions.confirm(tx, await actions.confirmation(tx, wish))).id)
    return made


async def crowd(scene: Scene, outside: Outside) -> dict[str, list[str]]:
    """Everybody who follows before the post comes, by kind."""
    async with scene.db.write() as tx:
        early = {kind: many for kind, many in KINDS.items() if kind != "came_later"}
        found = {kind: await follow(tx, scene, outside, kind, many) for kind, many in early.items()}
        for kind, how in (("room", "instant"), ("roomnone", "none")):
            for one in found[kind]:
                own: dict[str, How | None] = {scene.news.id: how}  # type: ignore[dict-item]
                await actions.change(tx, one, HOW.get(kind, "instant"), Times(), own)
        for one in found["quiet"]:
            await actions.change(tx, one, "instant", Times("UTC", 18, 0, 8 * 60), {})  # it is midnight
        for one in found["muted"]:
            await actions.be_quiet(tx, one, tx.now + 7 * DAY_MS)
        resting = update(followers).where(followers.c.id.in_(found["refused"]))
        await tx.run(resting.values(refusals=1, refused_at=tx.now))
        for number in range(KINDS["member"]):
            await member_too(tx, scene, f"member{number}@example.net")
    return found


async def member_too(tx: Tx, scene: Scene, address: str) -> None:
    account = await accounts.create(tx, name="Member")
    await join_unasked(tx, account, scene.community)
    await tx.run(update(accounts_table).where(accounts_table.c.id == account.id).values(email=address))
    here = scene.community.id
    row = {
        "account_id": account.id,
        "place": here,
        "community_id": here,
        "room_id": None,
        "chosen_at": tx.now + 1,
    }
    await tx.run(notice_rules.insert().values(how="none", **row))


async def planned(db: Database) -> None:
    """The letters are written down, however many pieces that takes."""
    settings = replace(SITE, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@example.org")
    await Worker(db, {"following": following_handler(db, Mailbag(), settings, SECRET)}).work_off()


async def told(scene: Scene, outside: Outside) -> None:
    """All that is due leaves."""
    postman = Postman(scene.db, lambda: outside, Desk(SITE, SECRET), rate=100_000)
    while await postman.round():
        pass


async def counted(scene: Scene, made: Post, room: Room) -> Strangers:
    async with scene.db.read() as tx:
        found = (await report(tx, made, room, mail=True)).outside
    assert found is not None
    return found


async def test_the_report_is_what_happened_to_a_thousand_who_follow(db: Database, clock: Clock) -> None:
    scene, outside = await creator(db), Outside()
    who = await crowd(scene, outside)
    clock.forward(1_000)
    made = await post(scene, "Words")
    await planned(db)
    clock.forward(1_000)
    async with db.write() as tx:
        await follow(tx, scene, outside, "came_later", KINDS["came_later"])
        for one in who["turned"]:
            await actions.change(tx, one, "none", Times(), {})
        for one in who["turned_on"]:
            await actions.change(tx, one, "instant", Times(), {})
        for one in who["stopped"]:
            await actions.stop(tx, one)
    clock.forward(PLANNED_MS)
    await told(scene, outside)
    found, n = await counted(scene, made, scene.news), KINDS
    assert outside.took == Counter({kind: n[kind] for kind in ("mail", "room")})
    assert found.followers == sum(n.values()) - n["stopped"] == 1000
    assert found.ways == {"mail": outside.took.total()}
    assert found.reasons == {
        "digest": n["daily"] + n["weekly"], "unchosen": n["none"] + n["important"] + n["roomnone"] + n["turned"],
        "quiet": n["quiet"], "bounced": n["bounced"] + n["refused"], "member": n["member"], "came_later": n["came_later"],
        "waiting": n["greylisted"], "muted": n["muted"], "missed": n["turned_on"],
    }  # fmt: skip
    elsewhere = {"failed", "limit", "silent", "closed"}  # of devices; of a post for none of them: see below
    assert set(found.reasons) == set(get_args(StrangerReason)) - elsewhere
    assert found.public.ways == {"mail": 380}
    assert found.public.followers == 1000, "the desk says it anyway"
    assert {count % 10 for count in found.public.reasons.values()} == {0}
    async with db.read() as tx:
        assert (await report(tx, made, scene.news, mail=True)).members == n["member"], "nobody is mixed in"


async def twelve(db: Database) -> tuple[Scene, Outside]:
    scene, outside = await creator(db), Outside()
    async with db.write() as tx:
        await follow(tx, scene, outside, "mail", 12)
    return scene, outside


async def test_what_is_not_for_everybody_is_told_to_none_of_them(db: Database, clock: Clock) -> None:
    scene, _ = await twelve(db)
    gold = await scene.tier("Gold", 10)
    vault = await scene.room("vault", min_rank=gold.rank)
    clock.forward(1_000)
    locked, silent = await post(scene, "Words", room=vault), await post(scene, "Words", silent=True)
    await planned(db)
    assert (await counted(scene, locked, vault)).reasons == {"closed": 12}
    assert (await counted(scene, silent, scene.news)).reasons == {"silent": 12}


async def test_before_letters_are_written_down_they_wait_and_are_not_lost(db: Database, clock: Clock) -> None:
    scene, outside = await twelve(db)
    clock.forward(1_000)
    made = await post(scene, "Words")
    assert (await counted(scene, made, scene.news)).reasons == {"waiting": 12}
    await planned(db)
    assert (await counted(scene, made, scene.news)).reasons == {"waiting": 12}
    await told(scene, outside)
    assert (await counted(scene, made, scene.news)).ways == {"mail": 12}


async def test_who_wanted_quiet_then_did_not_miss_it_afterwards(db: Database, clock: Clock) -> None:
    scene, outside = await twelve(db)
    async with db.write() as tx:
        await tx.run(update(followers).values(muted_until=tx.now + HOUR_MS))
    clock.forward(1_000)
    made = await post(scene, "Words")
    await planned(db)
    await told(scene, outside)
    for _ in range(2):
        assert (await counted(scene, made, scene.news)).reasons == {"muted": 12}
        clock.forward(HOUR_MS)


async def test_what_came_before_the_community_turned_private_came(db: Database, clock: Clock) -> None:
    scene, outside = await twelve(db)
    clock.forward(1_000)
    made = await post(scene, "Words")
    await planned(db)
    await told(scene, outside)
    later = await post(scene, "More words")
    await planned(db)
    async with db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    await told(scene, outside)
    assert (await counted(scene, made, scene.news)).ways == {"mail": 12}
    assert (await counted(scene, later, scene.news)).reasons == {"closed": 12}


async def test_fewer_than_ten_who_follow_are_told_of_by_no_number(db: Database, clock: Clock) -> None:
    scene, outside = await creator(db), Outside()
    async with db.write() as tx:
        await follow(tx, scene, outside, "mail", 9)
    clock.forward(1_000)
    made = await post(scene, "Words")
    await planned(db)
    await told(scene, outside)
    assert (await counted(scene, made, scene.news)).ways == {"mail": 9}
    async with db.read() as tx:
        shown = (await seen_now(tx, made, scene.news, mail=True))[0].outside
    assert shown == Strangers(9)


async def test_it_is_kept_with_the_report_of_the_post(db: Database, clock: Clock) -> None:
    scene, outside = await twelve(db)
    clock.forward(1_000)
    made = await post(scene, "Words")
    await planned(db)
    await told(scene, outside)
    async with db.write() as tx:
        await keep(tx, made)
        await tx.run(follow_letters.delete())
        shown = (await seen_now(tx, made, scene.news, mail=True))[0].outside
    assert shown == Strangers(12, {"mail": 10})


# How many devices there are of each kind.
DEVICES = {
    "pushed": 31, "none": 17, "important": 15, "room": 12, "quiet": 14, "muted": 19, "failed": 16, "member": 13,
    "turned": 11, "came_later": 18, "busy": 12, "turned_on": 10, "enough": 14,
}  # fmt: skip


@cache
def browser(name: str) -> Browser:
    """The one of that name: it keeps its keys."""
    return Browser(name)


async def switched_on(scene: Scene, outside: Outside, kind: str) -> list[str]:
    """The ids of so many devices."""
    found = []
    async with scene.db.write() as tx:
        for number in range(DEVICES[kind]):
            wanted = browser(f"{kind}{number}").subscription
            outside.kinds[wanted.endpoint] = kind
            one = await devices.switch_on(
                tx, scene.community, wanted, language="en", zone="UTC", network=f"2001:db8:{kind}{number}::"
            )
            found.append(one.id)
    return found


async def holders(scene: Scene, outside: Outside) -> dict[str, list[str]]:
    """Everybody who follows on a device before the post comes, by kind."""
    found = {kind: await switched_on(scene, outside, kind) for kind in DEVICES if kind != "came_later"}
    async with scene.db.write() as tx:
        for kind, how in (("none", "none"), ("important", "important"), ("turned_on", "none")):
            for one in found[kind]:
                await devices.change(tx, one, how, Times(), {})  # type: ignore[arg-type]
        for one in found["room"]:
            await devices.change(tx, one, "none", Times(), {scene.news.id: "instant"})
        for one in found["quiet"]:
            await devices.change(tx, one, "instant", Times("UTC", 18, 0, 8 * 60), {})  # it is midnight
        for one in found["muted"]:
            await devices.be_quiet(tx, one, 7)
        for number in range(DEVICES["member"]):
            account = await accounts.create(tx, name="Member")
            await join_unasked(tx, account, scene.community)
            wanted = browser(f"member{number}").subscription
            await push.switch_on(tx, push.Owner(account.id, None, "phone"), wanted)
            choice = {
                "account_id": account.id,
                "place": scene.community.id,
                "community_id": scene.community.id,
            }
            await tx.run(push_rules.insert().values(how="none", room_id=None, chosen_at=tx.now + 1, **choice))
    return found


async def had_enough(scene: Scene, ids: list[str]) -> None:
    """They want one post a week, and were told of one today."""
    before = await post(scene, "Before", silent=True)
    async with scene.db.write() as tx:
        for one in ids:
            await devices.limit_to(tx, one, 1)
            row = {
                "id": new_id(tx.now), "post_id": before.id, "device_id": one, "community_id": scene.community.id,
                "state": "sent", "due_at": tx.now, "created_at": tx.now, "settled_at": tx.now, "meant_at": tx.now,
            }  # fmt: skip
            await tx.run(follow_pushes.insert().values(**row))


async def test_the_report_is_what_happened_on_devices_that_belong_to_nobody(
    db: Database, clock: Clock
) -> None:
    scene, outside = await creator(db), Outside()
    who = await holders(scene, outside)
    await had_enough(scene, who["enough"])
    clock.forward(1_000)
    made = await post(scene, "Words")
    await Worker(db, {"push": planner(db)}).work_off()
    clock.forward(1_000)
    await switched_on(scene, outside, "came_later")
    async with db.write() as tx:
        for kind, how in (("turned", "none"), ("turned_on", "instant")):
            for one in who[kind]:
                await devices.change(tx, one, how, Times(), {})  # type: ignore[arg-type]
    clock.forward(PLANNED_MS)
    courier = Courier(db, outside, b"p" * 32)
    while await courier.round():
        pass
    found, n = await counted(scene, made, scene.news), DEVICES
    assert outside.took == Counter({kind: n[kind] for kind in ("pushed", "room")})
    assert found.followers == sum(n.values())
    assert found.ways == {"push": outside.took.total()}
    assert found.reasons == {
        "unchosen": n["none"] + n["important"] + n["turned"], "quiet": n["quiet"], "muted": n["muted"],
        "failed": n["failed"], "member": n["member"], "came_later": n["came_later"], "waiting": n["busy"],
        "missed": n["turned_on"], "limit": n["enough"],
    }  # fmt: skip
