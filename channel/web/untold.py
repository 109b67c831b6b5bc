"""One topic less, from a letter or a notice that tells of it, without signing in."""

from dataclasses import dataclass

from channel import rooms, topics
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.posts import horizon
from channel.storage import Tx
from channel.topics import Topic, marks
from channel.topics.queries import marks_of, shown_since


@dataclass(frozen=True, slots=True)
class Followed:
    """`name` "": of a topic that whoever follows it may not know by now."""

    topic: Topic
    name: str


async def followed(tx: Tx, community: Community, by: Entitlement, topic_id: str) -> Followed | None:
    """The topic of the community, if it is followed. Whoever holds the link learns its name only if the reader may."""
    try:
        topic = await topics.settled(tx, await topics.one(tx, topic_id))
        room = await rooms.one(tx, topic.room_id)
    except NotFound:
        return None
    if topic.community_id != community.id or by.account_id is None:
        return None
    if (await marks_of(tx, by.account_id, [topic.id]))[topic.id].level != "follow":
        return None
    inside = by.belongs and by.reads(room.min_rank)
    shown = inside and shown_since(topic, await horizon.first_seq(tx, by, room))
    return Followed(topic, topic.name if shown else "")


async def unfollow(tx: Tx, account_id: str, topic: Topic) -> None:
    """It is followed no more, by no way."""
    await marks.follow(tx, account_id, topic, level="")
