"""Files in the composer without scripts: chosen, added, described, taken off, sent."""

import re

from sqlalchemy import select

from channel.media.tables import media
from tests.media.sending import photo
from tests.web_studio.conftest import HOST, Answer, Browser, Site


async def add(browser: Browser, site: Site, files: list[tuple[str, bytes]], **fields: object) -> Answer:
    form = {"key": "a-key", "room": site.anna.news.id, "text": "Look", "min_rank": "", "ai": "none"} | fields
    sent = [("files", (name, content, "text/html")) for name, content in files or [("", b"")]]
    headers = {"origin": HOST, "sec-fetch-site": "same-origin", "cookie": f"channel={browser.cookie}"}
    return await browser.http.post("/studio/anna/media", data=form, files=sent, headers=headers)


def ids(answer: Answer) -> list[str]:
    return re.findall(r'name="media" value="([0-9a-f-]{36})"', answer.text)


def spoken(answer: Answer) -> list[str]:
    """The languages whose captions can be taken off."""
    return re.findall(r'name="uncaption" value="[0-9a-f-]{36} ([a-z-]+)"', answer.text)


async def test_files_are_added_described_and_sent(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.png", photo()), ("notes.pdf", b"%PDF-1.7 " + b"x" * 300_000)])
    assert page.status_code == 200, page.text[:500]
    assert ">\nLook</textarea>" in page.text
    one, two = ids(page)
    more = await add(anna, site, [("three.txt", b"three")], media=[one, two])
    assert ids(more)[:2] == [one, two] and len(ids(more)) == 3
    fewer = await add(anna, site, [], media=ids(more), unattach=two)
    assert ids(fewer) == [one, ids(more)[2]]
    letter = {"key": "a-key", "room": site.anna.news.id, "text": "", "min_rank": "", "ai": "none"}
    sent = await anna.post("/posts", letter | {"media": ids(fewer), f"alt-{one}": "A teal square"})
    assert sent.status_code == 303, sent.text[:2000]
    async with site.db.read() as tx:
        rows = {row.id: row for row in await tx.all(select(media))}
    assert rows[one].alt == "A teal square"
    assert rows[one].type == "image/png", "decided by its bytes, not by what the browser says"


async def test_a_file_that_was_chosen_and_not_added_is_not_lost_silently(site: Site, anna: Browser) -> None:
    letter = {"key": "a-key", "room": site.anna.news.id, "text": "Look", "min_rank": "", "ai": "none"}
    again = await anna.post("/posts", letter | {"files": "one.png"})
    assert again.status_code == 422
    assert "Press the button beside your files first" in again.text


async def test_what_does_not_fit_is_said_and_the_rest_stays(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("empty.txt", b""), ("never.txt", b"never")])
    assert "This file is empty" in page.text
    assert ids(page) == []
    many = await add(anna, site, [(f"{n}.txt", b"x") for n in range(11)])
    assert len(ids(many)) == 10 and "at most 10 pictures and files" in many.text


async def test_a_draft_keeps_them(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.txt", b"one")])
    letter = {"room": site.anna.news.id, "text": "Half said", "media": ids(page)}
    saved = await anna.post("/drafts", letter)
    assert saved.status_code in (200, 303), saved.text[:300]
    drafts = await anna.get("/drafts")
    draft = re.search(r"\?draft=([0-9a-f-]{36})", drafts.text)
    assert draft
    assert ids(await anna.get(f"?draft={draft[1]}")) == ids(page)


async def test_captions_go_to_the_video_before_them(site: Site, anna: Browser) -> None:
    film = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
    words = b"WEBVTT\n\n00:01.000 --> 00:02.000\nGuten Tag\n"
    alone = await add(anna, site, [("film.de.vtt", words)])
    assert "Captions belong to a video" in alone.text
    page = await add(anna, site, [("film.mp4", film), ("film.de.vtt", words)])
    [one] = ids(page)
    assert spoken(page) == ["de"]
    wrong = await add(anna, site, [("film.vtt", b"1\n00:00:01,000 --> 00:00:02,000\nSRT")], media=[one])
    assert "its first line says WEBVTT" in wrong.text
    more = await add(anna, site, [("film.vtt", words)], media=[one])
    assert spoken(more) == ["de", "en"]
    fewer = await add(anna, site, [], media=[one], uncaption=f"{one} de")
    assert spoken(fewer) == ["en"]
    assert ids(fewer) == [one], "the video itself stays"


async def test_they_are_moved_either_way_and_keep_the_words_that_were_typed(
    site: Site, anna: Browser
) -> None:
    page = await add(anna, site, [(f"{n}.txt", b"x") for n in range(3)])
    one, two, three = ids(page)
    assert ids(await add(anna, site, [], media=[one, two, three], later=one)) == [two, one, three]
    assert ids(await add(anna, site, [], media=[one, two, three], earlier=three)) == [one, three, two]
    assert ids(await add(anna, site, [], media=[one, two, three], later=three)) == [one, two, three]
    assert ids(await add(anna, site, [], media=[one, two, three], earlier=one)) == [one, two, three]
    kept = await add(anna, site, [], media=[one, two], **{f"alt-{two}": "Half typed"})
    assert 'value="Half typed"' in kept.text


async def test_captions_of_others_and_of_no_video_are_left_alone(site: Site, anna: Browser) -> None:
    [note] = ids(await add(anna, site, [("note.txt", b"x")]))
    refused = await add(anna, site, [], media=[note], uncaption=f"{note} de")
    assert "Only a video has captions" in refused.text
    assert ids(await add(anna, site, [], media=[note], uncaption="nonsense")) == [note]


async def test_what_the_scripts_are_refused_is_said_in_the_language_of_the_page(
    site: Site, anna: Browser
) -> None:
    told = {"tus-resumable": "1.0.0", "upload-length": str(10**14), "upload-metadata": "community YW5uYQ=="}
    about = {"origin": HOST, "sec-fetch-site": "same-origin", "cookie": f"channel={anna.cookie}"}
    for language, words in (("de", "Eine Datei hat höchstens"), ("en", "A file has at most")):
        headers = told | about | {"accept-language": language}
        refused = await anna.http.post("/api/v1/media", headers=headers)
        assert refused.status_code == 413
        assert refused.json()["detail"].startswith(words)
        wrong = told | {"upload-length": "many"}
        refused = await anna.http.post("/api/v1/media", headers=wrong | about | {"accept-language": language})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["detail"] == refused.json()["detail"]
