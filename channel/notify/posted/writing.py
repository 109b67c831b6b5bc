"""What a letter about posts says: one post whole, or several in a line or two each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from channel import incoming
from channel.communities import Community
from channel.i18n import translation
from channel.incoming import Addresses
from channel.notify import letters
from channel.notify.laying import Body, lay
from channel.notify.posted.judging import Answer, Told
from channel.notify.sender import Mail
from channel.render.colours import hex_of
from channel.render.media import MediaView
from channel.render.titles import ai_words, title
from channel.render.views import AnyView, LockedView, PostView, QuoteView, line
from channel.settings import Settings

SUBJECT_CHARS: Final = 90
LINE_CHARS: Final = 280
MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Desk:
    """What every letter needs besides its words."""

    settings: Settings
    secret: bytes

    @property
    def addresses(self) -> Addresses | None:
        """Where what letters bring back comes to; None where no mail comes in."""
        return incoming.addresses_of(self.settings.incoming_address, self.secret)


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in a line or two."""

    title: str
    line: str
    link: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a letter goes to. `language` "": that of the community. The address that ends these letters (`off`), and that
    of all that its reader chose; `reply_to`: where an answer goes, "" where none is taken; `answer`: what it becomes."""

    to: str
    language: str
    off: str
    chosen: str
    reply_to: str = ""
    answer: Answer = ""


def write(desk: Desk, envelope: Envelope, community: Community, posts: Sequence[Told], tag: str) -> Mail:
    """One letter about these posts of one community; at least one."""
    one, off = posts[0] if len(posts) == 1 else None, envelope.off
    language = envelope.language or community.language
    words = {
        "community": community,
        "off": off,
        "chosen": envelope.chosen,
        "colours": _colours(community.hue),
        "mark": community.name[:1].upper(),
        "answer": envelope.answer if envelope.reply_to else "",
    }
    words |= _of_one(desk, one, language) if one else _of_several(desk, posts, language)
    headers = (
        ("List-Id", f"{_phrase(community.name)} <{community.handle}.{desk.settings.host}>"),
        ("List-Unsubscribe", f"<{off}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
        ("Precedence", "bulk"),
        *((("Reply-To", envelope.reply_to),) if envelope.reply_to else ()),
    )
    name = "digest" if one is None else "locked" if isinstance(one.view, LockedView) else "post"
    return letters.about_posts(
        desk.settings, name, words, to=envelope.to, language=language, tag=tag, headers=headers
    )


def _phrase(name: str) -> str:
    """A name before an address in angle brackets."""
    return "".join(char for char in name if char.isalnum() or char in " -_").strip()


def _of_one(desk: Desk, told: Told, language: str) -> dict[str, object]:
    view, room = told.view, told.room
    words: dict[str, object] = {
        "room": room, "author": view.author.name, "link": desk.settings.url + view.href,
        "line": title(view, SUBJECT_CHARS),
    }  # fmt: skip
    if isinstance(view, PostView):
        words |= {
            "body": _body(view, desk.settings.url),
            "quote": _quoted(view),
            "carries": _carried(view.media, language),
            "ai": ai_words(view, language),
        }
        words |= {"poll": view.poll is not None}
    elif isinstance(view, LockedView):
        words |= {"teaser": view.teaser, "tier": view.tier.name if view.tier else ""}
    return words


def _body(view: PostView, url: str) -> Body:
    return lay(view.html, url)


def _quoted(view: PostView) -> str:
    if not isinstance(view.quote, QuoteView):
        return ""
    return f"{view.quote.author.name}: {view.quote.text}"


def _carried(media: Sequence[MediaView], language: str) -> list[str]:
    """What the post has besides words: it is not sent along, the room shows it."""
    ngettext = translation(language).ngettext
    words = {
        "picture": lambda n: ngettext("%(n)s picture", "%(n)s pictures", n),
        "sound": lambda n: ngettext("%(n)s sound", "%(n)s sounds", n),
        "video": lambda n: ngettext("%(n)s video", "%(n)s videos", n),
        "file": lambda n: ngettext("%(n)s file", "%(n)s files", n),
    }
    found = {kind: sum(one.kind == kind for one in media) for kind in words}
    return [words[kind](many) % {"n": many} for kind, many in found.items() if many]


def _of_several(desk: Desk, posts: Sequence[Told], language: str) -> dict[str, object]:
    entries = [
        Entry(
            _headed(told, language),
            _said(told.view, language),
            desk.settings.url + told.view.href,
        )
        for told in posts[:MOST_LISTED]
    ]
    return {"entries": entries, "many": len(posts), "more": len(posts) - len(entries)}


def _headed(told: Told, language: str) -> str:
    made = ai_words(told.view, language)
    return " · ".join(part for part in (told.room.name, told.view.author.name, made) if part)


def _said(view: AnyView, language: str) -> str:
    _ = translation(language).gettext
    said = line(view, LINE_CHARS)
    if not isinstance(view, LockedView):
        return said or _("A post without words")
    locked = _("Locked: for %(tier)s") % {"tier": view.tier.name} if view.tier else _("Locked")
    return f"{locked}. {said}" if said else locked


@cache
def _colours(hue: int) -> Mapping[str, str]:
    """Of buttons and marks, on light and on dark paper: the room's hue, legible. Mail programs know hex at most."""
    return {
        "deep": hex_of(0.46, 0.15, hue),
        "pale": hex_of(0.82, 0.11, hue),
        "ink": hex_of(0.24, 0.06, hue),
    }
