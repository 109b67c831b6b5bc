"""The people in a community."""

from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import looks, messages
from channel.accounts import Account
from channel.api import places, shapes
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import PageQuery, When, milliseconds, moment
from channel.api.tiers import brief
from channel.errors import Conflict, Invalid
from channel.members import Action, Role, State, actions, joining, listing
from channel.members.listing import MAX_WORD_CHARS
from channel.members.model import MAX_REASON_CHARS, Member
from channel.render.json import FORMER_MEMBER, iso
from channel.render.views import author_view
from channel.routing import SIGNED_IN, role
from channel.storage import Tx

StateName = Literal["requested", "active", "muted", "banned", "left"]
RoleName = Literal["owner", "admin", "editor", "moderator", "member"]
Reason = Annotated[str, Meta(max_length=MAX_REASON_CHARS)]


class MemberQuery(PageQuery, forbid_unknown_fields=True, kw_only=True):
    """Which members. Without `state`: everyone but those who left."""

    q: Annotated[str, Meta(max_length=MAX_WORD_CHARS, description="looked for in name and handle")] = ""
    tier: Annotated[str, Meta(max_length=36, description="a tier's id")] | None = None
    role: RoleName | None = None
    state: StateName | None = None


class MemberChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. `until` and `reason` go with the states muted and banned."""

    role: Literal["admin", "editor", "moderator", "member"] | UnsetType = UNSET
    tier_id: Annotated[str, Meta(min_length=1, max_length=36)] | UnsetType = UNSET
    state: (
        Annotated[
            Literal["active", "muted", "banned", "left"],
            Meta(description="active: approve or unmute; left: refuse a request or end a ban"),
        ]
        | UnsetType
    ) = UNSET
    until: When | None = None
    reason: Reason = ""


def person(account: Account) -> shapes.Person:
    """An account as others see it; of a deleted one nothing but the id is left."""
    seen = author_view(account)
    name = FORMER_MEMBER if seen.gone else seen.name
    return shapes.Person(
        id=seen.id,
        name=name,
        handle=seen.handle,
        avatar=seen.avatar,
        hue=seen.hue,
        avatar_url=looks.address(seen.avatar, 256) or None,
    )


def _shape(member: Member) -> shapes.Member:
    return shapes.Member(
        account=person(member.account),
        role=member.role.value,
        tier=brief(member.tier),
        state=member.state.value,
        until=moment(member.until),
        reason=member.reason,
        note=member.note,
        joined_at=iso(member.joined_at),
        invite_id=member.invite_id,
    )


async def list_members(call: Call, tx: Tx, given: MemberQuery) -> Answer:
    """Members, last joined first."""
    place = await places.community(call, tx)
    page = await listing.listing(
        tx,
        place.by,
        place.community,
        q=given.q,
        tier=given.tier,
        role=Role(given.role) if given.role else None,
        state=State(given.state) if given.state else None,
        cursor=given.cursor,
        limit=given.limit,
    )
    items = [_shape(member) for member in page.items]
    return Answer(shapes.Members(items=items, next_cursor=page.next_cursor))


async def get_member(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One member."""
    place = await places.community(call, tx)
    member = await listing.one_member(tx, place.by, place.community, call.id("account_id"))
    return Answer(_shape(member))


async def edit_member(call: Call, tx: Tx, given: MemberChanges) -> Answer:
    """Give a role or a tier, mute, ban, approve. All of it happens, or nothing."""
    place = await places.community(call, tx)
    account_id = call.id("account_id")
    member = await listing.one_member(tx, place.by, place.community, account_id)
    if given.state is not UNSET:
        await _set_state(tx, place, member, given)
    elif given.until is not None or given.reason:
        raise Invalid(state="An end and a reason go with the state muted or banned. Send it too.")
    if given.tier_id is not UNSET:
        await actions.give_tier(tx, place.by, place.community, [account_id], given.tier_id)
    if given.role is not UNSET:
        await actions.give_role(tx, place.by, place.community, account_id, Role(given.role))
    return Answer(_shape(await listing.one_member(tx, place.by, place.community, account_id)))


WAYS: Final = {
    State.REQUESTED: "A request is granted by active and declined by left.",
    State.ACTIVE: "Send muted or banned; leaving is for them to do.",
    State.MUTED: "Send active or banned; leaving is for them to do.",
    State.BANNED: "A ban is lifted by left; they may join again then.",
    State.LEFT: "They join by themselves; they can be banned.",
}


async def _set_state(tx: Tx, place: places.Place, member: Member, given: MemberChanges) -> None:
    """From the state that is to the one that is wanted. Being there already is fine."""
    who = (tx, place.by, place.community, member.account.id)
    until = milliseconds(given.until)
    match (member.state, given.state):
        case (_, "muted"):
            await actions.mute(*who, until=until, reason=given.reason)
        case (_, "banned"):
            await actions.ban(*who, until=until, reason=given.reason)
        case (State.REQUESTED, "active"):
            await actions.approve(tx, place.by, place.community, [member.account.id])
        case (State.MUTED, "active"):
            await actions.unmute(*who)
        case (State.REQUESTED, "left"):
            await actions.refuse(tx, place.by, place.community, [member.account.id])
        case (State.BANNED, "left"):
            await actions.unban(*who)
        case (now, wanted) if now.value == wanted:
            pass
        case (now, wanted):
            ways = f"Who is {now.value} cannot be made {wanted}. {WAYS[now]}"
            raise Conflict(ways, code="not_in_that_state")


async def leave_community(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Leave the community, or take back a request to join."""
    place = await places.community(call, tx)
    await joining.leave(tx, call.account.id, place.community)
    await messages.forget(tx, call.account.id, place.community.id)
    return NO_CONTENT


_ALL = "/communities/{handle}/members"
_ONE = "/communities/{handle}/members/{account_id}"
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_members, policy=role(Action.SEE_MEMBERS, "members"), tag="members",
        summary="List the members", answers={200: shapes.Members}, query=MemberQuery, heavy=True,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_member, policy=role(Action.SEE_MEMBERS, "members"), tag="members",
        summary="Look at a member", answers={200: shapes.Member},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_member, policy=role(Action.SEE_MEMBERS, "members"), tag="members",
        summary="Change a member", answers={200: shapes.Member}, body=MemberChanges,
    ),
    Endpoint(
        method="DELETE", path="/communities/{handle}/membership", handler=leave_community, policy=SIGNED_IN,
        tag="members", summary="Leave a community",
    ),
)  # fmt: skip
