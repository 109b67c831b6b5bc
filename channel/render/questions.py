"""What may be seen of prompts and questions. Who asked stands only in views of those who may know it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from channel.members.model import Entitlement
from channel.questions import queries
from channel.questions.model import Prompt, Question, Shown, State
from channel.questions.rights import reads_answer, staff
from channel.render.people import AuthorView, author_view
from channel.storage import Tx

TOP = 3  # questions that stand in the post itself


@dataclass(frozen=True, slots=True)
class QuestionView:
    """A question as somebody sees it. `author` None: not for this viewer to know; `answer`: where it is answered."""

    id: str
    text: str
    author: AuthorView | None
    votes: int
    state: State
    answer: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class PromptView:
    """What a post that asks shows to viewers of one rank. `may`: they can ask; `top`: those with the most votes."""

    open: bool
    open_until: int | None
    min_rank: int
    votes: bool
    shown: Shown
    questions: int
    may: bool
    top: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """A prompt with the questions that it may show, whoever looks."""

    prompt: Prompt
    top: tuple[Question, ...] = field(default=())


async def prompt_facts(tx: Tx, post_ids: Sequence[str]) -> dict[str, PromptFacts]:
    """By post. Nearly no post is a prompt, so this is nearly always one query."""
    found = await queries.prompts_of(tx, post_ids)
    made = {}
    for post_id, prompt in found.items():
        listed = prompt.shown == "all" and prompt.questions
        made[post_id] = PromptFacts(prompt, tuple(await queries.top(tx, post_id, TOP)) if listed else ())
    return made


def prompt_view(facts: PromptFacts, handle: str, rank: int) -> PromptView:
    """The same for everybody of `rank` who reads the post."""
    prompt = facts.prompt
    running = prompt.closed_at is None
    return PromptView(
        open=running,
        open_until=prompt.open_until,
        min_rank=prompt.min_rank,
        votes=prompt.votes and prompt.shown == "all",
        shown=prompt.shown,
        questions=prompt.questions,
        may=running and rank >= prompt.min_rank,
        top=tuple(public_view(one, handle, rank) for one in facts.top),
    )


def public_view(question: Question, handle: str, rank: int) -> QuestionView:
    """As members of `rank` see somebody else's question."""
    return _view(question, handle, rank, named=question.show_name)


def question_view(question: Question, handle: str, by: Entitlement) -> QuestionView:
    """As this viewer sees it: staff and who asked know who did."""
    own = by.account_id is not None and question.author.id == by.account_id
    return _view(question, handle, by.rank, named=question.show_name or own or staff(by))


def _view(question: Question, handle: str, rank: int, *, named: bool) -> QuestionView:
    found = question.answer
    href = f"/@{handle}/{found.room_slug}/{found.seq}" if found and reads_answer(rank, found) else None
    return QuestionView(
        id=question.id,
        text=question.text,
        author=author_view(question.author) if named else None,
        votes=question.votes,
        state=question.state,
        answer=href,
        created_at=question.created_at,
    )
