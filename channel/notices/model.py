"""When somebody is told of posts by letter: rules, times of the day where they live, hours of silence. Pure.

Time zones are those of the IANA database, so an hour stays the hour on the clock when clocks change.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal, TypeVar, get_args
from zoneinfo import ZoneInfo, available_timezones

from channel.errors import Invalid
from channel.naming import tag_of

How = Literal["instant", "important", "daily", "weekly", "none"]
HOWS: Final[tuple[How, ...]] = get_args(How)
# What tells of an important post, and of any other, beginning with what tells of it first.
LOUD: Final = ("instant", "important", "daily", "weekly", "none")
FAINT: Final = ("instant", "daily", "weekly", "important", "none")
# What each of them takes the place of where less is asked for: the others tell no more than it anyway.
LOUDER: Final[Mapping[str, tuple[How, ...]]] = {
    "instant": (), "important": ("instant", "daily", "weekly"), "daily": ("instant",), "weekly": ("instant", "daily"),
    "none": ("instant", "important", "daily", "weekly"),
}  # fmt: skip
DAY_MINUTES: Final = 24 * 60
FIRST_HOUR: Final = 18  # of a digest, where nobody chose one
MORNING_HOUR: Final = 9  # of what is told in the morning
HOUR_MS: Final = 3_600_000
WEEK_MS: Final = 7 * 24 * HOUR_MS
FIRST_WAIT_HOURS: Final = 4  # of a letter about what a device was told, where nobody chose
WAITS: Final = (1, 2, 4, 8, 24)  # hours, that one may choose
MOST_PER_WEEK: Final = 20
MOST_MUTED_DAYS: Final = 90
MAX_RULES: Final = 2_000  # of one account
MAX_TAGS: Final = 20  # of one account or follower in one community
Way = TypeVar("Way", bound=str)
MONDAY: Final = 0
_ZONE: Final = "Choose a time zone from the list, like Europe/Berlin."


@dataclass(frozen=True, slots=True)
class Rule:
    """What an account chose for a community (`room_id` None), for one room of it, or for all posts of it with a tag (`tag`,
    folded), and when (epoch ms). `turned_at`: see turned."""

    community_id: str
    room_id: str | None
    how: How
    chosen_at: int
    tag: str = ""
    turned_at: int | None = field(default=None, compare=False)

    @property
    def key(self) -> str | None:
        """See Held."""
        return key_of(self.tag) if self.tag else self.room_id

    @property
    def place(self) -> str:
        """What it is about, among all rules of an account."""
        return self.community_id + key_of(self.tag) if self.tag else self.room_id or self.community_id


def by_place(rules: Iterable[Rule]) -> dict[str, Rule]:
    """Those of one account."""
    return {rule.place: rule for rule in rules}


def turned(rule: Rule, before: Mapping[str, Rule], *, unasked: str) -> Rule:
    """`rule` with the moment since when nothing is told there, where something was told `before` (by place; `unasked`: where
    nothing was chosen). Saying so again is no news, and so is saying it where nothing was told anyway."""
    own = before.get(rule.place)
    held = own or before.get(rule.community_id)
    if rule.how != "none":
        return replace(rule, turned_at=None)
    if (held.how if held else unasked) == "none":
        return replace(rule, turned_at=own.turned_at if own else None)
    return replace(rule, turned_at=rule.chosen_at)


@dataclass(frozen=True, slots=True)
class Times:
    """When letters may come. `hour`: of digests. `quiet_from`, `quiet_to`: minutes of the day, both or neither.
    `wait_hours`: how long a letter waits for a post to be seen of which a device was told. `important_passes`: what is
    important and told at once comes in quiet hours, too."""

    zone: str = "UTC"
    hour: int = FIRST_HOUR
    quiet_from: int | None = None
    quiet_to: int | None = None
    wait_hours: int = FIRST_WAIT_HOURS
    important_passes: bool = False

    @classmethod
    def parse(
        cls,
        *,
        zone: str,
        hour: int,
        quiet_from: int | None,
        quiet_to: int | None,
        wait_hours: int = FIRST_WAIT_HOURS,
        important_passes: bool = False,
    ) -> "Times":
        """Raises Invalid with every field that is not right, at once."""
        problems: dict[str, str] = {}
        if zone not in zones():
            problems["zone"] = _ZONE
        if not 0 <= hour <= 23:
            problems["hour"] = "Choose an hour from 0 to 23."
        if wait_hours not in WAITS:
            problems["wait_hours"] = "Choose 1, 2, 4, 8 or 24 hours."
        for name, minute in (("quiet_from", quiet_from), ("quiet_to", quiet_to)):
            if minute is not None and not 0 <= minute < DAY_MINUTES:
                problems[name] = "Write a time of day, like 22:00."
        if (quiet_from is None) != (quiet_to is None):
            missing = "quiet_to" if quiet_to is None else "quiet_from"
            problems.setdefault(missing, "Quiet hours have a beginning and an end. Write both, or neither.")
        elif quiet_from is not None and quiet_from == quiet_to:
            problems.setdefault("quiet_to", "Quiet hours end at another time than they begin.")
        if problems:
            raise Invalid(problems)
        return cls(zone, hour, quiet_from, quiet_to, wait_hours, important_passes)


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of a community somebody lets through, by all ways together: posts in seven days (None: all of them), and
    nothing before a moment (epoch ms)."""

    per_week: int | None = None
    muted_until: int | None = None

    @classmethod
    def parse(cls, per_week: int | None, muted_until: int | None, now: int) -> "Limit":
        """What is over already is none. Raises Invalid (per_week, muted_until)."""
        problems: dict[str, str] = {}
        if per_week is not None and not 1 <= per_week <= MOST_PER_WEEK:
            problems["per_week"] = "Choose from 1 to 20 posts a week, or no limit."
        if muted_until is not None and muted_until > now + MOST_MUTED_DAYS * 24 * HOUR_MS:
            problems["muted_until"] = "Choose a time within 90 days."
        if problems:
            raise Invalid(problems)
        return cls(per_week, muted_until if muted_until is not None and muted_until > now else None)

    def mutes(self, now: int) -> bool:
        """Whether nothing is told at `now`."""
        return self.muted_until is not None and self.muted_until > now

    def quieter(self, until: int) -> "Limit":
        """Quiet until then (epoch ms), or for longer where more was asked for before."""
        return Limit(self.per_week, max(until, self.muted_until or 0))


@cache
def zones() -> tuple[str, ...]:
    """The zones that people may choose, by name: places, and UTC."""
    places = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    }
    return ("UTC", *sorted(places))


def parse_zone(text: str) -> str:
    """Raises Invalid (zone)."""
    if text not in zones():
        raise Invalid(zone=_ZONE)
    return text


def zone_of_browser(text: str) -> str:
    """What a script wrote into a hidden field; "" for what is no zone here: nobody can mend what they do not see."""
    return text if text in zones() else ""


def key_of(tag: str) -> str:
    """As what is chosen for a tag is named among what is chosen for rooms: no id of a room begins so."""
    return f"#{tag}"


def parse_tag(typed: str, field: str = "tag") -> str:
    """Folded, as it is kept. Raises Invalid."""
    tag = tag_of(typed.strip().removeprefix("#"))
    if not tag:
        raise Invalid(
            {field: "Write one #tag, as it stands in posts: letters, digits and _, and not digits alone."}
        )
    return tag


def require_few_tags(tags: Iterable[str]) -> None:
    """Of what somebody chose in one community ("": for no tag). Raises Invalid (tag)."""
    if len({tag for tag in tags if tag}) > MAX_TAGS:
        raise Invalid(tag="Choose for at most 20 #tags of a community. Take one back first.")


def tags_of(held: Iterable[str | None]) -> list[str]:
    """The tags among what somebody chose for, in the order of their letters."""
    return sorted(key[1:] for key in held if key is not None and key.startswith("#"))


def for_post(held: Mapping[Any, Way], room_id: str, tags: Collection[str], *, important: bool) -> Way | None:
    """What holds for a post, of what was chosen by room, by tag (see key_of), and for the rest (None): what was chosen for
    its tags, of several what tells most of this post; else for its room; else for the rest."""
    named = [held[key_of(tag)] for tag in tags if key_of(tag) in held]
    if named:
        return min(named, key=lambda how: loudness(how, important=important))
    return held.get(room_id) or held.get(None)


def less_than(hows: Collection[str]) -> set[str]:
    """Of "daily" and "important", those that would tell less than these do."""
    return {less for less in ("daily", "important") if set(hows) & set(LOUDER[less])}


def loudness(how: str, *, important: bool) -> int:
    """Where a choice stands for a post that is important or not, from what tells of it first to what does not."""
    order = LOUD if important else FAINT
    return order.index(how)


def holding(rules: Iterable[Rule], joined_at: int | None) -> dict[str | None, How]:
    """Those that hold for a member, by room and by tag (see key_of); None: for the rest of the community.

    What was chosen before somebody left and came back is over: nobody gets a letter that they have not asked for.
    """
    return {rule.key: rule.how for rule in rules if joined_at is not None and rule.chosen_at >= joined_at}


def effective(
    rules: Iterable[Rule], room_id: str, joined_at: int | None, tags: Collection[str] = (), *, important: bool
) -> How:
    """What holds for a post of a room that has these tags, as far as whoever chose may know them; see for_post."""
    return for_post(holding(rules, joined_at), room_id, tags, important=important) or "none"


def due_at(how: How, times: Times, now: int, *, important: bool = False) -> int:
    """When a post of this moment (epoch ms) is told, epoch ms. Raises ValueError for "none"."""
    match how:
        case "instant" | "important":
            return after_quiet(times, now, important=important)
        case "daily":
            at = _next(times, now, days=1)
        case "weekly":
            at = _next(times, now, days=7)
        case _:
            raise ValueError("Who is told nothing has no time for it.")
    return after_quiet(times, at)


def morning_at(times: Times, now: int) -> int:
    """The next time that it is nine in the morning there (epoch ms)."""
    return _next(times, now, days=1, hour=MORNING_HOUR)


def after_quiet(times: Times, at: int, *, important: bool = False) -> int:
    """`at`, or the end of the quiet hours that it falls into (both epoch ms). `important`: of what is important and told at
    once, which may pass."""
    if times.quiet_from is None or times.quiet_to is None or (important and times.important_passes):
        return at
    here = _local(times, at)
    minute = here.hour * 60 + here.minute
    length = (times.quiet_to - times.quiet_from) % DAY_MINUTES
    if (minute - times.quiet_from) % DAY_MINUTES >= length:
        return at
    day = here if minute < times.quiet_to else here + timedelta(days=1)
    return _moment(times, day, times.quiet_to // 60, times.quiet_to % 60, after=at - 1)


def _next(times: Times, now: int, *, days: int, hour: int | None = None) -> int:
    """The next time that an hour (None: that of digests) comes: on any day, or on a Monday. Once a day, also where clocks that
    are put back show it twice."""
    here = _local(times, now)
    for ahead in range(9):
        day = here + timedelta(days=ahead)
        if days == 7 and day.weekday() != MONDAY:
            continue
        at = _moment(times, day, times.hour if hour is None else hour, 0, after=0)
        if at > now:
            return at
    raise AssertionError("a week has a Monday")


def _local(times: Times, at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(times.zone))


def _moment(times: Times, day: datetime, hour: int, minute: int, *, after: int) -> int:
    """The clock of `day` shows this, epoch ms. Where it shows it twice: the first that is after `after`; where it
    never does: as much later as the clock is put forward."""
    zone = ZoneInfo(times.zone)
    found = []
    for fold in (0, 1):
        there = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone, fold=fold)
        found.append(int(there.timestamp()) * 1000)
    first, second = found
    return first if first > after or second < first else second


def clock(minute: int | None) -> str:
    """As forms write it: 22:00; "" for None."""
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def parse_clock(text: str, field: str) -> int | None:
    """Minutes of the day; None for nothing. Raises Invalid."""
    typed = text.strip()
    if not typed:
        return None
    hours, colon, minutes = typed.partition(":")
    good = (
        colon
        and len(hours) in (1, 2)
        and len(minutes) == 2
        and (hours + minutes).isascii()
        and (hours + minutes).isdigit()
    )
    if not good or int(hours) > 23 or int(minutes) > 59:
        raise Invalid({field: "Write a time of day, like 22:00."})
    return int(hours) * 60 + int(minutes)
