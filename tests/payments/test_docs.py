"""The page about money says what the code does."""

import re
from pathlib import Path

import pytest

from channel.payments.model import DAY_MS, Held, Status, access

PAGE = Path(__file__).parents[2] / "docs" / "payments" / "README.md"
NOW, PERIOD_END, FAILED = 1_000 * DAY_MS, 1_010 * DAY_MS, 999 * DAY_MS
GRACE_DAYS = 7
CHANGE = "something changes"


def table() -> dict[str, tuple[str, str]]:
    """Opens and until, by the name of the state."""
    text = PAGE.read_text("utf-8").partition("<!-- states -->\n")[2].partition("<!-- /states -->")[0]
    rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in text.splitlines()[2:]]
    return {row[0]: (row[1], row[2]) for row in rows}


def held(status: Status, *, cancelling: bool = False) -> Held:
    """A subscription in this state, in the middle of a period that is paid for."""
    return Held(
        external_id="x", order_id=None, account_id=None, customer="", price_id=None, status=status, amount=500,
        currency="EUR", interval="month", live=True, created_at=0, period_start=980 * DAY_MS,
        period_end=PERIOD_END, trial_end=PERIOD_END if status is Status.TRIAL else None,
        past_due_since=FAILED if status is Status.PAST_DUE else None, cancelling=cancelling,
    )  # fmt: skip


def until(words: str, *, cancelling: bool) -> int | None:
    """The moment that the table's words mean for `held`."""
    if words.startswith(CHANGE):
        _, _, then = words.partition("; ")
        assert re.fullmatch(r"the end of (the trial|what is paid) once it is cancelled", then), words
        return PERIOD_END if cancelling else None
    moments = {
        "the grace days after the failed payment are over": FAILED + GRACE_DAYS * DAY_MS,
        "the end of what is paid": PERIOD_END,
    }
    return moments[words]


def test_the_table_has_every_state_once_in_order() -> None:
    assert list(table()) == [status.value for status in Status]


@pytest.mark.parametrize("cancelling", [False, True])
@pytest.mark.parametrize("status", list(Status))
def test_the_table_says_what_a_purchase_opens(status: Status, cancelling: bool) -> None:
    opens, words = table()[status.value]
    found = access(held(status, cancelling=cancelling), grace_days=GRACE_DAYS, days=0, now=NOW)
    assert found.opens is (opens == "yes")
    if found.opens:
        assert found.until == until(words, cancelling=cancelling)
    else:
        assert words == ""
