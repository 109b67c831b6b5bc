"""Money, end to end: a free follower subscribes, the post opens in place; ends it; at the end of what is paid it closes."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, Page, expect

from channel import communities, members
from channel.payments import Seal
from channel.payments.connecting import connect
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage.open import open_database
from tests.faults.clock import COMPILER, WallClock
from tests.faults.process import ServerProcess
from tests.stories.cast import Follower
from tests.stories.stage import HANDLE, ROOM, Stage, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(COMPILER is None, reason="the clock is compiled with a C compiler"),
]

SECRET = "Seladon Nr. 7: 41 Teile Feldspat"
MONTH_MS = 32 * 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Shop:
    """Anna's community, which sells Gold through the pretend provider, and the clock of its server."""

    stage: Stage
    clock: WallClock


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    clock = WallClock(tmp_path)
    with ServerProcess(tmp_path) as server:
        server.environment.update(clock.environment)
        server.start()
        server.wait_ready()
        bearer = {"authorization": f"Bearer {server.token(HANDLE)}"}
        with httpx2.Client(base_url=server.url, headers=bearer, trust_env=False) as client:
            here = f"/api/v1/communities/{HANDLE}"
            client.post("/api/v1/communities", json={"handle": HANDLE, "name": "Annas Club"})
            price = {"amount": 500, "currency": "EUR", "interval": "month"}
            made = client.post(f"{here}/tiers", json={"name": "Gold", "rank": 10, "prices": [price]})
            assert made.status_code == 201, made.text
            room = client.get(f"{here}/rooms/news").json()
            invite = client.post(f"{here}/invites", json={"label": "Friends"}).json()
            server.stop()
            asyncio.run(connected(server))
            server.start()
            server.wait_ready()
            yield Shop(Stage(server, client, room["id"], invite["code"], sign_in(server)), clock)


async def connected(server: ServerProcess) -> None:
    """The community's account with the pretend provider."""
    db = await open_database(Settings(data=server.data, url=server.url))
    async with db.write() as tx:
        community = await communities.by_handle(tx, HANDLE)
        owner = await members.queries.owner_id(tx, community.id)
        by = await members.entitlement(tx, community, owner)
        await connect(tx, by, community, "sandbox", Seal(secret_key(server.data)), account="sandbox")
    await db.close()


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_free_follower_subscribes_ends_it_and_keeps_what_is_paid_to_its_end(
    browser: Browser, shop: Shop, language: str
) -> None:
    shop.stage.post("Good morning")
    shop.stage.post(SECRET, min_rank=10, teaser="The recipe")
    otto = await shop.stage.follower(browser, "Otto", language)
    try:
        await otto.stamps()
        till = await buys(otto)
        await opens_in_place(otto)
        await ends_it(otto, till)
        await expect(otto.texts.last).to_have_text(SECRET)
        shop.clock.set(MONTH_MS)
        await closes_in_place(otto)
        await sees_what_would_come_back(otto, till)
        assert not otto.faults
    finally:
        await otto.context.close()


async def buys(otto: Follower) -> Page:
    """In another tab, from the card to the thanks."""
    locked = otto.page.locator("channel-feed article[data-locked]")
    await expect(locked).to_contain_text("5")
    till = await otto.context.new_page()
    await till.goto(otto.url + (await locked.locator("a.press").get_attribute("href") or ""))
    await till.locator("form.card button.press:not([name])").click()
    await expect(till).to_have_url(re.compile("/sandbox/"))
    assert SECRET not in await till.content()
    await expect(locked).to_have_count(1)
    await till.locator("button[value=pay]").click()
    await expect(till).to_have_url(re.compile("/pay/"))
    await expect(till.locator("main")).to_contain_text(otto.say("Thank you"))
    return till


async def opens_in_place(otto: Follower) -> None:
    await expect(otto.page.locator("channel-feed article[data-locked]")).to_have_count(0)
    await expect(otto.texts).to_have_text(["Good morning", SECRET])
    assert await otto.never_reloaded()


async def ends_it(otto: Follower, till: Page) -> None:
    """The way on leads to the very post; two taps end it."""
    await till.locator("main a.press").click()
    await expect(till).to_have_url(re.compile(rf"{ROOM}/\d+$"))
    await expect(till.locator("main")).to_contain_text(SECRET)
    await till.goto(f"{otto.url}/account/memberships")
    await till.locator("main .rows a").click()
    await till.locator("a[href$='/cancel']").click()
    await till.locator("button.danger").click()
    await expect(till.locator("main")).to_contain_text(otto.say("Ended. Nothing more is charged."))


async def closes_in_place(otto: Follower) -> None:
    await expect(otto.page.locator("channel-feed article[data-locked]")).to_have_count(1)
    await expect(otto.texts).to_have_text(["Good morning"])
    # The list of rooms is printed anew a moment later, spread over its readers.
    await expect(otto.page.locator("html")).not_to_contain_text(SECRET)
    assert SECRET not in await otto.page.content()
    assert await otto.never_reloaded()


async def sees_what_would_come_back(otto: Follower, till: Page) -> None:
    await till.goto(otto.url + ROOM)
    await expect(till.locator(".room-foot")).to_contain_text(otto.say("Get it back"))
    await till.goto(f"{otto.url}/@{HANDLE}")
    await expect(till.locator("#tiers")).to_contain_text(
        otto.say("You had it until %(day)s.").partition("%")[0]
    )
