"""What the worker does at a moment that was planned, and after somebody who deleted something."""

from channel import polls, reactions
from channel.comments import telling
from channel.errors import Conflict
from channel.events import (
    CommunityDeleted,
    Event,
    MentionsDue,
    PollClosed,
    PollCloses,
    PostDeleted,
    PostOpens,
    PromptEnds,
    TierEnds,
)
from channel.members import governing, grants
from channel.payments import closing
from channel.posts import opening
from channel.questions import prompts
from channel.storage import Database
from channel.worker import Handler


def janitor(db: Database) -> Handler:
    """Removes for good what its owner deleted and did not bring back, and what hung on a deleted post or an ended poll."""

    async def handle(event: Event) -> None:
        if isinstance(event, PostDeleted):
            async with db.write(heavy=True) as tx:
                await reactions.clear(tx, event.post_id)
                await polls.forget(tx, event.post_id)
        if isinstance(event, PollClosed):
            await _forget_voters(db, event.post_id)
        if isinstance(event, CommunityDeleted):
            async with db.write(heavy=True) as tx:
                if await closing.paying(tx, event.community_id):
                    raise Conflict(
                        "Somebody is still charged for this community. It goes when that has ended."
                    )
                await governing.purge(tx, event.community_id)

    return handle


async def _forget_voters(db: Database, post_id: str) -> None:
    """In pieces: a poll may have had a hundred thousand, and others want to write meanwhile."""
    more = True
    while more:
        async with db.write(heavy=True) as tx:
            more = await polls.forget_voters(tx, post_id)


def scheduler(db: Database) -> Handler:
    """Does what was planned for a moment that has come."""

    async def handle(event: Event) -> None:
        async with db.write() as tx:
            match event:
                case PostOpens():
                    await opening.open_due(tx, event)
                case PollCloses():
                    await polls.close_due(tx, event)
                case PromptEnds():
                    await prompts.end_due(tx, event)
                case MentionsDue():
                    await telling.tell(tx, event)
                case TierEnds(community_id=community_id, account_id=account_id):
                    await grants.settle(tx, community_id, account_id)
                case _:
                    raise TypeError(f"Nothing is planned by {event.kind}.")

    return handle
