"""Keeping `votes` and `questions` equal to the rows they count, and the locks that this takes.

Questions are locked before their prompt, several of them by id: so no two writers wait for each other.
"""

from collections.abc import Sequence

from sqlalchemy import func, literal, select, update

from channel.errors import Conflict
from channel.questions.model import MAX_IN_PROMPT
from channel.questions.tables import prompts, questions, votes
from channel.storage import Tx, locking


async def hold(tx: Tx, ids: Sequence[str]) -> dict[str, str]:
    """The states of these questions, which nobody else changes until the transaction ends."""
    chosen = select(questions.c.id, questions.c.state).where(questions.c.id.in_(ids)).order_by(questions.c.id)
    return {row.id: row.state for row in await tx.all(locking(tx.dialect, chosen))}


async def add(tx: Tx, prompt_id: str | None, change: int) -> None:
    """So many questions of the prompt more, or fewer. Raises Conflict (code too_many_questions) when it is full."""
    if prompt_id is None:
        return
    there = update(prompts).where(prompts.c.post_id == prompt_id)
    if change > 0:
        there = there.where(prompts.c.questions < MAX_IN_PROMPT)
    if not await tx.run(there.values(questions=prompts.c.questions + change)):
        raise Conflict(
            "So many questions were asked here that no more fit. Vote for one of them.",
            code="too_many_questions",
        )


async def recount(tx: Tx, question_id: str) -> None:
    """For votes that were moved: their number is looked up again."""
    number = (
        select(func.count()).select_from(votes).where(votes.c.question_id == question_id).scalar_subquery()
    )
    await tx.run(update(questions).where(questions.c.id == question_id).values(votes=number))


async def unite(tx: Tx, sources: Sequence[str], target_id: str, author_id: str) -> None:
    """The votes for `sources` are votes for `target_id`, one of each person and none of its author `author_id`."""
    taken = (
        select(literal(target_id), votes.c.account_id, func.min(votes.c.at))
        .where(votes.c.question_id.in_(sources), votes.c.account_id != author_id)
        .group_by(votes.c.account_id)
    )
    columns = ["question_id", "account_id", "at"]
    await tx.run(tx.insert(votes).from_select(columns, taken).on_conflict_do_nothing())
    await tx.run(votes.delete().where(votes.c.question_id.in_(sources)))
    await tx.run(update(questions).where(questions.c.id.in_(sources)).values(votes=0))
    await recount(tx, target_id)


async def add_vote(tx: Tx, question_id: str, account_id: str, at: int) -> bool:
    """False when the account has voted already."""
    row = {"question_id": question_id, "account_id": account_id, "at": at}
    return bool(await tx.run(tx.insert(votes).values(**row).on_conflict_do_nothing()))
