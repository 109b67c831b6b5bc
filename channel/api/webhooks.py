"""Hooks: what happens told to other servers, and posts shown elsewhere. How messages look: docs/webhooks.md."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field, structs

from channel import hooks as verbs
from channel.api import places
from channel.api.endpoint import NO_CONTENT, Answer, Call, Endpoint, Nothing
from channel.api.places import PageQuery, moment
from channel.api.shape import Id, Moment, Shape
from channel.hooks import queries
from channel.hooks.model import MAX_KINDS, MAX_NAME_CHARS, Delivery
from channel.hooks.model import Hook as StoredHook
from channel.members import Action
from channel.render.json import iso
from channel.routing import role
from channel.storage import Tx

Kind = Literal["webhook", "telegram", "discord", "mastodon", "generic"]
Kinds = Annotated[
    list[Annotated[str, Meta(max_length=40)]],
    Meta(
        max_length=MAX_KINDS, description="events, groups of them (`post.*`), or `*`; mirrors hear of posts"
    ),
]
Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME_CHARS)]
Address = Annotated[
    str,
    Meta(max_length=2048, description="https; of the receiver, Discord's webhook, or the Mastodon server"),
]
TokenText = Annotated[
    str, Meta(max_length=300, description="of the Telegram bot, or of the Mastodon application")
]
Chat = Annotated[str, Meta(max_length=64, description="the Telegram channel: @name, or its number")]
RoomId = Annotated[str, Meta(min_length=1, max_length=36, description="one room; null: all of them")]
ContentWord = Literal["full", "teaser"]


class Hook(Shape, frozen=True):
    """A hook. `where` is the host it goes to: addresses hold tokens, and are not told again.

    `state` stopped: it failed for days, was answered 410, or its owner may not see what it tells any more; `problem`
    says which. Who switches it on is its owner from then on.
    """

    id: Id
    kind: Kind
    name: str
    where: str
    kinds: list[str]
    room_id: Id | None
    content: ContentWord
    state: Literal["active", "paused", "stopped"]
    problem: str
    failing_since: Moment | None
    success_at: Moment | None
    owner_id: Id
    invite_id: Annotated[Id | None, Meta(description="of a mirror: the link by which who comes is counted")]
    old_secret_until: Annotated[Moment | None, Meta(description="until then the secret before signs, too")]
    secret: Annotated[
        str | None, Meta(description="`whsec_…`; told where the hook is made and where it is renewed")
    ]
    created_at: Moment


class Hooks(Shape, frozen=True):
    """At most 20, oldest first."""

    items: list[Hook]
    next_cursor: str | None


class HookAttempt(Shape, frozen=True):
    """One try. `status` 0: nobody answered."""

    at: Moment
    status: int
    ms: int


class HookMessage(Shape, frozen=True):
    """What was told to a hook, or is to be. `id` is its webhook-id, `status` of the last answer."""

    id: Id
    kind: str
    state: Literal["waiting", "sent", "failed", "cancelled"]
    status: int | None
    problem: str
    tries: int
    due_at: Moment
    created_at: Moment
    settled_at: Moment | None
    attempts: list[HookAttempt]


class HookMessages(Shape, frozen=True):
    """Newest first; kept for 14 days."""

    items: list[HookMessage]
    next_cursor: str | None


class HookMessageId(Shape, frozen=True):
    """The message that is on its way."""

    id: Id


class Replayed(Shape, frozen=True):
    """How many messages go again."""

    messages: int


class NewHook(Struct, forbid_unknown_fields=True, kw_only=True):
    """A hook to be. Which of url, token and chat are needed depends on the kind."""

    kind: Kind = "webhook"
    name: Name
    url: Address = ""
    token: TokenText = ""
    chat: Chat = ""
    kinds: Kinds = field(default_factory=lambda: ["*"])
    room_id: RoomId | None = None
    content: ContentWord = "full"


class HookChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """What is to change."""

    name: Name | UnsetType = UNSET
    url: Address | UnsetType = UNSET
    token: TokenText | UnsetType = UNSET
    chat: Chat | UnsetType = UNSET
    kinds: Kinds | UnsetType = UNSET
    room_id: RoomId | UnsetType | None = UNSET
    content: ContentWord | UnsetType = UNSET
    state: Literal["active", "paused"] | UnsetType = UNSET


class Replay(Struct, forbid_unknown_fields=True, kw_only=True):
    """One message, or (null) all that failed."""

    message_id: Annotated[str, Meta(min_length=1, max_length=36)] | None = None


def _shape(hook: StoredHook, secret: str | None = None) -> Hook:
    return Hook(
        id=hook.id,
        kind=hook.kind,
        name=hook.name,
        where=hook.where,
        kinds=list(hook.kinds),
        room_id=hook.room_id,
        content=hook.content,
        state=hook.state,
        problem=hook.problem,
        failing_since=moment(hook.failing_since),
        success_at=moment(hook.success_at),
        owner_id=hook.owner_id,
        invite_id=hook.invite_id,
        old_secret_until=moment(hook.old_until),
        secret=secret,
        created_at=iso(hook.created_at),
    )


def _message(one: Delivery) -> HookMessage:
    return HookMessage(
        id=one.id,
        kind=one.kind,
        state=one.state,
        status=one.status,
        problem=one.problem,
        tries=one.tries,
        due_at=iso(one.due_at),
        created_at=iso(one.created_at),
        settled_at=moment(one.settled_at),
        attempts=[HookAttempt(at=iso(each.at), status=each.status, ms=each.ms) for each in one.log],
    )


async def list_hooks(call: Call, tx: Tx, given: places.PartQuery) -> Answer:
    """The community's hooks."""
    place = await places.community(call, tx)
    found = await queries.listing(tx, place.by, place.community)
    part, cursor = places.part_of(found, given, lambda one: one.id)
    return Answer(Hooks(items=[_shape(one) for one in part], next_cursor=cursor))


async def create_hook(call: Call, tx: Tx, given: NewHook) -> Answer:
    """Make one. A mirror gets a link of its own, by which who comes from there is counted."""
    place = await places.community(call, tx)
    hook, secret = await verbs.create(
        tx, place.by, place.community, call.services.secret, structs.asdict(given)
    )
    return Answer(_shape(hook, secret), 201)


async def get_hook(call: Call, tx: Tx, _: Nothing) -> Answer:
    """One hook."""
    place = await places.community(call, tx)
    return Answer(_shape(await queries.one(tx, place.by, place.community, call.id())))


async def edit_hook(call: Call, tx: Tx, given: HookChanges) -> Answer:
    """Change it, pause it, or switch it on again."""
    place = await places.community(call, tx)
    fresh = places.changes(given)
    hook = await verbs.change(tx, place.by, place.community, call.services.secret, call.id(), fresh)
    return Answer(_shape(hook))


async def remove_hook(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Delete it, with its log. What a mirror showed elsewhere stays there."""
    place = await places.community(call, tx)
    await verbs.remove(tx, place.by, place.community, call.id())
    return NO_CONTENT


async def renew_hook_secret(call: Call, tx: Tx, _: Nothing) -> Answer:
    """A new secret. For 24 hours messages carry a signature by each of the two."""
    place = await places.community(call, tx)
    hook, secret = await verbs.rotate(tx, place.by, place.community, call.services.secret, call.id())
    return Answer(_shape(hook, secret))


async def try_hook(call: Call, tx: Tx, _: Nothing) -> Answer:
    """Send `hook.test`. What became of it stands among the messages."""
    place = await places.community(call, tx)
    return Answer(HookMessageId(id=await verbs.test(tx, place.by, place.community, call.id())), 201)


async def replay_hook(call: Call, tx: Tx, given: Replay) -> Answer:
    """Send a message again, or all that failed; each under the id that it had."""
    place = await places.community(call, tx)
    many = await verbs.replay(tx, place.by, place.community, call.id(), given.message_id)
    return Answer(Replayed(messages=many))


async def list_hook_messages(call: Call, tx: Tx, given: PageQuery) -> Answer:
    """What was told to it and is to be, with what it answered."""
    place = await places.community(call, tx)
    page = await queries.messages(
        tx, place.by, place.community, call.id(), cursor=given.cursor, limit=given.limit
    )
    return Answer(HookMessages(items=[_message(one) for one in page.items], next_cursor=page.next_cursor))


_ALL = "/communities/{handle}/hooks"
_ONE = "/communities/{handle}/hooks/{id}"
POLICY = role(Action.EDIT_COMMUNITY)
ENDPOINTS = (
    Endpoint(
        method="GET", path=_ALL, handler=list_hooks, query=places.PartQuery, policy=POLICY, tag="hooks",
        summary="List the hooks", answers={200: Hooks},
    ),
    Endpoint(
        method="POST", path=_ALL, handler=create_hook, policy=POLICY, tag="hooks",
        summary="Make a webhook or a mirror", answers={201: Hook}, body=NewHook,
    ),
    Endpoint(
        method="GET", path=_ONE, handler=get_hook, policy=POLICY, tag="hooks",
        summary="Look at a hook", answers={200: Hook},
    ),
    Endpoint(
        method="PATCH", path=_ONE, handler=edit_hook, policy=POLICY, tag="hooks",
        summary="Change a hook", answers={200: Hook}, body=HookChanges,
    ),
    Endpoint(
        method="DELETE", path=_ONE, handler=remove_hook, policy=POLICY, tag="hooks", summary="Delete a hook",
    ),
    Endpoint(
        method="POST", path=_ONE + "/secret", handler=renew_hook_secret, policy=POLICY, tag="hooks",
        summary="Give a hook a new secret", answers={200: Hook},
    ),
    Endpoint(
        method="POST", path=_ONE + "/test", handler=try_hook, policy=POLICY, tag="hooks",
        summary="Send a test event", answers={201: HookMessageId},
    ),
    Endpoint(
        method="POST", path=_ONE + "/replay", handler=replay_hook, policy=POLICY, tag="hooks",
        summary="Send messages again", answers={200: Replayed}, body=Replay,
    ),
    Endpoint(
        method="GET", path=_ONE + "/messages", handler=list_hook_messages, policy=POLICY, tag="hooks",
        summary="List what was told to a hook", answers={200: HookMessages}, query=PageQuery,
    ),
)  # fmt: skip
