"""A creator answers the questions of three followers, a sealed poll closes, a topic is split while somebody reads it."""

import contextlib
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.demo import Demo, Who
from tests.browser.pages import GERMAN, STUDIO
from tests.browser.visits import Look, context_for, settled

pytestmark = pytest.mark.browser

PHONE = Look("phone", "light", "en")
PATIENCE_MS = 20_000
ROOM = "werkstatt"


@contextlib.asynccontextmanager
async def phone(browser: Browser, demo: Demo, who: Who) -> AsyncIterator[Page]:
    """Somebody's phone, with one page."""
    context: BrowserContext = await context_for(browser, demo, who, PHONE)
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    try:
        yield await context.new_page()
    finally:
        await context.close()


async def go(page: Page, demo: Demo, path: str) -> None:
    await page.goto(demo.url + path)
    await settled(page)


def call(client: httpx2.Client, method: str, path: str, body: object = None) -> dict[str, object]:
    """The API as the person's own browser may use it."""
    answer = client.request(method, f"/api/v1{path}", json=body)
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else {}


def room_id(client: httpx2.Client, slug: str) -> str:
    found = re.search(r'data-room="([0-9a-f-]{36})"', client.get(f"/@{GERMAN}/{slug}").text)
    assert found is not None
    return found[1]


async def test_a_creator_answers_three_followers(browser: Browser, demo: Demo) -> None:
    with demo.client("creator") as mara:
        door = str(call(mara, "POST", f"/communities/{GERMAN}/invites", {"label": "AMA"})["url"])
        words = {"room": room_id(mara, ROOM), "text": "An hour of questions about glazes.", "key": "ama"}
        asked = mara.post(
            f"{STUDIO}/posts", data=words | {"prompt": "1", "prompt_votes": "1", "shown": "all"}
        )
        assert asked.status_code == 303
    async with (
        phone(browser, demo, "paying") as otto,
        phone(browser, demo, "free") as pia,
        phone(browser, demo, "guest") as newcomer,
        phone(browser, demo, "creator") as desk,
    ):
        await newcomer.goto(door)
        await newcomer.locator("[name=display_name]").fill("Ida")
        await newcomer.locator("#join button.press").click()
        await newcomer.wait_for_url(re.compile(r"/@|/done|/joined|hello"))
        for page, question in (
            (otto, "Why does celadon turn green?"),
            (pia, "Why does celadon turn green at all?"),
            (newcomer, "What does a kiln cost?"),
        ):
            await go(page, demo, f"/@{GERMAN}/{ROOM}")
            card = page.locator("article", has_text="An hour of questions about glazes.")
            await card.locator("[data-ask] [name=text]").fill(question)
            await card.locator("[data-ask] button").click()
            await page.wait_for_url(re.compile("/questions"))
            await expect(page.get_by_text(question).first).to_be_visible()
        await go(desk, demo, f"{STUDIO}/questions")
        board = desk.locator("section[data-live-prompt]", has_text="An hour of questions")
        await expect(board.locator("li")).to_have_count(3)
        for row in await board.locator("li", has_text="celadon").all():
            await row.locator("[name=ids]").check()
        await board.locator("button[value=merge]").click()
        await settled(desk)
        await expect(board.locator("li")).to_have_count(2)
        await go(pia, demo, f"/@{GERMAN}/{ROOM}")  # one of those who asked has the room open
        row = board.locator("li", has_text="celadon")
        await row.locator("[data-answering] summary").click()
        await row.locator("[name=text]").fill("Iron, and a flame that is short of breath.")
        await row.locator("[name=room]").select_option(label="Werkstatt")
        await row.locator(".answer-form button.press").click()
        answer = pia.locator("article", has_text="short of breath")
        await expect(answer).to_be_visible()
        await expect(answer).to_contain_text("celadon")
        for page in (otto, pia):  # both of them are told what became of it
            await go(page, demo, f"/@{GERMAN}/questions")
            await expect(page.locator(".status.good").first).to_be_visible()


async def test_a_sealed_poll_closes_and_a_voter_checks_the_receipt(browser: Browser, demo: Demo) -> None:
    with demo.client("creator") as mara:
        poll = {"options": ["Blue", "Green"], "question": "Which glaze?", "sealed": True}
        made = call(mara, "POST", f"/rooms/{room_id(mara, ROOM)}/posts", {"text": "Tell me.", "poll": poll})
        place = f"/@{GERMAN}/{ROOM}/{made['seq']}"
        async with phone(browser, demo, "free") as pia, phone(browser, demo, "paying") as otto:
            for page, choice in ((pia, "Blue"), (otto, "Green")):
                await go(page, demo, f"/@{GERMAN}/{ROOM}")
                form = page.locator(f"#p{made['seq']} form[data-poll]")
                await form.get_by_label(choice).check()
                await form.locator("[data-vote]").first.click()
                await expect(form.locator("[data-receipt]")).to_be_visible()
                await expect(form.locator("progress")).to_have_count(0)  # sealed: nobody sees how it stands
            receipt = re.search(
                r"[0-9A-Z]{4}(?:-[0-9A-Z]{4})+",
                await pia.locator(f"#p{made['seq']} [data-receipt]").inner_text(),
            )
            assert receipt is not None
            call(mara, "POST", f"/posts/{made['id']}/poll/close")
            await expect(pia.locator(f"#p{made['seq']} progress")).to_have_count(2)  # live, without asking
            await go(pia, demo, f"{place}/poll")
            await pia.locator("[name=code]").fill(receipt[0])
            await pia.locator("form[method=get] button").click()
            await expect(pia.locator("[role=status]", has_text="Blue")).to_be_visible()
            await expect(pia.locator(".poll-codes")).to_contain_text(receipt[0])


async def test_a_topic_is_split_under_a_reader_who_keeps_the_place(browser: Browser, demo: Demo) -> None:
    with demo.client("creator") as mara:
        group = room_id(mara, "tresen")
        said = [
            call(
                mara,
                "POST",
                f"/rooms/{group}/posts",
                {"text": f"Message {n}. " + "Clay and water. " * 12, "topic": "Two things"},
            )
            for n in range(8)
        ]
        number = re.search(r"/t/(\d+)", mara.get(f"/@{GERMAN}/tresen").text.split("Two things")[0][-2000:])
        assert number is not None
        topic = f"/@{GERMAN}/tresen/t/{number[1]}"
        async with phone(browser, demo, "free") as pia:
            await go(pia, demo, topic)
            read = pia.locator("article", has_text="Message 3.")
            await read.scroll_into_view_if_needed()
            await pia.wait_for_timeout(300)
            before = (await read.bounding_box() or {})["y"]
            moved = {"posts": [str(one["id"]) for one in said[5:]], "do": "move", "name": "The other thing"}
            assert mara.post(f"{topic}/choose", data=moved).status_code == 303
            await expect(pia.locator("article", has_text="Message 6.")).to_have_count(0)
            after = (await read.bounding_box() or {})["y"]
            assert abs(after - before) < 2, "what one reads does not move"
            # Links to what was moved lead to where it is now.
            await go(pia, demo, f"/@{GERMAN}/tresen/{said[6]['seq']}")
            await expect(pia.locator("article", has_text="Message 6.")).to_be_visible()
            await expect(pia.locator("h1, .room-head")).to_contain_text(["The other thing"])
