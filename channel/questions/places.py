"""From the id of a question to all that decides about it, as far as somebody may know of it."""

from dataclasses import dataclass

from channel import communities, members
from channel.communities import Community
from channel.errors import NotFound
from channel.members.model import Entitlement
from channel.questions import queries
from channel.questions.model import Prompt, Question
from channel.questions.rights import reads, sees, staff
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Found:
    """A question that the viewer may see. `prompt` None: it was asked in the box."""

    question: Question
    prompt: Prompt | None
    community: Community
    by: Entitlement


async def found(tx: Tx, question_id: str, account_id: str | None) -> Found:
    """Raises NotFound, also for a question that this viewer may not know of."""
    question = await queries.one(tx, question_id)
    community = await communities.one(tx, question.community_id)
    by = await members.entitlement(tx, community, account_id)
    prompt = await queries.prompt(tx, question.prompt_id) if question.prompt_id else None
    own = account_id is not None and question.author.id == account_id
    closed = prompt is not None and not (own or staff(by)) and not await reads(tx, by, prompt)
    # Who has an old page votes for a merged one: that is a vote for the one it was merged into.
    stale = question.state == "merged" and prompt is not None and prompt.shown == "all"
    visible = sees(by, question, prompt) or stale
    if not by.visible or closed or not visible:
        raise NotFound("There is no such question.")
    return Found(question, prompt, community, by)
