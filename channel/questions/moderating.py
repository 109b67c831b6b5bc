"""What staff do with questions before they are answered: put the same ones together, put rubbish aside."""

from collections.abc import Sequence

from sqlalchemy import func, select, update

from channel.errors import Conflict, Invalid
from channel.members.model import Action, Entitlement
from channel.questions import counting, queries
from channel.questions.model import MAX_MERGED, Question
from channel.questions.rights import require_staff
from channel.questions.tables import questions
from channel.storage import Tx


async def merge(tx: Tx, by: Entitlement, duplicates: Sequence[Question], target: Question) -> Question:
    """`duplicates` are the same question as `target`: votes are united, who asked counts as having voted.

    Raises NotFound, Forbidden, Invalid (merged_into), Conflict (code question_closed, too_many_merged).
    """
    for one in (*duplicates, target):
        require_staff(by, Action.MODERATE, one)
    sources = sorted({one.id for one in duplicates})
    if not sources or target.id in sources:
        raise Invalid(merged_into="Choose another question to put this one to.")
    if any(one.prompt_id != target.prompt_id for one in duplicates):
        raise Invalid(merged_into="Choose a question that was asked in the same place.")
    states = await counting.hold(tx, [*sources, target.id])
    if any(states.get(one) != "open" for one in (*sources, target.id)):
        raise Conflict("One of these is no longer open. Load the page again.", code="question_closed")
    for one in duplicates:
        await counting.add_vote(tx, one.id, one.author.id, tx.now)
    await counting.unite(tx, sources, target.id, target.author.id)
    merged = {"state": "merged", "merged_into": target.id}
    await tx.run(update(questions).where(questions.c.id.in_(sources)).values(**merged))
    theirs = update(questions).where(questions.c.merged_into.in_(sources))
    await tx.run(theirs.values(merged_into=target.id))
    await _require_few(tx, target.id)
    await counting.add(tx, target.prompt_id, -len(sources))
    return await queries.one(tx, target.id)


async def _require_few(tx: Tx, target_id: str) -> None:
    many = select(func.count()).select_from(questions).where(questions.c.merged_into == target_id)
    if await tx.value(many) > MAX_MERGED:
        raise Conflict("200 questions can be put to one. Answer it first.", code="too_many_merged")


async def set_spam(tx: Tx, by: Entitlement, question: Question, *, spam: bool) -> Question:
    """Put an open question aside, or take it back in. Being so already is fine.

    Raises NotFound, Forbidden, Conflict (code question_closed).
    """
    require_staff(by, Action.MODERATE, question)
    before, after = ("open", "spam") if spam else ("spam", "open")
    state = (await counting.hold(tx, [question.id])).get(question.id)
    if state == after:
        return question
    if state != before:
        raise Conflict("This question is no longer open. Load the page again.", code="question_closed")
    await tx.run(update(questions).where(questions.c.id == question.id).values(state=after))
    await counting.add(tx, question.prompt_id, -1 if spam else 1)
    return await queries.one(tx, question.id)
