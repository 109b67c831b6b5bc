"""`/notices/quiet/{token}`: quiet for a while, pressed on a notice. What the notice carries is the authority: that device
alone was told it, nobody has to be signed in, and it can do nothing else."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import accounts, communities, members
from channel.communities import Community
from channel.errors import NotFound
from channel.following.devices import parse_days
from channel.i18n import translation
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.model import HOUR_MS, Limit
from channel.push import links, queries
from channel.routing import ANYONE, route, services_of, viewer_of
from channel.web.forms import read_form

DAY_MS = 24 * HOUR_MS


def answer(request: Request, community: Community, days: int) -> Response:
    """What takes the place of the notice: its words, and what can be pressed next (static/sw/acts.js)."""
    _ = translation(viewer_of(request).language).gettext
    if not days:
        said = {"body": _("New posts of %(community)s are told again."), "mute": _("Quiet for a day")}
    elif days == 1:
        said = {
            "body": _("Nothing of %(community)s for a day."), "week": _("A whole week"), "loud": _("Tell me again"),
        }  # fmt: skip
    else:
        said = {"body": _("Nothing of %(community)s for a week."), "loud": _("Tell me again")}
    said["body"] %= {"community": community.name}
    return JSONResponse(said, headers={"cache-control": "no-store"})


async def be_quiet(request: Request) -> Response:
    """POST /notices/quiet/{token} {days: 1 | 7 | 0}: nothing of that community, by no way; 0 takes it back."""
    told = links.opened(services_of(request).secret, request.path_params["token"])
    days = parse_days((await read_form(request)).number("days"))
    async with services_of(request).db.write() as tx:
        account = await accounts.one(tx, await queries.owner_of(tx, told.device_id))
        community = await communities.one(tx, told.community_id)
        by = await members.entitlement(tx, community, account.id)
        if not by.belongs:
            raise NotFound("There is no such community.")
        held = (await limits(tx, account.id)).get(community.id, NO_LIMIT)
        until = tx.now + days * DAY_MS if days else None
        await limit(tx, account.id, community.id, Limit(held.per_week, until))
    return answer(request, community, days)


ROUTES = [route("/notices/quiet/{token}", be_quiet, ANYONE, methods=("POST",))]
