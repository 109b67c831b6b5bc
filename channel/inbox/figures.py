"""How long answers took, and what was left without one: for those who run the community, and for nobody else.

Of the last thirty days, each thing that asked for an answer counts once, with the first answer it got. What was put away
without an answer counts as left: the numbers are about the people who asked, not about the list.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from sqlalchemy import Row, Select, bindparam, func, select

from channel.comments.tables import comments
from channel.communities import Community
from channel.inbox.model import WINDOW_MS
from channel.inbox.sources import COMMUNITY, WINDOW_FROM
from channel.members.model import Action, Entitlement
from channel.members.rights import require
from channel.messages.tables import messages
from channel.posts.tables import posts
from channel.questions.tables import questions
from channel.storage import Tx

MOST = 2_000  # of a kind, the newest of the thirty days; more say nothing more about a median
Answerable = Literal["question", "comment", "message"]


@dataclass(frozen=True, slots=True)
class Times:
    """Of one kind. `median_ms`: how long half of the answers took at most; None without an answer."""

    kind: Answerable
    asked: int
    answered: int
    median_ms: int | None

    @property
    def left(self) -> int:
        """Without an answer so far."""
        return self.asked - self.answered


def _questions() -> Select[Any]:
    asked = (
        questions.c.community_id == COMMUNITY,
        questions.c.state.in_(("open", "answered")),
        questions.c.created_at > WINDOW_FROM,
    )
    return (
        select(questions.c.created_at.label("asked_at"), questions.c.answered_at.label("answered_at"))
        .where(*asked)
        .order_by(questions.c.created_at.desc(), questions.c.id)
    )


def _comments() -> Select[Any]:
    """What followers began a branch with, and the team's first answer in it."""
    answer = comments.alias("answer")
    first = select(func.min(answer.c.created_at)).where(
        answer.c.reply_to == comments.c.id, answer.c.by_staff, answer.c.state == "shown"
    )
    begun = (
        comments.c.community_id == COMMUNITY, comments.c.state == "shown",
        comments.c.created_at > WINDOW_FROM, comments.c.by_staff.is_(False), comments.c.reply_to.is_(None),
        posts.c.deleted_at.is_(None),
    )  # fmt: skip
    return (
        select(comments.c.created_at.label("asked_at"), first.scalar_subquery().label("answered_at"))
        .join(posts, posts.c.id == comments.c.thread_id)
        .where(*begun)
        .order_by(comments.c.created_at.desc(), comments.c.id)
    )


def _messages() -> Select[Any]:
    """Where a follower began to write, or began again after an answer; and the next answer."""
    before, answer = messages.alias("before"), messages.alias("answer")
    same = (before.c.conversation_id == messages.c.conversation_id, before.c.seq < messages.c.seq)
    last_word = (
        select(before.c.side)
        .where(*same, before.c.deleted_at.is_(None))
        .order_by(before.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    first = select(func.min(answer.c.created_at)).where(
        answer.c.conversation_id == messages.c.conversation_id, answer.c.seq > messages.c.seq,
        answer.c.side == "team", answer.c.deleted_at.is_(None),
    )  # fmt: skip
    asked = (
        messages.c.community_id == COMMUNITY, messages.c.side == "follower",
        messages.c.created_at > WINDOW_FROM, messages.c.deleted_at.is_(None),
        func.coalesce(last_word, "team") == "team",
    )  # fmt: skip
    return (
        select(messages.c.created_at.label("asked_at"), first.scalar_subquery().label("answered_at"))
        .where(*asked)
        .order_by(messages.c.created_at.desc(), messages.c.id)
    )


_ASKED: dict[Answerable, Select[Any]] = {
    "question": _questions(),
    "comment": _comments(),
    "message": _messages(),
}


async def times(tx: Tx, by: Entitlement, community: Community) -> list[Times]:
    """Of each kind that this viewer answers. Raises NotFound, Forbidden."""
    require(by, community, Action.SEE_STUDIO)
    kinds = [kind for kind in _ASKED if kind != "message" or by.may(Action.ANSWER)]
    values = {"community_id": community.id, "window_from": tx.now - WINDOW_MS, "most": MOST}
    return [_times(kind, await tx.all(_ASKED[kind].limit(bindparam("most")), **values)) for kind in kinds]


def _times(kind: Answerable, rows: Sequence[Row[Any]]) -> Times:
    took = [row.answered_at - row.asked_at for row in rows if row.answered_at is not None]
    return Times(kind, len(rows), len(took), int(median(took)) if took else None)
