"""What a mirror shows of a post: what a stranger may read here, and a link that is counted. Locked parts never leave."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select

from channel import communities, invites, members
from channel.communities import Community
from channel.errors import ChannelError
from channel.hooks.model import Hook
from channel.hooks.tables import mirrored
from channel.i18n import translation
from channel.markdown import plain
from channel.members import Entitlement
from channel.notify.hooked.services import LIMITS
from channel.notify.hooked.telling import Ground
from channel.notify.laying import lay
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.render import json, titles
from channel.render.people import author_view
from channel.render.titles import ai_words
from channel.render.views import LockedView, PostView, facts, show
from channel.rooms import Room
from channel.rooms.queries import one as room_of
from channel.storage import Tx

TEASER_CHARS: Final = 280
STARTS: Final = ("post.published", "post.opened")  # what puts a post there for the first time


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done elsewhere. `act`: publish, edit, delete or nothing. `said`: for a server of one's own."""

    act: str
    post_id: str
    text: str = ""
    said: dict[str, Any] | None = None
    remote_id: str = ""
    why: str = ""

    @property
    def told_hash(self) -> str:
        told = self.text + msgspec.json.encode(self.said, order="sorted").decode()
        return hashlib.sha256(told.encode()).hexdigest()


async def taking_back(tx: Tx, hook: Hook, source: Mapping[str, Any]) -> Wanted | None:
    """What stands there and is open to everybody no more; None when that is not so. It asks for no rights: it shows nothing."""
    post_id = source["post_id"]
    there = await _there(tx, hook, post_id)
    remote_id = there.remote_id if there else source.get("remote_id", "")
    if not remote_id or await _public(tx, hook, post_id) is not None:
        return None
    if there is None and await posts.many(tx, [post_id]):  # it was taken back before
        return None
    return Wanted("delete", post_id, remote_id=remote_id, said={"id": post_id})


async def wanted(
    tx: Tx, ground: Ground, by: Entitlement, community: Community, hook: Hook, post_id: str, *, starts: bool
) -> Wanted:
    """From how things are now, here and there: whatever happened in between, they come to be the same.

    `taking_back` was asked before.
    """
    there = await _there(tx, hook, post_id)
    shown = await _shown(tx, ground, by, community, hook, post_id)
    if shown is None:
        return Wanted("nothing", post_id, why="Nobody outside may read it.")
    text, said = shown
    if there is None:
        act = "publish" if starts else "nothing"
        return Wanted(act, post_id, text, said, why="It was never shown there.")
    change = Wanted("edit", post_id, text, said, there.remote_id)
    if change.told_hash == there.told_hash:
        return Wanted("nothing", post_id, why="It stands there as it is.")
    return change


async def _there(tx: Tx, hook: Hook, post_id: str) -> Any:
    here = (mirrored.c.hook_id == hook.id, mirrored.c.post_id == post_id)
    return await tx.one(select(mirrored).where(*here))


async def _public(tx: Tx, hook: Hook, post_id: str) -> tuple[Post, Room, PostView | LockedView] | None:
    """The post as everybody sees it; None for what a stranger may not even know of."""
    found = await posts.many(tx, [post_id])
    if not found or found[0].deleted_at is not None:
        return None
    community = await communities.one(tx, hook.community_id)
    stranger = await members.entitlement(tx, community, None)
    if not stranger.visible or community.deleted:
        return None
    post = found[0]
    room = await room_of(tx, post.room_id)
    if room.is_group or room.min_rank is not None or hook.room_id not in (None, room.id):
        return None
    [fact] = await facts(tx, [post], room, community)
    view = show(fact, stranger.rank)
    return (post, room, view) if isinstance(view, PostView | LockedView) else None


async def _shown(
    tx: Tx, ground: Ground, by: Entitlement, community: Community, hook: Hook, post_id: str
) -> tuple[str, dict[str, Any]] | None:
    """The words and the facts, for everybody; None for what a stranger may not even know of."""
    public = await _public(tx, hook, post_id)
    if public is None:
        return None
    post, room, view = public
    link = f"{ground.base}/@{community.handle}/{room.slug}/{post.seq}"
    code = await _code(tx, ground, by, community, hook)
    address = f"{link}?via={code}" if code else link
    words = _words(view, hook, community.language, ground.base)
    said = {
        "id": post.id, "url": address, "text": words, "locked": isinstance(view, LockedView),
        "author": json.author_json(author_view(post.author)), "created_at": json.iso(post.created_at),
        "room": room.slug, "ai": view.ai if isinstance(view, PostView) else None,
    }  # fmt: skip
    made = ai_words(view, community.language)
    return _fitting(words, f"{made}\n{address}" if made else address, LIMITS[hook.kind]), said


async def _code(tx: Tx, ground: Ground, by: Entitlement, community: Community, hook: Hook) -> str:
    """Of the mirror's own link, while it is good."""
    if hook.invite_id is None:
        return ""
    try:
        seal = invites.Seal(ground.secret)
        invite = await invites.one(tx, by, community, hook.invite_id, seal=seal)
    except ChannelError:  # they may not see links any more, or it is gone
        return ""
    return invite.code or "" if invite.status == "open" else ""


def _words(view: PostView | LockedView, hook: Hook, language: str, url: str) -> str:
    _ = translation(language).gettext
    if isinstance(view, LockedView):
        tier = _("For %(tier)s") % {"tier": view.tier.name} if view.tier else _("Locked")
        teaser = plain(view.teaser, TEASER_CHARS)
        return f"{tier}: {teaser}" if teaser else tier
    untold = titles.unsaid(view, language) or _("A new post")
    if hook.content == "teaser":
        return plain(view.teaser, TEASER_CHARS) or titles.said(view, TEASER_CHARS) or untold
    return lay(view.html, url).text or titles.said(view, TEASER_CHARS) or untold


def _fitting(words: str, below: str, most_chars: int) -> str:
    """With the link below it, as long as the other side takes."""
    room = most_chars - len(below) - 2
    if len(words.encode("utf-16-le")) // 2 > room:  # as the others count
        words = words.encode("utf-16-le")[: (room - 2) * 2].decode("utf-16-le", "ignore").rstrip() + " …"
    return f"{words}\n\n{below}"


async def keep(tx: Tx, hook_id: str, done: Wanted, remote_id: str) -> None:
    """Write down what stands there now."""
    here = (mirrored.c.hook_id == hook_id, mirrored.c.post_id == done.post_id)
    await tx.run(delete(mirrored).where(*here))
    if done.act != "delete":
        row = {"hook_id": hook_id, "post_id": done.post_id, "remote_id": remote_id}
        await tx.run(mirrored.insert().values(**row, told_hash=done.told_hash, at=tx.now))
