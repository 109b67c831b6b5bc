"""`?via=CODE` on public pages: who joins from there counts as having come by that invite.

Nothing is remembered for it, neither in a cookie nor on the server: whoever goes elsewhere first came by themselves.
"""

from typing import Any

from starlette.requests import Request

from channel.errors import NotFound
from channel.invites.actions import behind
from channel.storage import Tx
from channel.web.places import Place


async def join_link(tx: Tx, request: Request, place: Place) -> dict[str, Any]:
    """What the pages know of it: `join_by`, the address that joins by the invite; "" for none that is good here."""
    code = request.query_params.get("via", "")
    if not code or place.by.belongs:
        return {"join_by": ""}
    try:
        invite, community, _ = await behind(tx, code)
    except NotFound:
        return {"join_by": ""}
    good = community.id == place.community.id and invite.status == "open"
    return {"join_by": f"/join/{code}" if good else ""}
