"""Keeping the previews of posts. What changes in what is shown is one event in the room's stream."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, insert, select, update

from channel.errors import NotFound
from channel.events import PostPreviewed, PreviewDue, room_stream
from channel.outbox import emit, hold, schedule
from channel.previews.model import MAX_LINKS, Found, Pictures, parse_words
from channel.previews.queries import KEPT_MS
from channel.previews.tables import link_pages, link_previews
from channel.storage import Tx

NONE = Pictures()
EMPTY = {"link": "", "url": "", "title": "", "description": "", "site": ""}


async def note(tx: Tx, post_id: str, room_id: str, links: Sequence[str], *, wanted: bool) -> None:
    """The post has these links now, the first one first. The same as before change nothing, whatever became of them.

    `wanted`: not one that its author or its room declined. It is fetched after the commit.
    """
    lines = "\n".join(link for link in links[:MAX_LINKS] if "\n" not in link)
    before = await tx.value(select(link_previews.c.links).where(link_previews.c.post_id == post_id))
    if before == (lines or None):
        return
    await forget(tx, post_id)
    if not lines:
        return
    state = "due" if wanted else "removed"
    row = {"post_id": post_id, "links": lines, "state": state, "at": tx.now, **EMPTY}
    await tx.run(insert(link_previews).values(**row))
    if wanted:
        await schedule(tx, PreviewDue(post_id=post_id, room_id=room_id))


async def forget(tx: Tx, post_id: str) -> None:
    """The post is gone, or has other links."""
    await tx.run(delete(link_previews).where(link_previews.c.post_id == post_id))


async def fill(
    tx: Tx,
    task: PreviewDue,
    links: Sequence[str],
    link: str,
    url: str,
    found: Found | None,
    *,
    kept: Pictures = NONE,
) -> None:
    """What came of it. Nothing, when the post has other links meanwhile, or is gone."""
    await hold(tx, room_stream(task.room_id))
    still = (
        link_previews.c.post_id == task.post_id,
        link_previews.c.state == "due",
        link_previews.c.links == "\n".join(links),
    )
    shown = found is not None and bool(found.title)
    words = asdict(found) if found and shown else {}
    fresh: dict[str, object] = {"state": "shown" if shown else "none", "link": link, "url": url} | {
        name: words[name] for name in ("title", "description", "site") if words
    }
    fresh |= asdict(kept) if shown else {}
    if await tx.run(update(link_previews).where(*still).values(**fresh)) and shown:
        await emit(tx, PostPreviewed(room_id=task.room_id, post_id=task.post_id))


async def remove(tx: Tx, post_id: str, room_id: str) -> None:
    """The post shows none, nor is one on its way, until it links to something else. Twice is once."""
    await hold(tx, room_stream(room_id))
    there = (link_previews.c.post_id == post_id, link_previews.c.state.in_(("shown", "due")))
    if await tx.run(update(link_previews).where(*there).values(**EMPTY, **asdict(NONE), state="removed")):
        await emit(tx, PostPreviewed(room_id=room_id, post_id=post_id))


async def amend(
    tx: Tx, post_id: str, room_id: str, title: str, description: str, *, picture: bool = True
) -> None:
    """Say it in other words; not `picture`: without it from now on. Raises NotFound, Invalid (title, description)."""
    title, description = parse_words(title, description)
    fresh: dict[str, object] = {"title": title, "description": description}
    fresh |= {} if picture else {"picture_key": "", "picture_size": 0}
    await hold(tx, room_stream(room_id))
    there = (link_previews.c.post_id == post_id, link_previews.c.state == "shown")
    if not await tx.run(update(link_previews).where(*there).values(**fresh)):
        raise NotFound("This post has no preview.")
    await emit(tx, PostPreviewed(room_id=room_id, post_id=post_id))


async def keep_page(tx: Tx, url: str, found: Found, kept: Pictures) -> None:
    """So that ten posts of one link ask once."""
    await tx.run(delete(link_pages).where(link_pages.c.url == url))
    row = {"url": url, "fetched_at": tx.now, **asdict(found), **asdict(kept)}
    await tx.run(tx.insert(link_pages).values(**row).on_conflict_do_nothing())


async def sweep(tx: Tx) -> None:
    """What pages said is kept for a day."""
    await tx.run(delete(link_pages).where(link_pages.c.fetched_at <= tx.now - KEPT_MS))
