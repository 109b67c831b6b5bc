"""One person: what they are here, and what the viewer may make of them."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from channel import invites, tiers
from channel.errors import ChannelError, Forbidden, Invalid, NotFound
from channel.invites import Seal
from channel.members import Action, Role, State, actions, listing
from channel.members.model import POWER, Member
from channel.routing import services_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio import member_money
from channel.web.studio.moments import SPAN_WORDS, moment
from channel.web.studio.place import Place, enter, frame, go, posted

TEMPLATE = "studio/member.html"
SAID = {
    "role": "role",
    "tier": "tier",
    "mute": "muted",
    "unmute": "unmuted",
    "ban": "banned",
    "unban": "unbanned",
    "guest": "guest",
    "approve": "approved",
    "refuse": "refused",
}


async def show(request: Request) -> Response:
    """GET /studio/{handle}/members/{id}"""
    return page(request, TEMPLATE, await person(request))


async def person(request: Request) -> dict[str, Any]:
    """All that the page prints."""
    services = services_of(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.SEE_MEMBERS)
        member = await listing.one_member(tx, place.by, place.community, request.path_params["id"])
        own = place.by.role or Role.MEMBER
        above = POWER[own] > POWER[member.role]
        found = await frame(request, tx, place, "members")
        found |= await member_money.of_member(request, tx, place, member.account.id)
        return found | {
            "member": member,
            "came_by": await _came_by(tx, place, member, Seal(services.secret)),
            "tiers": await tiers.of_community(tx, place.community.id),
            "roles": [role for role in Role if POWER[role] < POWER[own]],
            "above": above,
            "inside": member.state in (State.ACTIVE, State.MUTED),
            "spans": list(SPAN_WORDS.items()),
            "hours": member_money.HOURS,
            "wrong": "",
        }


async def _came_by(tx: Tx, place: Place, member: Member, seal: Seal) -> invites.Invite | None:
    if member.invite_id is None:
        return None
    try:
        return await invites.one(tx, place.by, place.community, member.invite_id, seal=seal)
    except (NotFound, Forbidden):
        return None


async def act(request: Request) -> Response:
    """POST /studio/{handle}/members/{id} {do: role|tier|guest|mute|unmute|ban|unban|approve|refuse, …}"""
    form = await posted(request)
    do = form.line("do")
    try:
        if do not in SAID:
            raise Invalid({"": "Choose what to do."})
        async with services_of(request).db.write() as tx:
            await _do(await enter(request, tx, Action.SEE_MEMBERS), tx, do, request.path_params["id"], form)
    except ChannelError as error:
        # Several forms stand on this page: only the one that was sent shows what is wrong with it.
        return ask_again(request, TEMPLATE, form, error, await person(request) | {"wrong": do})
    return go(request, f"/members/{request.path_params['id']}", SAID[do])


async def act_on_money(request: Request) -> Response:
    """POST /studio/{handle}/members/{id}/money {do: refund|cancel|cancel_now, holding_id, charge_id, amount, key}"""
    form = await posted(request)
    try:
        said = await member_money.do(request, form)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await person(request) | {"wrong": "money"})
    return go(request, f"/members/{request.path_params['id']}", said)


async def _do(place: Place, tx: Tx, do: str, account_id: str, form: Form) -> None:
    by, community = place.by, place.community
    match do:
        case "role":
            await actions.give_role(tx, by, community, account_id, _role(form))
        case "tier":
            await _give_tier(tx, place, account_id, form)
        case "guest":
            await actions.guest_pass(tx, by, community, account_id, form.line("guest_tier"), _hours(form))
        case "mute":
            await actions.mute(tx, by, community, account_id, **_sentence(form, place.now))
        case "ban":
            await actions.ban(tx, by, community, account_id, **_sentence(form, place.now))
        case "unmute":
            await actions.unmute(tx, by, community, account_id)
        case "unban":
            await actions.unban(tx, by, community, account_id)
        case "approve":
            await actions.approve(tx, by, community, [account_id])
        case _:
            await actions.refuse(tx, by, community, [account_id])


async def _give_tier(tx: Tx, place: Place, account_id: str, form: Form) -> None:
    ends_at, reason = moment(form, "ends_at", place.now), form.text("tier_reason")
    try:
        await actions.give_tier(
            tx, place.by, place.community, [account_id], form.line("tier_id"), ends_at=ends_at, reason=reason
        )
    except Invalid as error:  # a ban on the same page has a field for its reason, too
        if "reason" in error.fields:
            error.fields["tier_reason"] = error.fields.pop("reason")
        raise


def _hours(form: Form) -> int:
    """None typed is 0, which the verb refuses in its own words."""
    return form.number("hours") or 0


def _role(form: Form) -> Role:
    try:
        return Role(form.line("role"))
    except ValueError as error:
        raise Invalid(role="Choose one of the roles.") from error


def _sentence(form: Form, now: int) -> dict[str, Any]:
    return {"until": moment(form, "until", now), "reason": form.text("reason")}
