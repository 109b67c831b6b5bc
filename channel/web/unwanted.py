"""Ending letters by the link in each of them, without signing in: the link is the authority, and it can do no more.

Looking at it changes nothing, since mail programs and scanners look at links. A mail program's own button (RFC 8058)
sends one POST without cookies and without an Origin; a foreign page's form has one and is refused, as everywhere.
"""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel import accounts, communities, members, rooms
from channel.communities import Community
from channel.errors import Invalid, NotFound
from channel.following.actions import end_with
from channel.notices import actions, links
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.links import Ends
from channel.notices.model import WEEK_MS, less_than, parse_tag
from channel.notices.queries import rules
from channel.posts.tagged import often
from channel.rooms import Room
from channel.routing import ANYONE, route, services_of
from channel.storage import Tx
from channel.topics.telling import by_mail
from channel.web.forms import Form, read_form
from channel.web.responses import page
from channel.web.untold import Followed, followed, unfollow
from channel.web.wishes import MOST_OFFERED

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
FEWER: Final = ("room", "tag", "daily", "important")


@dataclass(frozen=True, slots=True)
class _Whose:
    """What the link is about. `community` None: gone since; then only all letters can be ended. `room` or `topic`: of the one
    that the letter is about. `address`: of the account, None where it has none any more."""

    ends: Ends
    address: str | None
    community: Community | None = None
    room: Room | None = None
    topic: Followed | None = None


async def _whose(tx: Tx, request: Request) -> _Whose:
    """Raises NotFound for what is no link of ours, and for one of an account that is deleted."""
    ends = links.opened(services_of(request).secret, request.path_params["token"])
    account = await accounts.one(tx, ends.account_id)
    if account.state == "deleted":
        raise NotFound("This account is gone, and no letter goes to it.")
    try:
        community = await communities.one(tx, ends.community_id)
    except NotFound:
        return _Whose(ends, account.email)
    if ends.place_id is None:
        return _Whose(ends, account.email, community)
    by = await members.entitlement(tx, community, ends.account_id)
    topic = await followed(tx, community, by, ends.place_id)
    try:
        return _Whose(
            ends, account.email, community, None if topic else await rooms.one(tx, ends.place_id), topic
        )
    except NotFound:
        return _Whose(ends, account.email, community)


async def look(request: Request) -> Response:
    """GET /notices/off/{token}: what can be ended."""
    async with services_of(request).db.read() as tx:
        whose = await _whose(tx, request)
        context = {"whose": whose, "tags": await _tags(tx, whose), "fewer": await _fewer(tx, whose)}
    return page(request, "unwanted.html", context | {"done": "", "topic": whose.topic})


async def _fewer(tx: Tx, whose: _Whose) -> set[str]:
    """What would be less of the community than comes now; of letters that are over, whatever there is: it ends them."""
    if whose.community is None:
        return set()
    since = (await members.entitlement(tx, whose.community, whose.ends.account_id)).joined_at
    chosen = [one.how for one in await rules(tx, whose.ends.account_id, whose.community.id)]
    if since is None or await by_mail(tx, whose.ends.account_id, whose.community.id, since):
        chosen.append("instant")
    return less_than(chosen)


async def _tags(tx: Tx, whose: _Whose) -> list[str]:
    """Those that whoever gets the letters may know of."""
    if whose.community is None:
        return []
    by = await members.entitlement(tx, whose.community, whose.ends.account_id)
    return await often(tx, by, MOST_OFFERED) if by.belongs else []


async def end(request: Request) -> Response:
    """POST /notices/off/{token} {what: room | topic | community | daily | important | week | tag | all, tag?}, or what a mail program sends:
    community."""
    form = await read_form(request)
    name, said = ONE_CLICK
    what = "community" if form.line(name) == said else form.line("what")
    async with services_of(request).db.write() as tx:
        whose = await _whose(tx, request)
        if what in FEWER and whose.community and not await _comes(tx, whose.ends, whose.community):
            what = "community"  # nothing comes any more, and an old letter begins nothing anew
        await _end(tx, whose, what, form)
    return page(request, "unwanted.html", {"whose": whose, "done": what, "tag": form.line("tag")})


async def _comes(tx: Tx, ends: Ends, community: Community) -> bool:
    """Whether letters of the community, or of topics of it, are chosen."""
    by = await members.entitlement(tx, community, ends.account_id)
    since = by.joined_at
    chosen = await rules(tx, ends.account_id, community.id)
    if since is None:
        return False
    mine = any(one.how != "none" and one.chosen_at >= since for one in chosen)
    return mine or await by_mail(tx, ends.account_id, community.id, since)


async def _end(tx: Tx, whose: _Whose, what: str, form: Form) -> None:
    ends = whose.ends
    if what == "all":
        await actions.stop(tx, ends.account_id)
        await end_with(tx, whose.address)
    elif what == "community":
        await actions.stop(tx, ends.account_id, community_id=ends.community_id)
        await end_with(tx, whose.address, ends.community_id)
    elif what == "daily" and whose.community:
        await actions.change(tx, ends.account_id, ends.community_id, "daily")
    elif what == "important" and whose.community:
        await actions.change(tx, ends.account_id, ends.community_id, "important")
    elif what == "week" and whose.community:
        held = (await limits(tx, ends.account_id)).get(ends.community_id, NO_LIMIT)
        await limit(tx, ends.account_id, ends.community_id, held.quieter(tx.now + WEEK_MS))
    elif what == "room" and whose.room:
        await actions.change(tx, ends.account_id, ends.community_id, "none", room_id=whose.room.id)
    elif what == "topic" and whose.topic:
        await unfollow(tx, ends.account_id, whose.topic.topic)
    elif what == "tag" and whose.community:
        tag = parse_tag(form.line("tag"))
        await actions.change(tx, ends.account_id, ends.community_id, "none", tag=tag)
    else:
        raise Invalid(what="Choose what is to end: letters of this room, of the community, or all.")


ROUTES = [
    route("/notices/off/{token}", look, ANYONE),
    route("/notices/off/{token}", end, ANYONE, methods=("POST",)),
]
