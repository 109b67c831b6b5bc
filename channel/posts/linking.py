"""Where the #words and @words of a text lead: looked up before it is laid out."""

from typing import NamedTuple

from channel import mentions, rooms
from channel.communities import Community
from channel.members.model import Entitlement
from channel.mentions.queries import Known
from channel.posts import horizon
from channel.posts.model import Post, addresses
from channel.rooms import Room
from channel.storage import Tx


class Links(NamedTuple):
    """What `posts.prepare` is given."""

    rooms: dict[str, str]
    known: Known


async def links(
    tx: Tx, by: Entitlement, community: Community, text: str, *, room: Room | None, post: Post | None = None
) -> Links:
    """Of what `by` writes in `room` (None: not known yet); `post`: what it is an edit of, whose names keep their meaning."""
    there = await rooms.of_community(tx, community.id)
    since = await horizon.first_seq(tx, by, room) if room else 0
    edited_id = post.id if post else None
    known = await mentions.names(tx, by, community, text, room=room, since=since, edited_id=edited_id)
    return Links(addresses(community.handle, there), known)
