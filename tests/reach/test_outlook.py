"""Before a post is sent its creator sees, too, how many of those without an account would be told: each by what they chose."""

from dataclasses import replace
from functools import cache

from sqlalchemy import update

from channel import accounts, push
from channel.accounts.tables import accounts as accounts_table
from channel.communities.tables import communities
from channel.following import FollowDevice, Wish, actions, devices
from channel.following.tables import followers
from channel.notices.model import How, Times
from channel.notices.tables import notice_rules
from channel.push.model import PushHow
from channel.reach import Outlook, outlook
from channel.reach.model import SENDINGS, Forecast, Wording
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator, join_unasked
from tests.conftest import Clock
from tests.push.browsers import Browser

NIGHT = Times("UTC", 18, 0, 8 * 60)  # it is midnight


@cache
def browser(name: str) -> Browser:
    """The same one, with the same keys."""
    return Browser(name)


async def by_mail(
    scene: Scene, name: str, how: How = "instant", times: Times | None = None, news: How | None = None
) -> str:
    async with scene.db.write() as tx:
        wish = Wish(scene.community.id, f"{name}@example.net", how, "en")
        made = (await actions.confirm(tx, await actions.confirmation(tx, wish))).id
        own: dict[str, How | None] = dict.fromkeys([scene.news.id], news) if news else {}
        await actions.change(tx, made, how, times or Times(), own)
    return made


async def on_device(
    scene: Scene, name: str, how: PushHow = "instant", times: Times | None = None, news: PushHow | None = None
) -> FollowDevice:
    async with scene.db.write() as tx:
        to = browser(name).subscription
        made = await devices.switch_on(
            tx, scene.community, to, language="en", zone="UTC", network=f"192.0.2.{len(name)}"
        )
        own: dict[str, PushHow | None] = dict.fromkeys([scene.news.id], news) if news else {}
        await devices.change(tx, made.id, how, times or Times(), own)
    return made


async def asked(
    scene: Scene, room: Room | None = None, *, rank: int | None = None, mail: bool = True
) -> Outlook:
    async with scene.db.read() as tx:
        return await outlook(tx, room or scene.news, SENDINGS, mail=mail, of=Wording(rank))


async def test_each_is_told_by_what_they_chose(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await by_mail(scene, "at")
    await by_mail(scene, "here", "none", news="instant")
    await by_mail(scene, "nothere", "instant", news="none")
    await by_mail(scene, "important", "important")
    await by_mail(scene, "daily", "daily")
    await by_mail(scene, "weekly", "weekly")
    await by_mail(scene, "off", "none")
    await by_mail(scene, "asleep", "instant", NIGHT)
    await by_mail(scene, "woken", "instant", replace(NIGHT, important_passes=True))
    refused = await by_mail(scene, "refused")
    await on_device(scene, "phone")
    await on_device(scene, "phone2", "important")
    await on_device(scene, "phone3", "none", news="instant")
    await on_device(scene, "phone4", "instant", NIGHT)
    await on_device(scene, "phone6", "instant", replace(NIGHT, important_passes=True))
    muted = await on_device(scene, "phone5")
    async with db.write() as tx:
        await tx.run(update(followers).where(followers.c.id == refused).values(refused_at=tx.now))
        await devices.be_quiet(tx, muted.id, 1)
    found = await asked(scene)
    assert (found.followers, found.closed) == (16, False)
    assert found.by_way["mail"] == {
        "now": Forecast(2, 4, 4), "important": Forecast(4, 3, 3), "morning": Forecast(0, 6, 4), "silent": Forecast(0, 0, 10),
    }  # fmt: skip
    assert found.by_way["push"] == {
        "now": Forecast(2, 2, 2), "important": Forecast(4, 1, 1), "morning": Forecast(0, 4, 2), "silent": Forecast(0, 0, 6),
    }  # fmt: skip
    unsent = await asked(scene, mail=False)
    assert unsent.by_way["mail"]["now"] == Forecast(0, 0, 10), "a server without mail tells nobody so"
    assert found.shown.by_way["mail"]["now"] == Forecast(), "no number says anything about fewer than ten"


async def test_what_a_stranger_may_not_read_is_told_to_none_of_them(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    vault = await scene.room("vault", min_rank=10)
    await by_mail(scene, "at")
    await on_device(scene, "phone")
    assert await asked(scene, rank=0) == Outlook(2, closed=True), "for members"
    assert await asked(scene, rank=10) == Outlook(2, closed=True), "for a pass"
    assert await asked(scene, vault) == Outlook(2, closed=True), "a room for a pass"
    assert not (await asked(scene)).closed
    async with db.write() as tx:
        here = communities.c.id == scene.community.id
        await tx.run(update(communities).where(here).values(visibility="private"))
    assert await asked(scene) == Outlook(2, closed=True), "no stranger sees a private community"


async def test_who_is_told_as_a_member_is_not_counted_twice(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await by_mail(scene, "bob")
    await by_mail(scene, "eve")
    await on_device(scene, "phone")
    await on_device(scene, "phone2")
    async with db.write() as tx:
        for name in ("bob", "eve"):
            one = await accounts.create(tx, name=name)
            address = f"{name}@example.net"
            await tx.run(update(accounts_table).where(accounts_table.c.id == one.id).values(email=address))
            if name == "eve":  # has an account elsewhere
                continue
            await join_unasked(tx, one, scene.community)
            place = {"place": scene.community.id, "community_id": scene.community.id, "room_id": None}
            row = {"account_id": one.id, "how": "none", "chosen_at": tx.now + 1}
            await tx.run(notice_rules.insert().values(**place, **row))
            await push.switch_on(tx, push.Owner(one.id, None), browser("phone").subscription)
    found = await asked(scene)
    assert found.followers == 4
    assert found.by_way["mail"]["now"] == Forecast(1, 0, 0)
    assert found.by_way["push"]["now"] == Forecast(1, 0, 0)
