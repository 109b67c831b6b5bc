"""The numbers before and after a post know what was chosen for its #tags, as those who send them do."""

from sqlalchemy import update

from channel import notices, push
from channel.following import actions, devices
from channel.members.tables import memberships
from channel.notices.model import How, Times, key_of
from channel.push.model import PushHow
from channel.reach import forecast, outlook
from channel.reach.model import SENDINGS, Forecast, Wording
from channel.reach.queries import report
from channel.storage import Database
from channel.tags import Tagged
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.posts.writing import post
from tests.reach.test_forecast import follower
from tests.reach.test_outlook import by_mail, on_device

TOUR = Wording(tags=Tagged.parse("tour,live", ""))


async def chose(scene: Scene, name: str, how: How, tags: dict[str, How], pushed: dict[str, PushHow]) -> str:
    account = await follower(scene, name, how, "none")
    async with scene.db.write() as tx:
        by = await scene.by(tx, account)
        await notices.choose(tx, by, scene.community, None, tags=tags)
        await push.choose(tx, by, scene.community, None, tags=pushed)
    return account.id


async def test_before_it_is_sent_the_tags_of_its_words_count(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await chose(scene, "Only", "none", {"tour": "instant"}, {})
    await chose(scene, "Device", "none", {}, {"tour": "instant"})
    await chose(scene, "Never", "instant", {"tour": "none"}, {})
    await chose(scene, "Both", "none", {"tour": "important", "live": "daily"}, {})
    await chose(scene, "Other", "none", {"merch": "instant"}, {})
    async with db.read() as tx:
        plain = await forecast(tx, scene.news, scene.owner.id, SENDINGS, mail=True)
        found = await forecast(tx, scene.news, scene.owner.id, SENDINGS, mail=True, of=TOUR)
    assert plain["now"] == Forecast(1, 0, 4)
    assert found["now"] == Forecast(2, 1, 2)
    assert found["important"] == Forecast(3, 0, 2)


async def test_a_tag_of_a_locked_text_counts_for_those_who_read_it(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    gold = await scene.tier("Gold", 10)
    rich = await chose(scene, "Rich", "none", {"tour": "instant"}, {})
    await chose(scene, "Poor", "none", {"tour": "instant"}, {})
    async with db.write() as tx:
        await tx.run(update(memberships).where(memberships.c.account_id == rich).values(tier_id=gold.id))
    async with db.read() as tx:
        locked = Wording(10, Tagged.parse("tour", ""))
        teased = Wording(10, Tagged.parse("", "tour"))
        for of, told in ((locked, Forecast(1, 0, 1)), (teased, Forecast(2, 0, 0))):
            found = await forecast(tx, scene.news, scene.owner.id, ("now",), mail=True, of=of)
            assert found == {"now": told}


async def test_who_follows_without_an_account_is_counted_by_tag(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    zoe, one = await by_mail(scene, "zoe", "none"), await on_device(scene, "phone", "none")
    async with db.write() as tx:
        await actions.change(tx, zoe, "none", Times(), {key_of("tour"): "instant"})
        await devices.change(tx, one.id, "none", Times(), {key_of("tour"): "important"})
    async with db.read() as tx:
        found = (await outlook(tx, scene.news, SENDINGS, mail=True, of=TOUR)).by_way
    assert (found["mail"]["now"], found["mail"]["important"]) == (Forecast(1, 0, 0), Forecast(1, 0, 0))
    assert (found["push"]["now"], found["push"]["important"]) == (Forecast(0, 0, 1), Forecast(1, 0, 0))


async def test_the_report_says_who_did_not_want_the_tag(db: Database, clock: Clock) -> None:
    scene = await creator(db)
    await chose(scene, "Never", "instant", {"tour": "none"}, {})
    zoe = await by_mail(scene, "zoe")
    async with db.write() as tx:
        await actions.change(tx, zoe, "instant", Times(), {key_of("tour"): "none"})
    made = await post(scene, "The #tour")
    async with db.read() as tx:
        found = await report(tx, made, scene.news, mail=True)
    assert found.reasons == {"unchosen": 1}
    assert found.outside is not None
    assert found.outside.reasons == {"unchosen": 1}
