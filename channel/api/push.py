"""Notices on devices: the server's key, the caller's devices, and what is pushed to them."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel import members, push
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.notices import require_each_once, tag_named
from channel.api.shape import Id, Moment, Shape
from channel.errors import Invalid
from channel.following.devices import take_in
from channel.members.model import Belonging
from channel.notices import Rule
from channel.notices.actions import keep_zone
from channel.notices.model import MAX_RULES, key_of, parse_zone, tags_of
from channel.push import actions, queries
from channel.push.model import MAX_DEVICES, MAX_ENDPOINT_CHARS, Device, held
from channel.render.json import iso
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.routing import SIGNED_IN, WRITER
from channel.storage import Tx

Choice = Literal["instant", "important", "none"]


class PushDevice(Shape, frozen=True):
    """A browser or program that is told of new posts. `shows_text`: of posts, too, that not everybody in the room may
    read. `problem`: of the last try; "" after one that was taken. `current`: the session that asks is in it."""

    id: Id
    name: str
    shows_text: bool
    created_at: Moment
    success_at: Moment | None
    problem: str
    current: bool


class PushRule(Shape, frozen=True):
    """What is pushed of a community (its handle); of one channel of it (`room`, its slug), which comes before that; or of its
    posts with a tag, which comes before both, and of several tags what tells most."""

    community: str
    room: str | None
    tag: str | None
    how: Choice


class Push(Shape, frozen=True):
    """`key`: of this server (`applicationServerKey`). What has no rule is pushed at once."""

    key: str
    devices: list[PushDevice]
    rules: list[PushRule]


class PushKeys(Struct, forbid_unknown_fields=True, kw_only=True):
    """Of a PushSubscription, base64url."""

    p256dh: Annotated[str, Meta(max_length=200)]
    auth: Annotated[str, Meta(max_length=200)]


class NewPushDevice(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a PushSubscription says. The endpoint is https, port 443, of a push service that this server knows. `zone`: where
    the device is, for the hours of who never chose any (PUT /me/notices)."""

    endpoint: Annotated[str, Meta(max_length=MAX_ENDPOINT_CHARS)]
    keys: PushKeys
    name: Annotated[str, Meta(max_length=60)] = ""
    shows_text: bool | UnsetType = UNSET
    zone: Annotated[str, Meta(max_length=60, description="IANA name, like Europe/Berlin")] | None = None


class PushDeviceChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """Whether words that not everybody in a room may read stand in notices there."""

    shows_text: bool


class NewPushRule(Struct, forbid_unknown_fields=True, kw_only=True):
    """A handle; the slug of a channel of it, a tag, or nothing; and whether it is pushed."""

    community: Annotated[str, Meta(max_length=60)]
    room: Annotated[str, Meta(max_length=60)] | None = None
    tag: Annotated[str, Meta(max_length=60)] | None = None
    how: Choice


class NewPushRules(Struct, forbid_unknown_fields=True, kw_only=True):
    """All of them: what is not named is pushed at once."""

    rules: Annotated[list[NewPushRule], Meta(max_length=MAX_RULES)]


class PushTold(Struct, forbid_unknown_fields=True, kw_only=True):
    """What a notice is called in what was pushed (`push`), and whether it was opened, too."""

    id: Annotated[str, Meta(max_length=36)]
    opened: bool = False


async def get_push(call: Call, tx: Tx, _: Nothing) -> Answer:
    """The key to subscribe with, the caller's devices, and what is pushed to them."""
    return Answer(await _shape(call, tx))


async def put_push(call: Call, tx: Tx, given: NewPushRules) -> Answer:
    """Choose what is pushed to all devices of the caller. Quiet hours are those of /me/notices."""
    belongings = {one.community.handle: one for one in await members.entitlements(tx, call.account.id)}
    rooms = await of_communities(tx, [one.community.id for one in belongings.values()])
    wanted = [_rule(tx, one, belongings, rooms) for one in given.rules]
    require_each_once(wanted)
    await actions.replace(tx, call.account.id, wanted)
    return Answer(await _shape(call, tx))


async def post_device(call: Call, tx: Tx, given: NewPushDevice) -> Answer:
    """Switch a browser on: it gets new posts at once from now on. The same endpoint again changes that device. With a
    session it lasts as long as the session; with a token until it is removed. An endpoint of another account moves
    only with the same keys."""
    wanted = push.Subscription.parse(
        endpoint=given.endpoint, p256dh=given.keys.p256dh, auth=given.keys.auth, more=call.settings.push_hosts
    )
    name = "".join(char for char in given.name if char.isprintable()).strip()
    owner = push.Owner(call.account.id, call.signed.session_id, name, call.viewer.language)
    shows_text = None if given.shows_text is UNSET else given.shows_text
    zone = parse_zone(given.zone) if given.zone else ""
    made = await push.switch_on(tx, owner, wanted, shows_text=shows_text)
    await take_in(tx, call.account.id, wanted)
    await keep_zone(tx, call.account.id, zone)
    return Answer(_device(made), 201)


async def patch_device(call: Call, tx: Tx, given: PushDeviceChange) -> Answer:
    """Let words of locked posts into notices on this device, or keep them out."""
    await actions.allow_text(tx, call.account.id, call.id(), given.shows_text)
    return Answer(_device(await queries.device(tx, call.account.id, call.id(), call.signed.session_id)))


async def delete_device(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Nothing is pushed there any more, not even what waits."""
    await push.switch_off(tx, call.account.id, call.id())
    return NO_CONTENT


async def post_told(call: Call, tx: Tx, given: PushTold) -> Answer:
    """A browser has shown a notice, so no letter comes about that post."""
    await actions.told(tx, call.account.id, given.id, opened=given.opened)
    return NO_CONTENT


def _rule(tx: Tx, given: NewPushRule, belongings: dict[str, Belonging], rooms: dict[str, list[Room]]) -> Rule:
    """Who is not in a community is told the same as of one that is not there."""
    belonging = belongings.get(given.community)
    if belonging is None:
        raise Invalid(rules="Name communities that you are in, each by its handle.")
    community, by = belonging.community, belonging.entitlement
    if given.tag is not None:
        return Rule(community.id, None, given.how, tx.now, tag_named(given.tag, given.room))
    if given.room is None:
        return Rule(community.id, None, given.how, tx.now)
    for room in rooms[community.id]:
        if room.slug == given.room and not room.is_group and by.reads(room.min_rank):
            return Rule(community.id, room.id, given.how, tx.now)
    raise Invalid(rules="Name channels that you may read, each by its slug.")


async def _shape(call: Call, tx: Tx) -> Push:
    mine = await push.devices(tx, call.account.id, call.signed.session_id)
    return Push(
        key=push.public_key(call.services.secret),
        devices=[_device(one) for one in mine],
        rules=await _rules(tx, call.account.id),
    )


async def _rules(tx: Tx, account_id: str) -> list[PushRule]:
    """In the order of communities and rooms; of rooms that may be read."""
    belongings = await members.entitlements(tx, account_id)
    chosen = await push.rules(tx, account_id)
    there = await of_communities(tx, [one.community.id for one in belongings])
    found = []
    for community, by, _ in belongings:
        own = held(rule for rule in chosen if rule.community_id == community.id)
        if None in own:
            found.append(PushRule(community=community.handle, room=None, tag=None, how=own[None]))
        for room in there[community.id]:
            if room.id in own and by.reads(room.min_rank):
                found.append(PushRule(community=community.handle, room=room.slug, tag=None, how=own[room.id]))
        for tag in tags_of(own):
            found.append(PushRule(community=community.handle, room=None, tag=tag, how=own[key_of(tag)]))
    return found


def _device(one: Device) -> PushDevice:
    return PushDevice(
        id=one.id, name=one.name, shows_text=one.shows_text, created_at=iso(one.created_at),
        success_at=None if one.success_at is None else iso(one.success_at), problem=one.problem, current=one.current,
    )  # fmt: skip


ENDPOINTS = (
    Endpoint(
        method="GET", path="/me/push", handler=get_push, policy=SIGNED_IN, tag="account",
        summary="Devices that are told of posts", answers={200: Push},
    ),
    Endpoint(
        method="PUT", path="/me/push", handler=put_push, policy=WRITER, tag="account",
        summary="Choose which posts are pushed", answers={200: Push}, body=NewPushRules,
    ),
    Endpoint(
        method="POST", path="/me/push/devices", handler=post_device, policy=WRITER, tag="account",
        summary=f"Switch a device on (at most {MAX_DEVICES})", answers={201: PushDevice}, body=NewPushDevice,
    ),
    Endpoint(
        method="PATCH", path="/me/push/devices/{id}", handler=patch_device, policy=WRITER, tag="account",
        summary="Change what a device shows", answers={200: PushDevice}, body=PushDeviceChange,
    ),
    Endpoint(
        method="DELETE", path="/me/push/devices/{id}", handler=delete_device, policy=WRITER, tag="account",
        summary="Switch a device off",
    ),
    Endpoint(
        method="POST", path="/me/push/told", handler=post_told, policy=WRITER, tag="account",
        summary="Say that a notice was shown", body=PushTold,
    ),
)  # fmt: skip
