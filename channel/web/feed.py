"""Which posts a page of a room shows, and how they stand under their days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby

from markupsafe import Markup

from channel.errors import NotFound
from channel.posts.model import Post
from channel.posts.queries import Part, around, edges, page
from channel.render import html, views
from channel.storage import Tx
from channel.web.places import seq_of

READ_BEFORE = 15  # read posts above the first unread one
UNREAD_AT_ONCE = 50
AT_ONCE = 50
DAY_MS = 24 * 3600 * 1000
SAME_BREATH_MS = 30 * 60 * 1000  # static/js/feed-order.js says the same


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a room, oldest first. `target`: the seq that was asked for, shown first."""

    posts: tuple[Post, ...]
    older: bool = False
    newer: bool = False
    target: int | None = None

    @property
    def first(self) -> int:
        return self.posts[0].seq if self.posts else 0

    @property
    def last(self) -> int:
        return self.posts[-1].seq if self.posts else 0


@dataclass(frozen=True, slots=True)
class Day:
    """The posts of one day (UTC). `parts` are articles; `divided`: the index of the first unread one among them."""

    date: str
    at: int
    parts: tuple[Markup, ...]
    divided: int | None


async def asked_for(tx: Tx, part: Part, query: Mapping[str, str]) -> Window | None:
    """The stretch that the address names by before, after, from or at; None when it names none. Raises NotFound."""
    before, after, target = (seq_of(query.get(name)) for name in ("before", "after", "from"))
    if before is not None:
        return await _edged(tx, part, await page(tx, part, before=before, limit=AT_ONCE))
    if after is not None:
        return await _edged(tx, part, await page(tx, part, after=after, limit=AT_ONCE))
    if target is not None:
        return replace(
            await _edged(tx, part, await around(tx, part, seq=target, limit=AT_ONCE)), target=target
        )
    if day := query.get("at"):
        at = _start_of(day)
        window = await _edged(tx, part, await around(tx, part, at=at, limit=AT_ONCE))
        target = next((post.seq for post in window.posts if post.created_at >= at), None)
        return replace(window, target=target)
    return None


async def where_reading_goes_on(tx: Tx, part: Part, read: int, unread: int) -> Window:
    """Some that were read and the first that were not; the newest when there is nothing to go on from."""
    if not (read and unread):
        return await _edged(tx, part, await page(tx, part, limit=AT_ONCE))
    newer = await page(tx, part, after=read, limit=UNREAD_AT_ONCE)
    older = await page(tx, part, before=read + 1, limit=READ_BEFORE)
    return await _edged(tx, part, [*newer, *older])


async def stretch(tx: Tx, part: Part, query: Mapping[str, str]) -> Window:
    """What scripts ask for: before, after or around a seq, `limit` of them."""
    before, after, middle = (seq_of(query.get(name)) for name in ("before", "after", "around"))
    limit = seq_of(query.get("limit")) or AT_ONCE
    if middle is not None:
        return await _edged(tx, part, await around(tx, part, seq=middle, limit=limit))
    return await _edged(tx, part, await page(tx, part, before=before, after=after, limit=limit))


async def _edged(tx: Tx, part: Part, newest_first: Sequence[Post]) -> Window:
    """The same oldest first, and whether there is more at either end."""
    found = tuple(reversed(newest_first))
    first, last = await edges(tx, part)
    if not found:
        return Window(found, older=False, newer=False)
    return Window(found, older=found[0].seq > first, newer=found[-1].seq < last)


def _start_of(day: str) -> int:
    try:
        moment = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise NotFound("There is no such day.") from error
    return int(moment.timestamp() * 1000)


def date_of(epoch_ms: int) -> str:
    """The day of a moment (UTC), as YYYY-MM-DD."""
    return _date(epoch_ms // DAY_MS)


@lru_cache(maxsize=1024)
def _date(day: int) -> str:
    return f"{datetime.fromtimestamp(day * (DAY_MS // 1000), UTC):%Y-%m-%d}"


def days(shown: Sequence[views.AnyView], language: str, first_unread: int | None) -> list[Day]:
    """The articles under their days, each without its author's face where the one before goes on."""
    made: list[Day] = []
    for date, group in groupby(shown, key=lambda view: date_of(view.created_at)):
        of_day = list(group)
        divided = next((n for n, view in enumerate(of_day) if view.seq == first_unread), None)
        parts = [html.fragment(view, language) for view in of_day]
        for n in range(1, len(of_day)):
            if n != divided and _goes_on(of_day[n - 1], of_day[n]):
                parts[n] = parts[n].replace('class="post', 'class="post same', 1)
        made.append(Day(date, of_day[0].created_at, tuple(map(Markup, parts)), divided))
    return made


def _goes_on(before: views.AnyView, view: views.AnyView) -> bool:
    """Whether a post of the same day belongs to the one before it."""
    if "gone" in (before.shape, view.shape) or before.author.id != view.author.id:
        return False
    return view.created_at - before.created_at <= SAME_BREATH_MS


def first_unread(posts: Sequence[Post], read: int, account_id: str | None) -> int | None:
    """The seq of the first post that is new to the reader; one's own and traces are nothing new."""
    new = (
        post.seq for post in posts if post.seq > read and not post.deleted_at and post.author.id != account_id
    )
    return next(new, None)
