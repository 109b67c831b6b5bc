"""The main job, end to end: a creator posts, followers who joined by invite link read it live."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.faults.process import ServerProcess
from tests.stories.cast import PATIENCE_MS, Creator, Follower, profile

pytestmark = pytest.mark.browser

SECRET = "Seladon Nr. 7: 41 Teile Feldspat"
TEASER = "Das Rezept der neuen Glasur"
REASON = "Werbung unter jedem Beitrag"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("empty", ["sqlite", "postgres"], indirect=True)
async def test_from_the_printed_link_to_a_post_that_arrives_live(
    browser: Browser, empty: ServerProcess, language: str
) -> None:
    desk = await profile(browser, language)
    phone = await profile(browser, language, phone=True)
    mara = Creator(await desk.new_page(), empty.url, language)
    otto = Follower(await phone.new_page(), empty.url, language)
    try:
        await creator_opens_her_doors(mara, empty)
        await follower_reads_live(mara, otto)
        await follower_misses_nothing(mara, otto)
        await a_locked_post_opens_in_place(mara, otto)
        await a_ban_ends_it(mara, otto)
        assert not mara.faults + otto.faults
    finally:
        await desk.close()
        await phone.close()


async def creator_opens_her_doors(mara: Creator, server: ServerProcess) -> None:
    link = await asyncio.to_thread(server.setup_link)
    await mara.sets_up(link)
    await mara.founds("Brandt Keramik")
    await mara.makes_tier("Ofenkreis", 20)


async def follower_reads_live(mara: Creator, otto: Follower) -> None:
    link = await mara.invites("Marktstand")
    await otto.joins(link, "Otto")
    await otto.is_live()
    await otto.stamps()
    await expect(otto.texts).to_have_count(0)
    await mara.writes_at_the_desk("Ofen 3 ist auf!")
    await expect(otto.texts).to_have_text(["Ofen 3 ist auf!"])
    await mara.go(f"/@{mara.handle}/news")
    await mara.is_live()
    await mara.writes_in_the_room("58 Stück sind heil.")
    await expect(otto.texts).to_have_text(["Ofen 3 ist auf!", "58 Stück sind heil."])
    await expect(otto.page.locator("#main h1")).to_be_visible()


async def follower_misses_nothing(mara: Creator, otto: Follower) -> None:
    before = await otto.texts.all_inner_texts()
    missed = ["Eins: Teller.", "Zwei: Becher.", "Drei: Vasen."]
    await otto.context.set_offline(True)
    await expect(otto.page.locator("html")).to_have_attribute("data-live", "offline")
    await expect(otto.page.locator(".net-line .line")).to_be_visible()
    for text in missed:
        await mara.writes_in_the_room(text)
    await expect(otto.texts).to_have_text(before)
    await otto.context.set_offline(False)
    await expect(otto.texts).to_have_text([*before, *missed])
    # A later post stands behind them: whatever could have come twice has come by then.
    await mara.writes_in_the_room("Vier: Schluss für heute.")
    await expect(otto.texts).to_have_text([*before, *missed, "Vier: Schluss für heute."])
    await expect(otto.page.locator(".net-line .line")).to_have_count(0)
    assert await otto.never_reloaded()


async def a_locked_post_opens_in_place(mara: Creator, otto: Follower) -> None:
    await mara.writes_at_the_desk(SECRET, rank=20, teaser=TEASER)
    locked = otto.page.locator("channel-feed article[data-locked]")
    await expect(locked).to_contain_text(TEASER)
    await expect(locked).to_contain_text("Ofenkreis")
    seq = await locked.get_attribute("data-seq")
    assert SECRET not in await otto.page.content()
    assert SECRET not in await page_from_the_server(otto.page)
    assert not [frame for frame in otto.heard if "Feldspat" in frame]
    await mara.gives_tier("Otto", "Ofenkreis")
    opened = otto.page.locator(f"channel-feed article#p{seq}:not([data-locked])")
    await expect(opened.locator(".text")).to_have_text(SECRET)
    await expect(locked).to_have_count(0)
    await expect(otto.texts.last).to_have_text(SECRET)
    assert await otto.never_reloaded()


async def page_from_the_server(page: Page) -> str:
    answer = await page.context.request.get(page.url)
    return await answer.text()


async def a_ban_ends_it(mara: Creator, otto: Follower) -> None:
    socket = otto.sockets[-1]
    assert not socket.is_closed()
    await mara.bans("Otto", REASON)
    if not socket.is_closed():
        await socket.wait_for_event("close", timeout=PATIENCE_MS)
    await expect(otto.page.locator(".feed")).to_contain_text(otto.say("This room is closed to you now"))
    await expect(otto.page.locator("article.post")).to_have_count(0)
    # A list of rooms that was asked for before may come now: it is asked for again.
    await expect(otto.page.locator("body")).not_to_contain_text(SECRET, timeout=PATIENCE_MS)
    assert SECRET not in await otto.page.content()
    answer = await otto.page.reload()
    assert answer is not None
    assert answer.status == 403
    await expect(otto.page.locator("main")).to_contain_text(REASON)
    assert "Ofen 3" not in await otto.page.content()
