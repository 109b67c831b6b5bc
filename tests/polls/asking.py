"""Polls in tests, made and voted in by the verbs that the product uses."""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from channel import polls, posts
from channel.accounts import Account
from channel.chores import scheduler
from channel.events import PollClosed, room_stream
from channel.outbox import events_since
from channel.polls import Poll, PollDraft, queries
from channel.polls.model import Cast, ids_of
from channel.polls.tables import ballots, poll_options, voters
from channel.posts.model import Draft, Post
from channel.rooms import Room
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene

COLOURS = ("Celadon", "Cobalt", "Oxblood")


async def ask(
    scene: Scene,
    *,
    text: str = "Which glaze?",
    options: Sequence[str] = COLOURS,
    room: Room | None = None,
    min_rank: int | None = None,
    poll_rank: int | None = None,
    teaser: str = "",
    **more: Any,
) -> Post:
    """A post with a poll by the owner. `min_rank` is the post's, `poll_rank` the poll's own."""
    draft = PollDraft.parse(options, min_rank=poll_rank, **more)
    rendered = await posts.prepare(Draft.parse(text, min_rank=min_rank, teaser=teaser), rooms={})
    async with scene.db.write() as tx:
        by = await scene.by(tx, scene.owner)
        made, created = await polls.publish(
            tx, by, scene.owner, room or scene.news, rendered, poll=draft, key=secrets.token_hex(8)
        )
    assert created
    return made


async def choose(
    scene: Scene, who: Account | None, post: Post, *options: int, receipt: str = "", room: Room | None = None
) -> Cast:
    async with scene.db.write() as tx:
        by = await scene.by(tx, who)
        return await polls.vote(tx, by, post, room or scene.news, options, receipt=receipt)


async def take_back(scene: Scene, who: Account, post: Post, *, receipt: str = "") -> Poll:
    async with scene.db.write() as tx:
        return await polls.retract(tx, await scene.by(tx, who), post, scene.news, receipt=receipt)


async def end(scene: Scene, post: Post, *, by: Account | None = None) -> Poll:
    async with scene.db.write() as tx:
        return await polls.close(tx, await scene.by(tx, by or scene.owner), post)


async def stored(db: Database, post: Post) -> Poll:
    async with db.read() as tx:
        return await queries.one(tx, post.id)


async def counted(db: Database, post: Post) -> dict[int, int]:
    """The tallies as they are stored."""
    return {option.id: option.votes for option in (await stored(db, post)).options}


async def recounted(db: Database, post: Post) -> tuple[dict[int, int], int, int]:
    """The same out of the ballots: tallies, how many ballots, how many who have voted."""
    async with db.read() as tx:
        rows = await tx.all(select(ballots.c.choices).where(ballots.c.post_id == post.id))
        known = await tx.all(select(voters.c.account_id).where(voters.c.post_id == post.id))
        options = await tx.all(select(poll_options.c.id).where(poll_options.c.post_id == post.id))
    found = {row.id: sum(row.id in ids_of(ballot.choices) for ballot in rows) for row in options}
    return found, len(rows), len(known)


async def worked_off(db: Database) -> None:
    await Worker(db, {"schedule": scheduler(db)}).work_off()


async def ends_told(scene: Scene) -> list[PollClosed]:
    async with scene.db.read() as tx:
        logged = await events_since(tx, room_stream(scene.news.id), 0, limit=1000)
    return [row.event for row in logged if isinstance(row.event, PollClosed)]
