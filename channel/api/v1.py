"""Every call of version 1, in the order in which the reference shows them."""

from channel.api import catchup, communities, invites, me, members, names, posts, rooms, streams, tiers
from channel.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *me.ENDPOINTS,
    *communities.ENDPOINTS,
    *rooms.ENDPOINTS,
    *tiers.ENDPOINTS,
    *invites.ENDPOINTS,
    *members.ENDPOINTS,
    *posts.ENDPOINTS,
    *names.ENDPOINTS,
    *catchup.ENDPOINTS,
    *streams.ENDPOINTS,
)
