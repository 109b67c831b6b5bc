"""Following on a device without an account, and what is pressed on a notice, as browsers and their workers do it: the whole
server."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from channel import members, notices, push, rooms
from channel.accounts.tables import accounts
from channel.communities.tables import communities
from channel.events import room_stream
from channel.following import links
from channel.following.tables import follow_devices
from channel.members.queries import readable_rooms
from channel.notices.limits import limits
from channel.notices.model import HOUR_MS
from channel.outbox import head
from channel.push.links import From, sealed
from channel.push.queries import rules
from channel.push.tables import push_devices
from tests.cast import creator, member
from tests.push.browsers import Browser as Subscribed
from tests.web.conftest import Page, Site
from tests.web_account.conftest import says
from tests.web_account.test_push import ANDROID, switched_on

FORM = "/follow/@anna"
ZOE = Subscribed("zoe")
JSON = {"accept": "application/json"}


async def follows(site: Site, browser: Subscribed = ZOE) -> str:
    """A browser that follows; the address of what it chose."""
    page = await site.stranger().post(f"{FORM}/device", browser.given | {"zone": "Europe/Berlin"})
    assert page.status == 303, page.text[:1000]
    address, _, said = page.answer.headers["location"].partition("?")
    assert said == "said=on"
    return address


async def kept(site: Site) -> int:
    async with site.db.read() as tx:
        return int(await tx.value(select(func.count()).select_from(follow_devices)))


async def test_the_page_offers_it_with_the_servers_key_and_says_what_it_needs(site: Site) -> None:
    key = push.public_key(site.app.state.services.secret)
    page = await site.stranger().get(FORM)
    says(
        page,
        200,
        f'data-key="{key}"',
        "js/follow.js",
        "This way needs scripts. The others work without.",
        "/@anna/feeds",
    )
    says(await site.stranger("de").get(FORM), 200, "Auf diesem Gerät folgen")
    for place in ("/@anna", "/@anna/news"):
        says(await site.stranger().get(place), 200, 'href="/follow/@anna"')
    async with site.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    says(await site.stranger().post(f"{FORM}/device", ZOE.given), 404)


async def test_of_what_turned_private_nothing_is_promised(site: Site) -> None:
    mine = await follows(site)
    says(await site.stranger().get(mine), 200, "data-push-proof")
    async with site.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    page = await site.stranger().get(mine)
    says(page, 200, "goes to its members alone", "Stop following")
    assert "data-push-proof" not in page.text


async def test_a_stranger_follows_chooses_and_ends_it(site: Site) -> None:
    mine = await follows(site)
    assert await follows(site) == mine, "the same browser"
    says(
        await site.stranger().get(f"{mine}?said=on"),
        200,
        "You follow on this device.",
        'value="Europe/Berlin" selected',
    )
    desk = await (await site.browser(site.anna.owner)).get("/studio/anna/members")
    says(desk, 200, "1 more follows without an account")
    news = site.anna.news.id
    wanted = {
        "how": "important",
        "zone": "UTC",
        "quiet_from": "22:00",
        "quiet_to": "07:00",
        f"room-{news}": "none",
    }
    says(await site.stranger().post(mine, wanted), 303)
    says(await site.stranger().get(mine), 200, 'value="22:00"', 'value="important" selected')
    box = 'name="important_passes" value="1"'
    assert f"{box} checked" not in await site.stranger().get(mine), "not before they say so"
    says(await site.stranger().post(mine, wanted | {"important_passes": "1"}), 303)
    says(await site.stranger().get(mine), 200, f"{box} checked", "Important posts may come at any hour")
    wrong = await site.stranger().post(mine, wanted | {"quiet_from": "late"})
    says(wrong, 422, 'value="late"', "Write a time of day")
    says(await site.stranger().post(mine, {"do": "dance"}), 422)
    for _ in range(2):
        says(await site.stranger().post(mine, {"do": "stop"}), 200, "nothing is kept of this device")
    assert await kept(site) == 0
    says(await site.stranger().get(mine), 404, "No device follows by this link any more")


@pytest.mark.parametrize(
    "wrong", [{"endpoint": "https://evil.example/<b>x"}, {"p256dh": "AAAA"}, {"auth": "AAAA"}]
)
async def test_what_no_browser_hands_out_is_refused_and_not_repeated(
    site: Site, wrong: dict[str, str]
) -> None:
    page = await site.stranger().post(f"{FORM}/device", Subscribed().given | wrong)
    assert page.status == 422
    assert "evil.example" not in page
    assert "no address of a push service" in page or "its key is none" in page
    assert await kept(site) == 0


async def test_somebody_elses_endpoint_is_refused(site: Site) -> None:
    await follows(site)
    says(
        await site.stranger().post(f"{FORM}/device", Subscribed("zoe").given), 409, "could not be switched on"
    )


async def test_a_notice_makes_it_quiet_for_a_day_a_week_and_takes_it_back(site: Site) -> None:
    mine = await follows(site)
    day: Page = await site.stranger("de").post(mine, {"do": "mute", "days": "1"}, **JSON)
    assert day.answer.json() == {
        "body": "Einen Tag lang nichts von Annas world.", "week": "Eine ganze Woche", "loud": "Wieder melden",
        "manage": "Auswählen oder beenden",
    }  # fmt: skip
    says(await site.stranger().get(mine), 200, "Nothing is told until", "Tell me again")
    week = await site.stranger().post(mine, {"do": "mute", "days": "7"}, **JSON)
    assert week.answer.json()["body"] == "Nothing of Annas world for a week."
    says(await site.stranger().post(mine, {"do": "mute", "days": "0"}), 303)
    assert "Tell me again" not in await site.stranger().get(mine)
    for wrong in ("", "91", "-1", "soon"):
        says(await site.stranger().post(mine, {"do": "mute", "days": wrong}, **JSON), 422)


async def test_the_browser_says_that_it_has_another_address(site: Site) -> None:
    mine = await follows(site)
    fresh = Subscribed("zoe-renewed")
    says(await site.stranger().post(mine, {"do": "moved", **fresh.given}), 303)
    assert await follows(site, fresh) == mine
    says(
        await site.stranger().post(mine, {"do": "moved", **fresh.given, "endpoint": "https://evil.example/"}),
        422,
    )


async def test_who_becomes_a_member_is_told_as_one_and_what_was_told_is_read(site: Site) -> None:
    mine = await follows(site)
    await site.stranger().post(
        mine, {"how": "important", "zone": "Europe/Berlin", "quiet_from": "", "quiet_to": ""}
    )
    await site.post("Came before")
    page = await site.stranger().post(f"{mine}/pass", {"display_name": "Zoe", **ZOE.given}, **ANDROID)
    assert page.status == 303, page.text[:1000]
    assert page.answer.headers["location"] == "/@anna/news?welcome=1#newest"
    assert page.answer.headers["set-cookie"]
    assert await kept(site) == 0
    async with site.db.read() as tx:
        [device] = await tx.all(select(push_devices))
        assert (device.name, device.endpoint) == ("Chrome on Android", ZOE.endpoint)
        assert device.session_id is not None, "it goes with the session"
        assert [rule.how for rule in await rules(tx, device.account_id)] == ["important"]
        by = await members.entitlement(tx, site.anna.community, device.account_id)
        [news] = await readable_rooms(tx, by)
        read = await rooms.read_positions(tx, device.account_id, [news.id])
        assert read[news.id] == await head(tx, room_stream(news.id))


async def test_a_link_that_was_passed_on_takes_no_device_along(site: Site) -> None:
    mine = await follows(site)
    for other in (Subscribed("zoe"), Subscribed("mallory")):
        page = await site.stranger().post(f"{mine}/pass", {"display_name": "Mallory", **other.given})
        says(page, 403, "Open this page in the browser that is told", 'value="Mallory"')
    says(await site.stranger().post(f"{mine}/pass", {"display_name": "Mallory"}), 422)
    assert await kept(site) == 1
    async with site.db.read() as tx:
        assert await tx.all(select(push_devices)) == []


async def test_who_is_signed_in_takes_it_into_their_account(site: Site) -> None:
    mine = await follows(site)
    browser, account, _ = await switched_on(site, "Bob")
    says(await browser.post(f"{mine}/pass", ZOE.given), 303)
    assert await kept(site) == 0
    async with site.db.read() as tx:
        [device] = await tx.all(select(push_devices).where(push_devices.c.account_id == account.id))
    assert device.session_id is not None, "one browser has one subscription, and it goes with its session"


async def test_a_browser_that_is_switched_on_for_a_member_brings_its_choices_along(site: Site) -> None:
    mine = await follows(site, Subscribed("Bob"))
    browser = await site.browser(await member(site.db, site.anna, "Bob"))
    says(await browser.post("/account/push", Subscribed("Bob").given), 303)
    assert await kept(site) == 1, "the same endpoint with other keys is another browser"
    await site.stranger().post(mine, {"do": "stop"})
    mine = await follows(site)
    await site.stranger().post(mine, {"how": "important", "zone": "UTC", "quiet_from": "", "quiet_to": ""})
    says(await browser.post("/account/push", ZOE.given), 303)
    assert await kept(site) == 0
    says(await browser.get("/account/notices"), 200, 'value="important" selected')


async def test_where_joining_needs_a_yes_it_goes_on_following(site: Site) -> None:
    mine = await follows(site)
    async with site.db.write() as tx:
        await tx.run(update(communities).values(approval=True))
    page = await site.stranger().post(f"{mine}/pass", {"display_name": "Zoe", **ZOE.given})
    assert (page.status, page.answer.headers["location"]) == (303, "/@anna")
    assert await kept(site) == 1


def _changed(token: str) -> str:
    """In its middle: the last character holds two bits that mean nothing."""
    return token[:20] + ("B" if token[20] == "A" else "A") + token[21:]


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 64])
async def test_a_link_that_was_made_up_opens_nothing(site: Site, token: str) -> None:
    mine = await follows(site)
    theirs = links.sealed(
        site.app.state.services.secret, "0198d000-0000-7000-8000-000000000001"
    )  # of a follower by mail
    for made_up in (token, theirs, _changed(mine.rpartition("/")[2])):
        says(await site.stranger().get(f"/follow/on/{made_up}"), 404)
        says(await site.stranger().post(f"/follow/on/{made_up}", {"do": "stop"}), 404)
        says(await site.stranger().post(f"/notices/quiet/{made_up}", {"days": "1"}), 404)
    assert await kept(site) == 1


async def test_a_member_presses_quiet_on_a_notice_without_being_signed_in(site: Site) -> None:
    _, account, device_id = await switched_on(site)
    here = site.anna.community.id
    quiet = f"/notices/quiet/{sealed(site.app.state.services.secret, From(device_id, here))}"
    page = await site.stranger().post(quiet, {"days": "1"}, **JSON)
    assert page.answer.json()["body"] == "Nothing of Annas world for a day."
    async with site.db.read() as tx:
        until = (await limits(tx, account.id))[here].muted_until
        assert until is not None
        assert 23 * HOUR_MS < until - tx.now <= 24 * HOUR_MS
    says(await site.stranger().post(quiet, {"days": "0"}), 200)
    async with site.db.read() as tx:
        assert await limits(tx, account.id) == {}
    says(await site.stranger().post(quiet, {"days": "many"}), 422)
    async with site.db.write() as tx:
        await push.switch_off(tx, account.id, device_id)
    says(await site.stranger().post(quiet, {"days": "1"}), 404)


async def told_what(site: Site, account_id: str) -> tuple[dict[str | None, str], dict[str | None, str], bool]:
    """What comes to somebody's devices and by letter, by room, and whether it is quiet for a while."""
    async with site.db.read() as tx:
        letters = await notices.rules(tx, account_id)
        devices = await rules(tx, account_id)
        muted = site.anna.community.id in await limits(tx, account_id)
    return {one.room_id: one.how for one in devices}, {one.room_id: one.how for one in letters}, muted


async def test_a_member_chooses_less_from_a_notice_without_being_signed_in(site: Site) -> None:
    _, account, device_id = await switched_on(site)
    here = site.anna.community.id
    quiet = f"/notices/quiet/{sealed(site.app.state.services.secret, From(device_id, here))}"
    async with site.db.write() as tx:
        by = await members.entitlement(tx, site.anna.community, account.id)
        await push.choose(tx, by, site.anna.community, "instant", rooms=[(site.anna.news, "instant")])
    before = await told_what(site, account.id)
    shown = await site.stranger().get(quiet)
    says(shown, 200, "Important ones only", "None about Annas world", "No notices at all on this device")
    assert account.name not in shown.text, "whoever finds the device learns no name"
    says(await site.stranger("de").get(quiet), 200, "Weniger Mitteilungen")
    assert await told_what(site, account.id) == before, "looking changes nothing"
    assert "one letter a day" not in shown.text, "no letter could come"
    says(await site.stranger().post(quiet, {"what": "daily"}), 422)
    says(await site.stranger().post(quiet, {"what": "everything"}), 422)
    assert await told_what(site, account.id) == before
    says(await site.stranger().post(quiet, {"what": "important"}), 200, "Only important posts of Annas world")
    important = dict.fromkeys((None, site.anna.news.id), "important")
    assert await told_what(site, account.id) == (important, {}, False)
    says(await site.stranger().post(quiet, {"what": "week"}), 200, "for a week")
    says(await site.stranger().post(quiet, {"what": "none"}), 200, "come to your devices any more")
    assert await told_what(site, account.id) == ({None: "none"}, {}, True)
    says(await site.stranger().post(quiet, {"what": "all"}), 200, "told again")
    assert await told_what(site, account.id) == ({None: "instant"}, {}, False)


async def test_a_letter_a_day_takes_the_place_of_notices(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, account, device_id = await switched_on(site)
    services = site.app.state.services
    mails = replace(services.settings, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@example.org")
    monkeypatch.setattr(site.app.state, "services", replace(services, settings=mails))
    async with site.db.write() as tx:
        mine = accounts.c.id == account.id
        await tx.run(update(accounts).where(mine).values(email="bob@example.net"))
    quiet = f"/notices/quiet/{sealed(services.secret, From(device_id, site.anna.community.id))}"
    page = await site.stranger().get(quiet)
    says(page, 200, "All in one letter a day")
    assert "bob@example.net" not in page.text
    says(
        await site.stranger().post(quiet, {"what": "daily"}),
        200,
        "in one letter a day, and not to your devices",
    )
    assert await told_what(site, account.id) == ({None: "none"}, {None: "daily"}, False)


@pytest.mark.parametrize("what", ["important", "daily"])
async def test_less_on_devices_tells_nothing_that_was_off(
    site: Site, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    _, account, device_id = await switched_on(site)
    services = site.app.state.services
    mails = replace(services.settings, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@example.org")
    monkeypatch.setattr(site.app.state, "services", replace(services, settings=mails))
    async with site.db.write() as tx:
        mine = accounts.c.id == account.id
        await tx.run(update(accounts).where(mine).values(email="bob@example.net"))
        by = await members.entitlement(tx, site.anna.community, account.id)
        of_rooms, tags = [(site.anna.news, "none")], {"tour": "instant"}
        await push.choose(tx, by, site.anna.community, None, rooms=of_rooms, tags=tags)  # type: ignore[arg-type]
    quiet = f"/notices/quiet/{sealed(services.secret, From(device_id, site.anna.community.id))}"
    says(await site.stranger().post(quiet, {"what": what}), 200, "Done")
    async with site.db.read() as tx:
        found = await (rules if what == "important" else notices.rules)(tx, account.id)
    ways = {rule.tag or ("news" if rule.room_id else ""): rule.how for rule in found}
    assert ways == {"": what, "news": "none", "tour": what}


async def test_the_link_of_a_notice_ends_with_its_device(site: Site) -> None:
    _, account, device_id = await switched_on(site)
    secret, here = site.app.state.services.secret, site.anna.community.id
    quiet = f"/notices/quiet/{sealed(secret, From(device_id, here))}"
    other = (await creator(site.db, "zora")).community.id
    for wrong in (
        "x", "A" * 64, _changed(quiet.rpartition("/")[2]), sealed(b"another" * 5, From(device_id, here)),
        sealed(secret, From("0198d000-0000-7000-8000-000000000001", here)), sealed(secret, From(device_id, other)),
    ):  # fmt: skip
        says(await site.stranger().get(f"/notices/quiet/{wrong}"), 404)
        says(await site.stranger().post(f"/notices/quiet/{wrong}", {"what": "device"}), 404)
    says(await site.stranger().post(quiet, {"what": "device"}, origin="https://evil.example"), 403)
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id), "nothing of that did anything"
    says(await site.stranger().post(quiet, {"what": "device"}), 200, "No notices come to this device")
    async with site.db.read() as tx:
        assert not await push.devices(tx, account.id)
    says(await site.stranger().get(quiet), 404)
    says(await site.stranger().post(quiet, {"what": "important"}), 404)


async def test_a_page_of_another_site_presses_nothing(site: Site) -> None:
    mine = await follows(site)
    _, account, device_id = await switched_on(site)
    quiet = (
        f"/notices/quiet/{sealed(site.app.state.services.secret, From(device_id, site.anna.community.id))}"
    )
    foreign = {"origin": "https://evil.example"}
    for path, fields in (
        (quiet, {"days": "1"}),
        (mine, {"do": "stop"}),
        (f"{FORM}/device", Subscribed("yan").given),
    ):
        says(await site.stranger().post(path, fields, **foreign), 403)
    assert await kept(site) == 1
    async with site.db.read() as tx:
        assert await limits(tx, account.id) == {}
