"""Emoji of a community's own on pages: added and changed by plain forms, drawn under posts, chosen without scripts."""

import re

from channel.web.looks import MAX_FORM_BYTES
from tests.cast import member
from tests.media.sending import photo
from tests.web.conftest import Browser, Page, Site
from tests.web.test_looks import SAME, picture

ADDRESS = re.compile(r"/emoji/[0-9a-f]{32}\.webp")
STUDIO = "/studio/anna/emoji"


async def send(browser: Browser, content: bytes, name: str = "party") -> Page:
    file = ("me.svg", content, "text/html") if content else ("", b"")
    answer = await browser.http.post(STUDIO, data={"name": name}, files={"file": file}, headers=SAME)
    return Page(answer)


async def test_the_studio_lists_what_it_is_sent(site: Site) -> None:
    anna, stranger = await site.browser(site.anna.owner), site.stranger()
    assert "No emoji of your own yet" in await anna.get(STUDIO)
    assert f'href="{STUDIO}"' in await anna.get("/studio/anna/settings")
    assert (await send(anna, photo(), ":Party:")).location == f"{STUDIO}?said=added"
    page = await anna.get(STUDIO)
    assert ":party:" in page and "1 of 200" in page
    (address,) = ADDRESS.findall(page.text)
    got = await picture(stranger, address)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")
    assert got.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    renamed = await anna.post(f"{STUDIO}/party", {"do": "rename", "new_name": "fete"})
    assert renamed.location == f"{STUDIO}?said=saved"
    page = await anna.get(STUDIO)
    assert (
        ":fete:" in page
        and ":party:" not in page.text.partition('class="rows own-emoji"')[2].partition("</ul>")[0]
    )
    assert ADDRESS.findall(page.text) == [address]
    assert (await anna.post(f"{STUDIO}/fete", {"do": "remove"})).location == f"{STUDIO}?said=removed"
    assert (await stranger.get(address)).status == 404


async def test_what_is_wrong_stands_beside_its_field(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    page = await send(anna, b"", "a b")
    assert page.status == 422
    assert 'id="p-file"' in page and 'id="p-name"' in page and 'value="a b"' in page
    page = await send(anna, b"<svg/>")
    assert (
        page.status == 422 and "This is not a picture that can be shown" in page and 'value="party"' in page
    )
    await send(anna, photo())
    page = await send(anna, photo())
    assert page.status == 422 and "There is an emoji of this name already" in page
    await send(anna, photo(), "other_one")
    page = await anna.post(f"{STUDIO}/party", {"do": "rename", "new_name": "other_one"})
    assert page.status == 422 and 'id="p-new-party"' in page and 'id="p-new-other_one"' not in page
    assert (await anna.post(f"{STUDIO}/nothing", {"do": "rename", "new_name": "fete"})).status == 404
    assert MAX_FORM_BYTES > 1024**2


async def test_members_do_not_come_in(site: Site) -> None:
    bob = await site.browser(await member(site.db, site.anna, "Bob"))
    assert (await bob.get(STUDIO)).status == 403
    assert (await send(bob, photo())).status == 403
    assert (await bob.post(f"{STUDIO}/party", {"do": "remove"})).status == 403


async def test_it_is_drawn_under_posts_and_chosen_without_scripts(site: Site) -> None:
    anna, bob = (
        await site.browser(site.anna.owner),
        await site.browser(await member(site.db, site.anna, "Bob")),
    )
    await send(anna, photo())
    (address,) = ADDRESS.findall((await anna.get(STUDIO)).text)
    post = await site.post("Look")
    room = await bob.get("/@anna/news")
    assert f'href="/@anna/news/{post.seq}/react"' in room and address not in room
    choice = await bob.get(f"/@anna/news/{post.seq}/react")
    assert f'<button name="emoji" value=":party:"><img class="emoji" src="{address}" alt=":party:"' in choice
    pressed = await bob.post(f"/@anna/news/{post.seq}/react", {"emoji": ":party:"})
    assert pressed.status == 303
    drawn = f'<span class="e"><img class="emoji" src="{address}" alt=":party:" title=":party:" width="20" height="20"></span>'
    assert drawn in await bob.get("/@anna/news")
    assert drawn in await site.stranger().get(f"/@anna/news/{post.seq}")
    wrong = await bob.post(f"/@anna/news/{post.seq}/react", {"emoji": ":nothing:"})
    assert (
        wrong.status == 422 and "This community has no emoji :nothing:" in wrong and 'id="p-emoji"' in wrong
    )
    assert (await bob.post(f"/@anna/news/{post.seq}/react", {"emoji": "🐙"})).status == 303
    await anna.post(f"{STUDIO}/party", {"do": "remove"})
    page = await bob.get("/@anna/news")
    assert address not in page and '<span class="e">:party:</span>' in page


async def test_a_room_that_takes_a_set_offers_those_it_names(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    await send(anna, photo())
    await send(anna, photo(), "other_one")
    fields = {"name": "News", "slug": "news", "about": "", "min_rank": "", "reactions": "set",
              "reaction_set": "👍 :party:", "reaction_default": ":party:"}  # fmt: skip
    wrong = await anna.post("/studio/anna/rooms/news", fields | {"reaction_set": ":nothing:"})
    assert wrong.status == 422 and 'id="p-reaction_set"' in wrong
    assert (await anna.post("/studio/anna/rooms/news", fields)).status == 303
    post = await site.post("Look")
    room = (await anna.get("/@anna/news")).text
    assert '<button name="emoji" value=":party:"><img class="emoji"' in room
    assert 'data-quickest=":party:" data-any-emoji="0"' in room
    choice = await anna.get(f"/@anna/news/{post.seq}/react")
    assert ":party:" in choice and ":other_one:" not in choice and "Any other emoji" not in choice
