"""How and when people wish to be told of posts, as their forms say it: the same for accounts and for who follows without one."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from channel.notices.model import FIRST_HOUR, FIRST_WAIT_HOURS, Times, clock, parse_clock, zones
from channel.rooms import Room
from channel.web.forms import Form

Way = TypeVar("Way")


def of_rooms(
    form: Form, rooms: Sequence[Room], parse: Callable[[str, str], Way], prefix: str = "room-"
) -> list[tuple[Room, Way | None]]:
    """What the form says of rooms (None: as of the others); one that it does not name stays as it is.

    `parse` makes a choice of what a field of this name says. Raises Invalid.
    """
    named = [(room, f"{prefix}{room.id}") for room in rooms if f"{prefix}{room.id}" in form.values]
    return [(room, parse(form.line(name), name) if form.line(name) else None) for room, name in named]


def times(form: Form, *, hour: bool = True, wait: bool = False) -> Times:
    """The zone and the quiet hours; `hour`, `wait`: whether the form asks for that of daily letters, and for how long a letter
    waits for a device. Raises Invalid."""
    daily = form.number("hour") if hour else FIRST_HOUR
    return Times.parse(
        zone=form.line("zone") or "UTC", hour=-1 if daily is None else daily,
        quiet_from=parse_clock(form.line("quiet_from"), "quiet_from"),
        quiet_to=parse_clock(form.line("quiet_to"), "quiet_to"),
        wait_hours=(form.number("wait_hours") or 0) if wait and form.line("wait_hours") else FIRST_WAIT_HOURS,
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
