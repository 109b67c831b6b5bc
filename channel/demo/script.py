"""How the stories are written down: notes by story day (see clock.py), turned into a plan by plan.py."""

import re
from dataclasses import dataclass
from textwrap import dedent

from channel.demo.model import (
    AiUse,
    DraftPlan,
    InvitePlan,
    Language,
    PersonPlan,
    RoomPlan,
    StaffRole,
    TierPlan,
)
from channel.demo.talk import Talk

FIRST_DAY = 82  # the story day on which all three communities begin

_STARTS_A_LINE = re.compile(r"[-*>]\s|#{1,3}\s|\d+\.\s|\|(?!\|)")  # "||" is a spoiler, "|" a table
_ENDS_WITH_ITS_LINE = re.compile(r"```|#{1,3}\s|\|(?!\|)")
_FENCE = "```"


@dataclass(frozen=True, slots=True)
class Note:
    """One post of a story. `text` may be wrapped anywhere; `{+9}` and `{sat}` become dates."""

    room: str
    day: int
    at: str
    text: str
    by: str = ""  # a handle; "" is the owner
    min_rank: int | None = None
    opens: tuple[tuple[int, int | None], ...] = ()  # after how many hours to which rank; None is everyone
    teaser: str = ""
    ai: AiUse = "none"
    pinned: bool = False
    silent: bool = False
    key: str = ""  # so that a later note can quote this one
    quotes: str = ""
    earlier: str = ""  # the text before it was edited


@dataclass(frozen=True, slots=True)
class Door:
    """An invite, how large a share of the followers came through it, and since which story day."""

    invite: InvitePlan
    share: int
    since_day: int = FIRST_DAY


@dataclass(frozen=True, slots=True)
class Story:
    handle: str
    name: str
    about: str
    hue: int
    cover: str
    avatar: str
    language: Language
    owner: PersonPlan
    co_workers: tuple[tuple[PersonPlan, StaffRole], ...]
    tiers: tuple[TierPlan, ...]
    rooms: tuple[RoomPlan, ...]
    doors: tuple[Door, ...]
    crowd: tuple[tuple[int, int], ...]  # (rank, how many followers)
    requests: int  # people waiting at a door that asks for approval
    speaks: tuple[str, ...]  # the name groups of names.py, repeated to weigh them
    drafts: tuple[DraftPlan, ...]
    notes: tuple[Note, ...]
    talk: Talk


def unwrap(text: str) -> str:
    """Undo the wrapping of the source: one line per paragraph or list item, tables and code as they are.

    A line ending in a backslash keeps its break.
    """
    lines: list[str] = []
    in_code = False
    for line in dedent(text).strip().splitlines():
        fence = line.startswith(_FENCE)
        if in_code or fence or not _continues(lines, line):
            lines.append(line)
        else:
            lines[-1] = f"{lines[-1]} {line.strip()}"
        in_code ^= fence
    return "\n".join(lines)


def _continues(before: list[str], line: str) -> bool:
    if not before or not line.strip() or _STARTS_A_LINE.match(line.lstrip()):
        return False
    last = before[-1]
    return bool(last) and not _ENDS_WITH_ITS_LINE.match(last) and not last.endswith("\\")
