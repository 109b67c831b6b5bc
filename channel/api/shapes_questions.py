"""What answers about prompts and questions look like."""

from typing import Annotated, Literal

from msgspec import Meta

from channel.api.shape import Id, Moment, Rank, Shape
from channel.api.shapes import Author

State = Literal["open", "answered", "merged", "spam", "withdrawn"]


class Prompt(Shape, frozen=True):
    """How a post collects questions. `answers`: how many were asked; `may`: the caller's rank may ask now."""

    open: bool
    open_until: Moment | None
    answers: int
    may: bool
    min_rank: Rank
    votes: bool
    shown: Annotated[Literal["all", "answered"], Meta(description="what members see of others' questions")]


class QuestionAnswer(Shape, frozen=True):
    """Where a question is answered; null where the caller's tier does not open it."""

    post_id: Id
    url: str


class Question(Shape, frozen=True):
    """A question as the caller sees it. Who asked stays unsaid where they wanted that, but for staff and themselves."""

    id: Id
    prompt_id: Annotated[Id | None, Meta(description="the post that asked for it; null: the box")]
    text: str
    author: Author | None
    show_name: bool
    state: State
    merged_into: Annotated[Id | None, Meta(description="null for all but staff and who asked")]
    answer: QuestionAnswer | None
    votes: int
    mine: Annotated[bool, Meta(description="the caller asked it")]
    voted: Annotated[bool, Meta(description="the caller has voted for it")]
    created_at: Moment
    edited_at: Moment | None


class Questions(Shape, frozen=True):
    items: list[Question]
    next_cursor: str | None


class Box(Shape, frozen=True):
    """Where members may ask at any time."""

    on: bool
    min_rank: Rank


class BoxQuestions(Shape, frozen=True):
    """`may`: the caller may ask now."""

    items: list[Question]
    next_cursor: str | None
    box: Box
    may: bool
