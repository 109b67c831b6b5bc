"""What somebody missed, in rooms and in comments, and marking all of it as read at once: stored in one transaction,
told to the account's other devices."""

from collections.abc import Mapping, Sequence
from typing import Any

from channel.bus import Bus
from channel.comments import named
from channel.comments.named import Said
from channel.errors import NotFound
from channel.live.reading import Marked
from channel.live.reading import tell as tell_marked
from channel.members.model import Belonging
from channel.members.paging import Page, merged
from channel.posts.missed import Missed, last_seqs, missed
from channel.rooms.actions import mark_all_read
from channel.storage import Tx


def within(belongings: Sequence[Belonging], handle: str | None) -> list[Belonging]:
    """Those that are meant: all, or the one community of this handle. Raises NotFound when one does not belong to it."""
    if not handle:
        return list(belongings)
    found = [one for one in belongings if one.community.handle == handle.lower().removeprefix("@")]
    if not found:
        raise NotFound("You are in no such community.")
    return found


async def missed_by(
    tx: Tx, account_id: str, belongings: Sequence[Belonging], *, upto: int, cursor: str | None, limit: int
) -> Page[Missed | Said]:
    """Posts and comments up to `upto` (epoch ms), oldest first. Raises Invalid for a cursor that is not ours."""
    part: dict[str, Any] = {"upto": upto, "cursor": cursor, "limit": limit}
    posts = await missed(tx, account_id, belongings, **part)
    said = await named.missed(tx, account_id, belongings, **part)
    pages: list[Page[Missed | Said]] = [
        Page([*posts.items], posts.next_cursor), Page([*said.items], said.next_cursor),
    ]  # fmt: skip
    return merged(pages, limit, _place, newest=False)


def _place(one: Missed | Said) -> tuple[int, str]:
    return one.place if isinstance(one, Said) else (one.post.created_at, one.post.id)


async def read_all(tx: Tx, account_id: str, belongings: Sequence[Belonging], upto: int) -> dict[str, int]:
    """Mark what was published until `upto` (epoch ms) in their rooms as read, and what comments say to the account.

    The rooms that moved, and to which seq.

    Nobody has looked at these posts, so none of them counts as viewed.
    """
    await named.mark(tx, account_id, belongings, upto)
    return await mark_all_read(tx, account_id, await last_seqs(tx, belongings, upto))


def tell(bus: Bus, account_id: str, moved: Mapping[str, int]) -> None:
    """After the commit; a hint that is lost costs a badge until the next look."""
    for room_id, seq in moved.items():
        tell_marked(bus, Marked(room_id, {account_id: seq}, ()))
