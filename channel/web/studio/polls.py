"""Polls from the studio: ending one, its results as a table, and how the composer asks for one."""

import csv
import io
from collections.abc import AsyncIterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from channel import polls, posts
from channel.errors import Conflict, NotFound
from channel.members import Action
from channel.members.spreadsheet import safe
from channel.polls import PollDraft, queries
from channel.polls.model import MAX_OPTIONS, MAX_RECEIPTS_SHOWN, Option, Receipt, shown_code
from channel.posts.model import Post
from channel.render.json import FORMER_MEMBER
from channel.render.polls import PollView, poll_view
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.responses import PRIVATE, see_other
from channel.web.studio.place import Place, enter, posted

HOUR_MS: Final = 3_600_000
# How long a poll runs, as the composer offers it: hours by the value of the field; none: until it is ended by hand.
SPANS: Final[dict[str, int]] = {"1h": 1, "6h": 6, "1d": 24, "3d": 72, "7d": 168, "30d": 720, "90d": 2160}
NUMBERS: Final = tuple(range(1, MAX_OPTIONS + 1))
BYTE_ORDER_MARK: Final = "\ufeff"


def asks(form: Form) -> bool:
    """Whether anything of a poll was filled in."""
    return bool(form.line("poll_question")) or any(form.line(f"poll_option{n}") for n in NUMBERS)


def draft_of(form: Form, now: int) -> PollDraft | None:
    """The poll that the composer asks for, for a post that is sent at `now`; None for none. Raises Invalid.

    Empty answers between others are left out, and the right ones keep to their words.
    """
    if not asks(form):
        return None
    filled = [n for n in NUMBERS if form.line(f"poll_option{n}")]
    right = [place for place, n in enumerate(filled, 1) if form.on(f"poll_right{n}")]
    quiz = form.on("poll_quiz")
    lasts = SPANS.get(form.line("poll_lasts"))
    rank = form.line("poll_min_rank")
    return PollDraft.parse(
        [form.line(f"poll_option{n}") for n in filled],
        question=form.line("poll_question"),
        kind="quiz" if quiz else "poll",
        multiple=form.on("poll_multiple"),
        anonymous=not form.on("poll_named"),
        sealed=form.on("poll_sealed"),
        may_change=False if quiz or form.on("poll_final") else None,
        min_rank=int(rank) if rank.isascii() and rank.isdigit() and len(rank) <= 9 else None,
        closes_at=now + lasts * HOUR_MS if lasts else None,
        right=right if quiz else (),
        explanation=form.line("poll_explanation") if quiz else "",
    )


def previewed(poll: PollDraft | None) -> polls.Poll | None:
    """The poll before anybody has voted, for the preview."""
    if poll is None:
        return None
    options = tuple(
        Option(number, text, number in poll.right, 0) for number, text in enumerate(poll.options, 1)
    )
    return polls.Poll(
        "", poll.question, poll.kind, poll.multiple, poll.anonymous, poll.sealed, poll.may_change, poll.min_rank,
        poll.closes_at, None, poll.explanation, 0, options,
    )  # fmt: skip


async def _own(request: Request, tx: Tx) -> tuple[Place, Post]:
    """The post of `{id}`, which must be of this community and still there."""
    place = await enter(request, tx, Action.POST)
    post = await posts.one(tx, request.path_params["id"])
    if post.community_id != place.community.id or post.deleted_at is not None:
        raise NotFound("There is no such post.")
    return place, post


async def close(request: Request) -> Response:
    """POST /studio/{handle}/posts/{id}/poll/close: 303 to the post's page in the studio."""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place, post = await _own(request, tx)
        await polls.close(tx, place.by, post)
    return see_other(f"{place.root}/posts/{post.id}?said=poll_ended")


async def table(request: Request) -> Response:
    """GET /studio/{handle}/posts/{id}/poll.csv: tallies, and after the end every ballot by its code.

    Of a sealed poll nothing before its end: Conflict (code poll_open). Names stand in polls that are not anonymous.
    """
    async with services_of(request).db.read() as tx:
        place, post = await _own(request, tx)
        poll = await queries.one(tx, post.id)
    view = poll_view(poll, place.by.rank)
    if not view.revealed:
        raise Conflict("This poll is sealed. Its results can be had when it has ended.", code="poll_open")
    headers = {
        "cache-control": PRIVATE,
        "content-disposition": f'attachment; filename="{place.community.handle}-poll-{post.seq}.csv"',
    }
    pieces = _pieces(request, post, view)
    return StreamingResponse(pieces, headers=headers, media_type="text/csv; charset=utf-8")


async def _pieces(request: Request, post: Post, view: PollView) -> AsyncIterator[str]:
    """Tallies first. Codes follow only after the end: before it somebody who had one could change its vote."""
    yield BYTE_ORDER_MARK + _lines([("option", "text", "votes"), *_tallies(view)])
    if not view.closed:
        return
    yield _lines([(), ("receipt", "options", *(() if view.anonymous else ("name",)))])
    after, full = "", True
    while full:
        async with services_of(request).db.read(heavy=True) as tx:
            ballots = await queries.receipts(tx, post.id, after=after, limit=MAX_RECEIPTS_SHOWN)
        yield _lines([_ballot(one, view) for one in ballots])
        full = len(ballots) == MAX_RECEIPTS_SHOWN
        after = ballots[-1].code if ballots else ""


def _tallies(view: PollView) -> list[tuple[str, ...]]:
    return [(str(one.id), one.text, str(one.votes)) for one in view.options]


def _ballot(ballot: Receipt, view: PollView) -> tuple[str, ...]:
    cells = (shown_code(ballot.code), " ".join(str(one) for one in ballot.options))
    return cells if view.anonymous else (*cells, ballot.name or FORMER_MEMBER)


def _lines(rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([safe(cell) for cell in row] for row in rows)
    return text.getvalue()


def fields() -> dict[str, Any]:
    """What the composer needs to offer a poll."""
    return {"poll_numbers": NUMBERS, "poll_spans": tuple(SPANS)}
