"""Asking from the composer: the form as browsers without scripts send it."""

import pytest

from channel import posts
from channel.polls import queries
from channel.polls.model import Poll
from tests.web_studio.conftest import Browser, Site, says

FRAGMENT = {"channel-fragment": "1"}
HOUR_MS = 3_600_000


def letter(site: Site, text: str = "Which one?", **more: object) -> dict[str, object]:
    return {"key": "a-key", "room": site.anna.news.id, "text": text, "min_rank": "", "ai": "none", **more}


async def made(site: Site) -> tuple[posts.queries.Post, Poll]:
    async with site.db.read() as tx:
        [post] = await posts.page(tx, site.anna.news.id)
        return post, await queries.one(tx, post.id)


async def test_a_poll_is_sent_with_the_post_and_gaps_between_answers_are_left_out(
    site: Site, anna: Browser
) -> None:
    await site.anna.tier("Gold", 10)
    fields = {
        "poll_option1": "Celadon", "poll_option4": "Cobalt", "poll_option12": "Oxblood", "poll_multiple": "1",
        "poll_sealed": "1", "poll_named": "1", "poll_final": "1", "poll_lasts": "3d", "poll_min_rank": "10",
    }  # fmt: skip
    answer = await anna.post("/posts", letter(site, **fields), **FRAGMENT)
    says(answer, 201, "<channel-poll", "Celadon", "Results when it ends")
    post, poll = await made(site)
    assert [option.text for option in poll.options] == ["Celadon", "Cobalt", "Oxblood"]
    assert (poll.multiple, poll.sealed, poll.anonymous, poll.may_change) == (True, True, False, False)
    assert (poll.min_rank, poll.closes_at) == (10, post.created_at + 72 * HOUR_MS)


async def test_the_right_answer_of_a_quiz_keeps_to_its_words(site: Site, anna: Browser) -> None:
    fields = {
        "poll_option1": "Celadon", "poll_option3": "Cobalt", "poll_right3": "1", "poll_right2": "1", "poll_quiz": "1",
        "poll_explanation": "Because of the oak.",
    }  # fmt: skip
    assert (await anna.post("/posts", letter(site, **fields))).status_code == 303
    _, poll = await made(site)
    assert (poll.kind, poll.right, poll.explanation) == ("quiz", (2,), "Because of the oak.")


async def test_a_question_without_a_text_is_the_text(site: Site, anna: Browser) -> None:
    fields = {"poll_question": "Tea or coffee?", "poll_option1": "Tea", "poll_option2": "Coffee"}
    assert (await anna.post("/posts", letter(site, "", **fields))).status_code == 303
    post, poll = await made(site)
    assert (post.text, poll.question) == ("Tea or coffee?", "")


async def test_a_poll_that_is_none_comes_back_with_all_that_was_typed(site: Site, anna: Browser) -> None:
    fields = {"poll_question": "Why?", "poll_option1": "Only one", "poll_sealed": "1", "poll_lasts": "7d"}
    answer = await anna.post("/posts", letter(site, "Some words", **fields))
    says(answer, 422, "A poll has at least two answers", 'value="Only one"', 'value="Why?"', "Some words")
    says(answer, 422, '<option value="7d" selected', 'name="poll_sealed" value="1" checked')
    script = await anna.post("/posts", letter(site, **fields), **FRAGMENT)
    assert script.json()["problems"].keys() == {"poll_options"}
    async with site.db.read() as tx:
        assert await posts.page(tx, site.anna.news.id) == []


@pytest.mark.parametrize("text", ["Which one?", ""])
async def test_the_preview_shows_the_poll(site: Site, anna: Browser, text: str) -> None:
    fields = {"poll_question": "Tea or coffee?", "poll_option1": "Tea", "poll_option2": "Coffee"}
    answer = await anna.post("/preview", letter(site, text, **fields), **FRAGMENT)
    says(answer, 200, "<channel-poll", "Tea", "Coffee")


async def test_the_composer_says_that_drafts_do_not_keep_a_poll(site: Site, anna: Browser) -> None:
    assert "Drafts do not keep the poll" in (await anna.see("")).text


async def test_the_page_of_a_post_shows_its_poll(site: Site, anna: Browser) -> None:
    fields = {"poll_option1": "Tea", "poll_option2": "Coffee"}
    await anna.post("/posts", letter(site, **fields))
    post, _ = await made(site)
    shown = await anna.see(f"/posts/{post.id}")
    assert "End the poll" in shown.text
    assert f"/studio/anna/posts/{post.id}/poll.csv" in shown.text
