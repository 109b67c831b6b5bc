"""Who calls, and how far they have read."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import looks, outbox, rooms
from channel.accounts import Account, tickets
from channel.accounts.actions import set_presence
from channel.api import shapes
from channel.api.communities import brief
from channel.api.endpoint import Answer, Call, Endpoint, Nothing
from channel.api.shape import Shape
from channel.events import room_stream
from channel.live import reading
from channel.members import queries
from channel.members.model import Belonging, Entitlement
from channel.posts import horizon, mentioned, talk
from channel.render.json import iso
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.routing import SIGNED_IN, WRITER
from channel.settings import Settings
from channel.storage import Tx


class Ticket(Shape, frozen=True):
    """Opens one live connection as the caller: `GET /live?ticket=…`."""

    ticket: str
    expires_in: Annotated[int, Meta(description="seconds")]


class MyChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is left out stays as it is."""

    presence: bool | UnsetType = UNSET


class NewReadPosition(Struct, forbid_unknown_fields=True, kw_only=True):
    """The seq of the newest event that was really seen."""

    seq: Annotated[int, Meta(ge=0, le=2**53)]


async def get_me(call: Call, tx: Tx, _: Nothing) -> Answer:
    """The account, its memberships, and what is new in each room it may enter."""
    belongings = await queries.entitlements(tx, call.account.id)
    of_community = await of_communities(tx, [belonging.community.id for belonging in belongings])
    mine = {
        belonging.community.id: [
            room
            for room in of_community[belonging.community.id]
            if belonging.entitlement.reads(room.min_rank)
        ]
        for belonging in belongings
    }
    entered = [(room, one.entitlement) for one in belongings for room in mine[one.community.id]]
    counts = await _counts(tx, call.account.id, entered, await horizon.of_rooms(tx, entered))
    memberships = [
        _membership(belonging, [counts[room.id] for room in mine[belonging.community.id]], call.settings)
        for belonging in belongings
    ]
    scopes = call.signed.scopes
    me = shapes.Me(
        account=shape(call.account),
        scopes=None if scopes is None else sorted(scopes),
        memberships=memberships,
    )
    return Answer(me)


async def change_me(call: Call, tx: Tx, given: MyChanges) -> Answer:
    """Say whether others see that the account is here and writing; its open connections follow at once."""
    if given.presence is UNSET:
        return Answer(shape(call.account))
    return Answer(shape(await set_presence(tx, call.account.id, given.presence)))


def shape(account: Account) -> shapes.MyAccount:
    """The account as it is told to itself."""
    return shapes.MyAccount(
        id=account.id,
        name=account.name,
        handle=account.handle,
        avatar=account.avatar,
        avatar_url=looks.address(account.avatar, 256) or None,
        hue=account.hue,
        language=account.language,
        email=account.email,
        is_admin=account.is_admin,
        presence=account.presence,
        created_at=iso(account.created_at),
    )


async def _counts(
    tx: Tx, account_id: str, entered: list[tuple[Room, Entitlement]], since: dict[str, int]
) -> dict[str, shapes.RoomUnread]:
    found = [room for room, _ in entered]
    ids = [room.id for room in found]
    heads = await outbox.heads(tx, [room_stream(room_id) for room_id in ids])
    read = await rooms.read_positions(tx, account_id, ids)
    unread = await talk.unread_of(tx, account_id, ids, since)
    named = await mentioned.unread(tx, account_id, entered, since)
    return {
        room.id: shapes.RoomUnread(
            id=room.id,
            slug=room.slug,
            name=room.name,
            head=heads[room_stream(room.id)],
            read=read[room.id],
            unread=unread.get(room.id, 0),
            mentions=len(named.get(room.id, ())),
        )
        for room in found
    }


def _membership(
    belonging: Belonging, found: list[shapes.RoomUnread], settings: Settings
) -> shapes.MyMembership:
    entitlement = belonging.entitlement
    assert entitlement.role is not None
    assert entitlement.state is not None
    return shapes.MyMembership(
        community=brief(belonging.community, settings),
        role=entitlement.role.value,
        state=entitlement.state.value,
        tier=belonging.tier_name,
        rooms=found,
    )


async def put_read_position(call: Call, tx: Tx, given: NewReadPosition) -> Answer:
    """Remember how far the account has read, for all of its devices. It never moves backwards."""
    room_id = call.id()
    marked = await reading.record(tx, call.account.id, room_id, given.seq)
    seqs = await rooms.read_positions(tx, call.account.id, [room_id])
    shape = shapes.ReadPosition(room_id=room_id, seq=seqs[room_id])
    return Answer(shape, then=lambda services: reading.tell(services.bus, marked))


async def create_live_ticket(call: Call, tx: Tx, _: Nothing) -> Answer:
    """A ticket for one live connection, good for thirty seconds, where a client cannot send a header."""
    secret = await tickets.live_ticket(tx, call.signed)
    return Answer(Ticket(ticket=secret, expires_in=tickets.LASTS_MS // 1000), 201)


ENDPOINTS = (
    Endpoint(
        method="GET", path="/me", handler=get_me, policy=SIGNED_IN, tag="account",
        summary="Who am I", answers={200: shapes.Me},
    ),
    Endpoint(
        method="PATCH", path="/me", handler=change_me, policy=WRITER, tag="account",
        summary="Change how I am shown", answers={200: shapes.MyAccount}, body=MyChanges,
    ),
    Endpoint(
        method="PUT", path="/rooms/{id}/read", handler=put_read_position, policy=SIGNED_IN, tag="account",
        summary="Set the read position", answers={200: shapes.ReadPosition}, body=NewReadPosition,
    ),
    Endpoint(
        method="POST", path="/live/ticket", handler=create_live_ticket, policy=SIGNED_IN, tag="live",
        summary="Get a ticket for a live connection", answers={201: Ticket},
    ),
)  # fmt: skip
