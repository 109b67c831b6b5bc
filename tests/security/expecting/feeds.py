"""Feeds, the private ones too, and what other sites embed."""

from tests.security.expecting.rules import DONE, Rule, Statuses
from tests.security.sights import Sight
from tests.security.targets.case import Case


def public_feed(sight: Sight, case: Case) -> Statuses:
    """Everybody's, whoever asks: of a private community nobody has one, its own people neither."""
    return frozenset({404}) if case.handle == "zoe" else DONE


def _public_feed_of_room(sight: Sight, case: Case) -> Statuses:
    """The same, and none of a room that a guest may not enter."""
    return frozenset({404}) if case.paid else public_feed(sight, case)


def own_feed(sight: Sight, case: Case) -> int | None:
    """The owner's, for the owner and for a program of theirs that may write."""
    return None if sight.name in ("owner", "writer") else 404


def _make_feed(sight: Sight, case: Case) -> int | None:
    """Of Anna's community, for who is in; to somebody who was banned it is not there."""
    standing = sight.at("anna")
    if not standing.visible:
        return 422
    return None if standing.role is not None else 403


FEEDS = ("feed.atom", "feed.rss", "feed.json", "podcast.rss")
EMBEDS = ("/embed/@{handle}", "/embed/@{handle}/{slug}", "/embed/@{handle}/{slug}/{seq}")
MORE: dict[str, Rule] = {
    f"GET {EMBEDS[0]}": public_feed,
    f"GET {EMBEDS[1]}": _public_feed_of_room,
    f"GET {EMBEDS[2]}": public_feed,
    "GET /oembed": lambda sight, case: DONE,
    **{f"GET /@{{handle}}/{name}": public_feed for name in FEEDS},
    **{f"GET /@{{handle}}/{{slug}}/{name}": _public_feed_of_room for name in FEEDS},
    **{f"GET /feeds/{{secret}}/{name}": lambda sight, case: DONE for name in FEEDS},  # by the secret alone
    "GET /feeds/{secret}/media/{id}/{variant}": lambda sight, case: DONE,
    "POST /account/feeds": _make_feed,
    "POST /account/feeds/{id}/renew": own_feed,
    "POST /account/feeds/{id}/revoke": own_feed,
    "POST /api/v1/me/feeds": _make_feed,
    "POST /api/v1/me/feeds/{id}/renew": own_feed,
    "DELETE /api/v1/me/feeds/{id}": own_feed,
}
