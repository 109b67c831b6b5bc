"""The picture and the icon of a page: asked for through the guarded client, made ours, never in the way of the words."""

import asyncio
import hashlib

from sqlalchemy import func, select

from channel import previews
from channel.posts import previewed
from channel.previews.tables import link_pages
from channel.render import views
from channel.render.json import as_json
from tests.conftest import Clock
from tests.posts.writing import change, post
from tests.previews.test_previews import HTML, HTTP, Web, web

__all__ = ["web"]  # a fixture

LOOKS = b"<title>Market</title><meta property=og:image content=/pot.jpg><link rel=icon href='http://cdn.example.net/i.png'>"
POT, SIGN = b"a pot", b"a sign"


def key(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def telling(web: Web, **answers: tuple[str, bytes]) -> None:
    """What the world says by path; all else is a page that names its pictures."""
    told = {"/pot.jpg": ("200 OK", POT), "/i.png": ("200 OK", SIGN)} | {
        f"/{name}": one for name, one in answers.items()
    }

    async def speak(head: bytes, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1].decode()
        status, body = told.get(path, ("200 OK", LOOKS))
        kind = "image/jpeg" if path in told else HTML.partition(": ")[2]
        lines = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        writer.write(
            lines.encode()
            + (b"" if status[0] != "3" else b"Location: http://192.168.1.1/x\r\n")
            + b"\r\n"
            + body
        )

    web.speak = speak


async def test_they_are_made_ours_and_shown_to_readers(web: Web) -> None:
    telling(web)
    made = await post(web.scene, HTTP)
    await web.work()
    shown = await web.shown(made)
    assert shown is not None
    assert (shown.picture_key, shown.picture_size, shown.icon_key) == (key(POT), len(POT), key(SIGN))
    assert sorted(web.drawn) == [(POT, "picture"), (SIGN, "icon")]
    async with web.scene.db.read() as tx:
        by = await web.scene.by(tx, web.scene.owner)
        (view,) = await views.post_views(tx, [made], web.scene.news, web.scene.community, by)
    assert view.shape == "open" and view.preview is not None
    assert view.preview.picture == f"/linked/{made.id}/{key(POT)}.webp"
    told = as_json(view)["preview"]
    assert told["icon_url"] == f"/linked/{made.id}/{key(SIGN)}.webp"
    assert "cdn.example.net" not in str(told) and "pot.jpg" not in str(told)


async def test_ten_posts_of_one_link_have_one_picture(web: Web, clock: Clock) -> None:
    telling(web)
    made = [await post(web.scene, f"{number}: {HTTP}#{number}") for number in range(10)]
    await web.work()
    assert {one.picture_key for one in [await web.shown(one) for one in made] if one} == {key(POT)}
    assert len(web.there.heard) == 3
    async with web.scene.db.read() as tx:
        assert await previews.wanted(tx, [key(POT), key(SIGN), key(b"other")]) == {key(POT), key(SIGN)}
    clock.forward(24 * 3600 * 1000)
    async with web.scene.db.write() as tx:
        await previews.sweep(tx)
        assert await tx.value(select(func.count()).select_from(link_pages)) == 0
        assert await previews.wanted(tx, [key(POT)]) == {key(POT)}, "the posts show it still"


async def test_a_picture_that_fails_leaves_the_words(web: Web) -> None:
    for number, answer in enumerate(
        (
            ("404 N", b"gone"),
            ("503 S", b"later"),
            ("302 F", b""),
            ("200 OK", b""),
            ("200 OK", b"x" * 6_000_000),
        )
    ):
        telling(web, **{"pot.jpg": answer})
        made = await post(web.scene, f"{HTTP}/{number}")
        await web.work()
        shown = await web.shown(made)
        assert shown is not None and shown.title == "Market", answer[0]
        assert (shown.picture_key, shown.icon_key) == ("", key(SIGN)), answer[0]
    assert not [address for address, _ in web.there.connected if address.startswith("192.168.")]
    web.draws = False
    telling(web)
    made = await post(web.scene, f"{HTTP}/no")
    await web.work()
    shown = await web.shown(made)
    assert shown is not None and (shown.title, shown.picture_key, shown.icon_key) == ("Market", "", "")


async def test_its_writer_takes_the_picture_away(web: Web) -> None:
    telling(web)
    made = await post(web.scene, HTTP)
    await web.work()
    async with web.scene.db.write() as tx:
        by = await web.scene.by(tx, web.scene.owner)
        await previewed.amend(tx, by, made, "The market", None)
    assert (await web.shown(made)).picture_key == key(POT)  # type: ignore[union-attr]
    async with web.scene.db.write() as tx:
        await previewed.amend(tx, by, made, None, None, picture=False)
    shown = await web.shown(made)
    assert shown is not None and (shown.title, shown.picture_key, shown.icon_key) == (
        "The market",
        "",
        key(SIGN),
    )
    assert (await web.kinds()).count("post.previewed") == 3
    async with web.scene.db.write() as tx:
        await previewed.remove(tx, by, made)
    await change(web.scene, made, "No link any more")
    assert await web.shown(made) is None
