"""The site as an app: manifests a browser installs, icons that are pictures, what may be kept, what is shared to it."""

import io
from urllib.parse import quote

import pytest
from PIL import Image

from channel.errors import NotFound
from channel.render import icons
from channel.web.app.icons import _parts
from channel.web.app.sharing import joined
from tests.topics import talking
from tests.web.conftest import HOST, Page, Site

DISPLAYS = ("standalone", "fullscreen", "minimal-ui", "window-controls-overlay")


async def installable(site: Site, told: dict[str, object], who: object) -> None:
    """What Chromium asks of an app before it offers to install it."""
    assert told["name"] and told["short_name"] and len(str(told["short_name"])) <= 12
    assert told["display"] in DISPLAYS
    assert told["display_override"] == ["window-controls-overlay", "standalone"]
    assert str(told["start_url"]).startswith(str(told["scope"]))
    assert told["prefer_related_applications"] is False
    pictures = told["icons"]
    assert isinstance(pictures, list)
    plain = {one["sizes"] for one in pictures if one["purpose"] == "any"}
    assert {"192x192", "512x512"} <= plain and any(one["purpose"] == "maskable" for one in pictures)
    for one in pictures:
        answer = (await who.get(one["src"])).answer  # type: ignore[attr-defined]
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert f"{picture.width}x{picture.height}" == one["sizes"] and picture.format == "PNG"
    worker = (await site.stranger().get("/sw.js")).answer.text
    assert 'addEventListener("fetch"' in worker


@pytest.mark.parametrize(("language", "unread"), [("en", "Unread"), ("de", "Ungelesen")])
async def test_the_manifest_of_the_instance_can_be_installed(site: Site, language: str, unread: str) -> None:
    stranger = site.stranger()
    answer = (await stranger.get(f"/manifest.webmanifest?lang={language}")).answer
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert "public" in answer.headers["cache-control"]
    told = answer.json()
    await installable(site, told, stranger)
    assert told["lang"] == language and unread in [one["name"] for one in told["shortcuts"]]
    assert told["share_target"]["action"] == "/app/share" and told["share_target"]["method"] == "POST"


async def test_each_community_is_an_app_of_its_own_for_who_may_know_of_it(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get("/@anna")
    assert 'href="/@anna/app.webmanifest" crossorigin="use-credentials"' in page
    told = (await bob.get("/@anna/app.webmanifest")).answer.json()
    await installable(site, told, bob)
    assert told["id"] == told["start_url"] == "/@anna"
    assert {"name": "News", "url": "/@anna/news"} in told["shortcuts"]
    assert (await site.stranger().get("/@nobody/app.webmanifest")).status == 404


@pytest.mark.parametrize("kind", list(icons.KINDS))
def test_an_icon_has_its_size_and_is_drawn_the_same_each_time(kind: str) -> None:
    size, purpose = icons.KINDS[kind]
    for letters in ("AB", "Ö", icons.NONE):
        content = icons.drawn(210, letters, kind)
        with Image.open(io.BytesIO(content)) as picture:
            assert picture.size == (size, size) and picture.format == "PNG"
            corner = picture.convert("RGBA").getpixel((0, 0))
        assert isinstance(corner, tuple)
        assert (corner[3] == 0) is (purpose == icons.PLAIN), (
            "only a launcher that cuts nothing gets round corners"
        )
    assert icons.drawn(210, "AB", kind) != icons.drawn(30, "AB", kind)


@pytest.mark.parametrize("kind", list(icons.KINDS))
def test_a_picture_that_a_community_wears_becomes_its_icon(kind: str) -> None:
    face = io.BytesIO()
    Image.new("RGB", (256, 256), "#c02040").save(face, "WEBP")
    with Image.open(io.BytesIO(icons.worn(face.getvalue(), kind))) as picture:
        assert picture.size == (icons.KINDS[kind][0],) * 2
        red, green, _, _ = picture.convert("RGBA").getpixel((picture.width // 2, picture.height // 2))  # type: ignore[misc]
    assert red > 150 and green < 80


def test_initials_are_those_of_faces_and_none_in_a_script_that_is_not_drawn() -> None:
    assert icons.initials("Anna Berg") == "AB"
    assert icons.initials("ölmühle") == "ÖL"
    assert icons.initials("写真部") == icons.NONE
    assert _parts("210-AB-192") == (210, "AB", "192")
    for odd in ("210-ab-192", "360-AB-192", "1-ABC-192", "1-AB-64", "x", "01-A-192", f"1-{quote('写')}-192"):
        with pytest.raises(NotFound):
            _parts(odd)


async def test_members_may_keep_a_room_and_strangers_may_not(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    room = (await bob.get("/@anna/news")).answer
    told = (await bob.get("/app/standing")).answer.json()
    assert told["for"] == room.headers["channel-for"] != "-"
    place = next(one for one in told["rooms"] if one["path"] == "/@anna/news")
    assert place["mark"] == room.headers["channel-keep"]
    assert place["read"] == 0
    assert told["home"] == (await bob.get("/")).answer.headers["channel-keep"]
    stranger = (await site.stranger().get("/@anna/news")).answer
    assert stranger.headers["channel-for"] == "-" and "channel-keep" not in stranger.headers
    nobody = (await site.stranger().get("/app/standing")).answer
    assert nobody.json() == {"for": "-", "account": None, "unread": 0, "home": "", "rooms": [], "topics": []}
    assert "no-store" in nobody.headers["cache-control"]


@pytest.mark.parametrize("name", ["favicon.ico", "apple-touch-icon.png", "apple-touch-icon-precomposed.png"])
async def test_programs_that_read_no_page_find_the_icon_by_its_usual_name(site: Site, name: str) -> None:
    icon = (await site.stranger().get(f"/{name}")).answer
    assert icon.status_code == 200 and icon.headers["content-type"] == "image/png"
    assert "set-cookie" not in icon.headers and icon.headers["cache-control"].startswith("public")


async def test_signing_out_has_the_browser_forget_everything(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    answer = (await bob.post("/sign-out")).answer
    assert answer.headers["clear-site-data"] == '"cache", "storage"'


async def test_what_was_written_in_one_name_is_not_sent_in_another(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    me = (await bob.get("/app/standing")).answer.json()["account"]
    mine = await bob.post("/app/share", {"text": "Hello"}, **{"channel-account": me})
    assert mine.status == 200
    other = await bob.post("/app/share", {"text": "Hello"}, **{"channel-account": "somebody-else"})
    assert other.status == 403


async def test_what_is_shared_stands_in_the_composer_of_the_room_that_is_chosen(site: Site) -> None:
    owner = await site.browser(site.anna.owner)
    page = await owner.get("/app/share?title=Kiln&text=Hot%20%26%20red&url=https%3A%2F%2Fexample.org")
    assert "Hot & red" in page and 'data-share-to="/@anna/news"' in page
    room = await owner.get("/@anna/news?text=" + quote("Kiln\nHot & red"))
    assert "Kiln\nHot & red</textarea>" in room
    stranger = await site.stranger().get("/app/share?text=Hello")
    assert "/sign-in?next=/app/share%3Ftext%3DHello" in stranger
    bob = await site.browser(await site.anna.member("bob"))
    assert 'data-share-to="/@anna/news"' not in await bob.get("/app/share?text=Hello"), (
        "members do not post there"
    )


async def test_what_is_shared_to_a_group_stands_in_the_topic_that_is_opened_or_started(site: Site) -> None:
    room = await talking.group(site.anna)
    topic = await talking.start(site.anna, room, "Glaze")
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get("/app/share?text=Hot%20%26%20red")
    assert 'href="/@anna/talk?text=Hot%20%26%20red"' in page
    group = await bob.get("/@anna/talk?text=Hot%20%26%20red")
    assert "Hot & red</textarea>" in group.text
    assert f"/@anna/talk/t/{topic.number}?text=Hot%20%26%20red#" in group
    assert (
        "Hot & red</textarea>" in (await bob.get(f"/@anna/talk/t/{topic.number}?text=Hot%20%26%20red")).text
    )
    stranger = (await site.stranger().get("/@anna/talk?text=Hot%20%26%20red")).text
    assert "Hot" not in stranger, "what is made for a stranger is kept for others"


async def test_a_share_that_came_without_the_worker_keeps_the_words_and_says_what_it_lost(site: Site) -> None:
    owner = await site.browser(site.anna.owner)
    body = (
        b'--x\r\ncontent-disposition: form-data; name="text"\r\n\r\nLook\r\n'
        b'--x\r\ncontent-disposition: form-data; name="files"; filename="a.png"\r\n\r\n\x89PNG\r\n--x--\r\n'
    )
    headers = {
        "origin": HOST,
        "sec-fetch-site": "same-origin",
        "content-type": "multipart/form-data; boundary=x",
    }
    page = Page(await owner.http.post("/app/share", content=body, headers=headers))
    assert page.status == 200 and "Look" in page and "the files did not" in page
    broken = await owner.http.post("/app/share", content=b"--x\r\n", headers=headers)
    assert broken.status_code == 200


async def test_the_share_sheet_itself_is_no_foreign_page(site: Site) -> None:
    """It posts by itself: with an Origin of nothing, and with no page behind it."""
    owner = await site.browser(site.anna.owner)
    sheet = {"origin": "null", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}
    page = Page(await owner.http.post("/app/share", data={"text": "Look"}, headers=sheet))
    assert page.status == 200 and "Look" in page
    for foreign in (
        {"origin": "null"}, sheet | {"sec-fetch-site": "cross-site"}, sheet | {"origin": "https://evil.example"},
    ):  # fmt: skip
        answer = await owner.http.post("/app/share", data={"text": "Look"}, headers=foreign)
        assert answer.status_code == 403, foreign
    elsewhere = await owner.http.post("/@anna/leave", headers=sheet)
    assert elsewhere.status_code == 403, "nowhere else"


def test_what_a_phone_says_twice_is_said_once() -> None:
    assert joined({"title": "A kiln", "text": "A kiln https://e.org", "url": "https://e.org"}) == (
        "A kiln\nA kiln https://e.org"
    )
    assert joined({}) == ""


@pytest.mark.parametrize(("language", "words"), [("en", "No connection"), ("de", "Keine Verbindung")])
async def test_the_offline_page_is_of_nobody(site: Site, language: str, words: str) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get(f"/offline?lang={language}")
    assert words in page and "bob" not in str(page.answer.text).lower()
    assert page.answer.headers["channel-for"] == "-"
