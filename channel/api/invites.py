"""Invites: made and switched by those who run a community, looked at and accepted by anyone who holds one."""

from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from channel import accounts, communities
from channel import invites as verbs
from channel.accounts import Account, tokens
from channel.accounts.model import MAX_NAME_CHARS
from channel.api import places, shapes
from channel.api.communities import brief as community_brief
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.members import person
from channel.api.places import PageQuery, When, milliseconds, moment
from channel.api.tiers import brief
from channel.communities import Community
from channel.errors import Invalid
from channel.invites import Invite, Seal
from channel.invites.model import MAX_LABEL_CHARS, MAX_USES
from channel.members import Action
from channel.members.model import MAX_NOTE_CHARS, Membership
from channel.render.json import iso
from channel.rooms.model import MAX_ROOMS
from channel.routing import ANYONE, VIEWER, role
from channel.settings import Settings
from channel.storage import Tx

FOLLOWER_SCOPES = ("read", "post")  # where members may write, reactions included
TOKEN_NAME = "Joined by invite"
IdText = Annotated[str, Meta(min_length=1, max_length=36)]


class NewInvite(Struct, forbid_unknown_fields=True, kw_only=True):
    """A link to be. Everything may be left out: a link for anybody, for ever, to the free tier."""

    label: Annotated[str, Meta(max_length=MAX_LABEL_CHARS)] = ""
    expires_at: When | None = None
    max_uses: Annotated[int, Meta(ge=1, le=MAX_USES)] | None = None
    tier_id: IdText | None = None
    requires_approval: bool = False
    rooms: Annotated[list[IdText], Meta(max_length=MAX_ROOMS, description="ids; one lands in the first")] = []


class InviteChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """`revoked` is for good."""

    state: Literal["open", "paused", "revoked"]


class Acceptance(Struct, forbid_unknown_fields=True, kw_only=True):
    """`display_name` makes a new account; who has credentials leaves it out."""

    display_name: Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)] | None = None
    note: Annotated[str, Meta(max_length=MAX_NOTE_CHARS, description="for those who approve")] = ""


def _shape(invite: Invite, settings: Settings) -> shapes.Invite:
    return shapes.Invite(
        id=invite.id,
        code=invite.code,
        url=f"{settings.url}/join/{invite.code}" if invite.code else None,
        label=invite.label,
        expires_at=moment(invite.expires_at),
        max_uses=invite.max_uses,
        uses=invite.uses,
        tier=brief(invite.tier) if invite.tier else None,
        requires_approval=invite.requires_approval,
        rooms=list(invite.rooms),
        state=invite.state,
        status=invite.status,
        created_by=person(invite.created_by),
        created_at=iso(invite.created_at),
    )


async def list_invites(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """The invites, newest first."""
    place = await places.community(call, tx)
    page = await verbs.listing(
        tx, place.by, place.community, seal=_seal(call), cursor=given.cursor, limit=given.limit
    )
    items = [_shape(invite, call.settings) for invite in page.items]
    return Answer(shapes.Invites(items=items, next_cursor=page.next_cursor))


async def create_invite(call: Call, tx: Tx, given: NewInvite) -> Answer:
    """Make a link. To grant a tier takes the right to give tiers."""
    place = await places.community(call, tx)
    invite = await verbs.create(
        tx,
        place.by,
        place.community,
        _seal(call),
        label=given.label,
        expires_at=milliseconds(given.expires_at),
        max_uses=given.max_uses,
        tier_id=given.tier_id,
        requires_approval=given.requires_approval,
        rooms=given.rooms,
    )
    return Answer(_shape(invite, call.settings), 201)


async def get_invite(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One invite, for those who run the community."""
    place = await places.community(call, tx)
    invite = await verbs.one(tx, place.by, place.community, call.id(), seal=_seal(call))
    return Answer(_shape(invite, call.settings))


async def edit_invite(call: Call, tx: Tx, given: InviteChanges) -> Answer:
    """Pause it, open it again, or revoke it."""
    place = await places.community(call, tx)
    invite = await verbs.set_state(tx, place.by, place.community, call.id(), given.state, seal=_seal(call))
    return Answer(_shape(invite, call.settings))


async def revoke_invite(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Revoke it for good. It stays in the list, with its count."""
    place = await places.community(call, tx)
    await verbs.set_state(tx, place.by, place.community, call.id(), "revoked", seal=_seal(call))
    return NO_CONTENT


async def preview_invite(call: Call, tx: Tx, _: Nothing) -> Answer:
    """What one would join. Looking uses nothing up."""
    invite, community, host = await verbs.preview(tx, call.word("code"))
    preview = shapes.InvitePreview(
        community=community_brief(community, call.settings),
        about=community.about,
        member_count=community.member_count,
        host=person(host),
        tier=brief(invite.tier) if invite.tier else None,
        requires_approval=invite.requires_approval,
        expires_at=moment(invite.expires_at),
    )
    return Answer(preview)


async def accept_invite(call: Call, tx: Tx, given: Acceptance) -> Answer:
    """Join. Without credentials a new account is made, and its token comes with the answer, once.

    Twice by the same account: 200, counted once.
    """
    code = call.word("code")
    account = call.viewer.account
    if account is None:
        return await _accept_as_new(call, tx, code, given)
    if given.display_name is not None:
        raise Invalid(display_name="You have an account already: leave the name out, or the credentials.")
    membership, joined = await verbs.accept(tx, code, account, note=given.note)
    community = await communities.one(tx, membership.community_id)
    return Answer(_accepted(account, membership, community), 201 if joined else 200)


async def _accept_as_new(call: Call, tx: Tx, code: str, given: Acceptance) -> Answer:
    await verbs.preview(tx, code)  # a dead link says so before it asks for a name
    if given.display_name is None:
        raise Invalid(display_name="Write a name, so that others know whom they meet.")
    account = await accounts.create(tx, name=given.display_name, language=call.viewer.language)
    membership, _ = await verbs.accept(tx, code, account, note=given.note)
    _, secret = await tokens.create_token(tx, account.id, name=TOKEN_NAME, scopes=FOLLOWER_SCOPES, days=None)
    community = await communities.one(tx, membership.community_id)
    return Answer(structs.replace(_accepted(account, membership, community), token=secret), 201)


def _accepted(account: Account, membership: Membership, community: Community) -> shapes.Accepted:
    return shapes.Accepted(
        account=person(account),
        membership=shapes.Membership(
            community=community.handle,
            role=membership.role.value,
            tier=brief(membership.tier),
            state=membership.state.value,
            joined_at=iso(membership.joined_at),
        ),
    )


def _seal(call: Call) -> Seal:
    return Seal(call.services.secret)


_ALL = "/communities/{handle}/invites"
_ONE = "/communities/{handle}/invites/{id}"
_SEE = role(Action.SEE_MEMBERS, "members")
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_invites, policy=_SEE, tag="invites",
        summary="List the invites", answers={200: shapes.Invites}, query=PageQuery,
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_invite, policy=role(Action.INVITE, "members"), tag="invites",
        summary="Make an invite", answers={201: shapes.Invite}, body=NewInvite,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_invite, policy=_SEE, tag="invites",
        summary="Look at an invite", answers={200: shapes.Invite},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_invite, policy=_SEE, tag="invites",
        summary="Pause, reopen or revoke an invite", answers={200: shapes.Invite}, body=InviteChanges,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=revoke_invite, policy=_SEE, tag="invites",
        summary="Revoke an invite",
    ),
    Endpoint(
        method="GET", path="/invites/{code}", handler=preview_invite, policy=ANYONE, tag="invites",
        summary="Preview an invite", answers={200: shapes.InvitePreview},
    ),
    Endpoint(
        method="POST", path="/invites/{code}/accept", handler=accept_invite, policy=VIEWER, tag="invites",
        summary="Accept an invite", answers={200: shapes.Accepted, 201: shapes.Accepted}, body=Acceptance,
        also_counts_as="join",
    ),
)  # fmt: skip
