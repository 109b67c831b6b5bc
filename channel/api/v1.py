"""Every call of version 1, in the order in which the reference shows them."""

from channel.api import (
    comments,
    communities,
    invites,
    me,
    members,
    money,
    polls,
    posts,
    prompts,
    purchases,
    questions,
    reactions,
    rooms,
    search,
    streams,
    tiers,
    topics,
)
from channel.api.endpoint import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *me.ENDPOINTS,
    *communities.ENDPOINTS,
    *rooms.ENDPOINTS,
    *tiers.ENDPOINTS,
    *money.ENDPOINTS,
    *purchases.ENDPOINTS,
    *invites.ENDPOINTS,
    *members.ENDPOINTS,
    *posts.ENDPOINTS,
    *topics.ENDPOINTS,
    *reactions.ENDPOINTS,
    *polls.ENDPOINTS,
    *search.ENDPOINTS,
    *comments.ENDPOINTS,
    *prompts.ENDPOINTS,
    *questions.ENDPOINTS,
    *streams.ENDPOINTS,
)
