"""What a post is, and the rules that turn what somebody typed into something that may be published. Pure."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, cast, get_args

from channel.accounts.model import Account
from channel.errors import Invalid
from channel.ids import is_id
from channel.media.model import MAX_ALT_CHARS, MAX_MEDIA, parse_ids
from channel.mentions.model import Call
from channel.money import Money
from channel.posts import steps
from channel.posts.steps import Step, Wait
from channel.rooms.model import Room

MAX_TEXT_CHARS = 10_000
MAX_TEASER_CHARS = 280
MAX_DRAFT_CHARS = 40_000  # a draft may be too long to publish: cutting comes later, losing never
MAX_DRAFTS = 100  # of one account in one community
MAX_PINS = 10  # in one room
MAX_EDITS = 500  # of one post; each keeps what it replaced
MAX_IMPORTANT = 4  # of one community in IMPORTANT_DAYS: a flag that is always up says nothing
IMPORTANT_DAYS = 30

Ai = Literal["none", "assisted", "generated"]
AI_WORDS: Final[tuple[Ai, ...]] = get_args(Ai)

_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NEW_LINES = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # Cc but for tab and newline, and Cs


@dataclass(frozen=True, slots=True)
class Post:
    """A post as stored, in full. Only render/views turns it into what somebody may see."""

    id: str
    community_id: str
    room_id: str
    seq: int
    author: Account
    text: str
    html: str
    min_rank: int | None
    opens: tuple[Step, ...]
    teaser: str
    pin_position: int | None
    silent: bool
    ai: Ai
    quote_id: str | None
    rev: int
    views: int
    created_at: int
    edited_at: int | None
    deleted_at: int | None
    unlock_amount: int | None
    unlock_currency: str | None
    comments: int = 0
    comments_off: bool = False
    topic_id: str | None = None  # of a message in a group
    media_count: int = 0
    changed_rev: int = 1  # of the last change that somebody meant; since then it only came to look different
    important: bool = False
    morning: bool = False  # told at nine where each reader lives

    @property
    def unlock(self) -> Money | None:
        """What opening this one post costs; None: it is not sold alone."""
        if self.unlock_amount is None or self.unlock_currency is None:
            return None
        return Money(self.unlock_amount, self.unlock_currency)


@dataclass(frozen=True, slots=True)
class TeaserPicture:
    """The picture on the card of a post for those for whom it is locked.

    `blurred`: its tiny placeholder is all they get. `also_inside`: the writer means it though a locked post carries it.
    """

    media_id: str
    blurred: bool = False
    also_inside: bool = False

    @classmethod
    def parse(cls, media_id: str, *, blurred: bool = False, also_inside: bool = False) -> "TeaserPicture":
        """Raises Invalid (teaser_picture)."""
        if not is_id(media_id):
            raise Invalid(teaser_picture="This is no picture of this community. Choose another one.")
        return cls(media_id, blurred, also_inside)


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to publish, checked as far as it can be without looking anything up.

    `opens` None: nothing was said of it, which for an edit leaves what is planned. `unlock`: what it costs alone.
    `preview`: one of its first link may be shown; what an edit says of that counts for new links.
    """

    text: str
    min_rank: int | None
    opens: tuple[Step, ...] | None
    teaser: str
    ai: Ai
    silent: bool
    quote_id: str | None
    unlock: Money | None = None
    media: tuple[str, ...] | None = None  # ids; None: nothing was said of them
    preview: bool = True
    teaser_picture: TeaserPicture | None = None
    important: bool = False
    morning: bool = False

    @property
    def all_media(self) -> tuple[str, ...]:
        """Ids of what it is to carry, and of what is to stand on its card."""
        return (*(self.media or ()), *((self.teaser_picture.media_id,) if self.teaser_picture else ()))

    @classmethod
    def parse(  # noqa: PLR0913 - each is a field of the form
        cls,
        text: str,
        *,
        min_rank: int | None = None,
        opens: Sequence[Step] | None = None,
        teaser: str = "",
        ai: str = "none",
        silent: bool = False,
        quote_id: str | None = None,
        unlock: Money | None = None,
        media: Sequence[str] | None = None,
        preview: bool = True,
        teaser_picture: TeaserPicture | None = None,
        important: bool = False,
        morning: bool = False,
    ) -> "Draft":
        """Raises Invalid with every field that is not right, at once (text, teaser, min_rank, opens, ai, unlock, silent), or
        media."""
        text, teaser = normal(text).strip(), " ".join(normal(teaser).split())
        carried = None if media is None else parse_ids(media)
        problems = {
            "text": None if carried and not text else _text_problem(text),
            "teaser": _teaser_problem(teaser),
            "min_rank": _rank_problem(min_rank),
            "opens": steps.problem(min_rank, opens or ()),
            "ai": None if ai in AI_WORDS else "Say how AI was used: none, assisted or generated.",
            "unlock": "What every member may read is not sold alone. Choose a tier that may read it, or no price."
            if unlock is not None and not min_rank
            else None,
            "silent": "What is sent silently rings nowhere: not as important, and not in the morning. Choose one of them."
            if silent and (important or morning)
            else None,
        }
        wrong = {field: problem for field, problem in problems.items() if problem}
        if wrong:
            raise Invalid(wrong)
        planned = None if opens is None else tuple(opens)
        known = cast("Ai", ai)  # looked at above
        return cls(
            text, min_rank, planned, teaser, known, bool(silent), quote_id or None, unlock, carried, preview,
            teaser_picture, bool(important), bool(morning),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rendered:
    """A draft with its HTML, and whom and what it names: made before the transaction, because it takes time."""

    draft: Draft
    html: str
    calls: tuple[Call, ...] = ()
    tags: tuple[str, ...] = ()
    teased: tuple[str, ...] = ()  # tags of its teaser
    links: tuple[str, ...] = ()  # to other places on the web


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is not said yet: anything goes that fits, so that nothing typed is lost."""

    text: str
    room_id: str | None
    teaser: str
    min_rank: int | None
    opens: tuple[Wait, ...]
    ai: Ai
    silent: bool
    quote_id: str | None
    unlock: Money | None = None
    media: tuple[str, ...] = ()
    teaser_picture: TeaserPicture | None = None
    alts: Mapping[str, str] = field(default_factory=dict)  # what is typed of the media, by id

    @classmethod
    def parse(  # noqa: PLR0913 - each is a field of the form
        cls,
        text: str,
        *,
        room_id: str | None = None,
        teaser: str = "",
        min_rank: int | None = None,
        opens: Sequence[Wait] = (),
        ai: str = "none",
        silent: bool = False,
        quote_id: str | None = None,
        unlock: Money | None = None,
        media: Sequence[str] = (),
        teaser_picture: TeaserPicture | None = None,
        alts: Mapping[str, str] | None = None,
    ) -> "Sketch":
        """Drops what cannot be stored (control characters, an unknown choice). Raises Invalid for too long a text."""
        text, teaser = _storable(normal(text)), _storable(normal(teaser))
        if len(text) + len(teaser) > MAX_DRAFT_CHARS:
            raise Invalid(text="A draft has at most 40,000 characters. Keep the rest somewhere else.")
        rank = None if _rank_problem(min_rank) else min_rank
        chosen: Ai = next((word for word in AI_WORDS if word == ai), "none")
        planned = tuple(one for one in opens if steps.rank_fits(one.min_rank))[: steps.MAX_STEPS]
        carried = tuple(dict.fromkeys(filter(is_id, media)))[:MAX_MEDIA]
        return cls(
            text, room_id or None, teaser, rank, planned, chosen, bool(silent), quote_id or None, unlock,
            carried, teaser_picture, {one: _storable(alts[one])[:MAX_ALT_CHARS] for one in carried if alts and one in alts},
        )  # fmt: skip


def next_rev(rev: int) -> dict[str, int]:
    """What a change that somebody means writes beside itself: whoever wrote over what stood before is told so."""
    return {"rev": rev + 1, "changed_rev": rev + 1}


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A sketch kept on the server, the same on every device of its author."""

    id: str
    community_id: str
    sketch: Sketch
    updated_at: int


@dataclass(frozen=True, slots=True)
class Version:
    """One wording of a post: who wrote it, when, and who could read it then. The last one is the present."""

    rev: int
    text: str
    min_rank: int | None
    at: int
    by: Account


def parse_key(key: str) -> str:
    """The writer's own name for one act of publishing. Raises Invalid."""
    if not _KEY.fullmatch(key):
        raise Invalid(key="A key has 1 to 64 characters: letters, digits, - and _. Load the page again.")
    return key


def normal(text: str) -> str:
    """One kind of line break, whatever the browser or the system sent."""
    return _NEW_LINES.sub("\n", text)


def addresses(handle: str, rooms: Sequence[Room]) -> dict[str, str]:
    """Where #mentions lead: every room of the community by its slug."""
    return {room.slug: f"/@{handle}/{room.slug}" for room in rooms}


def text_problem(text: str) -> str | None:
    """What keeps `text` from being said by anybody, however long it may be."""
    if _unprintable(text):
        return "Leave out invisible control characters."
    if not any(unicodedata.category(char)[0] not in "ZC" for char in text):
        return "Write something first."
    return None


def _text_problem(text: str) -> str | None:
    if problem := text_problem(text):
        return problem
    if len(text) > MAX_TEXT_CHARS:
        return f"A post has at most 10,000 characters; this has {len(text):,}. Make it shorter or two posts of it."
    return None


def _teaser_problem(teaser: str) -> str | None:
    if _unprintable(teaser):
        return "Leave out invisible control characters."
    if len(teaser) > MAX_TEASER_CHARS:
        return f"A teaser has at most 280 characters; this has {len(teaser)}. Make it shorter."
    return None


def _rank_problem(min_rank: int | None) -> str | None:
    if not steps.rank_fits(min_rank):
        return "Choose who may read: everyone in the room, members, or a tier."
    return None


def _unprintable(text: str) -> bool:
    return _UNSTORABLE.search(text) is not None


def _storable(text: str) -> str:
    """Without control characters and halves of characters, which no database and no page can hold."""
    return _UNSTORABLE.sub("", text)
