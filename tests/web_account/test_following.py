"""Following by mail without an account, as people do it: the whole server, browsers without scripts, a real mail server."""

import re
from email.message import EmailMessage

import pytest
from sqlalchemy import func, select, update

from channel import following, members, notices, rooms
from channel.accounts.tables import accounts
from channel.communities.tables import communities
from channel.following import Follower, Wish, actions, links
from channel.following.tables import followers
from channel.notices.actions import pause
from channel.notices.model import How, Times
from channel.notices.queries import refused
from tests.notify.relay import Inbox
from tests.posts.writing import remove
from tests.web.conftest import Page, Site
from tests.web_account.conftest import says
from tests.web_account.test_notices import arrived, reader

FORM = "/follow/@anna"


def path_in(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"/follow/{kind}/[A-Za-z0-9_-]+", str(body.get_content()))
    assert found, body.get_content()
    return found[0]


async def zoe(site: Site, how: How = "instant", email: str = "zoe@example.net") -> Follower:
    """Somebody who has confirmed."""
    async with site.db.write() as tx:
        wish = Wish(site.anna.community.id, email, how, "en")
        return await actions.confirm(tx, await actions.confirmation(tx, wish))


def link(site: Site, follower: Follower) -> str:
    secret = site.app.state.services.secret
    return f"/follow/by/{links.sealed(secret, follower.id)}"


async def kept(site: Site) -> int:
    async with site.db.read() as tx:
        return int(await tx.value(select(func.count()).select_from(followers)))


async def test_a_stranger_follows_by_mail_chooses_and_becomes_a_member_who_keeps_it_all(
    mailing: Site, inbox: Inbox
) -> None:
    stranger = mailing.stranger()
    says(await stranger.get("/@anna"), 200, 'href="/follow/@anna"')
    says(await stranger.get("/@anna/news"), 200, 'href="/follow/@anna"')
    says(await stranger.get(FORM), 200, "By mail", "/@anna/feeds")
    here = {"email": " Zoe@Example.net ", "how": "instant", "zone": "America/Los_Angeles"}
    sent = await stranger.post(FORM, here)
    assert (sent.status, sent.answer.headers["location"]) == (303, "/follow/@anna?sent=1")
    says(await stranger.get("/follow/@anna?sent=1"), 200, "Look into your mailbox")
    [ask] = await arrived(inbox, 1)
    yes = path_in(ask, "yes")
    for _ in range(2):
        says(await stranger.get(yes), 200, "zoe@example.net", "Annas world")
    assert await kept(mailing) == 0, "looking is not saying yes"
    on = await stranger.post(yes)
    mine = on.answer.headers["location"].partition("?")[0]
    says(await stranger.get(on.answer.headers["location"]), 200, "You follow.", "zoe@example.net")
    says(await stranger.get(mine), 200, 'value="America/Los_Angeles" selected')
    says(await stranger.post(yes), 410)
    seen = await mailing.post("The kiln is hot")
    [_, first] = await arrived(inbox, 2)
    assert str(first["Subject"]) == "Annas world: The kiln is hot"
    saved = await stranger.post(
        mine,
        {
            "how": "daily",
            "zone": "Europe/Berlin",
            "hour": "7",
            "quiet_from": "22:00",
            "quiet_to": "6:00",
            "important_passes": "1",
        },
    )
    assert saved.answer.headers["location"] == f"{mine}?said=saved"
    says(await stranger.get(mine), 200, 'value="22:00"', 'name="important_passes" value="1" checked')
    await mailing.post("Still on its way")
    asked = await stranger.post(mine, {"do": "pass"})
    assert asked.answer.headers["location"] == f"{mine}?said=pass"
    [_, _, third] = await arrived(inbox, 3)
    door = path_in(third, "pass")
    says(await stranger.get(door), 200, "zoe@example.net")
    says(await stranger.post(door, {"display_name": ""}), 422, "zoe@example.net")
    came = await stranger.post(door, {"display_name": "Zoe"})
    assert (came.status, came.answer.headers["location"]) == (303, "/@anna/news?welcome=1#newest")
    says(await stranger.get("/account/notices"), 200, "zoe@example.net")
    assert await kept(mailing) == 0
    async with mailing.db.read() as tx:
        account = await tx.one(select(accounts).where(accounts.c.email == "zoe@example.net"))
        assert account is not None
        assert [(rule.room_id, rule.how) for rule in await notices.rules(tx, account.id)] == [(None, "daily")]
        assert await notices.times(tx, account.id) == Times(
            "Europe/Berlin", 7, 22 * 60, 6 * 60, important_passes=True
        )
        place = await rooms.read_positions(tx, account.id, [mailing.anna.news.id])
        assert place[mailing.anna.news.id] == seen.seq, "what came by letter is read, the rest is new"
    says(await stranger.get(mine), 404)
    says(await mailing.stranger().get(door), 410)


async def test_a_mail_program_ends_it_with_one_click_and_nothing_is_kept(mailing: Site, inbox: Inbox) -> None:
    await zoe(mailing)
    await mailing.post("The kiln is hot")
    [mail] = await arrived(inbox, 1)
    off = str(mail["List-Unsubscribe"]).strip("<>").removeprefix(mailing.settings.url)
    says(await mailing.stranger().get(off), 200, "Fewer letters")
    assert await kept(mailing) == 1
    for _ in range(2):
        outside = mailing.make_client()
        done = await outside.post(off, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200, done.text[:500]
    assert await kept(mailing) == 0


async def test_the_page_answers_alike_whatever_is_known_of_an_address(mailing: Site, inbox: Inbox) -> None:
    await reader(mailing)
    await zoe(mailing)
    pages: set[tuple[int, str, str]] = set()
    for name in ("bob", "zoe", "nobody"):
        answer: Page = await mailing.stranger().post(FORM, {"email": f"{name}@example.net"})
        pages.add((answer.status, answer.answer.headers["location"], answer.text))
    assert len(pages) == 1
    subjects = {str(mail["To"]): str(mail["Subject"]) for mail in await arrived(inbox, 3)}
    assert subjects["bob@example.net"].startswith("You have an account on")
    assert subjects["zoe@example.net"] == "You follow Annas world already"
    assert subjects["nobody@example.net"] == "Follow Annas world by mail?"


async def test_what_was_typed_stays_when_something_is_wrong(mailing: Site) -> None:
    page = await mailing.stranger().post(FORM, {"email": "zoe at home", "how": "daily"})
    says(page, 422, 'value="zoe at home"', "Write a mail address")
    assert re.search(r'value="daily" selected', page.text)
    says(await mailing.stranger().post(FORM, {"email": "zoe@example.net", "how": "often"}), 422)
    mine = link(mailing, await zoe(mailing))
    wrong = {"how": "daily", "zone": "Nowhere", "hour": "7", "quiet_from": "late", "quiet_to": ""}
    says(await mailing.stranger().post(mine, wrong), 422, 'value="late"', "Write a time of day")
    says(await mailing.stranger().post(mine, {"do": "dance"}), 422)
    says(await mailing.stranger().post(f"{mine}/off", {"what": "some"}), 422)


async def test_too_many_letters_to_one_address_are_refused_with_the_time_to_wait(mailing: Site) -> None:
    for _ in range(3):
        await mailing.stranger().post(FORM, {"email": "zoe@example.net"})
    page = await mailing.stranger().post(FORM, {"email": "zoe@example.net"})
    says(page, 429, 'value="zoe@example.net"', "Three mails went to this address")
    assert int(page.answer.headers["retry-after"]) > 0


async def test_where_strangers_see_nothing_there_is_nothing_to_follow(mailing: Site) -> None:
    async with mailing.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    says(await mailing.stranger().get(FORM), 404)
    says(await mailing.stranger().post(FORM, {"email": "zoe@example.net"}), 404)
    says(await (await mailing.browser(mailing.anna.owner)).get(FORM), 200, "Only members read here")


async def test_without_mail_the_page_offers_the_other_ways(site: Site) -> None:
    page = await site.stranger().get(FORM)
    says(page, 200, "/@anna/feeds")
    assert 'name="email"' not in page.text
    says(await site.stranger().get("/@anna"), 200, 'href="/follow/@anna"')
    says(await site.stranger().post(FORM, {"email": "zoe@example.net"}), 404)


async def test_a_member_is_sent_to_their_own_choices(mailing: Site) -> None:
    bob = await mailing.browser(await reader(mailing))
    page = await bob.get(FORM)
    says(page, 200, "/account/notices#c-anna")
    assert 'name="email"' not in page.text


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 86])
async def test_a_link_that_was_made_up_opens_nothing(mailing: Site, token: str) -> None:
    for path in (f"/follow/by/{token}", f"/follow/by/{token}/off"):
        says(await mailing.stranger().get(path), 404)
        says(await mailing.stranger().post(path, {"what": "all", "how": "daily"}), 404)
    for path in (f"/follow/yes/{token}", f"/follow/pass/{token}"):
        says(await mailing.stranger().get(path), 410)
        says(await mailing.stranger().post(path, {"display_name": "Eve"}), 410)


async def test_the_link_of_letters_makes_no_account(mailing: Site) -> None:
    """Letters are passed on: whoever has one may end it for its reader, and not take the address."""
    mine = link(mailing, await zoe(mailing))
    page = await mailing.stranger().post(mine, {"do": "pass", "display_name": "Eve"})
    assert page.status == 303
    assert "set-cookie" not in page.answer.headers
    async with mailing.db.read() as tx:
        assert await tx.one(select(accounts).where(accounts.c.email == "zoe@example.net")) is None


async def test_a_foreign_page_changes_nothing(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing))
    for path, fields in ((mine, {"how": "none", "hour": "7"}), (f"{mine}/off", {"what": "all"})):
        answer = await mailing.make_client().post(path, data=fields, headers={"origin": "https://evil.test"})
        assert answer.status_code == 403
    assert await kept(mailing) == 1


async def test_the_page_of_one_post_leads_a_stranger_there_and_nobody_else(mailing: Site) -> None:
    """Links that are shared lead to it."""
    gold = await mailing.anna.tier("Gold", 10)
    bob = await mailing.browser(await reader(mailing))
    for made in (await mailing.post("Everybody's"), await mailing.post("Gold's", min_rank=gold.rank)):
        there = f"/@anna/news/{made.seq}"
        says(await mailing.stranger().get(there), 200, 'href="/follow/@anna"', "Follow without an account")
        says(await mailing.stranger("de").get(there), 200, "Ohne Konto folgen")
        assert "/follow/@anna" not in (await bob.get(there)).text
    await remove(mailing.anna, made)
    gone = await mailing.stranger().get(there)
    assert (gone.status, "/follow/@anna" in gone.text) == (410, False)


async def test_less_is_one_press_away(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing))
    says(await mailing.stranger().post(f"{mine}/off", {"what": "daily"}), 200, "one letter a day")
    says(await mailing.stranger().get(mine), 200, 'value="daily" selected')


async def test_the_letter_offers_important_ones_only_and_a_week_of_quiet(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing, "daily"))
    looked = await mailing.stranger().get(f"{mine}/off")
    says(looked, 200, 'value="important"', 'value="week"')
    assert 'value="daily"' not in looked.text, "it comes once a day already"
    off = await mailing.stranger().post(f"{mine}/off", {"what": "week"})
    says(off, 200, "No letter comes for a week.", f'href="{mine}"')
    says(await mailing.stranger().get(mine), 200, "Nothing is told until", 'value="daily" selected')
    await mailing.stranger().post(mine, {"do": "mute", "days": "30"})
    before = await quiet_until(mailing)
    await mailing.stranger().post(f"{mine}/off", {"what": "week"})
    assert await quiet_until(mailing) == before, "a week does not shorten a month"
    off = await mailing.stranger().post(f"{mine}/off", {"what": "important"})
    says(off, 200, "Only important posts come to you")
    says(await mailing.stranger().get(mine), 200, 'value="important" selected')


async def test_of_what_turned_private_nothing_is_promised(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing))
    says(await mailing.stranger().get(mine), 200, 'value="pass"')
    async with mailing.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    page = await mailing.stranger().get(mine)
    says(page, 200, "goes to its members alone", "Stop following")
    assert 'value="pass"' not in page.text


async def quiet_until(site: Site) -> int:
    async with site.db.read() as tx:
        return int(await tx.value(select(followers.c.muted_until)))


async def test_quiet_for_a_while_and_told_again(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing))
    page = await mailing.stranger().get(mine)
    says(page, 200, "Quiet for a while", 'value="30"')
    assert "Nothing is told until" not in page.text
    said = await mailing.stranger().post(mine, {"do": "mute", "days": "7"})
    assert said.answer.headers["location"] == f"{mine}?said=mute"
    says(await mailing.stranger().get(mine), 200, "Nothing is told until", "Tell me again")
    await mailing.stranger().post(mine, {"do": "mute", "days": "0"})
    page = await mailing.stranger().get(mine)
    assert "Nothing is told until" not in page.text
    for days in ("91", "-1", "x", ""):
        says(await mailing.stranger().post(mine, {"do": "mute", "days": days}), 422)


async def secret_of(site: Site, follower: Follower) -> str:
    async with site.db.write() as tx:
        return f"/follow/pass/{await actions.pass_secret(tx, follower.id)}"


async def test_who_is_signed_in_takes_it_into_the_account_they_have(mailing: Site) -> None:
    follower = await zoe(mailing, "weekly")
    async with mailing.db.write() as tx:
        from channel import accounts as people

        account = await people.create(tx, name="Zoe at last")
    browser = await mailing.browser(account)
    door = await secret_of(mailing, follower)
    says(await browser.get(door), 200, "You come as Zoe at last.")
    assert (await browser.post(door)).status == 303
    async with mailing.db.read() as tx:
        assert (await people.one(tx, account.id)).email == "zoe@example.net"
        assert [rule.how for rule in await notices.rules(tx, account.id)] == ["weekly"]
    assert await kept(mailing) == 0


async def test_an_address_that_the_pass_proves_is_paused_no_more(mailing: Site) -> None:
    door = await secret_of(mailing, await zoe(mailing))
    async with mailing.db.write() as tx:
        from channel import accounts as people

        account = await people.create(tx, name="Zoe at last")
        await pause(tx, account.id, "zoe@example.net", "soft")
    assert (await (await mailing.browser(account)).post(door)).status == 303
    async with mailing.db.read() as tx:
        assert not await refused(tx, account.id, "zoe@example.net")


async def test_an_address_that_became_somebodys_is_not_given_to_another_account(mailing: Site) -> None:
    door = await secret_of(mailing, await zoe(mailing, email="bob@example.net"))
    await reader(mailing)
    page = await mailing.stranger().post(door, {"display_name": "Eve"})
    says(page, 409, "Another account uses this address")
    assert "set-cookie" not in page.answer.headers
    assert await kept(mailing) == 1


async def test_where_joining_needs_a_yes_they_follow_until_somebody_says_it(mailing: Site) -> None:
    follower = await zoe(mailing)
    async with mailing.db.write() as tx:
        await tx.run(update(communities).values(approval=True))
    came = await mailing.stranger().post(await secret_of(mailing, follower), {"display_name": "Zoe"})
    assert (came.status, came.answer.headers["location"]) == (303, "/@anna")
    assert await kept(mailing) == 1
    async with mailing.db.read() as tx:
        known = await tx.value(select(accounts.c.id).where(accounts.c.email == "zoe@example.net"))
        by = await members.entitlement(tx, mailing.anna.community, str(known))
        assert by.state == "requested"


async def test_the_studio_counts_them_and_shows_no_address(mailing: Site) -> None:
    await zoe(mailing)
    await zoe(mailing, email="yan@example.net")
    anna = await mailing.browser(mailing.anna.owner)
    for path in ("/studio/anna", "/studio/anna/members", "/studio/anna/members.csv"):
        page = await anna.get(path)
        assert "example.net" not in page.text, path
    says(await anna.get("/studio/anna"), 200, "follow without an account")
    says(await anna.get("/studio/anna/members"), 200, "2 more follow without an account")
    async with mailing.db.read() as tx:
        assert await following.count(tx, mailing.anna.community.id) == 2


async def test_whoever_erases_their_account_follows_no_more_by_its_address(mailing: Site) -> None:
    bob = await reader(mailing)
    await zoe(mailing, email="bob@example.net")
    await zoe(mailing)
    gone = await (await mailing.browser(bob)).post("/account/delete", {"typed_name": bob.name})
    assert gone.status == 303, gone.text[:2000]
    assert await kept(mailing) == 1


async def test_the_pages_speak_german(mailing: Site) -> None:
    mine = link(mailing, await zoe(mailing))
    german = mailing.stranger("de")
    says(await german.get(FORM), 200, "Per Mail folgen")
    says(await german.get(mine), 200, "Nicht mehr folgen")
    says(await german.get(f"{mine}/off"), 200, "Weniger Mails")


async def test_a_member_who_sends_the_form_anyway_is_told_what_is_wrong(mailing: Site) -> None:
    bob = await mailing.browser(await reader(mailing))
    says(await bob.post(FORM, {"email": "no address"}), 422, 'role="alert"', "Write a mail address")


async def test_a_zone_that_no_browser_says_counts_as_none(mailing: Site, inbox: Inbox) -> None:
    stranger = mailing.stranger()
    says(await stranger.post(FORM, {"email": "zoe@example.net", "zone": "Mars/Olympus"}), 303)
    [ask] = await arrived(inbox, 1)
    on = await stranger.post(path_in(ask, "yes"))
    says(await stranger.get(on.answer.headers["location"]), 200, 'value="UTC" selected')
