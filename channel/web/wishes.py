"""How and when people wish to be told of posts, as their forms say it: the same for accounts and for who follows without one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from channel.notices.model import (
    FIRST_HOUR,
    FIRST_WAIT_HOURS,
    Times,
    clock,
    key_of,
    parse_clock,
    parse_tag,
    tags_of,
    zones,
)
from channel.rooms import Room
from channel.web.forms import Form

Way = TypeVar("Way")
TAG: Final = "tag"  # what fields for tags begin with, where a page has one such form
MOST_OFFERED: Final = 10  # tags in one form, but for those that were chosen


def of_rooms(
    form: Form, rooms: Sequence[Room], parse: Callable[[str, str], Way], prefix: str = "room-"
) -> list[tuple[Room, Way | None]]:
    """What the form says of rooms (None: as of the others); one that it does not name stays as it is.

    `parse` makes a choice of what a field of this name says. Raises Invalid.
    """
    named = [(room, f"{prefix}{room.id}") for room in rooms if f"{prefix}{room.id}" in form.values]
    return [(room, parse(form.line(name), name) if form.line(name) else None) for room, name in named]


@dataclass(frozen=True, slots=True)
class TagFields:
    """What parts/tags.html prints: of one form the fields for tags. `lines`: those that it names, with what was chosen for
    each (""; as the others); `prefix`: of the names of its fields."""

    prefix: str
    lines: tuple[tuple[str, str], ...]


def tag_fields(prefix: str, held: Mapping[Any, str], often: Sequence[str]) -> TagFields:
    """`held`: what was chosen, by room and by tag; `often`: tags that are offered besides."""
    chosen = tags_of(held)
    more = [tag for tag in often if tag not in chosen][: max(0, MOST_OFFERED - len(chosen))]
    return TagFields(prefix, tuple((tag, held.get(key_of(tag), "")) for tag in [*chosen, *more]))


def of_tags(form: Form, parse: Callable[[str, str], Way], prefix: str) -> dict[str, Way | None]:
    """What the form says of tags (None: as of the others), with one that was typed. Raises Invalid (with the names of
    fields)."""
    found: dict[str, Way | None] = {}
    for name in form.values:
        if name.startswith(prefix + "-"):
            tag = parse_tag(name.removeprefix(prefix + "-"), name)
            found[tag] = parse(form.line(name), name) if form.line(name) else None
    typed, how = f"{prefix}_new", f"{prefix}_how"
    if form.line(typed):
        found[parse_tag(form.line(typed), typed)] = parse(form.line(how), how)
    return found


def of_places(
    form: Form, rooms: Sequence[Room], parse: Callable[[str, str], Way], prefix: str = TAG
) -> dict[str, Way | None]:
    """What the form of somebody without an account says of rooms and tags, by the keys of Choices. Raises Invalid."""
    here: dict[str, Way | None] = {room.id: way for room, way in of_rooms(form, rooms, parse)}
    return here | {key_of(tag): way for tag, way in of_tags(form, parse, prefix).items()}


def times(form: Form, *, hour: bool = True, wait: bool = False) -> Times:
    """The zone, the quiet hours and what passes in them; `hour`, `wait`: whether the form asks for that of daily letters, and for how long a letter
    waits for a device. Raises Invalid."""
    daily = form.number("hour") if hour else FIRST_HOUR
    return Times.parse(
        zone=form.line("zone") or "UTC", hour=-1 if daily is None else daily,
        quiet_from=parse_clock(form.line("quiet_from"), "quiet_from"),
        quiet_to=parse_clock(form.line("quiet_to"), "quiet_to"),
        wait_hours=(form.number("wait_hours") or 0) if wait and form.line("wait_hours") else FIRST_WAIT_HOURS,
        important_passes=form.on("important_passes"),
    )  # fmt: skip


def time_fields(chosen: Times, *, hour: bool = True) -> dict[str, Any]:
    """What parts/times.html prints."""
    return {
        "times": chosen,
        "zones": [(name, name.replace("_", " ")) for name in zones()],
        "hours": [(each, clock(each * 60)) for each in range(24)] if hour else [],
        "quiet_from": clock(chosen.quiet_from),
        "quiet_to": clock(chosen.quiet_to),
    }
