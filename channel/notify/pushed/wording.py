"""What a notice on a device says. It lies on lock screens: words that not everybody in the room may read stay out of it,
unless its owner let them in on that device."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from channel import looks
from channel.communities import Community
from channel.i18n import translation
from channel.members import Entitlement
from channel.members.model import needed
from channel.notify.talked import name_of
from channel.render import titles
from channel.render.titles import ai_words
from channel.render.views import LockedView, PostFacts, PostView, show
from channel.rooms import Room

BODY_CHARS: Final = 120
TITLE_CHARS: Final = 80
FREE_RANK: Final = 0
ICON_SIZE: Final = 256
OWN_ICON: Final = "/static/icons/app-192.png"
BADGE: Final = "/static/icons/badge-96.png"


@dataclass(frozen=True, slots=True)
class Words:
    """Of a post, for one of those who may be told of it, in their language."""

    community: Community
    room: Room
    fact: PostFacts
    by: Entitlement
    language: str
    shows_text: bool
    more: Mapping[str, str] = field(default_factory=dict)  # what can be done from it: acting.py

    @property
    def topic(self) -> str:
        """The same for all notices of a room, or of a topic: while a device is off, its push service keeps the newest one
        alone."""
        topic = self.fact.topic
        return _short(f"topic {topic.id}" if topic else f"room {self.room.id}")

    def content(self) -> bytes:
        """JSON for static/sw/push.js."""
        post = self.fact.post
        place = name_of(self.fact.topic, self.room)
        said = {
            "id": post.id,
            "title": f"{self.community.name[:TITLE_CHARS]} · {place[:TITLE_CHARS]}",
            "body": self._body(),
            "href": f"/@{self.community.handle}/{self.room.slug}/{post.seq}",
            "room": self.room.id,
            "seq": post.seq,
            "at": post.created_at,
            "icon": _icon(self.community),
            "badge": BADGE,
            "lang": self.language,
            # Of several posts of a room there is one notice, and the device alone knows of how many.
            "others": translation(self.language).gettext("and %(count)s more"),
        }
        return packed({**said, **self._of_topic(), **self.more})

    def _of_topic(self) -> Mapping[str, str]:
        """Of a message: the topic, of which there is one notice, and the page on which it is read. `href` leads there from
        wherever the message was moved to."""
        topic = self.fact.topic
        root = f"/@{self.community.handle}/{self.room.slug}"
        return {"topic": topic.id, "root": f"{root}/t/{topic.number}"} if topic else {}

    def _body(self) -> str:
        _ = translation(self.language).gettext
        name = self.fact.post.author.name[:TITLE_CHARS]
        own = show(self.fact, self.by.rank)
        if isinstance(own, LockedView):
            locked = _("Locked: for %(tier)s") % {"tier": own.tier.name} if own.tier else _("Locked")
            return f"{name}: {titles.said(own, BODY_CHARS) or locked}"
        # What the free members of the room would see, who are everybody in it.
        shared = own if self.shows_text else show(self.fact, max(needed(self.room.min_rank), FREE_RANK))
        text = titles.said(shared, BODY_CHARS) or titles.unsaid(shared, self.language)
        if not text:
            text = _("A post without words") if isinstance(shared, PostView) else _("A new post")
            text = _("A message without words") if self.fact.topic else text
        made = ai_words(shared, self.language)
        return f"{name} · {made}: {text}" if made else f"{name}: {text}"


def packed(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def trial(language: str) -> bytes:
    """What somebody sends to their own device to see whether it comes."""
    _ = translation(language).gettext
    said = {
        "id": "trial", "title": _("Notices work here"), "body": _("This device gets new posts at once."), "href": "/account/notices",
        "icon": OWN_ICON, "badge": BADGE, "lang": language, "open": _("Open"),
    }  # fmt: skip
    return packed(said)


TRIAL_TOPIC: Final = "trial"


def _icon(community: Community) -> str:
    picture = community.avatar or ""
    return looks.address(picture, ICON_SIZE) if picture.startswith("own:") else OWN_ICON


def _short(text: str) -> str:
    """At most 32 characters of base64url, as RFC 8030 wants topics."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()
