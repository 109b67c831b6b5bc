"""PDFs after they were sent: handed out as they are from the start, with a picture of the first page once there is one."""

from pathlib import Path

import pytest
from sqlalchemy import select

from channel import posts
from channel.media import Desk, Media, pictures, queries
from channel.outbox import jobs
from channel.render.media import media_view
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media import papers
from tests.media.sending import desk, prepared, send
from tests.posts import writing


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Desk:
    return desk(db, tmp_path)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await cast.creator(db)


async def now(db: Database, one: Media) -> Media:
    async with db.read() as tx:
        return await queries.one(tx, one.id)


async def asked(db: Database) -> list[str]:
    async with db.read() as tx:
        return [
            row.consumer
            for row in await tx.all(select(jobs.c.consumer).where(jobs.c.kind == "media.arrived"))
        ]


async def test_its_first_page_is_shown_and_the_file_goes_out_as_it_was(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await send(here, scene, papers.paper(12), name="Glazes.pdf")
    assert (one.kind, one.state, media_view(one).href) == ("file", "ready", f"/media/{one.id}/file")
    assert await asked(db) == ["media"]
    post = await writing.post(scene, "Look", media=[one.id])
    await prepared(db, here, tmp_path, one)
    one = await now(db, one)
    assert (one.kind, one.state, one.pages, one.as_sent, one.problem) == ("file", "ready", 12, True, "")
    assert {made.name for made in one.variants} >= {"320.avif", "320.webp", "1200.webp"}
    view = media_view(one)
    assert (view.href, view.pages) == (f"/media/{one.id}/file", 12)
    assert view.plain is not None and view.plain.href.endswith(".webp")
    async with db.read() as tx:
        assert (await posts.one(tx, post.id)).rev > post.rev, "its readers are told"
    revision = one
    await prepared(db, here, tmp_path, one)
    assert await now(db, one) == revision, "what is done is not done again"


@pytest.mark.parametrize(
    "content", [b"%PDF-1.7 notes", papers.paper()[:300], papers.paper(trailer=papers.LOCKED)]
)
async def test_one_that_cannot_be_drawn_is_a_file_like_others(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, content: bytes
) -> None:
    one = await send(here, scene, content, name="notes.pdf")
    post = await writing.post(scene, "Look", media=[one.id])
    await prepared(db, here, tmp_path, one)
    assert await now(db, one) == one
    assert (one.state, one.as_sent, one.pages, one.variants) == ("ready", True, None, ())
    async with db.read() as tx:
        assert (await posts.one(tx, post.id)).rev == post.rev


async def test_without_the_extra_nothing_is_asked_for(
    db: Database, here: Desk, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "PDF", False)
    one = await send(here, scene, papers.paper(), name="a.pdf")
    assert (one.state, one.as_sent) == ("ready", True)
    assert await asked(db) == []
