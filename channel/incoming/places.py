"""Where an answer to a letter goes: under the post, or into the topic of the message, as its writer finds it now."""

from dataclasses import dataclass

from channel import comments, members, topics
from channel.comments.reading import Thread
from channel.communities import Community
from channel.errors import Forbidden, NotFound
from channel.members import Entitlement
from channel.members.model import State
from channel.posts import horizon
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Tx
from channel.topics import Topic
from channel.topics.queries import shown_since
from channel.topics.rights import refusal, require_sight


@dataclass(frozen=True, slots=True)
class Talk:
    """The topic that a message of a group is in by now, for one viewer who may read it. `refusal`: why they may not write
    there; slow mode is asked for when they do."""

    post: Post
    room: Room
    community: Community
    by: Entitlement
    topic: Topic
    refusal: Forbidden | None


Place = Thread | Talk


async def place_of(tx: Tx, post_id: str, account_id: str) -> Place:
    """What an answer to the post or message goes to. Raises what the pages do: NotFound, Forbidden.

    The topic of a message stays when the message is deleted.
    """
    post = await posts.one(tx, post_id)
    if post.topic_id is None:
        return await comments.thread(tx, post_id, account_id)
    by, room, community = await members.entitlement_by_room(tx, post.room_id, account_id)
    if by.state is State.BANNED:
        raise Forbidden("You are banned from this community.", code="banned")
    require_sight(by, room)
    topic = await topics.settled(tx, await topics.one(tx, post.topic_id))
    if not shown_since(topic, await horizon.first_seq(tx, by, room)):
        raise NotFound("There is no such topic.")
    return Talk(post, room, community, by, topic, refusal(by, room, topic, tx.now))
