"""Every call of version 1, in the order in which the reference shows them."""

from channel.api import communities, invites, me, members, posts, prompts, questions, rooms, streams, tiers
from channel.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *me.ENDPOINTS,
    *communities.ENDPOINTS,
    *rooms.ENDPOINTS,
    *tiers.ENDPOINTS,
    *invites.ENDPOINTS,
    *members.ENDPOINTS,
    *posts.ENDPOINTS,
    *prompts.ENDPOINTS,
    *questions.ENDPOINTS,
    *streams.ENDPOINTS,
)
