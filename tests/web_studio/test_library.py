"""The media of a community in the studio, by plain forms: found, described, replaced, deleted, used again."""

import re
from pathlib import Path

from sqlalchemy import select

from channel.media.tables import media
from tests.media.sending import photo
from tests.web_studio.conftest import HOST, Answer, Browser, Site
from tests.web_studio.test_attaching import add, ids


async def send(browser: Browser, path: str, name: str, content: bytes, field: str = "files") -> Answer:
    headers = {"origin": HOST, "sec-fetch-site": "same-origin", "cookie": f"channel={browser.cookie}"}
    sent = [(field, (name, content, "image/png"))]
    return await browser.http.post(f"/studio/anna{path}", files=sent, headers=headers)


async def kept(site: Site) -> dict[str, str]:
    async with site.db.read() as tx:
        return {row.name: row.id for row in await tx.all(select(media))}


async def test_an_empty_library_says_what_comes(site: Site, anna: Browser) -> None:
    page = await anna.get("/library")
    assert page.status_code == 200
    assert "No pictures or files yet" in page.text and 'href="/studio/anna/library" aria-current' in page.text
    assert "0 bytes of" in page.text or "0 B of" in page.text, re.findall(r"[^>]*of[^<]*used", page.text)


async def test_files_are_added_found_and_described(site: Site, anna: Browser) -> None:
    for name in ("kiln.png", "bowl.png"):
        answer = await send(anna, "/library", name, photo())
        assert answer.headers["location"] == "/studio/anna/library?said=added", answer.text[:500]
    page = await anna.get("/library")
    assert "kiln.png" in page.text and "In no post" in page.text
    assert "0 of 2 pictures described" in page.text
    one = (await kept(site))["kiln.png"]
    saved = await anna.post(
        f"/library/{one}", {"alt": "The kiln at night", "x": "10", "y": "90", "sensitive": "1"}
    )
    assert saved.headers["location"] == f"/studio/anna/library/{one}?said=saved"
    there = (await anna.get(f"/library/{one}")).text
    assert 'value="10"' in there and 'value="90"' in there and "The kiln at night" in there
    assert "1 of 2 pictures described" in (await anna.get("/library")).text
    found = (await anna.get("/library?q=NIGHT&kind=picture")).text
    assert "The kiln at night" in found and "bowl.png" not in found
    assert "bowl.png" in (await anna.get("/library?bare=1")).text
    for odd in ("?kind=x", "?from=x", "?to=9999-12-31", "?cursor=x", "?from=2999-01-01", "?q=zzz"):
        assert "Nothing fits" in (await anna.get(f"/library{odd}")).text or odd in (
            "?cursor=x",
            "?to=9999-12-31",
        )
    wrong = await anna.post(f"/library/{one}", {"alt": "x", "x": "101", "y": ""})
    assert wrong.status_code == 422 and "0 to 100 across" in wrong.text


async def test_used_again_replaced_and_deleted_everywhere(site: Site, anna: Browser) -> None:
    await send(anna, "/library", "kiln.png", photo())
    one = (await kept(site))["kiln.png"]
    assert f"?media={one}" in (await anna.get(f"/library/{one}")).text
    composer = await anna.get(f"?media={one}")
    assert ids(composer) == [one]
    letter = {"room": site.anna.news.id, "text": "Look at it", "min_rank": "", "ai": "none"}
    for key in ("a", "b"):
        assert (await anna.post("/posts", letter | {"key": key, "media": [one]})).status_code == 303
    there = (await anna.get(f"/library/{one}")).text
    assert "In 2 posts" in there and "Look at it" in there
    assert "It stands in 2 posts, and is gone from all of them at once." in there
    wrong = await send(anna, f"/library/{one}/replace", "notes.pdf", b"%PDF-1.7 notes", "file")
    assert wrong.status_code == 422 and "cannot take its place" in wrong.text
    done = await send(anna, f"/library/{one}/replace", "better.png", photo(colour="red"), "file")
    fresh = (await kept(site))["better.png"]
    assert done.headers["location"] == f"/studio/anna/library/{fresh}?said=replaced"
    assert (await anna.get(f"/library/{one}")).status_code == 404
    assert "In 2 posts" in (await anna.get(f"/library/{fresh}")).text
    gone = await anna.post(f"/library/{fresh}/delete", {})
    assert gone.headers["location"] == "/studio/anna/library?said=deleted"
    assert "better.png" not in await kept(site)


async def save(anna: Browser, path: str, fields: dict[str, object]) -> Answer:
    """By the wording that the form shows. A picture that was prepared meanwhile makes it another: then once more."""
    for _ in range(20):
        shown = re.search(r'name="rev" value="(\d+)"', (await anna.get(path)).text)
        assert shown
        answer = await anna.post(path, fields | {"rev": shown[1]})
        if answer.status_code != 409:
            break
    return answer


async def test_an_edit_adds_removes_orders_and_describes(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.png", photo()), ("two.png", photo(colour="red"))])
    letter = {"key": "k", "room": site.anna.news.id, "text": "Look", "min_rank": "", "ai": "none"}
    await anna.post("/posts", letter | {"media": ids(page)})
    listed = await anna.get("/posts")
    post_id = re.search(r"/studio/anna/posts/([0-9a-f-]{36})", listed.text)
    assert post_id
    path = f"/posts/{post_id[1]}"
    form = await anna.get(path)
    assert ids(form) == ids(page)
    fields = {"text": "Look", "rev": "1", "carrying": "1", "min_rank": "", "ai": "none", "media": ids(page)}
    headers = {"origin": HOST, "sec-fetch-site": "same-origin", "cookie": f"channel={anna.cookie}"}
    sent = [("files", ("three.png", photo(colour="navy"), "image/png"))]
    more = await anna.http.post(
        f"/studio/anna{path}/media", data=fields | {"earlier": ids(page)[1]}, files=sent, headers=headers
    )
    one, two = ids(page)
    three = ids(more)[-1]
    assert ids(more) == [two, one, three]
    still = await anna.get(path)
    assert ids(still) == [one, two], "nothing is saved by it"
    saved = await save(anna, path, fields | {"media": [three, two], f"alt-{three}": "Navy"})
    assert saved.status_code == 303, saved.text[:800]
    assert ids(await anna.get(path)) == [three, two]
    assert 'value="Navy"' in (await anna.get(path)).text
    plain: dict[str, object] = {"text": "Look again", "min_rank": "", "ai": "none"}
    assert (await save(anna, path, plain)).status_code == 303
    assert ids(await anna.get(path)) == [three, two], "a form without them leaves them"


async def test_a_picture_for_the_locked_card(site: Site, anna: Browser, tmp_path: Path) -> None:
    headers = {"origin": HOST, "sec-fetch-site": "same-origin", "cookie": f"channel={anna.cookie}"}
    tier = {"name": "Gold", "rank": "10"}
    await anna.post("/tiers", tier)
    letter = {"key": "k", "room": site.anna.news.id, "text": "Secret", "min_rank": "10", "ai": "none"}
    sent = [("teaser_file", ("door.png", photo(), "image/png"))]
    page = await anna.http.post("/studio/anna/media", data=letter, files=sent, headers=headers)
    chosen = re.search(r'name="teaser_picture" value="([0-9a-f-]{36})"', page.text)
    assert chosen, page.text[:500]
    off = await anna.http.post(
        "/studio/anna/media", data=letter | {"teaser_picture": chosen[1], "unteaser": "1"},
        files=[("files", ("", b"", "image/png"))], headers=headers,
    )  # fmt: skip
    assert 'name="teaser_picture" value=""' in off.text
    lost = await anna.post("/posts", letter | {"teaser_file": "door.png"})
    assert lost.status_code == 422 and "Press the button beside your picture first" in lost.text
    drawn = letter | {"teaser_picture": chosen[1], "teaser_blurred": "1"}
    assert (await anna.post("/posts", drawn)).status_code == 303
    listed = await anna.get("/posts")
    post_id = re.search(r"/studio/anna/posts/([0-9a-f-]{36})", listed.text)
    assert post_id
    form = (await anna.get(f"/posts/{post_id[1]}")).text
    assert chosen[1] in form and re.search(r'name="teaser_blurred" value="1" checked', form)
    inside = {
        "text": "Secret",
        "rev": "1",
        "carrying": "1",
        "min_rank": "10",
        "ai": "none",
        "media": chosen[1],
    }
    refused = await anna.post(f"/posts/{post_id[1]}", inside | {"teaser_picture": chosen[1]})
    assert refused.status_code == 422 and "stands in a locked post" in refused.text
    meant = inside | {"teaser_picture": chosen[1], "teaser_inside": "1"}
    assert (await anna.post(f"/posts/{post_id[1]}", meant)).status_code == 303


async def test_a_draft_of_pictures_alone(site: Site, anna: Browser) -> None:
    page = await add(anna, site, [("one.png", photo())])
    saved = await anna.post("/drafts", {"room": site.anna.news.id, "text": "", "media": ids(page)})
    assert saved.status_code == 303
    assert (await anna.post("/drafts", {"room": site.anna.news.id, "text": ""})).status_code == 422
