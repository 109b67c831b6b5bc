"""The media of a community as its team sees them: where each is used, what they take, and one in another's place.

Files of members are in it once a post carries them: what somebody chose and did not send is theirs alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

from sqlalchemy import ColumnElement, exists, func, or_, select, tuple_, union, update

from channel import media
from channel.errors import Forbidden, Invalid, NotFound
from channel.media import actions
from channel.media.model import KINDS, Kind, Media
from channel.media.queries import KEPT_SIZE, used_bytes
from channel.media.rights import require_owner, team
from channel.media.tables import media as stored
from channel.media.tables import post_media, post_teasers, variants
from channel.members.model import MATRIX, Action, Entitlement
from channel.members.paging import Page, cursor_of, place, within
from channel.posts import carrying, queries, teasing
from channel.posts.model import Post
from channel.posts.tables import drafts
from channel.storage import Tx

MAX_WORD_CHARS = 80
MOST_POSTS = 100  # that one medium is shown to stand in
_in_order = tuple_(stored.c.created_at, stored.c.id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which media: `q` in description or name, of a kind, sent from `since` until before `until` (epoch ms)."""

    q: str = ""
    kind: Kind | None = None
    since: int | None = None
    until: int | None = None
    bare: bool = False  # pictures that nobody has described

    @property
    def all(self) -> bool:
        return self == Wanted()


@dataclass(frozen=True, slots=True)
class Shelved:
    """A medium, and in how many posts it stands."""

    medium: Media
    posts: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one kind of media takes, in bytes with all that was made of them."""

    kind: Kind
    count: int
    size: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What is used, in bytes with what is on its way; and how many of the pictures have a description."""

    used: int
    parts: tuple[Part, ...]
    pictures: int
    described: int


def require(by: Entitlement) -> None:
    """Raises NotFound, Forbidden for who does not post here. In a closed community one goes on looking."""
    if not by.visible:
        raise NotFound("There is no such community.")
    if by.role is None or by.role not in MATRIX[Action.POST]:
        raise Forbidden("Your role here does not allow this. Ask the owner of the community.")


async def listing(
    tx: Tx, by: Entitlement, wanted: Wanted, *, cursor: str | None = None, limit: int = 48
) -> Page[Shelved]:
    """The newest first. Raises NotFound, Forbidden, Invalid for a cursor that is not ours."""
    require(by)
    keys = select(stored.c.created_at, stored.c.id).where(_shown(by), *_fits(wanted))
    if cursor:
        keys = keys.where(_in_order < tuple_(*place(cursor)))
    size = within(limit)
    rows = await tx.all(keys.order_by(stored.c.created_at.desc(), stored.c.id.desc()).limit(size + 1))
    found = await media.many(tx, [row.id for row in rows[:size]])
    counts = await used_in(tx, [*found])
    items = [Shelved(found[row.id], counts.get(row.id, 0)) for row in rows[:size] if row.id in found]
    more = len(rows) > size
    return Page(items, cursor_of(rows[size - 1].created_at, rows[size - 1].id) if more else None)


async def one(tx: Tx, by: Entitlement, media_id: str) -> Shelved:
    """One that the list has. Raises NotFound, Forbidden."""
    require(by)
    found = await media.one(tx, media_id)
    if not await tx.value(select(func.count()).where(stored.c.id == media_id, _shown(by))):
        raise NotFound("There is no such file.")
    return Shelved(found, (await used_in(tx, [media_id])).get(media_id, 0))


async def standing(tx: Tx, by: Entitlement, media_id: str) -> list[Post]:
    """The posts that carry it or show it on their locked card, the newest 100. Raises NotFound, Forbidden."""
    require(by)
    found = await queries.many(tx, await actions.carriers(tx, media_id))
    here = [post for post in found if post.community_id == by.community_id and post.deleted_at is None]
    return sorted(here, key=lambda post: post.created_at, reverse=True)[:MOST_POSTS]


async def used_in(tx: Tx, ids: Sequence[str]) -> dict[str, int]:
    """In how many posts each of these stands; what stands in none is missing."""
    if not ids:
        return {}
    places = union(
        *(
            select(table.c.media_id, table.c.post_id).where(table.c.media_id.in_(ids))
            for table in (post_media, post_teasers)
        )
    ).subquery()
    rows = await tx.all(select(places.c.media_id, func.count().label("n")).group_by(places.c.media_id))
    return {row.media_id: int(row.n) for row in rows}


async def usage(tx: Tx, by: Entitlement) -> Usage:
    """Of the whole community; pictures are counted where the list has them. Raises NotFound, Forbidden."""
    require(by)
    here = stored.c.community_id == by.community_id
    sent = select(stored.c.kind, func.count().label("n"), func.sum(KEPT_SIZE).label("size"))
    made = select(stored.c.kind, func.sum(variants.c.size).label("size"))
    made = made.join_from(variants, stored, stored.c.id == variants.c.media_id)
    counts = {row.kind: row for row in await tx.all(sent.where(here).group_by(stored.c.kind))}
    more = {row.kind: int(row.size) for row in await tx.all(made.where(here).group_by(stored.c.kind))}
    parts = [
        Part(kind, int(counts[kind].n), int(counts[kind].size) + more.get(kind, 0))
        for kind in KINDS
        if kind in counts
    ]
    pictures = (_shown(by), stored.c.kind == "picture")
    total = await tx.value(select(func.count()).where(*pictures))
    said = await tx.value(select(func.count()).where(*pictures, stored.c.alt != ""))
    return Usage(await used_bytes(tx, by.community_id), tuple(parts), int(total), int(said))


def kind_of(text: str) -> Kind | None:
    """A kind by its name; None for what is none."""
    return next((kind for kind in get_args(Kind) if kind == text), None)


def _shown(by: Entitlement) -> ColumnElement[bool]:
    own = [
        exists().where(post_media.c.media_id == stored.c.id),
        exists().where(post_teasers.c.media_id == stored.c.id),
        stored.c.owner_id == by.account_id,
    ]
    if by.may(Action.EDIT_ANY_POST):
        own.append(stored.c.owner_id.in_(team(by.community_id)))
    return (stored.c.community_id == by.community_id) & or_(*own)


def _fits(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(stored.c.kind == wanted.kind)
    if wanted.since is not None:
        found.append(stored.c.created_at >= wanted.since)
    if wanted.until is not None:
        found.append(stored.c.created_at < wanted.until)
    if wanted.bare:
        found += [stored.c.kind == "picture", stored.c.alt == ""]
    return found + [_says(word) for word in wanted.q[:MAX_WORD_CHARS].split()]


def _says(word: str) -> ColumnElement[bool]:
    """SQLite folds the case of a to z only, so the forms in which an ö may stand are tried beside it."""
    forms = {word, word.lower(), word.upper(), word.title()}
    columns = (stored.c.alt, stored.c.name)
    found = [func.lower(column).contains(word.lower(), autoescape=True) for column in columns]
    found += [column.contains(form, autoescape=True) for column in columns for form in sorted(forms)]
    return or_(*found)


async def swap(tx: Tx, by: Entitlement, old: Media, new: Media) -> Media:
    """`new` takes the place of `old` in all posts and drafts, with its words unless it has its own; `old` is gone.

    Raises NotFound, Invalid (media, teaser_picture).
    """
    require_owner(by, old)
    require_owner(by, new)
    await carrying.hold_media(tx, by.community_id, [old.id, new.id])
    await _require_free(tx, old, new)
    carriers = await actions.carriers(tx, old.id)
    for table in (post_media, post_teasers):
        await tx.run(update(table).where(table.c.media_id == old.id).values(media_id=new.id))
    sensitive = old.sensitive or new.sensitive
    new = await actions.describe(tx, by, new, alt=new.alt or old.alt, sensitive=sensitive)
    for post_id in carriers:
        chosen = await teasing.of_post(tx, post_id)
        if chosen is not None:
            inside = (await media.of_posts(tx, [post_id])).get(post_id, ())
            await teasing.require_shown(tx, chosen, [one.id for one in inside], post_id)
    await actions.remove(tx, by, old)
    await carrying.tell_all(tx, [new.id])
    await _in_drafts(tx, old, new)
    return new


async def _require_free(tx: Tx, old: Media, new: Media) -> None:
    if new.id == old.id or new.kind != old.kind or new.state in ("failed", "refused"):
        raise Invalid(media="This file cannot take its place: send another one of the same kind.")
    if await actions.used(tx, [new.id]):
        raise Invalid(media="This file stands in a post already. Send it again to put it here, too.")


async def _in_drafts(tx: Tx, old: Media, new: Media) -> None:
    columns = (drafts.c.media, drafts.c.teaser_picture)
    holding = or_(*(column.contains(old.id) for column in columns))
    rows: Sequence[Any] = await tx.all(
        select(drafts.c.id, *columns).where(drafts.c.community_id == old.community_id, holding)
    )
    for row in rows:
        fresh = {column.name: getattr(row, column.name).replace(old.id, new.id) for column in columns}
        await tx.run(update(drafts).where(drafts.c.id == row.id).values(**fresh))
