"""Who may look, ask, vote, sort and answer. `Entitlement` decides; here its answers become errors a person understands."""

from channel.errors import Conflict, Forbidden, NotFound
from channel.members import unlocks
from channel.members.model import Action, Entitlement
from channel.members.voice import require_unmuted
from channel.questions.model import Answer, Box, Prompt, Question
from channel.storage import Tx


def staff(by: Entitlement) -> bool:
    """Those who see who asked, and every question but those that were taken back."""
    return by.visible and by.may(Action.SEE_STUDIO)


async def reads(tx: Tx, by: Entitlement, prompt: Prompt) -> bool:
    """Whether the post itself is open to them."""
    if prompt.community_id != by.community_id or prompt.deleted_at is not None:
        return False
    if by.reads(prompt.room_rank, prompt.post_rank):
        return True
    return by.reads(prompt.room_rank) and bool(await unlocks.unlocked(tx, by, [prompt.post_id]))


async def require_sight(tx: Tx, by: Entitlement, prompt: Prompt) -> None:
    """Raises NotFound, Forbidden (code room_locked for a room above their rank)."""
    if prompt.community_id != by.community_id or not by.visible:
        raise NotFound("There is no such post.")
    if not by.reads(prompt.room_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    if prompt.deleted_at is not None:
        raise NotFound("This post was deleted.")
    if not await reads(tx, by, prompt):
        raise Forbidden("Your tier does not open this post.")


def reads_answer(rank: int, answer: Answer | None) -> bool:
    """Whether viewers of `rank` may read the post that answers."""
    if answer is None or answer.deleted_at is not None:
        return False
    return all(rank >= (-1 if needed is None else needed) for needed in (answer.post_rank, answer.room_rank))


def sees(by: Entitlement, question: Question, prompt: Prompt | None) -> bool:
    """Whether they may see the question, provided that they read its prompt. Its author sees it always."""
    if not by.visible or by.community_id != question.community_id:
        return False
    if by.account_id is not None and question.author.id == by.account_id:
        return True
    if staff(by):
        return question.state != "withdrawn"
    if prompt is not None and prompt.shown == "all":
        return question.state in ("open", "answered")
    return question.state == "answered" and reads_answer(by.rank, question.answer)


def require_voice(by: Entitlement, min_rank: int = 0) -> str:
    """The account of a member who may write here now.

    Raises NotFound, Forbidden (code muted, community_closed, tier_too_low).
    """
    if not by.visible:
        raise NotFound("There is no such community.")
    if by.account_id is None or not by.belongs:
        raise Forbidden("Only members can do this. Join first.")
    require_unmuted(by)
    if by.closed:
        raise Forbidden("The community is closed: nothing new is asked.", code="community_closed")
    if by.rank < min_rank:
        raise Forbidden("Your tier lets you read here, but not ask. A higher one does.", code="tier_too_low")
    return by.account_id


def require_open(place: Prompt | Box, now: int) -> None:
    """Raises NotFound, Conflict (code prompt_closed)."""
    if isinstance(place, Box):
        if not place.on:
            raise NotFound("This community takes no questions at the moment.")
    elif not place.open_at(now):
        raise Conflict("This is over: no more questions and votes are taken.", code="prompt_closed")


def require_staff(by: Entitlement, action: Action, question: Question) -> None:
    """Raises NotFound for those who may not know of it, else Forbidden."""
    if by.community_id != question.community_id or not by.visible:
        raise NotFound("There is no such question.")
    if not by.may(action):
        raise Forbidden("Your role here does not allow this. Ask the owner of the community.")
