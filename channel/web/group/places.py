"""From the words in an address of a group to what they name, as far as the viewer may know of it."""

from dataclasses import dataclass

from starlette.requests import Request

from channel import topics
from channel.errors import Forbidden, NotFound
from channel.posts import horizon
from channel.rooms import Room
from channel.storage import Tx
from channel.topics import Topic, queries
from channel.topics.rights import require_sight
from channel.web.places import Place, community_of, room_of, seq_of


@dataclass(frozen=True, slots=True)
class Here:
    """A topic of a group that the viewer may enter. `since`: the first seq of the group that they see."""

    place: Place
    room: Room
    topic: Topic
    since: int

    @property
    def group_root(self) -> str:
        return f"/@{self.place.community.handle}/{self.room.slug}"

    @property
    def root(self) -> str:
        return f"{self.group_root}/t/{self.topic.number}"


async def group_of(tx: Tx, request: Request) -> tuple[Place, Room]:
    """The group of `{slug}`. Raises NotFound, also for a channel; Forbidden (room_locked)."""
    place = await community_of(tx, request)
    if place.banned:
        raise Forbidden("You are banned from this community.", code="banned")
    room = await room_of(tx, request, place)
    require_sight(place.by, room)
    return place, room


async def topic_of(tx: Tx, request: Request) -> Here:
    """The topic of `{number}`, merged or not. Raises NotFound, Forbidden (room_locked)."""
    place, room = await group_of(tx, request)
    topic = await topics.by_number(tx, room.id, seq_of(request.path_params["number"]) or 0)
    since = await horizon.first_seq(tx, place.by, room)
    if topic.moved_to is None and not queries.shown_since(topic, since):
        raise NotFound("There is no such topic.")
    return Here(place, room, topic, since)
