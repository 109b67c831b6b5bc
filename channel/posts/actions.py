"""Publishing, editing, deleting. Each is one event in the room's stream, written with the change."""

import secrets
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Any

from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.exc import IntegrityError

from channel import markdown, mentions, previews, rooms, tags, tiers
from channel.accounts.model import Account
from channel.errors import Conflict, Invalid, NotFound
from channel.events import PostDeleted, PostEdited, PostPublished
from channel.ids import new_id
from channel.members.model import Action, Entitlement
from channel.mentions.queries import NOBODY_KNOWN, Known
from channel.naming import hashed
from channel.outbox import emit, give_back, reserve
from channel.posts import (
    announcing,
    carrying,
    horizon,
    letters,
    moving,
    opening,
    pins,
    previewed,
    queries,
    steps,
    talk,
    teasing,
)
from channel.posts.model import MAX_EDITS, Draft, Post, Rendered, next_rev, parse_key
from channel.posts.rights import require_author, require_change, require_delete
from channel.posts.steps import Step
from channel.posts.tables import drafts, posts, revisions
from channel.rooms.model import Room
from channel.storage import Prepared, Tx, locking
from channel.topics import Topic
from channel.topics import actions as topics

WRITTEN = ("text", "min_rank", "teaser", "ai")  # what an edit can change; the HTML follows from it
MAX_SEEN = 1_000  # posts that one move of read positions counts as viewed
_ADD = Prepared(
    lambda words: (
        words.insert(posts)
        .values(**{column.name: bindparam(column.name) for column in posts.c})
        .on_conflict_do_nothing(index_elements=["author_id", "key"])
    )
)
_VIEWED = (
    update(posts)
    .where(posts.c.id == bindparam("post_id"))
    .values(views=posts.c.views + bindparam("more", type_=Integer))
)


async def prepare(draft: Draft, *, rooms: Mapping[str, str], known: Known = NOBODY_KNOWN) -> Rendered:
    """Turn the Markdown into HTML. Takes time, so it comes before the transaction. `rooms`: see model.addresses;
    `known`: whom it may name, see mentions.names.

    Raises Invalid (text) when it would grow beyond all bounds, or names too many.
    """
    laid = await markdown.in_thread(draft.text, rooms=rooms, names=known.names)
    calls = tuple(known.calls[word] for word in laid.calls)
    mentions.require_few(calls)
    teased = tuple(sorted(hashed(draft.teaser) - rooms.keys())) if known.names.tags else ()
    tags.require_few({*laid.tags, *teased})
    return Rendered(draft, laid.html, calls, laid.tags, teased, laid.links)


async def publish(
    tx: Tx,
    by: Entitlement,
    author: Account,
    room: Room,
    rendered: Rendered,
    key: str | None = None,
    *,
    topic: Topic | None = None,
) -> tuple[Post, bool]:
    """Publish in `room`. The same author and key again gives the first post and False, and changes nothing.

    Without a key it is a post of its own, whatever came before. In a group it is a message in `topic` (None: General).
    Raises NotFound, Forbidden, Invalid (key, min_rank, opens, quote, media), Conflict (no_more_important), TooMany
    (slow_mode).
    """
    require_author(by, author.id, room)
    if key is not None:
        first = await queries.by_key(tx, author.id, parse_key(key))
        if first is not None:
            return first, False
    await carrying.hold_media(tx, room.community_id, rendered.draft.all_media)
    topic = await _place(tx, by, author, room, rendered.draft, topic)
    quote_id = await _quotable(tx, by, rendered.draft.quote_id)
    carried = await carrying.usable(tx, by, room, rendered.draft.media or ())
    teased = await teasing.require(tx, by, room, rendered.draft.teaser_picture, carried)
    row = _row(tx, author, room, rendered, key or secrets.token_urlsafe(16), quote_id)
    row["media_count"] = len(carried)
    row["topic_id"] = topic.id if topic else None
    if row["important"]:
        await letters.require_budget(tx, room.community_id)
    event = PostPublished(room_id=room.id, post_id=row["id"])
    row["seq"] = await reserve(tx, event.stream)
    try:
        created = await tx.run(_ADD, **row)
    except IntegrityError as error:
        raise NotFound("This room no longer exists.") from error
    if not created:  # somebody published under this key since we looked: nobody has seen the seq yet
        await give_back(tx, event.stream)
        return await _first(tx, author.id, row["key"]), False
    await emit(tx, event, seq=row["seq"])
    if not row["silent"]:
        await _expect_told(tx, row, topic)
    await announcing.announce(tx, room.id, topic_id=row["topic_id"])
    await opening.expect(tx, row["id"], row["opens"])
    await carrying.attach(tx, row["id"], carried)
    if teased:
        await teasing.put(tx, row["id"], teased)
    if topic:
        await topics.grew(tx, topic, row["seq"])
    post = queries.post_from(row, author)
    if rendered.calls or rendered.tags or rendered.teased:
        await _note_names(tx, by, post, rendered)
    if rendered.links:
        await previewed.note(tx, post, rendered, room)
    return post, True


async def _expect_told(tx: Tx, row: Mapping[str, Any], topic: Topic | None) -> None:
    if topic is None:
        await letters.expect(tx, row["id"], row["community_id"])
    else:
        await letters.expect_followers(tx, row["id"], topic.id, row["author_id"])


async def _note_names(tx: Tx, by: Entitlement, post: Post, rendered: Rendered) -> None:
    """Keep whom and what the post names, beside it. Who lost the right to call groups meanwhile calls none."""
    many = by.may(Action.MENTION_MANY)
    where = mentions.Where(post.id, post.community_id, post.room_id, post.seq, post.created_at)
    await mentions.note(tx, where, [one for one in rendered.calls if many or one.kind == "person"])
    await tags.note(tx, post.id, post.community_id, post.created_at, rendered.tags, rendered.teased)


async def _place(
    tx: Tx, by: Entitlement, author: Account, room: Room, draft: Draft, topic: Topic | None
) -> Topic | None:
    """The topic that a message goes into, when its author's turn has come; None for a post in a channel."""
    if room.is_group:
        talk.require_plain(draft)
        return await talk.require_turn(tx, by, author, room, topic)
    await _require_rank(tx, room.community_id, draft.min_rank)
    await _require_steps(tx, room.community_id, draft.opens or ())
    return None


async def _first(tx: Tx, author_id: str, key: str) -> Post:
    found = await queries.by_key(tx, author_id, key)
    if found is None:
        raise Conflict("Somebody changed this at the same moment. Try again.")
    return found


def _row(
    tx: Tx, author: Account, room: Room, rendered: Rendered, key: str, quote_id: str | None
) -> dict[str, Any]:
    draft = rendered.draft
    return {
        "id": new_id(tx.now),
        "community_id": room.community_id,
        "room_id": room.id,
        "author_id": author.id,
        "key": key,
        **_content(rendered),
        "opens": draft.opens or (),
        "silent": draft.silent,
        "important": draft.important,
        "morning": draft.morning,
        "quote_id": quote_id,
        "pin_position": None,
        "rev": 1,
        "changed_rev": 1,
        "views": 0,
        "comments": 0,
        "comments_off": False,
        "media_count": 0,
        "created_at": tx.now,
        "edited_at": None,
        "deleted_at": None,
        **_cost(draft),
    }


def _cost(draft: Draft) -> dict[str, Any]:
    """What opening it alone costs."""
    cost = draft.unlock
    return {
        "unlock_amount": cost.amount if cost else None,
        "unlock_currency": cost.currency if cost else None,
    }


def _content(rendered: Rendered) -> dict[str, Any]:
    draft = rendered.draft
    return {
        "text": draft.text,
        "html": rendered.html,
        "renderer": markdown.RENDERER,
        "min_rank": draft.min_rank,
        "teaser": draft.teaser,
        "ai": draft.ai,
    }


async def edit(tx: Tx, by: Entitlement, post: Post, rendered: Rendered, *, rev: int | None = None) -> Post:
    """Give the post a new text, teaser (with its picture), audience, waterfall and word on AI; what it quotes and how it was sent stay.

    The old wording is kept. `rev` is the one the writer had before them; what only looks
    different since, a picture that is ready by now, is no other wording. Nothing changed: nothing happens.
    Raises NotFound, Forbidden, Invalid (min_rank, opens), Conflict (code edited_meanwhile, too_many_edits).
    """
    require_change(by, post)
    if post.topic_id is not None:
        talk.require_plain(rendered.draft)
    rev = post.rev if rev is None else rev
    await carrying.hold_all(tx, post, rendered.draft.all_media)
    post = await queries.one(tx, post.id)  # as it is now that nobody else changes it
    if post.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if not post.changed_rev <= rev <= post.rev:
        raise _edited_meanwhile()
    content = _content(rendered)
    carried = await carrying.changed(tx, by, post, rendered.draft.media)
    teased = await teasing.changed(tx, by, post, rendered.draft.teaser_picture, carried)
    if carried is None and not teased and all(getattr(post, field) == content[field] for field in WRITTEN):
        content = {}
    opens = _planned(post, rendered.draft)
    if not content and opens == post.opens and rendered.draft.unlock == post.unlock:
        return post
    if post.rev > MAX_EDITS:
        raise Conflict("This post was edited 500 times. Publish a new one.", code="too_many_edits")
    if content:
        await _require_rank(tx, post.community_id, rendered.draft.min_rank)
    await _require_steps(tx, post.community_id, [step for step in opens if step not in post.opens])
    edited = await _revise(tx, by, post, content, {"opens": opens, **_cost(rendered.draft)})
    if content:
        await _note_names(tx, by, post, rendered)
        await previewed.note(tx, post, rendered)
    gone = await teasing.put(tx, post.id, rendered.draft.teaser_picture) if teased else []
    edited = edited if carried is None else await carrying.replace(tx, edited, carried)
    await carrying.drop(tx, post.community_id, gone)
    await announcing.announce_edit(tx, post, edited, teased=teased)
    await letters.expect_edit(tx, post, edited)
    return edited


def _planned(post: Post, draft: Draft) -> tuple[Step, ...]:
    """The waterfall after this edit: as the writer says, else what is left of it below the new audience."""
    return steps.remaining(post.opens, draft.min_rank) if draft.opens is None else draft.opens


async def _revise(
    tx: Tx, by: Entitlement, post: Post, content: dict[str, Any], terms: dict[str, Any]
) -> Post:
    """Store it as the next revision. Only its `terms` are new (no `content`): the wording is not an edited one."""
    unchanged = (posts.c.id == post.id, posts.c.rev == post.rev, posts.c.deleted_at.is_(None))
    fresh = content | terms | next_rev(post.rev) | ({"edited_at": tx.now} if content else {})
    if not await tx.run(update(posts).where(*unchanged).values(**fresh)):
        raise _edited_meanwhile()
    if content:
        old = {"post_id": post.id, "rev": post.rev, "text": post.text, "min_rank": post.min_rank}
        await tx.run(revisions.insert().values(**old, at=tx.now, by_id=by.account_id))
    if terms["opens"] != post.opens:
        await opening.expect(tx, post.id, terms["opens"])
    await emit(tx, PostEdited(room_id=post.room_id, post_id=post.id, rev=post.rev + 1))
    return replace(post, **{field: value for field, value in fresh.items() if field != "renderer"})


def _edited_meanwhile() -> Conflict:
    return Conflict(
        "This post was changed meanwhile. Look at it again, then save yours.", code="edited_meanwhile"
    )


async def delete(tx: Tx, by: Entitlement, post: Post) -> Post:
    """Empty the post and what it said before; a trace keeps its place. Twice is once. Raises NotFound, Forbidden."""
    require_delete(by, post)
    await carrying.hold_all(tx, post)
    await pins.take_off(tx, post)
    empty = {
        "text": "", "html": "", "teaser": "", "opens": (), "pin_position": None, "deleted_at": tx.now,
        "unlock_amount": None, "unlock_currency": None, "media_count": 0,
    }  # fmt: skip
    present = (posts.c.id == post.id, posts.c.deleted_at.is_(None))
    if await tx.run(update(posts).where(*present).values(**empty)):
        await tx.run(update(revisions).where(revisions.c.post_id == post.id).values(text=""))
        await tx.run(update(drafts).where(drafts.c.quote_id == post.id).values(quote_id=None))
        if post.topic_id is not None:
            await moving.settle(tx, (await queries.one(tx, post.id)).topic_id or post.topic_id)
        await mentions.forget(tx, post.id)
        await tags.forget(tx, post.id)
        await carrying.let_go(tx, post)
        await previews.forget(tx, post.id)
        await emit(tx, PostDeleted(room_id=post.room_id, post_id=post.id))
        await announcing.announce(tx, post.room_id, topic_id=post.topic_id)
    return await queries.one(tx, post.id)


async def seen(
    tx: Tx, room: Room, moved: Mapping[str, tuple[int, int]], topic_id: str | None = None
) -> tuple[str, ...]:
    """Count a view for each post that somebody read; the newest 1,000, none of one's own. Returns their ids.

    `moved`: by account id, the seqs its read position went from and to; only those that did, or posts are counted
    twice. In a group they are positions in one topic.
    """
    if not moved:
        return ()
    first, last = min(before for before, _ in moved.values()), max(now for _, now in moved.values())
    within = [posts.c.room_id == room.id, posts.c.seq > first, posts.c.seq <= last]
    if topic_id is not None:
        within.append(posts.c.topic_id == topic_id)
    newest = select(posts.c.id).where(*within, posts.c.deleted_at.is_(None))
    newest = newest.order_by(posts.c.seq.desc()).limit(MAX_SEEN)
    # Locked in one order (as pins does), or two readers who overlap would wait for each other.
    chosen = (
        select(posts.c.id, posts.c.seq, posts.c.author_id).where(posts.c.id.in_(newest)).order_by(posts.c.seq)
    )
    counted = _views(await tx.all(locking(tx.dialect, chosen, key_share=True)), moved)
    await tx.run_many(_VIEWED, [{"post_id": id, "more": more} for id, more in counted.items()])
    return tuple(counted)


def _views(rows: Sequence[Any], moved: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """How many read each post (id, seq, author; by seq), its author left out; those that nobody read are missing."""
    seqs = [row.seq for row in rows]
    steps = [0] * (len(rows) + 1)
    for before, now in moved.values():
        steps[bisect_right(seqs, before)] += 1
        steps[bisect_right(seqs, now)] -= 1
    counted: dict[str, int] = {}
    for row, readers in zip(rows, accumulate(steps), strict=False):
        before, now = moved.get(row.author_id, (0, 0))
        others = readers - (before < row.seq <= now)
        if others:
            counted[row.id] = others
    return counted


async def _require_steps(tx: Tx, community_id: str, planned: Sequence[Step]) -> None:
    """Raises Invalid (opens) for a step that is not ahead, or for a tier that is not there."""
    steps.require_ahead(planned, tx.now)
    for step in planned:
        await _require_rank(tx, community_id, step.min_rank, field="opens")


async def _require_rank(tx: Tx, community_id: str, min_rank: int | None, *, field: str = "min_rank") -> None:
    """A post may ask only for what somebody can have: a tier's rank. Raises Invalid naming the choices."""
    if not min_rank:
        return
    offered = [tier for tier in await tiers.of_community(tx, community_id) if tier.rank > 0]
    if min_rank not in {tier.rank for tier in offered}:
        choices = ", ".join(f"{tier.rank} ({tier.name})" for tier in offered) or "none yet"
        raise Invalid({field: f"No tier has this rank. Choose everyone, members, or a tier: {choices}."})


async def _quotable(tx: Tx, by: Entitlement, quote_id: str | None) -> str | None:
    """Raises Invalid (quote) for a post of another community, a deleted one, or one the author may not read."""
    if quote_id is None:
        return None
    found = await queries.quotable(tx, quote_id)
    gone = found is None or found.community_id != by.community_id or not by.reads(*found.min_ranks)
    if gone or (found and found.seq < await horizon.first_seq(tx, by, await rooms.one(tx, found.room_id))):
        raise Invalid(quote="The post you quote is no longer here. Publish without it.")
    return quote_id
