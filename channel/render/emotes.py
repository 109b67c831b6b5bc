"""Emoji of a community's own, as posts show them: which of those under a post have a picture, and where it lies."""

from collections.abc import Iterable, Mapping

from channel import emotes
from channel.emotes import Pictures
from channel.reactions import kinds
from channel.reactions.model import Tally
from channel.rooms.model import Room
from channel.storage import Tx

# `:name:` and address, of those that a view has need of; what is missing here is shown as it is written.
Drawn = tuple[tuple[str, str], ...]


async def pictures_for(
    tx: Tx, community_id: str, tallies: Iterable[Tally], rooms: Iterable[Room] = ()
) -> Pictures:
    """The pictures in these counts, and in what these rooms offer; without a query where all are standard emoji."""
    offered = {one for room in rooms for one in room.offered}
    return await emotes.pictures(tx, community_id, kinds.of(tallies) | offered)


def drawn(pictures: Pictures, tally: Tally, offered: Iterable[str] = ()) -> Drawn:
    """Those of them that are in this tally, or offered."""
    if not pictures:
        return ()
    there = dict.fromkeys([*offered, *(emoji for emoji, _ in tally)])
    return tuple((one, pictures[one]) for one in there if one in pictures)


def emoji_json(pictures: Drawn | Mapping[str, str]) -> dict[str, dict[str, str]]:
    """The field `emoji` beside counts: where the pictures lie. No field where all are standard emoji."""
    return {"emoji": dict(pictures)} if pictures else {}
