"""The chapters of a film or a sound in the composer, by plain forms: written, refused with what was typed, kept."""

import pytest

from channel.media import queries
from channel.media.model import Chapter
from channel.members import Role
from tests.media.sending import photo
from tests.web_studio.conftest import Answer, Browser, Site
from tests.web_studio.test_attaching import add, ids

FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
LINES = "0:00 Welcome\r\n1:30 At the kiln"
MADE = (Chapter(0, "Welcome"), Chapter(90_000, "At the kiln"))
WRONG = "0:00 Welcome\r\nAt the kiln"


@pytest.fixture(autouse=True)
def unprepared(site: Site) -> None:
    """Nobody looks into the films, which are none: how long they are is not known."""
    site.worker.stop()


async def stored(site: Site, media_id: str) -> tuple[Chapter, ...]:
    async with site.db.read() as tx:
        return (await queries.one(tx, media_id)).chapters


def letter(site: Site, media_id: str, lines: str, **more: object) -> dict[str, object]:
    room = site.anna.news.id
    fields = {"key": "a-key", "room": room, "text": "Look", "min_rank": "", "ai": "none", "media": [media_id]}
    return fields | {f"chapters-{media_id}": lines} | more


def shows(answer: Answer, lines: str) -> bool:
    return lines.replace("\r\n", "\n") + "</textarea>" in answer.text.replace("\r\n", "\n")


async def film(site: Site, anna: Browser) -> str:
    (one,) = ids(await add(anna, site, [("film.mp4", FILM)]))
    return one


async def test_chapters_are_written_where_a_film_is_attached(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("film.mp4", FILM), ("kiln.png", photo())])
    one, picture = ids(page)
    assert f'name="chapters-{one}"' in page.text and f"chapters-{picture}" not in page.text
    again = await add(anna, site, [], media=[one], **{f"chapters-{one}": WRONG})
    assert shows(again, WRONG), "what was typed outlives a file that is added"
    sent = await anna.post("/posts", letter(site, one, LINES))
    assert sent.status_code == 303, sent.text[:500]
    assert await stored(site, one) == MADE


async def test_what_is_no_chapter_is_said_at_its_field_and_nothing_is_sent(site: Site, anna: Browser) -> None:
    one = await film(site, anna)
    wrong = await anna.post("/posts", letter(site, one, WRONG))
    assert wrong.status_code == 422 and wrong.text.count("Line 2 of the chapters has no time") == 1
    assert shows(wrong, WRONG) and ">\nLook</textarea>" in wrong.text and ids(wrong) == [one]
    assert f'aria-describedby="h-chapters-{one} p-chapters-{one}"' in wrong.text
    assert "data-fresh open" in wrong.text
    assert await stored(site, one) == ()
    german = await anna.post("/posts", letter(site, one, WRONG), **{"accept-language": "de"})
    assert "Zeile 2 der Kapitel hat keine Zeit" in german.text
    assert "Kapitel von film.mp4" in german.text


async def test_a_draft_keeps_them_or_says_why_not(site: Site, anna: Browser) -> None:
    one = await film(site, anna)
    wrong = await anna.post("/drafts", letter(site, one, WRONG))
    assert wrong.status_code == 422 and shows(wrong, WRONG)
    assert (await anna.post("/drafts", letter(site, one, LINES))).status_code == 303
    assert await stored(site, one) == MADE


async def test_the_preview_keeps_nothing_and_says_what_is_wrong(site: Site, anna: Browser) -> None:
    one = await film(site, anna)
    for lines, said in ((LINES, False), (WRONG, True)):
        page = await anna.post("/preview", letter(site, one, lines, show="page"))
        assert page.status_code == 200 and shows(page, lines)
        assert ("Line 2 of the chapters has no time" in page.text) == said
        assert ("<span>At the kiln</span></p>" in page.text) != said, "it is seen as it will be"
    assert await stored(site, one) == ()


async def test_they_are_changed_on_the_page_of_a_post(site: Site, anna: Browser) -> None:
    one = await film(site, anna)
    await anna.post("/posts", letter(site, one, LINES))
    post = (await anna.get("/posts")).text.split("/studio/anna/posts/")[1][:36]
    page = await anna.get(f"/posts/{post}")
    assert shows(page, LINES) and "data-fresh" not in page.text
    fields = letter(site, one, WRONG, carrying="1", rev="1")
    wrong = await anna.post(f"/posts/{post}", fields)
    assert wrong.status_code == 422 and shows(wrong, WRONG) and f'href="#f-chapters-{one}"' in wrong.text
    looked = await anna.post(f"/posts/{post}", fields | {f"chapters-{one}": LINES, "do": "preview"})
    assert looked.status_code == 200 and "film.mp4" in looked.text
    done = await anna.post(f"/posts/{post}", fields | {f"chapters-{one}": ""})
    assert done.status_code == 303, done.text[:500]
    assert await stored(site, one) == ()


async def test_somebody_elses_film_is_not_divided(site: Site, anna: Browser) -> None:
    editor = await site.browser(await site.member("Eve", role=Role.EDITOR))
    one = await film(site, anna)
    await anna.post("/posts", letter(site, one, LINES))
    page = await add(editor, site, [], media=[one])
    assert ids(page) == [one] and f"chapters-{one}" not in page.text
    await editor.post("/posts", letter(site, one, "0:00 Mine", key="another"))
    assert await stored(site, one) == MADE
