"""Pictures of one's own by plain forms: sent, shown everywhere, kept by browsers, gone when they are taken off."""

import re

import httpx2

from tests.cast import member
from tests.media.sending import photo
from tests.web.conftest import HOST, Browser, Page, Site

SAME = {"origin": HOST, "sec-fetch-site": "same-origin"}


async def send(browser: Browser, path: str, content: bytes = b"", **fields: str) -> Page:
    """As a browser sends the form: a file field that nobody used has an empty name."""
    file = ("me.png", content, "text/html") if content else ("", b"")
    answer = await browser.http.post(path, data=fields or {"x": "50"}, files={"file": file}, headers=SAME)
    return Page(answer)


def addresses(page: Page, width: int) -> list[str]:
    return re.findall(rf"/looks/[0-9a-f]{{32}}/{width}\.webp", page.text)


async def picture(browser: Browser, address: str) -> httpx2.Response:
    return (await browser.get(address)).answer


async def test_a_face_of_ones_own(site: Site) -> None:
    anna, stranger = await site.browser(site.anna.owner), site.stranger()
    done = await send(anna, "/account/face", photo(800, 600), x="0", y="50", zoom="200")
    assert (done.status, done.location) == (303, "/account?said=saved#face")
    post = await site.post("Look at me")
    room = await stranger.get(f"/@anna/news/{post.seq}")
    (address, *_) = addresses(room, 96)
    got = await picture(stranger, address)
    assert (got.status_code, got.headers["content-type"]) == (200, "image/webp")
    assert got.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert got.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert got.headers["x-content-type-options"] == "nosniff"
    again = await stranger.get(address, **{"if-none-match": got.headers["etag"]})
    assert (again.status, again.answer.content) == (304, b"")
    page = await anna.get("/account")
    assert "Your own picture" in page and "Remove my picture" in page
    assert (await send(anna, "/account/face", remove="1")).location == "/account?said=removed#face"
    assert (await stranger.get(address)).status == 404
    assert "Remove my picture" not in await anna.get("/account")


async def test_saving_the_profile_keeps_the_face_that_is_chosen(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    await send(anna, "/account/face", photo())
    (worn,) = set(
        re.findall(
            r'value="(own:[0-9a-f]{32})" aria-label="Your own picture" checked',
            (await anna.get("/account")).text,
        )
    )
    profile = {"name": "Anna", "handle": "", "hue": "10", "language": ""}
    assert (await anna.post("/account/profile", profile | {"avatar": worn})).status == 303
    assert addresses(await anna.get("/account"), 256)
    assert (await anna.post("/account/profile", profile | {"avatar": ""})).status == 303
    assert not addresses(await anna.get("/account"), 256)
    refused = await anna.post("/account/profile", profile | {"avatar": worn})
    assert refused.status == 422 and "send your own" in refused


async def test_an_icon_and_a_cover_of_the_community(site: Site) -> None:
    anna, stranger = await site.browser(site.anna.owner), site.stranger()
    assert (await send(anna, "/studio/anna/cover", photo(1600, 900))).location.endswith("said=saved")
    assert (await send(anna, "/studio/anna/icon", photo(300, 300))).location.endswith("said=saved")
    front = await stranger.get("/@anna")
    (cover, *_) = addresses(front, 1280)
    assert addresses(front, 96) + addresses(front, 256), "its icon stands on the page"
    assert f'property="og:image" content="{site.settings.url}{cover}"' in front.text
    invite = await site.invite()
    assert cover in (await stranger.get(f"/join/{invite.code}")).text
    settings = await anna.get("/studio/anna/settings")
    assert settings.text.count("Remove my picture") == 2
    assert (await send(anna, "/studio/anna/cover", remove="1")).location.endswith("said=removed")
    assert (await stranger.get(cover)).status == 404
    assert cover not in (await stranger.get("/@anna")).text


async def test_a_private_community_is_seen_by_who_is_shown_the_address(site: Site) -> None:
    anna, stranger = await site.browser(site.anna.owner), site.stranger()
    await anna.post("/studio/anna/settings", {
        "name": "Anna", "about": "", "visibility": "private", "hue": "10", "cover": "pattern:1", "avatar": "", "language": "en",
    })  # fmt: skip
    await send(anna, "/studio/anna/cover", photo(1600, 900))
    assert (await stranger.get("/@anna")).status == 404
    invite = await site.invite()
    (cover, *_) = addresses(await stranger.get(f"/join/{invite.code}"), 1280)
    assert (await stranger.get(cover)).status == 200
    guess = cover.replace(cover[7:9], "00" if cover[7:9] != "00" else "11", 1)
    assert (await stranger.get(guess)).status == 404


async def test_what_is_wrong_stands_beside_the_file(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    for path in ("/account/face", "/studio/anna/icon", "/studio/anna/cover"):
        nothing = await send(anna, path)
        assert nothing.status == 422 and "Choose a picture first." in nothing
        other = await send(anna, path, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>")
        assert other.status == 422 and "This is not a picture that can be shown." in other
        broken = await send(anna, path, photo()[:300])
        assert broken.status == 422 and "damaged" in broken
        beyond = await send(anna, path, photo(), zoom="5000")
        assert beyond.status == 422 and "100 to 400 percent" in beyond
        large = await send(anna, path, b"\x89PNG\r\n\x1a\n" + b"x" * (20 * 1024 * 1024))
        assert large.status == 422 and "more than 20 MiB" in large
        assert 'aria-invalid="true"' in large.answer.text


async def test_who_may_not_is_told_before_a_byte_is_taken(site: Site) -> None:
    bob = await site.browser(await member(site.db, site.anna, "Bob"))
    assert (await send(bob, "/studio/anna/cover", photo())).status == 403
    assert (await send(site.stranger(), "/studio/anna/cover", photo())).status == 401
    assert (await send(site.stranger(), "/account/face", photo())).status == 401
