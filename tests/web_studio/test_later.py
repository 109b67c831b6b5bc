"""Opening a post later for others, as a creator plans it in the studio."""

from channel import posts
from channel.posts import queries
from channel.posts.steps import DAY_MS, HOUR_MS, Step
from tests.posts.writing import open_by_itself
from tests.web_studio.conftest import Browser, Page, Site, says

SILVER, GOLD = 10, 20
LATER = {"open1_rank": "10", "open1_n": "12", "open1_unit": "hours", "openall_n": "3"}


async def tiered(site: Site) -> None:
    await site.anna.tier("Silver", SILVER)
    await site.anna.tier("Gold", GOLD)


def letter(site: Site, **more: object) -> dict[str, object]:
    written = {"key": "a-key", "room": site.anna.news.id, "text": "Early", "min_rank": "20", "ai": "none"}
    return {**written, **LATER, **more}


def _typed(page: Page, name: str) -> str:
    (value,) = page.ids(rf'name="{name}"[^>]* value="([^"]*)"')
    return value


async def newest(site: Site) -> posts.queries.Post:
    async with site.db.read() as tx:
        return (await queries.page(tx, site.anna.news.id))[0]


async def test_a_post_is_planned_in_hours_and_days_from_when_it_is_sent(site: Site, anna: Browser) -> None:
    await tiered(site)
    page = await anna.send("/posts", letter(site))
    assert "Sent." in page
    now = site.clock.now_ms
    assert (await newest(site)).opens == (Step(now + 12 * HOUR_MS, SILVER), Step(now + 3 * DAY_MS, None))


async def test_rows_in_any_order_are_taken_in_the_order_of_time(site: Site, anna: Browser) -> None:
    await tiered(site)
    rows = {"open1_rank": "0", "open1_n": "2", "open1_unit": "days"}
    more = {"open2_rank": "10", "open2_n": "5", "open2_unit": "hours", "openall_n": ""}
    await anna.send("/posts", letter(site, **rows, **more))
    assert [step.min_rank for step in (await newest(site)).opens] == [SILVER, 0]


async def test_what_everyone_may_read_has_nothing_to_open(site: Site, anna: Browser) -> None:
    await tiered(site)
    await anna.send("/posts", letter(site, min_rank=""))
    assert (await newest(site)).opens == ()


async def test_half_a_plan_is_asked_about_and_nothing_typed_is_lost(site: Site, anna: Browser) -> None:
    await tiered(site)
    for wrong, words in (
        ({"open1_n": ""}, "Write after how many hours or days it opens"),
        ({"open1_n": "0"}, "Write after how many hours or days it opens"),
        ({"open1_n": "400", "open1_unit": "days"}, "Write after how many hours or days it opens"),
        ({"open1_n": "x"}, "Write after how many hours or days it opens"),
        ({"open1_rank": ""}, "Choose for whom it opens"),
        ({"open1_rank": "20"}, "Each opening must let more people in"),
        ({"open1_n": "96"}, "Each opening must let more people in"),
        ({"open1_rank": "15"}, "No tier has this rank"),
    ):
        answer = await anna.post("/posts", letter(site, **wrong))
        says(answer, 422, words, "Early</textarea>", "data-later open", 'name="openall_n"', 'value="3"')
    says(await anna.post("/posts", letter(site, open1_rank="15"), **{"channel-fragment": "1"}), 422)


async def test_the_preview_shows_the_plan_and_the_card_with_its_countdown(site: Site, anna: Browser) -> None:
    await tiered(site)
    answer = await anna.post("/preview", letter(site))
    says(answer, 200, "Silver and up", "1 January 2026, 12:00 UTC", "4 January 2026, 00:00 UTC")
    says(answer, 200, "Opens for you", "data-countdown")


async def test_a_draft_keeps_the_plan(site: Site, anna: Browser) -> None:
    await tiered(site)
    kept = await anna.send("/drafts", letter(site))
    (draft,) = kept.ids(r"\?draft=([0-9a-f-]{36})")
    again = await anna.see(f"?draft={draft}")
    assert (_typed(again, "open1_n"), _typed(again, "openall_n")) == ("12", "3")
    half = await anna.post("/drafts", letter(site, open1_n=""))
    assert half.status_code == 303, "a draft may be in any state"


async def test_the_plan_is_shown_and_called_off(site: Site, anna: Browser) -> None:
    await tiered(site)
    await anna.send("/posts", letter(site))
    post = await newest(site)
    listing = await anna.see("/posts")
    assert "Do not open it later" in listing
    page = await anna.see(f"/posts/{post.id}")
    assert "Opens by itself" in page
    assert "Silver and up" in page
    page = await anna.send(f"/posts/{post.id}", {"do": "call_off"})
    assert "nothing opens by itself any more" in page
    assert "Opens by itself" not in page
    now = await newest(site)
    assert (now.opens, now.text, now.min_rank, now.edited_at) == ((), "Early", GOLD, None)
    assert "Do not open it later" not in await anna.see("/posts")


async def test_an_edit_keeps_the_plan_or_replaces_it(site: Site, anna: Browser) -> None:
    await tiered(site)
    await anna.send("/posts", letter(site))
    post = await newest(site)
    edit = {"rev": "1", "text": "Early, better", "min_rank": "20", "had_rank": "20", "ai": "none"}
    await anna.send(f"/posts/{post.id}", edit)
    assert (await newest(site)).opens == post.opens
    later = {"open1_rank": "0", "open1_n": "1", "open1_unit": "days"}
    await anna.send(f"/posts/{post.id}", edit | later | {"rev": "2"})
    assert (await newest(site)).opens == (Step(site.clock.now_ms + DAY_MS, 0),)


async def test_a_post_that_opened_while_it_was_edited_is_not_closed_again(site: Site, anna: Browser) -> None:
    await tiered(site)
    await anna.send("/posts", letter(site))
    post = await newest(site)
    site.clock.forward(12 * HOUR_MS)
    await open_by_itself(site.anna, post)
    edit = {"rev": "1", "text": "Early, better", "min_rank": "20", "had_rank": "20", "ai": "none"}
    refused = await anna.post(f"/posts/{post.id}", edit)
    says(
        refused, 409, "This post was changed meanwhile", 'name="rev" value="2"', 'name="had_rank" value="10"'
    )
    says(refused, 409, '<option value="10" selected', "Early, better</textarea>")
