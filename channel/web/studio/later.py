"""When a post is to open to more people, as forms say it: so many hours or days after it is sent; or for what price."""

import contextlib
from typing import Final

from channel.errors import Invalid
from channel.money import COMMON, Money, parse_amount, parse_currency, plain
from channel.posts.steps import MAX_AHEAD_DAYS, UNITS, Step, Unit, Wait
from channel.web.forms import Form

ROWS: Final = ("open1", "open2", "openall")  # the last one is for everyone, and counts days
MOST: Final[dict[Unit, int]] = {"hours": MAX_AHEAD_DAYS * 24, "days": MAX_AHEAD_DAYS}


def steps(form: Form, now: int) -> list[Step]:
    """What was planned, for a post that is sent at `now`, in the order of time; nothing for one that all may read.

    Raises Invalid (opens).
    """
    if not form.line("min_rank"):
        return []
    found = [wait.step(now) for row in ROWS if (wait := _wait(form, row))]
    return sorted(found, key=lambda step: step.at)


def typed(form: Form) -> list[Wait]:
    """What can be kept of it in a draft, whatever state it is in."""
    found = []
    for row in ROWS:
        with contextlib.suppress(Invalid):
            if wait := _wait(form, row):
                found.append(wait)
    return found


def fields(waits: tuple[Wait, ...]) -> dict[str, object]:
    """The fields of a form that say this."""
    made: dict[str, object] = {}
    rows = iter(ROWS[:-1])
    for wait in waits:
        if wait.min_rank is None:
            made[f"{ROWS[-1]}_n"] = wait.count
        elif row := next(rows, None):
            made |= {f"{row}_rank": wait.min_rank, f"{row}_n": wait.count, f"{row}_unit": wait.unit}
    return made


def cost(form: Form) -> Money | None:
    """What opening the post alone costs; None for no price, or for a post that every member may read.

    Raises Invalid (unlock).
    """
    typed = form.line("unlock_amount")
    if not typed or form.line("min_rank") in ("", "0"):
        return None
    currency = parse_currency(form.line("unlock_currency") or COMMON[0], field="unlock")
    return Money(parse_amount(typed, currency, field="unlock"), currency)


def cost_fields(unlock: Money | None) -> dict[str, object]:
    """The fields of a form that say this."""
    if unlock is None:
        return {}
    return {"unlock_amount": plain(unlock.amount, unlock.currency), "unlock_currency": unlock.currency}


def cost_typed(form: Form) -> Money | None:
    """What can be kept of it in a draft."""
    with contextlib.suppress(Invalid):
        return cost(form)
    return None


def _wait(form: Form, row: str) -> Wait | None:
    count, rank = form.line(f"{row}_n"), form.line(f"{row}_rank")
    everyone = row == ROWS[-1]
    if not count and not rank:
        return None
    if not everyone and not _is_number(rank):
        raise Invalid(opens="Choose for whom it opens, or leave the number empty.")
    unit: Unit = "days" if everyone else next((u for u in UNITS if u == form.line(f"{row}_unit")), "hours")
    if not _is_number(count) or not 1 <= int(count) <= MOST[unit]:
        raise Invalid(opens="Write after how many hours or days it opens: a whole number, 366 days at most.")
    return Wait(int(count), unit, None if everyone else int(rank))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
