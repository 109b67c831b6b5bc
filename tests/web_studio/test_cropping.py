"""What is shown of a picture and the parts of a film, by plain forms; and drafts that keep what is said of them."""

import re

import pytest

from channel.media import Media, queries
from channel.media.pictures import Frame
from tests.media.sending import desk, photo, prepared
from tests.web_studio.conftest import Answer, Browser, Site
from tests.web_studio.test_attaching import add, ids
from tests.web_studio.test_library import kept, send

FILM = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)


async def made(site: Site, media_id: str) -> Media:
    async with site.db.read() as tx:
        one = await queries.one(tx, media_id)
    await prepared(site.db, desk(site.db, site.data), site.data, one)
    async with site.db.read() as tx:
        return await queries.one(tx, media_id)


async def sent(site: Site, anna: Browser, name: str = "kiln.png", content: bytes = b"") -> str:
    await send(anna, "/library", name, content or photo(640, 480))
    return (await kept(site))[name]


async def test_a_piece_is_chosen_by_numbers_shapes_and_turns(site: Site, anna: Browser) -> None:
    one = await sent(site, anna)
    await made(site, one)
    page = (await anna.get(f"/library/{one}")).text
    assert f'data-crop="/media/{one}/whole"' in page and 'name="crop_width"' in page
    done = await anna.post(
        f"/library/{one}/crop",
        {"shape": "", "turn": "0", "crop_x": "25", "crop_y": "10,5", "crop_width": "50", "crop_height": "50"},
    )
    assert done.headers["location"] == f"/studio/anna/library/{one}?said=cropped", done.text[:500]
    assert (await made(site, one)).frame == Frame(2_500, 1_050, 5_000, 5_000)
    page = (await anna.get(f"/library/{one}")).text
    assert 'value="10.5"' in page
    await anna.post(f"/library/{one}/crop", {"shape": "1:1", "turn": "90"})
    square = await made(site, one)
    assert square.width and square.height and square.frame.turn == 90
    assert square.width == pytest.approx(square.height, abs=4) and square.width > 470
    await anna.post(f"/library/{one}/crop", {"shape": "whole", "turn": "0"})
    assert (await made(site, one)).frame == Frame()


async def test_what_is_no_piece_is_said_and_stays_typed(site: Site, anna: Browser) -> None:
    one = await sent(site, anna)
    wrong = await anna.post(f"/library/{one}/crop", {"crop_x": "101", "crop_width": "50"})
    assert wrong.status_code == 422 and "0 to 100" in wrong.text and 'value="101"' in wrong.text
    for name, typed in (("crop_width", "0"), ("crop_x", "100"), ("turn", "45"), ("crop_x", "x")):
        assert (await anna.post(f"/library/{one}/crop", {name: typed})).status_code == 422, name
    async with site.db.read() as tx:
        assert (await queries.one(tx, one)).frame == Frame()


async def test_the_composer_crops_without_scripts(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.png", photo(640, 480))])
    (one,) = ids(page)
    await made(site, one)
    page = await add(anna, site, [], media=[one])
    assert f'name="shape-{one}"' in page.text
    fields: dict[str, object] = {f"shape-{one}": "16:9", f"turn-{one}": "90"}
    again = await add(anna, site, [], media=[one], crop=one, **fields)
    assert ids(again) == [one] and ">\nLook</textarea>" in again.text
    shown = await made(site, one)
    assert shown.frame.turn == 90 and shown.width and shown.height
    assert abs(shown.width / shown.height - 16 / 9) < 0.02


async def test_chapters_are_lines(site: Site, anna: Browser) -> None:
    one = await sent(site, anna, "film.mp4", FILM)
    assert 'name="chapters"' in (await anna.get(f"/library/{one}")).text
    done = await anna.post(f"/library/{one}/chapters", {"chapters": "0:00 Welcome\n1:30 At the kiln"})
    assert done.headers["location"] == f"/studio/anna/library/{one}?said=saved"
    assert "0:00 Welcome\n1:30 At the kiln</textarea>" in (await anna.get(f"/library/{one}")).text
    wrong = await anna.post(f"/library/{one}/chapters", {"chapters": "0:00 Welcome\nAt the kiln"})
    assert wrong.status_code == 422 and "Line 2 of the chapters has no time" in wrong.text
    assert "Welcome\nAt the kiln</textarea>" in wrong.text
    await anna.post(f"/library/{one}/chapters", {"chapters": ""})
    async with site.db.read() as tx:
        assert (await queries.one(tx, one)).chapters == ()


async def drafted(anna: Browser, site: Site, **fields: object) -> Answer:
    """Saved, and opened on another device."""
    letter = {"room": site.anna.news.id, "text": "Half said"} | fields
    saved = await anna.post("/drafts", letter)
    assert saved.status_code == 303, saved.text[:300]
    draft = re.search(r"\?draft=([0-9a-f-]{36})", (await anna.get("/drafts")).text)
    assert draft
    return await anna.get(f"?draft={draft[1]}")


async def test_a_draft_keeps_what_is_said_of_its_pictures_and_their_order(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.png", photo()), ("two.png", photo(colour="red"))])
    one, two = ids(page)
    alts = {f"alt-{one}": "The kiln", f"alt-{two}": "The bowl"}
    there = await drafted(anna, site, media=[two, one], **alts)
    assert ids(there) == [two, one]
    assert 'value="The kiln"' in there.text and 'value="The bowl"' in there.text
    async with site.db.read() as tx:
        assert (await queries.one(tx, one)).alt == "", "said once it is sent"


async def test_a_draft_keeps_what_is_said_of_a_picture_that_others_see_already(
    site: Site, anna: Browser
) -> None:
    (one,) = ids(await add(anna, site, [("one.png", photo())]))
    letter: dict[str, object] = {
        "key": "k",
        "room": site.anna.news.id,
        "text": "",
        "min_rank": "",
        "ai": "none",
        "media": [one],
    }
    assert (await anna.post("/posts", letter | {f"alt-{one}": "The kiln"})).status_code == 303
    there = await drafted(anna, site, media=[one], **{f"alt-{one}": "The same kiln"})
    assert 'value="The same kiln"' in there.text
    async with site.db.read() as tx:
        assert (await queries.one(tx, one)).alt == "The kiln"
