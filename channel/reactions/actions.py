"""Reacting and taking back. The counts change with the rows, in one transaction, so they are always the same."""

from sqlalchemy import bindparam, delete, func, select, tuple_, update

from channel.emotes.actions import REMOVED
from channel.errors import Conflict, Forbidden, Invalid
from channel.members.model import Entitlement
from channel.members.tables import memberships
from channel.posts.model import Post
from channel.reactions.kinds import Kind, kind
from channel.reactions.model import MAX_KINDS, MAX_MINE
from channel.reactions.rights import require_reader, require_room, require_voice
from channel.reactions.tables import reaction_counts, reactions
from channel.rooms.model import Room
from channel.rooms.tables import rooms
from channel.storage import Prepared, Tx

_COUNT = (
    reaction_counts.c.post_id == bindparam("about"),  # an UPDATE keeps the names of columns for itself
    reaction_counts.c.emoji == bindparam("kind"),
)
_OWN = (reactions.c.account_id == bindparam("account_id"), reactions.c.post_id == bindparam("post_id"))
# One account's taps come one after another, on however many devices; hence what it has is what it will have.
_HOLD_ACCOUNT = Prepared(
    lambda words: words.locking(
        select(memberships.c.account_id).where(
            memberships.c.community_id == bindparam("community_id"),
            memberships.c.account_id == bindparam("account_id"),
        ),
        key_share=True,
    )
)
# Asked for only when an emoji is the first of its kind, so it is no queue.
_HOLD_ROOM = Prepared(
    lambda words: words.locking(select(rooms.c.id).where(rooms.c.id == bindparam("room_id")), key_share=True)
)
_MINE = Prepared(select(reactions.c.emoji).where(*_OWN))
_KINDS = Prepared(select(func.count()).where(reaction_counts.c.post_id == bindparam("post_id")))
_UP = Prepared(update(reaction_counts).where(*_COUNT).values(n=reaction_counts.c.n + 1))
_DOWN = Prepared(update(reaction_counts).where(*_COUNT).values(n=reaction_counts.c.n - 1))
_FIRST = Prepared(
    lambda words: (
        words.insert(reaction_counts)
        .values(
            post_id=bindparam("post_id"), emoji=bindparam("emoji"), room_id=bindparam("room_id"), n=1,
            at=bindparam("at"),
        )
        .on_conflict_do_update(index_elements=["post_id", "emoji"], set_={"n": reaction_counts.c.n + 1})
    )
)  # fmt: skip
_SWEEP = Prepared(delete(reaction_counts).where(*_COUNT, reaction_counts.c.n <= 0))
_ADD = Prepared(
    lambda words: words.insert(reactions).values(
        account_id=bindparam("account_id"), post_id=bindparam("post_id"), emoji=bindparam("emoji"),
        at=bindparam("at"),
    )
)  # fmt: skip
_REMOVE = Prepared(delete(reactions).where(*_OWN, reactions.c.emoji == bindparam("emoji")))


async def react(tx: Tx, by: Entitlement, post: Post, room: Room, emoji: str) -> bool:
    """Add one's reaction to a post. False: it was there already. The caller tells the counts after the commit.

    Raises NotFound, Forbidden (code room_locked, post_locked, and those of `put`), Invalid (emoji), Conflict (code
    too_many_reactions).
    """
    await require_reader(tx, by, post, room)
    return await put(tx, by, post.id, room, emoji)


async def put(tx: Tx, by: Entitlement, post_id: str, room: Room, emoji: str) -> bool:
    """The same for anything in the room that the caller knows to be readable for `by`.

    Raises NotFound, Forbidden (code room_locked, join_first, community_closed, muted, reactions_off), Invalid (emoji),
    Conflict (code too_many_reactions).
    """
    require_room(by, room)
    chosen = await kind(tx, by.community_id, emoji)
    account_id = require_voice(by)
    if room.reactions == "off":
        raise Forbidden("Nobody reacts in this room.", code="reactions_off")
    await tx.one(_HOLD_ACCOUNT, community_id=by.community_id, account_id=account_id)
    own = {row.emoji for row in await tx.all(_MINE, account_id=account_id, post_id=post_id)}
    if chosen.kept in own:
        return False
    if not room.takes(chosen.shown):
        raise Forbidden(f"This room takes {' '.join(room.offered)} only.", code="reactions_off")
    if len(own) >= MAX_MINE:
        raise Conflict(
            "You have reacted with three emoji already. Take one back first.", code="too_many_reactions"
        )
    if chosen.emote and chosen.emote.gone:
        raise Invalid(emoji=REMOVED)
    if not await tx.run(_UP, about=post_id, kind=chosen.kept):
        await _first_of_its_kind(tx, post_id, room.id, chosen)
    await tx.run(_ADD, account_id=account_id, post_id=post_id, emoji=chosen.kept, at=tx.now)
    return True


async def _first_of_its_kind(tx: Tx, post_id: str, room_id: str, chosen: Kind) -> None:
    """Raises Conflict where there are enough kinds, Invalid (emoji) for one that was just removed. Two who bring new ones at once come one after the other."""
    await tx.one(_HOLD_ROOM, room_id=room_id)
    if await tx.value(_KINDS, post_id=post_id) >= MAX_KINDS:
        raise Conflict(
            "There are 20 different emoji under this post. Choose one of them.", code="too_many_reactions"
        )
    await chosen.use(tx)
    await tx.run(_FIRST, post_id=post_id, emoji=chosen.kept, room_id=room_id, at=tx.now)


async def take_back(tx: Tx, by: Entitlement, post_id: str, room: Room, emoji: str) -> bool:
    """Remove one's own reaction; False: there was none. It is one's own, so a mute or a new rule of the room is no reason
    to keep it. Raises NotFound, Forbidden (code room_locked, join_first), Invalid (emoji).
    """
    require_room(by, room)
    chosen = await kind(tx, by.community_id, emoji)
    if by.account_id is None or not by.belongs:
        raise Forbidden("Members react here. Join first.", code="join_first")
    await tx.one(_HOLD_ACCOUNT, community_id=by.community_id, account_id=by.account_id)
    if not await tx.run(_REMOVE, account_id=by.account_id, post_id=post_id, emoji=chosen.kept):
        return False
    await tx.run(_DOWN, about=post_id, kind=chosen.kept)
    await tx.run(_SWEEP, about=post_id, kind=chosen.kept)
    return True


async def clear(tx: Tx, post_id: str) -> None:
    """All reactions to what was deleted. Safe to repeat."""
    await tx.run(delete(reaction_counts).where(reaction_counts.c.post_id == post_id))


async def forget(tx: Tx, account_id: str) -> None:
    """All reactions of an account that is erased, in that transaction: the counts no longer hold them."""
    theirs = select(reactions.c.post_id, reactions.c.emoji).where(reactions.c.account_id == account_id)
    of_theirs = tuple_(reaction_counts.c.post_id, reaction_counts.c.emoji).in_(theirs)
    await tx.run(update(reaction_counts).where(of_theirs).values(n=reaction_counts.c.n - 1))
    await tx.run(delete(reaction_counts).where(of_theirs, reaction_counts.c.n <= 0))
    await tx.run(delete(reactions).where(reactions.c.account_id == account_id))
