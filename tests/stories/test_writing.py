"""Writing: what one began is kept, what one sent stands at once, and it is posted once, whatever happens to the way there."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Locator, Page, Route, expect

from tests.stories.cast import Creator
from tests.stories.stage import HANDLE, ROOM, Stage, staged

pytestmark = pytest.mark.browser

POSTS = f"**/studio/{HANDLE}/posts"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("writing")) as made:
        yield made


async def in_the_room(browser: Browser, house: Stage) -> Creator:
    anna = await house.anna(browser)
    await anna.go(ROOM)
    await anna.is_live()
    return anna


async def send(page: Page, text: str) -> Locator:
    """Write and press send; return the post that stands without being there yet."""
    form = page.locator("form[data-composer]")
    await form.locator("[name=text]").fill(text)
    await form.locator("[data-send]").click()
    ghost = page.locator("article[data-ghost]", has_text=text)
    await expect(form.locator("[name=text]")).to_have_value("")
    return ghost


async def stands_once(anna: Creator, house: Stage, text: str) -> None:
    """On the page and on the server."""
    await expect(anna.page.locator("article.post[data-id]", has_text=text)).to_have_count(1)
    await expect(anna.page.locator("[data-ghost]")).to_have_count(0)
    assert house.texts().count(text) == 1


async def test_what_was_half_written_waits_as_a_draft(browser: Browser, house: Stage) -> None:
    anna = await house.anna(browser)
    try:
        await begin_in_the_studio(anna, "Half a thought")
        await anna.go(f"/studio/{HANDLE}/posts")
        await expect(await kept_once(anna, "Half a thought")).to_have_count(1)
        await anna.press("main li a.grow")
        await expect(anna.page.locator("#compose [name=text]")).to_have_value("Half a thought")
    finally:
        await anna.context.close()


async def test_what_is_typed_while_a_save_is_on_its_way_is_kept_on_leaving(
    browser: Browser, house: Stage
) -> None:
    anna = await house.anna(browser)
    drafts = f"**/studio/{HANDLE}/drafts"
    stuck: list[Route] = []

    async def hold(route: Route) -> None:
        # Only what is asked while one writes is held; what is left behind on leaving is not.
        if route.request.method == "POST" and not stuck:
            stuck.append(route)
        else:
            await route.continue_()

    try:
        await anna.page.route(drafts, hold)
        await begin_in_the_studio(anna, "The first")
        while not stuck:
            await anna.page.wait_for_timeout(50)
        await anna.page.locator("#compose [name=text]").press_sequentially(" and the second")
        await anna.go(f"/studio/{HANDLE}/posts")
        await expect(await kept_once(anna, "The first")).to_contain_text("The first and the second")
    finally:
        await anna.context.close()


async def begin_in_the_studio(anna: Creator, text: str) -> None:
    """Type, once the scripts hear it: what is typed before they have come is theirs only if one stays."""
    await anna.go(f"/studio/{HANDLE}")
    await expect(anna.page.locator("form[data-composer]")).to_have_attribute("data-alive", "")
    await anna.page.locator("#compose [name=text]").press_sequentially(text)


async def kept_once(anna: Creator, text: str) -> Locator:
    """The draft in the list, once it has arrived there."""
    draft = anna.page.locator("main li", has_text=text)
    for _ in range(30):
        await anna.go(f"/studio/{HANDLE}/drafts")
        if await draft.count():
            break
        await anna.page.wait_for_timeout(300)
    await expect(draft).to_have_count(1)
    return draft


async def test_what_is_written_offline_is_sent_when_the_network_is_back(
    browser: Browser, house: Stage
) -> None:
    anna = await in_the_room(browser, house)
    try:
        await anna.context.set_offline(True)
        first = await send(anna.page, "Written in the tunnel.")
        await expect(first).to_be_visible()
        second = await send(anna.page, "And still in the tunnel.")
        await expect(second).to_be_visible()
        assert "Written in the tunnel." not in house.texts()
        await anna.context.set_offline(False)
        await stands_once(anna, house, "Written in the tunnel.")
        await stands_once(anna, house, "And still in the tunnel.")
        assert house.texts()[:2] == ["And still in the tunnel.", "Written in the tunnel."]
    finally:
        await anna.context.close()


async def test_a_lost_answer_does_not_post_twice(browser: Browser, house: Stage) -> None:
    anna = await in_the_room(browser, house)
    text = "The answer to this gets lost."
    lost: list[int] = []

    async def lose(route: Route) -> None:
        answer = await route.fetch()
        lost.append(answer.status)
        await route.abort("connectionreset")

    try:
        await anna.page.route(POSTS, lose, times=1)
        await send(anna.page, text)
        await stands_once(anna, house, text)
        assert lost == [201]
        await anna.page.reload()
        await anna.is_live()
        await stands_once(anna, house, text)
    finally:
        await anna.context.close()


async def test_a_refused_post_keeps_its_text_and_may_be_tried_again(browser: Browser, house: Stage) -> None:
    anna = await in_the_room(browser, house)
    text = "Nobody wants to take this."
    body = '{"detail": "Not today.", "code": "refused", "problems": {}}'
    try:
        await anna.page.route(
            POSTS,
            lambda route: route.fulfill(status=403, content_type="application/json", body=body),
            times=1,
        )
        ghost = await send(anna.page, text)
        await expect(ghost).to_contain_text("Not today.")
        await anna.page.reload()
        ghost = anna.page.locator("article[data-ghost]", has_text=text)
        await expect(ghost).to_contain_text("Not today.")
        await ghost.get_by_role("button", name=anna.say("Try again")).click()
        await stands_once(anna, house, text)
    finally:
        await anna.context.close()


async def test_a_post_waits_for_a_server_that_is_down(browser: Browser, house: Stage) -> None:
    anna = await in_the_room(browser, house)
    text = "Sent while the server was away."
    try:
        house.server.stop()
        ghost = await send(anna.page, text)
        await expect(ghost).to_be_visible()
        await expect(anna.page.locator(".net-line .line")).to_be_visible()
        house.server.start()
        house.server.wait_ready()
        await stands_once(anna, house, text)
        await anna.is_live()
        await expect(anna.page.locator(".net-line .line")).to_have_count(0)
    finally:
        await anna.context.close()
