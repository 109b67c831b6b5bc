"""A post that links somewhere: its card comes after the commit, follows the text, and is asked for once a day."""

import asyncio
import gzip
import hashlib
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import func, select

from channel import previews, rooms
from channel.errors import Forbidden, Invalid, NotFound
from channel.events import room_stream
from channel.members import governing
from channel.outbox import events_since, waiting_jobs
from channel.posts import previewed
from channel.posts.model import Post
from channel.previews import sweep
from channel.previews.fetching import previews_handler
from channel.previews.model import Part
from channel.previews.tables import link_pages, link_previews
from channel.render import views
from channel.render.json import as_json
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.outside.standin import Speak, World, says, world
from tests.posts.writing import change, post, remove
from tests.topics.talking import group

HTML = "Content-Type: text/html; charset=utf-8"
PAGE = "<title>Töpfermarkt</title><meta name=description content='84 Werkstätten'><meta property=og:site_name content=Hafen>".encode()
LINK = "https://pots.example.org/market"
HTTP = "http://pots.example.org/market"


class Web:
    """A scene with a worker, and a world outside that says what `speak` says."""

    def __init__(self, scene: Scene, there: World) -> None:
        self.scene = scene
        self.there = there
        self.speak: Speak = says(PAGE, HTML)
        self.on = True
        self.drawn: list[tuple[bytes, str]] = []
        self.draws = True

    async def work(self) -> None:
        handler = previews_handler(
            self.scene.db, self.there.outside, self.draw, own="channel.example.com", on=self.on
        )
        await Worker(self.scene.db, {"previews": handler}).work_off()

    async def draw(self, content: bytes, part: Part) -> tuple[str, int]:
        self.drawn.append((content, part))
        return (hashlib.sha256(content).hexdigest(), len(content)) if self.draws else ("", 0)

    async def shown(self, made: Post) -> previews.Preview | None:
        async with self.scene.db.read() as tx:
            return (await previews.of_posts(tx, [made.id])).get(made.id)

    async def kinds(self) -> list[str]:
        async with self.scene.db.read() as tx:
            return [row.event.kind for row in await events_since(tx, room_stream(self.scene.news.id), 0)]


@pytest.fixture
async def web(db: Database) -> AsyncIterator[Web]:
    async def speak(head: bytes, writer: asyncio.StreamWriter) -> None:
        await made.speak(head, writer)

    async with world(speak) as there:
        made = Web(await creator(db), there)
        yield made


async def test_a_post_shows_what_it_links_to_after_it_was_published(web: Web) -> None:
    made = await post(web.scene, f"Come: {HTTP}#map and https://other.example.org/")
    assert await web.shown(made) is None
    await web.work()
    shown = await web.shown(made)
    assert shown == previews.Preview(made.id, f"{HTTP}#map", "Töpfermarkt", "84 Werkstätten", "Hafen")
    assert shown.host == "pots.example.org"
    assert (await web.kinds())[-2:] == ["post.published", "post.previewed"]
    assert [head.split()[1] for head in web.there.heard] == [b"/market"]


async def test_ten_posts_of_one_link_ask_once_a_day(web: Web, clock: Clock) -> None:
    made = [await post(web.scene, f"{number}: {HTTP}#{number}") for number in range(10)]
    await web.work()
    assert all([await web.shown(one) for one in made])
    assert len(web.there.heard) == 1
    clock.forward(24 * 3600 * 1000)
    async with web.scene.db.write() as tx:
        await sweep(tx)
        assert await tx.value(select(func.count()).select_from(link_pages)) == 0
    await post(web.scene, HTTP)
    await web.work()
    assert len(web.there.heard) == 2


async def test_a_page_that_says_nothing_is_not_asked_again(web: Web) -> None:
    for answer in (
        says(b"no", HTML, status="404 N"),
        says(b"%PDF", "Content-Type: application/pdf"),
        says(b"<p>words", HTML),
    ):
        web.speak = answer
        before = len(web.there.heard)
        link = f"{HTTP}/{before}"
        made = [await post(web.scene, link), await post(web.scene, link)]
        await web.work()
        assert [await web.shown(one) for one in made] == [None, None]
        assert len(web.there.heard) == before + 1
    assert "post.previewed" not in await web.kinds()


async def test_a_server_that_is_away_is_asked_three_times(web: Web, clock: Clock) -> None:
    web.speak = says(b"", status="503 S")
    made = await post(web.scene, HTTP)
    for times in (1, 2, 3, 3):
        await web.work()
        assert len(web.there.heard) == times
        clock.forward(600_000)
    async with web.scene.db.read() as tx:
        assert await waiting_jobs(tx) == 0
    web.speak = says(PAGE, HTML)
    later = await post(web.scene, f"Again {HTTP}")
    await web.work()
    assert (await web.shown(made), bool(await web.shown(later))) == (None, True)


async def test_what_leads_nowhere_is_never_asked(web: Web) -> None:
    web.there.names["inside.example.org"] = [["10.0.0.1"]]
    for link in (
        "http://127.0.0.1/",
        "http://localhost/x",
        "http://inside.example.org/",
        "https://channel.example.com/@anna/news/1",
    ):
        made = await post(web.scene, f"See {link}")
        await web.work()
        assert await web.shown(made) is None
    assert web.there.connected == []


async def test_what_a_spoiler_or_code_hides_is_not_shown(web: Web) -> None:
    for text in (
        f"||{HTTP}||",
        f"||a\n{HTTP} b||",
        f"`{HTTP}`",
        "mail@example.org",
        "@anna #news",
        f"~~x~~ ||a [b]({HTTP}) c||",
    ):
        await post(web.scene, text)
    await web.work()
    assert web.there.asked == []


async def test_the_card_follows_the_text(web: Web) -> None:
    made = await post(web.scene, HTTP)
    await web.work()
    same = await change(web.scene, made, f"Come to {HTTP}")
    assert await web.shown(same)
    other = await change(web.scene, same, "Come to http://pots.example.org/other")
    assert await web.shown(other) is None
    await web.work()
    shown = await web.shown(other)
    assert shown and shown.link == "http://pots.example.org/other"
    none = await change(web.scene, other, "Come")
    assert await web.shown(none) is None
    await remove(web.scene, await change(web.scene, none, HTTP))
    async with web.scene.db.read() as tx:
        assert not await tx.all(select(link_previews))


async def test_what_was_edited_while_the_page_was_asked_keeps_the_newer_link(web: Web) -> None:
    made = await post(web.scene, HTTP)

    async def edited(head: bytes, writer: asyncio.StreamWriter) -> None:
        if head.startswith(b"GET /market "):
            await change(web.scene, made, "Now http://pots.example.org/new")
        await says(f"<title>{head.split()[1].decode()}</title>".encode(), HTML)(head, writer)

    web.speak = edited
    await web.work()
    shown = await web.shown(made)
    assert shown and (shown.link, shown.title) == ("http://pots.example.org/new", "/new")


async def test_who_wrote_it_may_remove_it_or_say_it_in_other_words(web: Web) -> None:
    mara = await web.scene.member("mara")
    made = await post(web.scene, HTTP)
    await web.work()
    async with web.scene.db.write() as tx:
        owner, other = await web.scene.by(tx, web.scene.owner), await web.scene.by(tx, mara)
        for wrong in (previewed.remove(tx, other, made), previewed.amend(tx, other, made, "x", None)):
            with pytest.raises(Forbidden):
                await wrong
        with pytest.raises(Invalid):
            await previewed.amend(tx, owner, made, "", None)
        await previewed.amend(tx, owner, made, "Market", None)
    shown = await web.shown(made)
    assert shown and (shown.title, shown.description) == ("Market", "84 Werkstätten")
    async with web.scene.db.write() as tx:
        await previewed.remove(tx, await web.scene.by(tx, web.scene.owner), made)
    assert (await web.kinds())[-3:] == ["post.previewed"] * 3
    edited = await change(web.scene, made, f"Still {HTTP}")
    await web.work()
    assert await web.shown(edited) is None
    async with web.scene.db.write() as tx:
        await previewed.remove(tx, await web.scene.by(tx, web.scene.owner), made)
        with pytest.raises(NotFound):
            await previewed.amend(tx, await web.scene.by(tx, web.scene.owner), made, "x", None)
    assert (await web.kinds())[-1] == "post.edited"


async def test_none_is_made_where_nobody_wants_one(web: Web) -> None:
    declined = await post(web.scene, HTTP, preview=False)
    await change(web.scene, declined, f"Again {HTTP}")
    async with web.scene.db.write() as tx:
        owner = await web.scene.by(tx, web.scene.owner)
        news = await governing.edit_room(tx, owner, web.scene.community, web.scene.news, previews=False)
    await change(web.scene, await post(web.scene, "x", room=news), HTTP)
    await post(web.scene, HTTP, room=news)
    await web.work()
    async with web.scene.db.write() as tx:
        owner = await web.scene.by(tx, web.scene.owner)
        news = await governing.edit_room(
            tx, owner, web.scene.community, await rooms.one(tx, news.id), previews=True
        )
    web.on = False
    await post(web.scene, HTTP, room=news)
    await web.work()
    assert web.there.asked == []


async def test_a_locked_view_has_no_card_and_the_page_learns_nothing_of_readers(web: Web) -> None:
    gold = await web.scene.tier("Gold", 10)
    mara, rich = await web.scene.member("mara"), await web.scene.member("rich", tier=gold)
    made = await post(web.scene, f"Secret {HTTP}", min_rank=10)
    web.speak = says(gzip.compress(PAGE), HTML, "Content-Encoding: gzip")
    await web.work()
    async with web.scene.db.read() as tx:
        seen = {
            who: as_json(
                (
                    await views.post_views(
                        tx, [made], web.scene.news, web.scene.community, await web.scene.by(tx, who)
                    )
                )[0]
            )
            for who in (None, mara, rich)
        }
    assert seen[rich]["preview"] == {
        "url": HTTP, "title": "Töpfermarkt", "description": "84 Werkstätten", "site": "Hafen", "video": False,
            "picture_url": None, "icon_url": None,
    }  # fmt: skip
    assert "Töpfermarkt" not in str(seen[None]) + str(seen[mara])
    assert "preview" not in seen[mara]
    assert b"Referer" not in web.there.heard[0]


async def test_a_message_of_a_group_shows_it_too(web: Web) -> None:
    lounge = await group(web.scene)
    mara = await web.scene.member("mara")
    made = await post(web.scene, HTTP, room=lounge, author=mara)
    await web.work()
    assert await web.shown(made)
