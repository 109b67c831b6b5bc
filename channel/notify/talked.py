"""Whether a message of a group is told to somebody who follows its topic: asked when a letter or a push is about to leave."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from channel.members import Entitlement
from channel.posts import horizon
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Tx
from channel.topics.model import GENERAL, GENERAL_NUMBER, Mark, Ref, Way
from channel.topics.telling import marks_in


@dataclass(frozen=True, slots=True)
class Talked:
    """What holds for a message and those who are to be told of it. `marks`: of the topic in which it is by now, by account;
    `hidden`: to whom the group does not show its past so far back."""

    marks: Mapping[str, Mark] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    def against(self, by: Entitlement, post: Post, way: Way) -> str:
        """Why not; "" for who may be told. That they are in, and may enter the group, is asked before."""
        account_id = by.account_id or ""
        mark = self.marks.get(account_id, Mark())
        if account_id in self.hidden:
            return "closed"
        if mark.way(way, by.joined_at) == "none":
            return "unwanted"
        # Where they have read this topic: that of the group moves only when all of it is marked as read.
        if mark.seq >= post.seq:
            return "seen"
        return "own" if post.author.id == account_id else ""


def name_of(topic: Ref | None, room: Room) -> str:
    """What a place is called in a few words: a topic by its name, what has none of its own by that of its room."""
    unnamed = topic is None or (topic.number == GENERAL_NUMBER and topic.name == GENERAL)
    return room.name if topic is None or unnamed else topic.name


async def talked(tx: Tx, post: Post, room: Room, judged: Collection[Entitlement]) -> Talked:
    """Of a message and these readers."""
    assert post.topic_id is not None
    ids = [by.account_id for by in judged if by.account_id is not None]
    hidden = [by.account_id for by in judged if by.account_id and await horizon.hides(tx, by, room, post)]
    return Talked(await marks_in(tx, post.topic_id, ids), frozenset(hidden))
