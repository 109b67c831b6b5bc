"""Letters about posts, as people choose, get and end them: the whole server, and a real mail server."""

import asyncio
import re
from email.message import EmailMessage

import pytest
from sqlalchemy import select, update

from channel import notices
from channel.accounts import Account
from channel.accounts.tables import accounts
from channel.following import Wish, links
from channel.following.actions import confirm, confirmation
from channel.following.tables import followers
from channel.ids import new_id
from channel.members import joining
from channel.notices.actions import pause
from channel.notices.limits import limits
from channel.notices.links import Ends, sealed
from channel.notices.model import Limit
from channel.notices.tables import notice_rules, notice_times
from channel.notices.tables import notices as planned_letters
from tests.cast import member
from tests.conftest import Clock
from tests.notify.relay import Inbox
from tests.web.conftest import Site
from tests.web_account.conftest import says

# Letters that were ended are chosen away: what the creator sees counts who did that.
NONE: dict[str | None, str] = {None: "none"}


async def reader(site: Site, name: str = "Bob") -> Account:
    """A member with a proven address."""
    account = await member(site.db, site.anna, name)
    async with site.db.write() as tx:
        mine = update(accounts).where(accounts.c.id == account.id)
        await tx.run(mine.values(email=f"{name.lower()}@example.net"))
    return account


async def choose(site: Site, account: Account, how: str, **rooms: str) -> None:
    page = await (await site.browser(account)).post(
        "/account/notices/anna", {f"how-{site.anna.community.id}": how} | rooms
    )
    assert page.status == 303, page.text[:2000]


async def chosen(site: Site, account: Account) -> dict[str | None, str]:
    async with site.db.read() as tx:
        return {rule.room_id: rule.how for rule in await notices.rules(tx, account.id)}


async def arrived(inbox: Inbox, many: int) -> list[EmailMessage]:
    """So many letters, as soon as they are there."""
    async with asyncio.timeout(30):
        while len(inbox.envelopes) < many:
            await asyncio.sleep(0.02)
    return inbox.mails


def token_of(mail: EmailMessage) -> str:
    found = re.search(r"/notices/off/([A-Za-z0-9_-]{86})>", str(mail["List-Unsubscribe"]))
    assert found, mail["List-Unsubscribe"]
    return found[1]


async def test_somebody_chooses_gets_a_letter_and_ends_it_with_one_click_of_their_mail_program(
    mailing: Site, inbox: Inbox
) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    await mailing.post("The kiln is hot")
    [mail] = await arrived(inbox, 1)
    assert str(mail["Subject"]) == "Annas world: The kiln is hot"
    path = f"/notices/off/{token_of(mail)}"
    outside = mailing.make_client()
    sent = await outside.post(path, data={"List-Unsubscribe": "One-Click"})
    assert sent.status_code == 200, sent.text[:500]
    assert await chosen(mailing, bob) == NONE


async def test_a_mail_program_may_send_it_as_a_form_of_parts(mailing: Site) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    path = f"/notices/off/{link(mailing, bob)}"
    part = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    sent = await mailing.make_client().post(path, content=part.encode(), headers=kind)
    assert sent.status_code == 200, sent.text[:500]
    assert await chosen(mailing, bob) == NONE


def link(site: Site, account: Account, *, room: bool = True) -> str:
    secret = site.app.state.services.secret
    return sealed(secret, Ends(account.id, site.anna.community.id, site.anna.news.id if room else None))


async def test_looking_at_the_link_changes_nothing_and_says_what_can_end(mailing: Site) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    page = await mailing.stranger().get(f"/notices/off/{link(mailing, bob)}")
    says(page, 200, "None about Annas world", "None about News", "All in one letter a day", "None at all")
    assert await chosen(mailing, bob) == {None: "instant"}
    assert page.answer.headers["referrer-policy"] == "strict-origin"
    says(await mailing.stranger("de").get(f"/notices/off/{link(mailing, bob)}"), 200, "Weniger Mails")


@pytest.mark.parametrize(
    ("what", "left"),
    [
        ("community", NONE),
        ("all", NONE),
        ("daily", {None: "daily"}),
        ("room", {None: "instant", "news": "none"}),
    ],
)
async def test_a_button_ends_it_without_signing_in(
    mailing: Site, what: str, left: dict[str | None, str]
) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    page = await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": what})
    says(page, 200, "Done")
    found = await chosen(mailing, bob)
    assert {("news" if room else None): how for room, how in found.items()} == left
    again = await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": what})
    says(again, 200, "Done")
    assert await chosen(mailing, bob) == found


@pytest.mark.parametrize(
    ("how", "room", "what", "left"),
    [
        ("none", "instant", "daily", {None: "none", "news": "daily"}),
        ("none", "instant", "important", {None: "none", "news": "important"}),
        ("instant", "none", "daily", {None: "daily", "news": "none"}),
        ("instant", "important", "daily", {None: "daily", "news": "important"}),
        ("weekly", "instant", "daily", {None: "weekly", "news": "daily"}),
    ],
)
async def test_fewer_letters_are_never_more(
    mailing: Site, how: str, room: str, what: str, left: dict[str | None, str]
) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, how, **{f"room-{mailing.anna.news.id}": room})
    says(await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": what}), 200, "Done")
    found = await chosen(mailing, bob)
    assert {("news" if key else None): way for key, way in found.items()} == left


@pytest.mark.parametrize(("how", "daily"), [("instant", True), ("weekly", False), ("important", False)])
async def test_only_what_is_less_is_offered(mailing: Site, how: str, daily: bool) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, how)
    async with mailing.db.write() as tx:
        wish = Wish(mailing.anna.community.id, "zoe@example.net", how, "en")  # type: ignore[arg-type]
        zoe = (await confirm(tx, await confirmation(tx, wish))).id
    of_zoe = f"/follow/by/{links.sealed(mailing.app.state.services.secret, zoe)}/off"
    for path in (f"/notices/off/{link(mailing, bob)}", of_zoe):
        page = await mailing.stranger().get(path)
        assert ('value="daily"' in page.text, 'value="important"' in page.text) == (daily, how != "important")


@pytest.mark.parametrize(("what", "left"), [("daily", 1), ("community", 0), ("all", 0)])
async def test_what_comes_to_the_same_address_without_the_account_ends_with_it(
    mailing: Site, what: str, left: int
) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    async with mailing.db.write() as tx:
        address = str(await tx.value(select(accounts.c.email).where(accounts.c.id == bob.id)))
        wish = Wish(mailing.anna.community.id, address, "instant", "en")
        await confirm(tx, await confirmation(tx, wish))
        other = Wish(mailing.anna.community.id, "other@example.net", "instant", "en")
        await confirm(tx, await confirmation(tx, other))
    says(await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": what}), 200, "Done")
    async with mailing.db.read() as tx:
        found = [row.email for row in await tx.all(select(followers.c.email))]
    assert (found.count(address), found.count("other@example.net")) == (left, 1)


async def test_an_old_link_starts_nothing_anew(mailing: Site) -> None:
    bob = await reader(mailing)
    for what in ("daily", "important", "room"):
        page = await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": what})
        says(page, 200, "No letters about Annas world come to you any more.")
    assert await chosen(mailing, bob) == {}


async def test_an_old_link_starts_nothing_for_who_left_and_came_back(mailing: Site, clock: Clock) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    async with mailing.db.write() as tx:
        await joining.leave(tx, bob.id, mailing.anna.community)
    clock.forward(1_000)
    async with mailing.db.write() as tx:
        await joining.join(tx, bob, mailing.anna.community)
    page = await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": "daily"})
    says(page, 200, "No letters about Annas world come to you any more.")
    assert await chosen(mailing, bob) == NONE


async def test_a_week_of_quiet_does_not_shorten_a_longer_one(mailing: Site) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    month = {f"mute-{mailing.anna.community.id}": "30"}
    await (await mailing.browser(bob)).post("/account/notices/anna/limit", month)
    before = await limited(mailing, bob)
    says(await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", {"what": "week"}), 200)
    assert await limited(mailing, bob) == before


async def limited(site: Site, account: Account) -> Limit:
    async with site.db.read() as tx:
        return (await limits(tx, account.id))[site.anna.community.id]


async def test_a_link_that_was_changed_or_is_of_a_deleted_account_ends_nothing(mailing: Site) -> None:
    bob, carol = await reader(mailing), await reader(mailing, "Carol")
    await choose(mailing, carol, "instant")
    good = link(mailing, bob)
    of_carol = link(mailing, carol)
    forged = (of_carol[:60] + good[60:], good[:-1], good + "A", "x", good.swapcase(), sealed(b"k" * 32, Ends(
        carol.id, mailing.anna.community.id)))  # fmt: skip
    for token in forged:
        for page in (
            await mailing.stranger().get(f"/notices/off/{token}"),
            await mailing.stranger().post(f"/notices/off/{token}", {"what": "all"}),
        ):
            assert page.status == 404, token
    assert await chosen(mailing, carol) == {None: "instant"}
    browser = await mailing.browser(carol)
    assert (await browser.post("/account/delete", {"typed_name": "Carol"})).status == 303
    says(await mailing.stranger().get(f"/notices/off/{of_carol}"), 404)
    async with mailing.db.read() as tx:
        for table in (notice_rules, notice_times, planned_letters):
            assert not await tx.all(select(table).where(table.c.account_id == carol.id)), table.name


async def test_what_the_link_is_about_may_be_gone(mailing: Site, clock: Clock) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    gone = sealed(mailing.app.state.services.secret, Ends(bob.id, new_id(clock.now_ms)))
    page = await mailing.stranger().get(f"/notices/off/{gone}")
    says(page, 200, "None at all")
    assert "None about" not in page
    says(await mailing.stranger().post(f"/notices/off/{gone}", {"what": "all"}), 200)
    assert await chosen(mailing, bob) == NONE


async def test_a_foreign_page_cannot_end_it_in_somebodys_browser(mailing: Site) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    sent = await mailing.make_client().post(
        f"/notices/off/{link(mailing, bob)}", data={"what": "all"}, headers={"origin": "https://evil.test"}
    )
    assert sent.status_code == 403
    assert await chosen(mailing, bob) == {None: "instant"}


async def test_an_unknown_wish_is_refused(mailing: Site) -> None:
    bob = await reader(mailing)
    await choose(mailing, bob, "instant")
    for fields in ({}, {"what": "everything"}, {"List-Unsubscribe": "Two-Clicks"}):
        says(await mailing.stranger().post(f"/notices/off/{link(mailing, bob)}", fields), 422)
    nowhere = link(mailing, bob, room=False)
    says(await mailing.stranger().post(f"/notices/off/{nowhere}", {"what": "room"}), 422)
    assert await chosen(mailing, bob) == {None: "instant"}


async def test_without_mail_or_an_address_the_page_says_how(site: Site) -> None:
    bob = await reader(site)
    says(await (await site.browser(bob)).get("/account/notices"), 200, "This server sends no mail yet")


async def test_without_an_address_the_page_leads_to_one(mailing: Site) -> None:
    carol = await member(mailing.db, mailing.anna, "Carol")
    page = await (await mailing.browser(carol)).get("/account/notices")
    says(page, 200, "Prove an address", 'href="/account#sign-in"')
    assert "New posts by letter" not in page


async def test_rooms_may_be_told_of_in_another_way(mailing: Site) -> None:
    bob = await reader(mailing)
    other = await mailing.anna.room("other")
    name = f"room-{other.id}"
    await choose(mailing, bob, "daily", **{name: "none"})
    assert await chosen(mailing, bob) == {None: "daily", other.id: "none"}
    page = await (await mailing.browser(bob)).get("/account/notices")
    says(page, 200, f'name="{name}"', "<details open>")
    await choose(mailing, bob, "weekly", **{name: ""})
    assert await chosen(mailing, bob) == {None: "weekly"}


async def test_times_are_kept_and_what_is_wrong_stands_beside_its_field(mailing: Site) -> None:
    bob = await reader(mailing)
    browser = await mailing.browser(bob, "de")
    wanted = {"zone": "Europe/Berlin", "hour": "7", "quiet_from": "22:00", "quiet_to": "06:30"}
    says(
        await browser.follow("/account/notices", wanted),
        200,
        "Gespeichert.",
        'value="22:00"',
        'value="06:30"',
    )
    async with mailing.db.read() as tx:
        assert (await notices.times(tx, bob.id)).zone == "Europe/Berlin"
    says(await browser.get("/account/notices"), 200, "Wichtiges darf jederzeit kommen")
    for typed, kept in (({"important_passes": "1"}, True), ({}, False)):
        page = await browser.follow("/account/notices", wanted | typed)
        assert ('name="important_passes" value="1" checked' in page) is kept
        async with mailing.db.read() as tx:
            assert (await notices.times(tx, bob.id)).important_passes is kept
    await browser.follow("/account/notices", wanted | {"important_passes": "1"})
    page = await browser.post("/account/notices/anna", {f"how-{mailing.anna.community.id}": "hourly"})
    says(page, 422, 'name="important_passes" value="1" checked')
    for wrong, words in (
        ({"zone": "Mars/Olympus"}, "Wähle eine Zeitzone"),
        ({"quiet_to": ""}, "Ruhezeiten haben einen Anfang"),
        ({"hour": "77"}, "Wähle eine Stunde"),
    ):
        says(await browser.post("/account/notices", wanted | wrong), 422, words)


async def test_who_is_not_in_has_nothing_to_choose(mailing: Site) -> None:
    async with mailing.db.write() as tx:
        from channel.accounts import create

        stranger = await create(tx, name="Stranger", email="s@example.net")
    browser = await mailing.browser(stranger)
    page = await browser.post("/account/notices/anna", {f"how-{mailing.anna.community.id}": "instant"})
    says(page, 404)
    says(await browser.get("/account/notices"), 200, "You are in no community")
    assert await chosen(mailing, stranger) == {}


async def test_a_refused_address_is_told_and_tried_again_on_request(mailing: Site) -> None:
    bob = await reader(mailing)
    async with mailing.db.write() as tx:
        await pause(tx, bob.id, "bob@example.net")
    browser = await mailing.browser(bob)
    says(await browser.get("/account/notices"), 200, "refused our letters")
    page = await browser.follow("/account/notices", {"do": "again"})
    says(page, 200, "We have sent you a mail.", "refused our letters")  # only the link in it ends the pause


async def test_the_room_leads_to_the_choice(mailing: Site) -> None:
    bob = await reader(mailing)
    says(await (await mailing.browser(bob)).get("/@anna/news"), 200, 'href="/account/notices#c-anna"')
