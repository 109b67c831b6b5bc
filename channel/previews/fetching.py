"""Asking the page that a post links to: by the worker, after the commit, once a day for all posts that link to it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from channel.errors import Invalid, Unavailable
from channel.events import Event, PreviewDue
from channel.outbox import schedule
from channel.outside import Outside
from channel.previews import actions, page, queries
from channel.previews.model import Draw, Found, Part, Pictures, foreign
from channel.storage import Database

TRIES: Final = 3
AGAIN_MS: Final = (30_000, 300_000)
KINDS: Final = ("text/html", "application/xhtml+xml")
PICTURES: Final = "image/avif,image/webp,image/png,image/jpeg,image/gif;q=0.8"
MOST_BYTES: Final[dict[Part, int]] = {"picture": 5 * 1024 * 1024, "icon": 256 * 1024}
NOT_NOW: Final = (408, 425, 429)

log = logging.getLogger("channel.previews")


def previews_handler(
    db: Database, outside: Outside, draw: Draw, *, own: str, on: bool
) -> Callable[[Event], Awaitable[None]]:
    """Makes the preview of a post. `own`: our host, whose pages need none; not `on`: nobody is asked, nothing is shown.

    `draw` makes its pictures ours.
    """

    async def handle(event: Event) -> None:
        if not isinstance(event, PreviewDue):
            raise TypeError(f"No preview is due by {event.kind}.")
        async with db.read() as tx:
            links = await queries.due(tx, event.post_id)
            wanted = foreign(links or (), own) if on else None
            known = await queries.page(tx, wanted[1].url) if wanted else None
        if links is None:
            return
        link, url = (wanted[0], wanted[1].url) if wanted else ("", "")
        found, kept = known or (None, actions.NONE)
        if wanted and known is None:
            try:
                found = await ask(outside, url)
            except Unavailable:
                if event.tries + 1 < TRIES:
                    await _again(db, event)
                    return
            else:
                kept = await pictured(outside, draw, found)
        async with db.write() as tx:
            if found is not None and known is None:
                await actions.keep_page(tx, url, found, kept)
            await actions.fill(tx, event, links, link, url, found, kept=kept)

    return handle


async def _again(db: Database, event: PreviewDue) -> None:
    async with db.write() as tx:
        later = PreviewDue(post_id=event.post_id, room_id=event.room_id, tries=event.tries + 1)
        await schedule(tx, later, tx.now + AGAIN_MS[event.tries])


async def ask(outside: Outside, url: str) -> Found:
    """What the page says; an empty Found for one that says nothing. Raises Unavailable for what may get better."""
    accept = "text/html,application/xhtml+xml;q=0.9"
    try:
        answer = await outside.get(url, accept=accept, kinds=KINDS, most_bytes=page.MOST_BYTES, cut=True)
    except Invalid as error:
        log.info("no preview: %s", error.detail)
        return Found()
    if answer.status >= 500 or answer.status in NOT_NOW:
        raise Unavailable("That address does not answer as it should. Try again later.")
    if answer.status >= 300 or not answer.body:
        return Found()
    return await asyncio.to_thread(page.read, answer.body, answer.headers.get("content-type", ""), answer.url)


async def pictured(outside: Outside, draw: Draw, found: Found) -> Pictures:
    """What the page shows of itself, made ours. Whatever fails of it, the words stand by themselves."""
    if not found.title:
        return actions.NONE
    picture, icon = await asyncio.gather(
        _drawn(outside, draw, found.picture, "picture"), _drawn(outside, draw, found.icon, "icon")
    )
    return Pictures(*picture, *icon)


async def _drawn(outside: Outside, draw: Draw, url: str, part: Part) -> tuple[str, int]:
    """What it is its bytes say, not who sends it."""
    if not url:
        return "", 0
    try:
        answer = await outside.get(url, accept=PICTURES, most_bytes=MOST_BYTES[part])
    except (Invalid, Unavailable) as error:
        log.info("no %s of a preview: %s", part, error.detail)
        return "", 0
    if answer.status >= 300 or not answer.body:
        return "", 0
    return await draw(answer.body, part)
