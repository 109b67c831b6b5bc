"""How one is told of topics that one follows, chosen where one follows and on the page of all notices; and one topic less,
from a letter and from a notice: the whole server."""

from sqlalchemy import update

from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.members import actions
from channel.notices.links import Ends, sealed
from channel.push import links as of_device
from channel.push import queries
from channel.rooms import Room
from channel.topics import Topic
from channel.topics.model import Mark
from channel.topics.queries import marks_of
from tests.topics.talking import follow, group, merge, say, start
from tests.web.conftest import Browser, Site
from tests.web_account.conftest import says
from tests.web_account.test_notices import reader
from tests.web_account.test_push import switched_on


async def topic_in(site: Site, name: str = "Glaze", **rules: object) -> tuple[Room, Topic]:
    room = await group(site.anna, **rules)
    topic = await start(site.anna, room, name)
    await say(site.anna, room, "Hello", topic=topic)
    return room, topic


async def with_both(site: Site) -> tuple[Browser, Account]:
    """Bob's browser, in which notices are switched on, and he has an address, too."""
    browser, bob, _ = await switched_on(site)
    async with site.db.write() as tx:
        await tx.run(update(accounts).where(accounts.c.id == bob.id).values(email="bob@example.net"))
    return browser, bob


async def mark(site: Site, account: Account, topic: Topic) -> Mark:
    async with site.db.read() as tx:
        return (await marks_of(tx, account.id, [topic.id]))[topic.id]


async def test_following_and_how_one_is_told_is_one_step(mailing: Site) -> None:
    browser, bob = await with_both(mailing)
    _, topic = await topic_in(mailing)
    root = f"/@anna/talk/t/{topic.number}"
    says(await browser.get(root), 200, 'name="push"', 'name="mail"', "Follow")
    await browser.post(f"{root}/mark", {"level": "follow", "push": "none", "mail": "daily"})
    now = await mark(mailing, bob, topic)
    assert (now.level, now.push, now.mail) == ("follow", "none", "daily")
    says(await browser.get(root), 200, '<option value="daily" selected', "Follow no more")
    says(await browser.post(f"{root}/mark", {"push": "daily"}), 422)
    await browser.post(f"{root}/mark", {"level": ""})
    assert not (await mark(mailing, bob, topic)).told


async def test_who_has_neither_device_nor_address_just_follows(site: Site) -> None:
    _, topic = await topic_in(site)
    bob = await site.anna.member("Bob")
    browser = await site.browser(bob)
    root = f"/@anna/talk/t/{topic.number}"
    page = await browser.get(root)
    says(page, 200, "First switch notices on")
    assert 'name="push"' not in page
    await browser.post(f"{root}/mark", {"level": "follow"})
    assert (await mark(site, bob, topic)).push == "instant", "once a device is switched on, it is told"


async def test_the_page_of_all_notices_has_the_topics_that_one_follows(mailing: Site) -> None:
    browser, bob = await with_both(mailing)
    room, topic = await topic_in(mailing)
    other = await start(mailing.anna, room, "Not followed")
    assert "Topics that you follow" not in await browser.get("/account/notices")
    await follow(mailing.anna, topic, bob)
    page = await browser.get("/account/notices")
    says(
        page,
        200,
        "Topics that you follow",
        "Glaze",
        "Talk",
        f'name="topic-push-{topic.id}"',
        f'name="topic-mail-{topic.id}"',
    )
    assert "Not followed" not in page
    given = {
        f"topic-mail-{topic.id}": "weekly",
        f"topic-push-{topic.id}": "none",
        f"topic-mail-{other.id}": "daily",
    }
    assert (await browser.post("/account/notices/anna/topics", given)).status == 303
    now = await mark(mailing, bob, topic)
    assert (now.push, now.mail) == ("none", "weekly")
    assert not (await mark(mailing, bob, other)).told, "nobody follows by this form"
    says(await browser.post("/account/notices/anna/topics", {f"topic-mail-{topic.id}": "hourly"}), 422)
    says(await mailing.stranger().post("/account/notices/anna/topics", given), 401)


async def test_a_topic_that_is_closed_to_one_by_now_is_not_listed(mailing: Site) -> None:
    gold = await mailing.anna.tier("Gold", 10)
    bob = await reader(mailing)
    async with mailing.db.write() as tx:
        owner = await mailing.anna.by(tx, mailing.anna.owner)
        await actions.give_tier(tx, owner, mailing.anna.community, [bob.id], gold.id)
    _, topic = await topic_in(mailing, "Secret glaze", min_rank=10)
    await follow(mailing.anna, topic, bob, mail="daily")
    browser = await mailing.browser(bob)
    says(await browser.get("/account/notices"), 200, "Secret glaze")
    path = f"/notices/off/{sealed(mailing.app.state.services.secret, Ends(bob.id, mailing.anna.community.id, topic.id))}"
    says(await mailing.stranger().get(path), 200, "Secret glaze", "Follow this topic no more")
    async with mailing.db.write() as tx:
        await actions.give_tier(tx, owner, mailing.anna.community, [bob.id], mailing.anna.free.id)
    assert "Secret glaze" not in await browser.get("/account/notices")
    nobody = mailing.stranger()
    page = await nobody.get(path)
    says(page, 200, "You follow a topic.", "Follow this topic no more")
    assert "Secret glaze" not in page
    says(await nobody.post(path, {"what": "topic"}), 200, "You follow this topic no more")
    assert (await mark(mailing, bob, topic)).level == ""


async def test_a_letter_leads_to_following_one_topic_less(mailing: Site) -> None:
    bob = await reader(mailing)
    room, topic = await topic_in(mailing)
    await follow(mailing.anna, topic, bob, mail="instant")
    path = f"/notices/off/{sealed(mailing.app.state.services.secret, Ends(bob.id, mailing.anna.community.id, topic.id))}"
    nobody = mailing.stranger()
    says(await nobody.get(path), 200, "You follow “Glaze”.", 'value="community"')
    assert (await mark(mailing, bob, topic)).told, "looking changes nothing"
    says(await nobody.post(path, {"what": "daily"}), 200)
    assert (await mark(mailing, bob, topic)).mail == "daily", "also for who chose no letters about posts"
    says(await nobody.post(path, {"what": "topic"}), 200, "You follow “Glaze” no more")
    assert (await mark(mailing, bob, topic)).level == ""
    assert "Glaze" not in await nobody.get(path), "there is nothing left to end"
    says(await nobody.post(path, {"what": "topic"}), 422)
    await follow(mailing.anna, topic, bob, mail="instant")
    into = await merge(mailing.anna, room, topic, await start(mailing.anna, room, "Kiln"))
    says(await nobody.get(path), 200, "You follow “Kiln”.")
    says(await nobody.post(path, {"List-Unsubscribe": "One-Click"}), 200)
    now = await mark(mailing, bob, into)
    assert (now.level, now.push, now.mail) == ("follow", "instant", "none")


async def test_a_notice_leads_to_following_one_topic_less(mailing: Site) -> None:
    _, bob = await with_both(mailing)
    _, topic = await topic_in(mailing)
    await follow(mailing.anna, topic, bob)
    async with mailing.db.read() as tx:
        [here] = await queries.devices(tx, bob.id)
    link = of_device.sealed(
        mailing.app.state.services.secret, of_device.From(here.id, mailing.anna.community.id)
    )
    path, nobody = f"/notices/quiet/{link}", mailing.stranger()
    assert "Follow this topic no more" not in await nobody.get(path)
    says(await nobody.get(f"{path}?topic={topic.id}"), 200, "You follow “Glaze”.")
    assert "Follow this topic no more" not in await nobody.get(f"{path}?topic={mailing.anna.news.id}")
    says(await nobody.post(path, {"what": "topic"}), 422)
    says(await nobody.post(f"{path}?topic={topic.id}", {"what": "daily"}), 200)
    now = await mark(mailing, bob, topic)
    assert (now.level, now.push, now.mail) == ("follow", "none", "daily")
    says(await nobody.post(f"{path}?topic={topic.id}", {"what": "topic"}), 200, "You follow “Glaze” no more")
    assert (await mark(mailing, bob, topic)).level == ""
