"""Every call of version 1, in the order in which the reference shows them."""

from channel.api import communities, invites, me, members, posts, rooms, streams, tiers, topics
from channel.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *me.ENDPOINTS,
    *communities.ENDPOINTS,
    *rooms.ENDPOINTS,
    *tiers.ENDPOINTS,
    *invites.ENDPOINTS,
    *members.ENDPOINTS,
    *posts.ENDPOINTS,
    *topics.ENDPOINTS,
    *streams.ENDPOINTS,
)
