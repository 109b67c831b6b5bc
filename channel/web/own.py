"""What belongs to one viewer among posts that all of one rank are shown alike: beside the articles, for scripts."""

import json
from collections.abc import Sequence

from channel import reactions
from channel.members import Entitlement
from channel.render import views
from channel.storage import Tx


async def of(tx: Tx, by: Entitlement, shown: Sequence[views.AnyView]) -> str:
    """JSON as the API's `mine`, by post id; posts with nothing are missing. feed.js and reactions.js read it."""
    reacted = [view.id for view in shown if isinstance(view, views.PostView) and view.reactions]
    found = await reactions.mine(tx, by.account_id, reacted)
    return json.dumps({post_id: {"reactions": list(own)} for post_id, own in found.items()})
