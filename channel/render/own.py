"""What belongs to the viewer alone, printed beside what all of one rank see alike."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from channel import polls, reactions
from channel.polls import queries
from channel.questions import queries as questions
from channel.render.polls import mine_json
from channel.render.views import AnyView, PostView
from channel.storage import Tx


async def mine(tx: Tx, account_id: str | None, shown: Sequence[AnyView]) -> dict[str, dict[str, Any]]:
    """The field `mine` of each of these posts that is open to the viewer, by post; nothing for somebody unknown."""
    if account_id is None:
        return {}
    there = [view for view in shown if isinstance(view, PostView)]
    reacted = await reactions.mine(tx, account_id, [view.id for view in there if view.reactions])
    voted = await votes(tx, account_id, there)
    return {
        view.id: {"reactions": list(reacted.get(view.id, ())) if view.offered else []}
        | ({"vote": voted[view.id]} if view.id in voted else {})
        for view in there
    }


async def beside(tx: Tx, account_id: str | None, shown: Sequence[AnyView]) -> str:
    """The same as JSON, beside the articles of a page: feed.js, reactions.js and polls.js read it. Posts with nothing are
    missing.
    """
    told = await mine(tx, account_id, shown)
    return json.dumps({one: own for one, own in told.items() if own["reactions"] or "vote" in own})


async def votes(tx: Tx, account_id: str | None, shown: Iterable[AnyView]) -> dict[str, dict[str, Any] | None]:
    """The viewer's own vote below each of these posts that asks something, by post; None where there is none yet."""
    if account_id is None:
        return {}
    ids = [view.id for view in shown if isinstance(view, PostView) and view.poll]
    own = await queries.mine(tx, account_id, ids)
    asked = await polls.of_posts(tx, [*own])
    return {one: mine_json(asked[one], own[one]) if one in own else None for one in ids}


async def voted(tx: Tx, account_id: str | None, shown: Iterable[AnyView]) -> str:
    """Which of the questions in these posts the viewer has voted for, as words for scripts."""
    prompts = (view.prompt for view in shown if isinstance(view, PostView) and view.prompt)
    ids = [one.id for prompt in prompts for one in prompt.top]
    return " ".join(sorted(await questions.voted(tx, account_id, ids)))
