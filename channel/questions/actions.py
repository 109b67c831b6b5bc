"""What members do: ask, reword once, take back, vote. No verb of these tells an event: counts go by notes."""

import hashlib
import secrets

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from channel.accounts.model import Account
from channel.errors import Conflict, Forbidden, NotFound
from channel.ids import new_id
from channel.members.model import Entitlement
from channel.posts.model import parse_key
from channel.questions import counting, queries
from channel.questions.model import MAX_OPEN, Box, Prompt, Question, Words
from channel.questions.rights import require_open, require_sight, require_voice
from channel.questions.tables import questions, votes
from channel.storage import Tx

CLOSED = "This question is no longer open. Load the page again."


def key_of(where: Prompt | Box, words: Words) -> str:
    """For a form without a key of its own: the same text in the same place is the same question."""
    place = where.post_id if isinstance(where, Prompt) else where.community_id
    return hashlib.sha256(f"{place}\n{words.text}".encode()).hexdigest()[:32]


async def ask(
    tx: Tx, by: Entitlement, author: Account, where: Prompt | Box, words: Words, *, key: str | None = None
) -> tuple[Question, bool]:
    """Ask in a prompt or in the box. The same author and key again gives the first question and False.

    Raises NotFound, Forbidden (muted, community_closed, tier_too_low), Conflict (prompt_closed, too_many_questions).
    """
    if isinstance(where, Prompt):
        await require_sight(tx, by, where)
    account_id = require_voice(by, where.min_rank)
    if account_id != author.id:
        raise Forbidden("You can only ask as yourself.")
    key = secrets.token_urlsafe(16) if key is None else parse_key(key)
    first = await queries.by_key(tx, author.id, key)
    if first is not None:
        return first, False
    require_open(where, tx.now)
    await _require_space(tx, author.id, where)
    row = _row(tx, by, author, where, words, key)
    try:
        created = await tx.run(tx.insert(questions).values(**row).on_conflict_do_nothing())
    except IntegrityError as error:
        raise NotFound("This post no longer exists.") from error
    if created:
        await counting.add(tx, row["prompt_id"], 1)  # type: ignore[arg-type]
    found = await queries.by_key(tx, author.id, key)
    if found is None:
        raise Conflict("Somebody changed this at the same moment. Try again.")
    return found, bool(created)


def _row(
    tx: Tx, by: Entitlement, author: Account, where: Prompt | Box, words: Words, key: str
) -> dict[str, object]:
    return {
        "id": new_id(tx.now),
        "community_id": by.community_id,
        "prompt_id": where.post_id if isinstance(where, Prompt) else None,
        "author_id": author.id,
        "key": key,
        "text": words.text,
        "show_name": words.show_name,
        "state": "open",
        "votes": 0,
        "created_at": tx.now,
    }


async def _require_space(tx: Tx, author_id: str, where: Prompt | Box) -> None:
    own = select(func.count()).select_from(questions)
    own = own.where(questions.c.author_id == author_id, questions.c.state == "open", queries.of_place(where))
    if await tx.value(own) >= MAX_OPEN:
        raise Conflict(
            "Ten of your questions are waiting here. Wait for an answer, or take one back.",
            code="too_many_questions",
        )


async def reword(tx: Tx, by: Entitlement, question: Question, words: Words) -> Question:
    """Change one's own open question, once. Nothing changed: nothing happens.

    Raises NotFound, Forbidden, Conflict (code question_closed, edited_already).
    """
    await _require_own(tx, by, question)
    if (question.text, question.show_name) == (words.text, words.show_name):
        return question
    mine = update(questions).where(questions.c.id == question.id, questions.c.state == "open")
    fresh = {"text": words.text, "show_name": words.show_name, "edited_at": tx.now}
    if not await tx.run(mine.where(questions.c.edited_at.is_(None)).values(**fresh)):
        now = await queries.one(tx, question.id)
        if now.state == "open":
            raise Conflict(
                "A question can be changed once. Take it back and ask again.", code="edited_already"
            )
        raise Conflict(CLOSED, code="question_closed")
    return await queries.one(tx, question.id)


async def withdraw(tx: Tx, by: Entitlement, question: Question) -> None:
    """Take one's own open question back: its words are gone. Twice is once.

    Where others asked the same, the oldest of theirs stands for it from now on. Raises NotFound, Forbidden, Conflict
    (code question_closed).
    """
    await _require_own(tx, by, question)
    children = select(questions.c.id).where(questions.c.merged_into == question.id).order_by(questions.c.id)
    heirs = [row.id for row in await tx.all(children)]
    state = (await counting.hold(tx, [question.id, *heirs])).get(question.id)
    if state == "withdrawn":
        return
    if state != "open":
        raise Conflict(CLOSED, code="question_closed")
    gone = {"state": "withdrawn", "text": "", "key": secrets.token_urlsafe(16)}
    await tx.run(update(questions).where(questions.c.id == question.id).values(**gone))
    if heirs:
        await _hand_over(tx, question.id, heirs)
    else:
        await counting.add(tx, question.prompt_id, -1)
        await tx.run(votes.delete().where(votes.c.question_id == question.id))
        await counting.recount(tx, question.id)


async def _hand_over(tx: Tx, question_id: str, heirs: list[str]) -> None:
    heir = await queries.one(tx, heirs[0])
    own = update(questions).where(questions.c.id == heir.id)
    await tx.run(own.values(state="open", merged_into=None))
    others = update(questions).where(questions.c.merged_into == question_id)
    await tx.run(others.values(merged_into=heir.id))
    await counting.unite(tx, [question_id], heir.id, heir.author.id)


async def _require_own(tx: Tx, by: Entitlement, question: Question) -> None:
    if not by.visible or by.community_id != question.community_id or by.account_id is None:
        raise NotFound("There is no such question.")
    if question.author.id != by.account_id:
        raise Forbidden("Only who asked can change this question.")
    require_voice(by)


async def vote(tx: Tx, by: Entitlement, question: Question) -> bool:
    """Want an answer to this, too; for a merged one, to the one it was merged into. False: had voted already.

    Raises NotFound, Forbidden, Conflict (code own_question, question_closed, prompt_closed, no_votes).
    """
    account_id, root_id = await _voting(tx, by, question)
    if not await counting.add_vote(tx, root_id, account_id, tx.now):
        return False
    await tx.run(update(questions).where(questions.c.id == root_id).values(votes=questions.c.votes + 1))
    return True


async def unvote(tx: Tx, by: Entitlement, question: Question) -> bool:
    """Take one's vote back. False: there was none. Raises as `vote` does."""
    account_id, root_id = await _voting(tx, by, question)
    own = (votes.c.question_id == root_id, votes.c.account_id == account_id)
    if not await tx.run(votes.delete().where(*own)):
        return False
    await tx.run(update(questions).where(questions.c.id == root_id).values(votes=questions.c.votes - 1))
    return True


async def _voting(tx: Tx, by: Entitlement, question: Question) -> tuple[str, str]:
    """Who votes and for what, held until the transaction ends."""
    if question.prompt_id is None or by.community_id != question.community_id:
        raise NotFound("There is no such question.")
    where = await queries.prompt(tx, question.prompt_id)
    await require_sight(tx, by, where)
    account_id = require_voice(by)
    if not where.votes or where.shown != "all":
        raise Conflict("There are no votes here.", code="no_votes")
    require_open(where, tx.now)
    root = await queries.one(tx, question.merged_into) if question.merged_into else question
    if root.author.id == account_id:
        raise Conflict("This is your own question: it counts without your vote.", code="own_question")
    if (await counting.hold(tx, [root.id])).get(root.id) != "open":
        raise Conflict(CLOSED, code="question_closed")
    return account_id, root.id
