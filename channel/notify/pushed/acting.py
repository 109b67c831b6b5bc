"""What can be done from a notice itself, for static/sw/push.js: the addresses, and the words on the buttons.

Which of them a browser shows is its own choice: most show two, and these come in the order in which they are wanted.
"""

from collections.abc import Mapping
from typing import Final

from channel.following import FollowDevice, links
from channel.i18n import translation
from channel.members import Entitlement
from channel.members.model import State
from channel.push.links import From, sealed
from channel.push.queue import Claimed
from channel.render.views import PostFacts, PostView, show
from channel.rooms import Room

QUIET: Final = "/notices/quiet/"
MANAGE: Final = "/follow/on/"


def of_member(
    secret: bytes, one: Claimed, room: Room, fact: PostFacts, by: Entitlement, language: str
) -> Mapping[str, str]:
    """React where they may, be quiet for a day, mark as read, choose less (of a message's topic, too); `push`: by which the
    browser says that it has shown it."""
    _ = translation(language).gettext
    mine = QUIET + sealed(secret, From(one.device_id, one.community_id))
    said = {
        "push": one.id,
        "read": _("Mark as read"),
        "quiet": mine,
        "mine": mine if fact.topic is None else f"{mine}?topic={fact.topic.id}",
        "manage": _("Choose or end"),
        "mute": _("Quiet for a day"),
        "failed": _("That did not work. Tap here and do it on the page."),
    }
    quick = room.quickest
    if quick is None or not _may_react(fact, by):
        return said
    return said | {
        "emoji": quick,
        "account": one.reader_id,
        "react": _("React with %(emoji)s") % {"emoji": quick},
        "reacted": _("You reacted with %(emoji)s.") % {"emoji": quick},
        "waits": _("%(emoji)s leaves as soon as there is a network.") % {"emoji": quick},
    }


def _may_react(fact: PostFacts, by: Entitlement) -> bool:
    """As the server will say when they do (reactions/rights)."""
    heard = by.belongs and not by.closed and by.state is not State.MUTED
    return heard and isinstance(show(fact, by.rank), PostView)


def of_stranger(secret: bytes, one: FollowDevice, language: str) -> Mapping[str, str]:
    """Be quiet for a day, or choose and end all of it: by the sealed link, which only that device is told."""
    _ = translation(language).gettext
    mine = MANAGE + links.sealed(secret, one.id, links.OF_DEVICE)
    return {
        "quiet": mine,
        "mute": _("Quiet for a day"),
        "mine": mine,
        "manage": _("Choose or end"),
        "failed": _("That did not work. Tap here and do it on the page."),
    }
