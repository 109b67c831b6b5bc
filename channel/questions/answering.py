"""Answering publicly: a post that quotes the question, and word of it to everybody who asked."""

import re
from dataclasses import dataclass

from sqlalchemy import update

from channel.accounts.model import Account
from channel.communities import Community
from channel.errors import Conflict
from channel.events import QuestionAnswered
from channel.members import queries as standings
from channel.members.model import Action, Entitlement
from channel.outbox import emit
from channel.posts import actions
from channel.posts import queries as post_queries
from channel.posts.model import Post, Rendered
from channel.questions import counting, queries
from channel.questions.model import Question
from channel.questions.rights import require_staff
from channel.questions.tables import questions
from channel.rooms.model import Room
from channel.storage import Tx

# What Markdown would take for marks. The words of the asker stand as they were typed.
_MARKS = re.compile(r"([\\`*_\[\]<>~|#&!@])")
_LIST = re.compile(r"^(\d{0,9})([.)+=-])")


@dataclass(frozen=True, slots=True)
class Answering:
    """The words that an answer is about, as they were when it was laid out. `name` "": it is not shown."""

    question_id: str
    text: str
    name: str


def about(question: Question) -> Answering:
    """What an answer to it quotes."""
    shown = question.show_name and question.author.state != "deleted"
    return Answering(question.id, question.text, question.author.name if shown else "")


def quoting(asked: Answering, reply: str) -> str:
    """The Markdown of the post: the question as a block, then the answer."""
    lines = [f"> {_literal(line.strip())}".rstrip() for line in asked.text.split("\n")]
    if asked.name:
        lines += [">", f"> – {_literal(asked.name)}"]
    return "\n".join([*lines, "", reply.strip()]) if reply.strip() else ""


def _literal(text: str) -> str:
    return _LIST.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer ready to go: laid out as `quoting` says. `anyway`: also when one who asked could not read it."""

    asked: Answering
    room: Room
    rendered: Rendered
    key: str | None = None
    anyway: bool = False


async def answer(
    tx: Tx, by: Entitlement, author: Account, community: Community, reply: Reply
) -> tuple[Post, bool]:
    """Publish the answer and tell who asked. The same author and key again gives the first post and False.

    Raises what publishing raises, and Conflict (code question_closed, edited_meanwhile, asker_locked_out).
    """
    question = await queries.one(tx, reply.asked.question_id)
    require_staff(by, Action.POST, question)
    state = (await counting.hold(tx, [question.id])).get(question.id)
    question = await queries.one(tx, question.id)
    if state == "answered" and (first := await _first(tx, author, question, reply)) is not None:
        return first, False
    if state != "open":
        raise Conflict("This question is no longer open. Load the page again.", code="question_closed")
    if about(question) != reply.asked:
        raise Conflict(
            "Who asked has changed the question meanwhile. Look at it again.", code="edited_meanwhile"
        )
    askers = await queries.askers(tx, question.id)
    if not reply.anyway:
        await _require_readers(tx, community, askers, reply)
    post, created = await actions.publish(tx, by, author, reply.room, reply.rendered, reply.key)
    if not created:
        raise Conflict("This was sent before, for another question. Load the page again.")
    await _tell(tx, question, post, askers)
    return post, True


async def _first(tx: Tx, author: Account, question: Question, reply: Reply) -> Post | None:
    """What was answered by the same sending of the form."""
    if reply.key is None or question.answer is None:
        return None
    first = await post_queries.by_key(tx, author.id, reply.key)
    return first if first is not None and first.id == question.answer.post_id else None


async def _tell(tx: Tx, question: Question, post: Post, askers: list[str]) -> None:
    done = {"state": "answered", "answer_post_id": post.id, "answered_at": tx.now}
    await tx.run(update(questions).where(questions.c.id == question.id).values(**done))
    told = {"community_id": question.community_id, "question_id": question.id, "post_id": post.id}
    for account_id in askers:
        await emit(tx, QuestionAnswered(account_id=account_id, **told))


async def _require_readers(tx: Tx, community: Community, askers: list[str], reply: Reply) -> None:
    """Those who asked and are still here must be able to read it."""
    known = await standings.entitlements_of(tx, community, askers)
    ranks = reply.room.min_rank, reply.rendered.draft.min_rank
    if any(one.belongs and not one.reads(*ranks) for one in known.values()):
        raise Conflict(
            "Not everybody who asked could read this answer. Choose another audience or room, or send it all the same.",
            code="asker_locked_out",
        )
