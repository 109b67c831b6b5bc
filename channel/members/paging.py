"""Pages of a list, and the opaque cursor that leads to the next one."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from channel.errors import Invalid

T = TypeVar("T")
MAX_PAGE = 100


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """`next_cursor` None: this was the last page."""

    items: list[T]
    next_cursor: str | None


def merged(
    pages: Sequence[Page[T]], limit: int, at: Callable[[T], tuple[int, str]], *, newest: bool
) -> Page[T]:
    """The first of several lists that are in one order and were asked from one place on; `at`: time and id of a row."""
    size = within(limit)
    rows = sorted((one for page in pages for one in page.items), key=at, reverse=newest)
    more = len(rows) > size or any(page.next_cursor for page in pages)
    return Page(rows[:size], cursor_of(*at(rows[:size][-1])) if more and rows else None)


def within(limit: int) -> int:
    """At least one row, at most a page."""
    return max(1, min(limit, MAX_PAGE))


def cursor_of(at: int, row_id: str) -> str:
    """The place after the row that happened at `at` and has this id."""
    return base64.urlsafe_b64encode(f"{at}.{row_id}".encode()).decode().rstrip("=")


def place(cursor: str) -> tuple[int, str]:
    """What `cursor_of` was given. Raises Invalid for a cursor that is not ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, row_id = text.partition(".")
        if not (at.isascii() and at.isdigit() and len(at) <= 15 and row_id and row_id.isprintable()):
            raise ValueError
        return int(at), row_id
    except (ValueError, binascii.Error) as error:
        raise Invalid(cursor="This cursor is not one of ours. Start from the first page.") from error
