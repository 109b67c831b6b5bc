"""What a letter about posts says: one post whole, or several in a line or two each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Final, Literal

from channel import incoming
from channel.communities import Community
from channel.i18n import translation
from channel.incoming import Addresses
from channel.notices.pictures import Kind, Reader, mailbox
from channel.notices.queue import Claimed
from channel.notify import letters
from channel.notify.laying import HIDDEN, Body, lay
from channel.notify.posted.judging import Answer, Told, Verdict
from channel.notify.posted.look import look_of
from channel.notify.posted.pictures import LARGE, SMALL, Frame, Hung, showable
from channel.notify.sender import Mail
from channel.notify.talked import name_of
from channel.render import titles
from channel.render.media import MediaView
from channel.render.titles import ai_words, title
from channel.render.views import AnyView, LockedView, PostView, QuoteView
from channel.settings import Settings

SUBJECT_CHARS: Final = 90
FIRST_CHARS: Final = 50  # of one among several: with the longest name of a community their number still fits
LINE_CHARS: Final = 280
UNHEARD: Final = re.compile(r"(?:no|do-?not)[-_.]?reply\b", re.IGNORECASE)
NO_WORDS: Final = HIDDEN + " .,:;–-…"
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

    @property
    def is_heard(self) -> bool:
        """Whether somebody may read what comes to the address that letters are from: where there is no Reply-To, answers
        go there. What comes to the bare address for incoming mail is read for complaints alone."""
        address = parseaddr(self.settings.mail_from)[1].lower()
        return not UNHEARD.match(address) and not (self.addresses and address == self.addresses.base)


@dataclass(frozen=True, slots=True)
class Entry:
    """A post in a line or two. `carries`: what it has besides words; `picture`: the first of its pictures, where one is
    shown; `locked`: for its reader."""

    title: str
    line: str
    link: str
    carries: str
    picture: Hung | None
    locked: bool


@dataclass(frozen=True, slots=True)
class Envelope:
    """Whom a letter goes to. `language` "": that of the community. The address that ends these letters (`off`), and that
    of all that its reader chose; `reply_to`: where an answer goes, "" where none is taken; `answer`: what it becomes;
    `members_answer`: it is taken of members, and this reader is none yet; `frame`: what shows pictures, None for who did
    not choose that."""

    to: str
    language: str
    off: str
    chosen: str
    reply_to: str = ""
    answer: Answer = ""
    members_answer: bool = False
    frame: Frame | None = None


def frame_of(desk: Desk, kind: Kind, letter: Claimed, verdict: Verdict) -> Frame | None:
    """What shows pictures to the reader of this letter; None for who does not want any."""
    if verdict.pictured_at is None:
        return None
    mark = mailbox(desk.secret, verdict.to)
    return Frame(desk.settings.url, desk.secret, Reader(kind, letter.reader_id, mark, verdict.pictured_at))


def write(desk: Desk, envelope: Envelope, community: Community, posts: Sequence[Told], tag: str) -> Mail:
    """One letter about these posts of one community; at least one."""
    one, off = posts[0] if len(posts) == 1 else None, envelope.off
    language = envelope.language or community.language
    words = {
        "community": community,
        "off": off,
        "chosen": envelope.chosen,
        "look": look_of(community, desk.settings.url if envelope.frame else ""),
        "answer": envelope.answer if envelope.reply_to else "",
        "members_answer": envelope.members_answer,
        "heard": desk.is_heard,
        "pictures": ""
        if not any(showable(told.view) for told in posts)
        else "loaded"
        if envelope.frame
        else "offered",
        "tells": _about(posts),
        "topic": _topic(posts),
    }
    frame = envelope.frame
    words |= _of_one(desk, one, language, frame) if one else _of_several(desk, posts, language, frame)
    headers = (
        ("List-Id", f"{_phrase(community.name)} <{community.handle}.{desk.settings.host}>"),
        ("List-Unsubscribe", f"<{off}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),  # RFC 8058
        ("Precedence", "bulk"),
        *((("Reply-To", envelope.reply_to),) if envelope.reply_to else ()),
    )
    return letters.about_posts(
        desk.settings, _name(one), words, to=envelope.to, language=language, tag=tag,
        sender=community.name, headers=headers,
    )  # fmt: skip


def _name(one: Told | None) -> str:
    """Of the letter's template."""
    if one is None:
        return "digest"
    if isinstance(one.view, LockedView):
        return "locked"
    return "post" if one.view.topic is None else "message"


def _about(posts: Sequence[Told]) -> Literal["posts", "messages", "both"]:
    messages = sum(told.view.topic is not None for told in posts)
    return "posts" if not messages else "messages" if messages == len(posts) else "both"


def _topic(posts: Sequence[Told]) -> str:
    """The name of the one topic that all of them are in; "" for several, or none."""
    names = {told.view.topic.id: name_of(told.view.topic, told.room) for told in posts if told.view.topic}
    return next(iter(names.values())) if len(names) == 1 and _about(posts) == "messages" else ""


def _phrase(name: str) -> str:
    """A name before an address in angle brackets."""
    return "".join(char for char in name if char.isalnum() or char in " -_").strip()


def _of_one(desk: Desk, told: Told, language: str, frame: Frame | None) -> dict[str, object]:
    view, room = told.view, told.room
    words: dict[str, object] = {
        "room": room, "author": view.author.name, "link": desk.settings.url + view.href,
        "line": title(view, SUBJECT_CHARS), "hung": (hung := frame.hang(view, LARGE) if frame else []),
    }  # fmt: skip
    if isinstance(view, PostView):
        words |= {
            "body": _body(view, desk.settings.url),
            "quote": _quoted(view),
            "important": view.important,
            "carries": _carried(view.media, language),
            "ai": ai_words(view, language),
            "unseen": _carried(view.media, language, shown=len(hung)),
            "described": [one.alt for one in showable(view) if one.alt],
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


def _carried(media: Sequence[MediaView], language: str, *, shown: int = 0) -> list[str]:
    """What the post has besides words, but for so many pictures: it is not sent along, the room shows it."""
    ngettext = translation(language).ngettext
    words = {
        "picture": lambda n: ngettext("%(n)s picture", "%(n)s pictures", n),
        "sound": lambda n: ngettext("%(n)s sound", "%(n)s sounds", n),
        "video": lambda n: ngettext("%(n)s video", "%(n)s videos", n),
        "file": lambda n: ngettext("%(n)s file", "%(n)s files", n),
    }
    found = {kind: sum(one.kind == kind for one in media) for kind in words}
    found["picture"] -= shown
    return [words[kind](many) % {"n": many} for kind, many in found.items() if many]


def _of_several(desk: Desk, posts: Sequence[Told], language: str, frame: Frame | None) -> dict[str, object]:
    posts = _gathered(posts)
    entries = [_entry(desk, told, language, frame) for told in posts[:MOST_LISTED]]
    first = _first([told.view for told in posts])
    return {"entries": entries, "first": first, "many": len(posts), "more": len(posts) - len(entries)}


def _first(views: Sequence[AnyView]) -> str:
    """What the first post is called, as the subject says it; "" where none has words, or spoilers hide them all. What is
    important comes before the others, and what can be read before what is locked: a teaser alone would be advertising."""
    called = [(view, title(view, FIRST_CHARS)) for view in views if view.topic is None]
    worded = [(view, words) for view, words in called if words.strip(NO_WORDS)]
    if not worded:
        return ""
    _, words = min(worded, key=lambda one: _standing(one[0]))
    return words if words.endswith("..") else words.removesuffix(".")


def _standing(view: AnyView) -> int:
    if isinstance(view, PostView):
        return 0 if view.important else 1
    return 2


def _headed(told: Told, language: str) -> str:
    view, _ = told.view, translation(language).gettext
    important = _("important") if isinstance(view, PostView) and view.important else ""
    parts = (_place(told), view.author.name, important, ai_words(view, language))
    return " · ".join(part for part in parts if part)


def _gathered(posts: Sequence[Told]) -> list[Told]:
    """In their order, but those of a topic one after another, where the first of them is."""
    first: dict[str, int] = {}
    keys = [told.view.topic.id if told.view.topic else told.view.id for told in posts]
    for position, key in enumerate(keys):
        first.setdefault(key, position)
    order = sorted(range(len(posts)), key=lambda position: (first[keys[position]], position))
    return [posts[position] for position in order]


def _place(told: Told) -> str:
    """Where it stands: the room, and the topic that has a name of its own."""
    name = name_of(told.view.topic, told.room)
    return name if name == told.room.name else f"{told.room.name} · {name}"


def _entry(desk: Desk, told: Told, language: str, frame: Frame | None) -> Entry:
    view = told.view
    carried = _carried(view.media, language) if isinstance(view, PostView) else []
    hung = frame.hang(view, SMALL) if frame else []
    return Entry(
        _headed(told, language), _said(view, language), desk.settings.url + view.href,
        ", ".join(carried), hung[0] if hung else None, isinstance(view, LockedView),
    )  # fmt: skip


def _said(view: AnyView, language: str) -> str:
    _ = translation(language).gettext
    said = titles.said(view, LINE_CHARS) or titles.unsaid(view, language)
    if not isinstance(view, LockedView):
        return said or (_("A message without words") if view.topic else _("A post without words"))
    locked = _("Locked: for %(tier)s") % {"tier": view.tier.name} if view.tier else _("Locked")
    return f"{locked}. {said}" if said else locked
