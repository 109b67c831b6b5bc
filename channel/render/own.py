"""What belongs to the viewer alone, printed beside what all of one rank see alike."""

from collections.abc import Iterable
from typing import Any

from channel import polls
from channel.polls import queries
from channel.render.polls import mine_json
from channel.render.views import AnyView, PostView
from channel.storage import Tx


async def votes(tx: Tx, account_id: str | None, shown: Iterable[AnyView]) -> dict[str, dict[str, Any] | None]:
    """The viewer's own vote below each of these posts that asks something, by post; None where there is none yet."""
    if account_id is None:
        return {}
    ids = [view.id for view in shown if isinstance(view, PostView) and view.poll]
    own = await queries.mine(tx, account_id, ids)
    asked = await polls.of_posts(tx, [*own])
    return {one: mine_json(asked[one], own[one]) if one in own else None for one in ids}
