"""The first steps of a newcomer, and the line that leads to them: the whole server, without a browser."""

import pytest
from sqlalchemy import update

from channel import notices, push
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.members import joining
from tests.cast import person
from tests.push.browsers import Browser as Subscribed
from tests.web.conftest import Browser, Page, Site

HELLO = "/@anna/hello"
HERE = Subscribed("bob").given


async def newcomer(site: Site, *, email: str = "") -> tuple[Account, Browser]:
    """Bob, who has just joined; with a proven address, if that is given."""
    bob = await site.anna.member("bob")
    if email:
        async with site.db.write() as tx:
            await tx.run(update(accounts).where(accounts.c.id == bob.id).values(email=email))
    return bob, await site.browser(bob)


async def chosen(site: Site, account: Account) -> tuple[list[str], list[str]]:
    """What comes to devices and by letter, of which community and room."""
    async with site.db.read() as tx:
        pushed, letters = await push.rules(tx, account.id), await notices.rules(tx, account.id)
    ours = site.anna.community.id
    assert all(rule.community_id == ours and rule.room_id is None for rule in (*pushed, *letters))
    return [rule.how for rule in pushed], [rule.how for rule in letters]


async def devices(site: Site, account: Account) -> int:
    async with site.db.read() as tx:
        return len(await push.devices(tx, account.id))


async def zone(site: Site, account: Account) -> str:
    async with site.db.read() as tx:
        return (await notices.times(tx, account.id)).zone


def stands(page: Page, *words: str) -> None:
    assert page.status == 200, page.text[:500]
    for one in words:
        assert one in page, one


async def test_a_newcomer_is_asked_one_thing_at_a_time_and_first_whether_this_device_is_told(
    mailing: Site,
) -> None:
    _, bob = await newcomer(mailing)
    key = push.public_key(mailing.app.state.services.secret)
    first = await bob.get(HELLO)
    stands(first, "Notices on this device", f'data-key="{key}"', 'href="?step=mail"', "js/devices.js")
    stands(first, "This way needs scripts.", 'href="/account/notices#c-anna"')
    assert "A way back by mail" not in first
    second = await bob.get(f"{HELLO}?step=mail")
    stands(second, "A way back by mail", 'href="?step=home"')
    last = await bob.get(f"{HELLO}?step=home")
    stands(last, "On your home screen", 'href="/@anna/news"')
    stands(await bob.get(f"{HELLO}?step=passkey"), "A way back by mail")  # none can be made here
    stands(await bob.get(f"{HELLO}?step=9"), "Notices on this device")
    stranger = await mailing.stranger().get(HELLO)
    assert stranger.status == 303


async def test_one_tap_switches_this_device_on_and_chooses_the_community(site: Site) -> None:
    account, bob = await newcomer(site)
    sent = await bob.post(HELLO, {"do": "told", **HERE, "zone": "America/Los_Angeles"})
    assert (sent.status, sent.location) == (303, f"{HELLO}?step=passkey&said=told")
    stands(await bob.get(sent.location), "New posts come to this device from now on.")
    assert await chosen(site, account) == (["instant"], [])
    assert await devices(site, account) == 1
    assert await zone(site, account) == "America/Los_Angeles"
    stands(await bob.get(HELLO), "data-on", "Go on")
    elsewhere = await site.browser(account)
    assert "data-on" not in await elsewhere.get(HELLO), "another browser is not told"
    stands(await bob.get("/account/notices"), 'value="America/Los_Angeles" selected')


async def test_who_was_told_of_nothing_here_is_told_again_by_the_tap(site: Site) -> None:
    account, bob = await newcomer(site)
    await bob.post("/account/push", HERE | {"shows_text": "1"})
    await bob.post("/account/notices/anna/push", {f"push-{site.anna.community.id}": "none"})
    assert "data-on" not in await bob.get(HELLO)
    await bob.post(HELLO, {"do": "told", **HERE})
    assert await chosen(site, account) == (["instant"], [])
    async with site.db.read() as tx:
        [device] = await push.devices(tx, account.id)
    assert device.shows_text, "what it may show stays as it was"


@pytest.mark.parametrize("wrong", [{"endpoint": "https://evil.example/x"}, {"auth": ""}, {"do": "dance"}])
async def test_what_cannot_be_taken_is_said_and_nothing_is_chosen(site: Site, wrong: dict[str, str]) -> None:
    account, bob = await newcomer(site)
    page = await bob.post(HELLO, {"do": "told", **HERE} | wrong)
    assert page.status == 422
    assert 'role="alert"' in page
    assert "evil.example" not in page
    assert await chosen(site, account) == ([], [])
    assert await devices(site, account) == 0


async def test_letters_come_to_who_asks_for_them_at_a_proven_address_and_to_nobody_else(
    mailing: Site,
) -> None:
    account, bob = await newcomer(mailing, email="bob@example.net")
    page = await bob.get(f"{HELLO}?step=mail")
    stands(page, "New posts by letter", "To bob@example.net, if you want them.", 'href="?step=home"')
    assert await chosen(mailing, account) == ([], []), "nobody gets a letter unasked"
    assert (await bob.post(HELLO, {"do": "mail", "how": "hourly"})).status == 422
    sent = await bob.post(HELLO, {"do": "mail", "how": "daily", "zone": "Asia/Tokyo"})
    assert (sent.status, sent.location) == (303, f"{HELLO}?step=home&said=mail")
    assert await chosen(mailing, account) == ([], ["daily"])
    assert await zone(mailing, account) == "Asia/Tokyo"
    stands(await bob.get(f"{HELLO}?step=mail"), "On your home screen")  # chosen: not asked again


async def test_no_letters_without_a_proven_address_or_without_mail(mailing: Site) -> None:
    account, bob = await newcomer(mailing)
    assert (await bob.post(HELLO, {"do": "mail", "how": "daily"})).status == 404
    assert await chosen(mailing, account) == ([], [])


async def test_a_server_without_mail_offers_no_letters(site: Site) -> None:
    _, bob = await newcomer(site, email="bob@example.net")
    stands(await bob.get(f"{HELLO}?step=mail"), "On your home screen")
    assert (await bob.post(HELLO, {"do": "mail", "how": "daily"})).status == 404


async def test_who_is_not_in_chooses_nothing(site: Site) -> None:
    cara = await person(site.db, "Cara")
    browser = await site.browser(cara)
    assert (await browser.post(HELLO, {"do": "told", **HERE})).status == 404
    assert await devices(site, cara) == 0
    assert await chosen(site, cara) == ([], [])


async def test_the_welcome_promises_nothing_that_was_not_chosen(site: Site) -> None:
    _, bob = await newcomer(site)
    nothing = "Nothing is told to you anywhere else until you choose so."
    room = "/@anna/news?welcome=1"
    stands(await bob.get(room), "New posts stand here at once.", nothing, f'href="{HELLO}"')
    await bob.post(HELLO, {"do": "told", **HERE})
    page = await bob.get(room)
    stands(page, "New posts stand here at once.", "Keep your pass")
    assert nothing not in page
    assert "New posts stand here at once." not in await bob.get("/@anna/news")


async def test_letters_of_an_earlier_stay_count_as_nothing(mailing: Site) -> None:
    account, bob = await newcomer(mailing, email="bob@example.net")
    await bob.post(HELLO, {"do": "mail", "how": "daily"})
    assert "Keep your pass" in await bob.get("/@anna/news?welcome=1")
    async with mailing.db.write() as tx:
        await joining.leave(tx, account.id, mailing.anna.community)
    mailing.clock.forward(1000)
    async with mailing.db.write() as tx:
        await joining.join(tx, account, mailing.anna.community)
    stands(await bob.get("/@anna/news?welcome=1"), "until you choose so")
    stands(await bob.get(f"{HELLO}?step=mail"), "New posts by letter")


async def test_the_room_leads_to_the_notices_also_where_no_mail_is_sent(site: Site) -> None:
    _, bob = await newcomer(site)
    page = await bob.get("/@anna/news")
    chip = page.text.partition('<a class="chip" href="/account/notices#c-anna">')[2].partition("</a>")[0]
    assert chip.endswith("Notices")
