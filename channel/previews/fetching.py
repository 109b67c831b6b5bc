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
from channel.previews.model import Found, foreign
from channel.storage import Database

TRIES: Final = 3
AGAIN_MS: Final = (30_000, 300_000)
KINDS: Final = ("text/html", "application/xhtml+xml")
NOT_NOW: Final = (408, 425, 429)

log = logging.getLogger("channel.previews")


def previews_handler(
    db: Database, outside: Outside, *, own: str, on: bool
) -> Callable[[Event], Awaitable[None]]:
    """Makes the preview of a post. `own`: our host, whose pages need none; not `on`: nobody is asked, nothing is shown."""

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
        found = known
        if wanted and known is None:
            try:
                found = await ask(outside, url)
            except Unavailable:
                if event.tries + 1 < TRIES:
                    await _again(db, event)
                    return
        async with db.write() as tx:
            if found is not None and known is None:
                await actions.keep_page(tx, url, found)
            await actions.fill(tx, event, links, link, url, found)

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
