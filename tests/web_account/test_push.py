"""Notices on devices, as people switch them on, try and end them, by pages and by the API: the whole server."""

import asyncio
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select

from channel import notices, push
from channel.accounts import Account, tokens
from channel.notify.pusher import Outcome, Parcel
from channel.push.planning import GLANCE_MS
from channel.push.tables import pushes
from tests.cast import member
from tests.push.browsers import Browser as Subscribed
from tests.web.conftest import Browser, Site
from tests.web_account.conftest import says

ANDROID = {"user-agent": "Mozilla/5.0 (Linux; Android 16) Chrome/150.0 Mobile"}


@dataclass
class FakePusher:
    says: Outcome = field(default_factory=lambda: Outcome("taken"))
    sent: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Outcome:
        self.sent.append(parcel)
        return self.says


async def switched_on(site: Site, name: str = "Bob") -> tuple[Browser, Account, str]:
    """A member whose browser is switched on; and the device."""
    account = await member(site.db, site.anna, name)
    browser = await site.browser(account)
    page = await browser.post("/account/push", Subscribed(name).given, **ANDROID)
    assert page.status == 303, page.text[:1000]
    async with site.db.read() as tx:
        [device] = await push.devices(tx, account.id)
    return browser, account, device.id


async def test_a_browser_is_switched_on_named_and_removed(site: Site) -> None:
    browser, account, device_id = await switched_on(site)
    page = await browser.get("/account/notices?said=on")
    says(page, 200, "Switched on.", "Chrome on Android", "This device", "not reached yet")
    says(page, 200, "New posts on your devices", "When notices come")
    assert "fcm.googleapis.com" not in page, "where it is pushed to is nobody's to see"
    gone = await browser.follow(f"/account/push/{device_id}/remove")
    assert "Chrome on Android" not in gone
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id) == []


async def test_the_page_gives_the_key_of_the_server(site: Site) -> None:
    account = await member(site.db, site.anna, "Bob")
    page = await (await site.browser(account)).get("/account/notices")
    says(page, 200, f'data-key="{push.public_key(site.app.state.services.secret)}"', "js/devices.js")
    says(await (await site.browser(account, "de")).get("/account/notices"), 200, "Auf deinen Geräten")


@pytest.mark.parametrize(
    "wrong",
    [{"endpoint": "https://evil.example/<b>x"}, {"p256dh": "AAAA"}, {"auth": "AAAA"}, {"endpoint": ""}],
)
async def test_what_no_browser_hands_out_is_refused_and_not_repeated(
    site: Site, wrong: dict[str, str]
) -> None:
    account = await member(site.db, site.anna, "Bob")
    browser = await site.browser(account)
    page = await browser.post("/account/push", Subscribed().given | wrong)
    assert page.status == 422
    assert "evil.example" not in page
    assert "no address of a push service" in page or "its key is none" in page
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id) == []


async def test_a_test_notice_goes_to_that_device_and_what_went_wrong_is_said(site: Site) -> None:
    pusher = site.app.state.pusher = FakePusher()
    browser, account, device_id = await switched_on(site)
    says(await browser.follow(f"/account/push/{device_id}/test"), 200, "On its way")
    assert [parcel.to.endpoint for parcel in pusher.sent] == [Subscribed("Bob").endpoint]
    assert b"Notices work here" in pusher.sent[0].content
    pusher.says = Outcome("later", "The push service asks to come back later (503).", 60)
    page = await browser.post(f"/account/push/{device_id}/test")
    says(page, 409, "The push service asks to come back later (503).")
    german = await (await site.browser(account, "de")).get("/account/notices")
    says(german, 200, "Der Push-Dienst bittet, später wiederzukommen (503).")
    pusher.says = Outcome("gone")
    says(await browser.post(f"/account/push/{device_id}/test"), 409, "does not know this device any more")
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id) == []


async def zone(site: Site, account: Account) -> str:
    async with site.db.read() as tx:
        return (await notices.times(tx, account.id)).zone


async def test_a_browser_that_is_switched_on_says_where_it_is(site: Site) -> None:
    account = await member(site.db, site.anna, "Bob")
    browser = await site.browser(account)
    page = await browser.get("/account/notices")
    assert "data-zone=" not in page, "there is nothing yet whose hours one could choose"
    for given, known in (
        ("", "UTC"),
        ("Mars/Olympus", "UTC"),
        ("America/Los_Angeles", "America/Los_Angeles"),
    ):
        says(await browser.get("/account/notices"), 200, 'name="zone" value="" data-zone')
        sent = await browser.post("/account/push", Subscribed("Bob").given | {"zone": given})
        assert sent.status == 303, sent.text[:1000]
        assert await zone(site, account) == known
        page = await browser.get("/account/notices")
        assert ("hours are those of UTC" in page) is (known == "UTC"), "said as long as nothing is known"
    times = {"zone": "Asia/Tokyo", "hour": "7"}
    says(await browser.follow("/account/notices", times), 200, 'value="Asia/Tokyo" selected')
    await browser.post("/account/push", Subscribed("Bob").given | {"zone": "America/Los_Angeles"})
    assert await zone(site, account) == "Asia/Tokyo"


async def test_words_are_let_in_and_kept_out_again(site: Site) -> None:
    browser, account, device_id = await switched_on(site)

    async def shows() -> bool:
        async with site.db.read() as tx:
            return (await push.devices(tx, account.id))[0].shows_text

    assert not await shows()
    says(await browser.follow(f"/account/push/{device_id}/text", {"shows_text": "1"}), 200, "Keep words out")
    assert await shows()
    says(await browser.follow(f"/account/push/{device_id}/text"), 200, "Allow words")
    assert not await shows()


async def test_rooms_are_muted_one_by_one(site: Site) -> None:
    browser, account, _ = await switched_on(site)
    room = await site.anna.room("other")
    path = f"/account/notices/{site.anna.community.handle}/push"
    page = await browser.follow(
        path, {f"push-{site.anna.community.id}": "none", f"push-room-{room.id}": "instant"}
    )
    says(page, 200, "Saved.")
    async with site.db.read() as tx:
        found = {rule.room_id: rule.how for rule in await push.rules(tx, account.id)}
    assert found == {None: "none", room.id: "instant"}
    wrong = await browser.post(path, {f"push-{site.anna.community.id}": "weekly"})
    says(wrong, 422, "Choose: at once, important ones, or not at all.")


async def test_nobody_touches_the_device_of_somebody_else(site: Site) -> None:
    _, account, device_id = await switched_on(site)
    mallory = await site.browser(await member(site.db, site.anna, "Mallory"))
    for verb in ("remove", "text", "test"):
        assert (await mallory.post(f"/account/push/{device_id}/{verb}")).status == 404
    async with site.db.read() as tx:
        assert len(await push.devices(tx, account.id)) == 1


async def test_signing_out_ends_it(site: Site) -> None:
    browser, account, _ = await switched_on(site)
    assert (await browser.post("/sign-out")).status == 303
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id) == []


async def test_programs_do_the_same_by_the_api(site: Site) -> None:
    account = await member(site.db, site.anna, "Bob")
    async with site.db.write() as tx:
        _, secret = await tokens.create_token(tx, account.id, name="x", scopes=["read", "post"], days=None)
    http, bearer = site.make_client(), {"authorization": f"Bearer {secret}"}
    given = Subscribed("Bob").given
    body = {
        "endpoint": given["endpoint"],
        "keys": {"p256dh": given["p256dh"], "auth": given["auth"]},
        "name": "Mine",
    }
    made = await http.post("/api/v1/me/push/devices", json=body, headers=bearer)
    assert made.status_code == 201, made.text
    device = made.json()
    assert (device["name"], device["shows_text"], device["current"]) == ("Mine", False, False)
    one = f"/api/v1/me/push/devices/{device['id']}"
    assert (await http.patch(one, json={"shows_text": True}, headers=bearer)).json()["shows_text"] is True
    again = await http.post("/api/v1/me/push/devices", json=body, headers=bearer)
    assert again.json()["id"] == device["id"]
    assert again.json()["shows_text"] is True
    assert await zone(site, account) == "UTC"
    for given_zone, status in (("Mars/Olympus", 422), ("America/Los_Angeles", 201), ("Asia/Tokyo", 201)):
        sent = await http.post("/api/v1/me/push/devices", json=body | {"zone": given_zone}, headers=bearer)
        assert sent.status_code == status, sent.text
    assert await zone(site, account) == "America/Los_Angeles", "the first that was known stays"
    rules = {"rules": [{"community": "anna", "room": "news", "tag": None, "how": "none"}]}
    chosen = await http.put("/api/v1/me/push", json=rules, headers=bearer)
    assert chosen.json()["rules"] == rules["rules"]
    held = (await http.get("/api/v1/me/push", headers=bearer)).json()
    assert held["key"] == push.public_key(site.app.state.services.secret)
    assert given["endpoint"] not in str(held)
    twice = {"rules": rules["rules"] * 2}
    assert (await http.put("/api/v1/me/push", json=twice, headers=bearer)).status_code == 422
    bad = body | {"endpoint": "https://169.254.169.254/x"}
    refused = await http.post("/api/v1/me/push/devices", json=bad, headers=bearer)
    assert refused.status_code == 422
    assert [error["field"] for error in refused.json()["errors"]] == ["endpoint"]
    assert "169.254" not in refused.text
    assert (await http.delete(one, headers=bearer)).status_code == 204
    assert (await http.delete(one, headers=bearer)).status_code == 404


async def test_the_running_server_pushes_what_is_published(site: Site) -> None:
    """The parts that app.py puts together: the job, the plan and the courier, whose push service nobody reaches here."""
    await switched_on(site)
    await site.post("The kiln is hot")
    await site.app.state.worker.work_off()
    site.clock.forward(GLANCE_MS)
    async with asyncio.timeout(30):
        while True:
            async with site.db.read() as tx:
                [row] = await tx.all(select(pushes))
            if row.problem:
                break
            await asyncio.sleep(0.05)
    assert (row.state, row.problem) == ("waiting", "The push service did not answer.")


async def test_erasing_the_account_forgets_its_devices(site: Site) -> None:
    browser, account, _ = await switched_on(site)
    assert (await browser.post("/account/delete", {"typed_name": account.name})).status == 303
    async with site.db.read() as tx:
        assert await push.devices(tx, account.id) == []
