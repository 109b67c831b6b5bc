"""Webhooks, mirrors and addresses by which programs post: made, looked at, tried, replayed and ended."""

from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import hooks, invites, rooms
from channel.errors import ChannelError, Conflict, Invalid
from channel.hooks import Seal, incoming, queries
from channel.hooks.kinds import KINDS
from channel.hooks.model import KIND_WORDS, MIRRORS, SIGNED, Hook
from channel.i18n import noop as N_
from channel.i18n import translate_error
from channel.members import Action
from channel.routing import services_of, viewer_of
from channel.storage import Tx
from channel.web.forms import Form
from channel.web.refusals import ask_again
from channel.web.responses import page
from channel.web.studio.place import Place, enter, frame, go, posted, values

TEMPLATE: Final = "studio/hooks.html"
ONE: Final = "studio/hook.html"
SHOWN: Final = 30  # of the newest messages
GROUPS: Final = {
    "post": N_("Posts"),
    "comment": N_("Comments"),
    "member": N_("Members"),
    "room": N_("Rooms"),
    "topic": N_("Topics"),
    "poll": N_("Polls"),
    "question": N_("Questions"),
    "message": N_("Messages"),
    "tier": N_("Tiers"),
    "purchase": N_("Purchases"),
    "invite": N_("Invites"),
    "community": N_("Community"),
}
NAMES: Final = {
    "webhook": N_("Webhook"),
    "telegram": N_("Telegram channel"),
    "discord": N_("Discord channel"),
    "mastodon": N_("Mastodon account"),
    "generic": N_("Server of your own"),
}
DOES: Final = {
    "save": "saved",
    "pause": "hook_paused",
    "open": "hook_on",
    "rotate": "hook_renewed",
    "test": "hook_tried",
    "replay": "hook_again",
    "delete": "deleted",
}


def _kinds(form: Form) -> tuple[str, ...]:
    """The groups that were ticked; all of them are everything."""
    ticked = [name for name in GROUPS if f"{name}.*" in form.lists.get("kinds", ())]
    return ("*",) if len(ticked) == len(GROUPS) else tuple(f"{name}.*" for name in ticked)


def _given(form: Form, kind: str) -> dict[str, Any]:
    given: dict[str, Any] = {name: form.line(name) for name in ("name", "url", "token", "chat")}
    given["room_id"] = form.line("room_id") or None
    return given | (
        {"content": form.line("content") or "full"} if kind in MIRRORS else {"kinds": _kinds(form)}
    )


async def listing(request: Request) -> Response:
    """GET /studio/{handle}/hooks ?new=webhook|telegram|discord|mastodon|generic|incoming"""
    return page(request, TEMPLATE, await _list(request))


async def _list(request: Request, new: str = "") -> dict[str, Any]:
    wanted = new or request.query_params.get("new", "")
    async with services_of(request).db.read() as tx:
        place = await enter(request, tx, Action.EDIT_COMMUNITY)
        found = await queries.listing(tx, place.by, place.community)
        seal = Seal(services_of(request).secret)
        ways = await queries.ways_in(tx, place.by, place.community, seal)
        return await frame(request, tx, place, "settings") | {
            "hooks": found,
            "counts_of": await queries.counts(tx, [one.id for one in found]),
            "incoming": ways,
            "base": services_of(request).settings.url,
            "rooms": [room for room in await rooms.of_community(tx, place.community.id) if not room.is_group],
            "new": wanted if wanted in (*KIND_WORDS, "incoming") else "",
            "names": NAMES,
            "groups": GROUPS,
        }


async def create(request: Request) -> Response:
    """POST /studio/{handle}/hooks {kind, name, url?, token?, chat?, kinds?, room_id?, content?}"""
    form = await posted(request)
    kind = form.line("kind")
    services = services_of(request)
    try:
        async with services.db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            given = _given(form, kind) | {"kind": kind}
            made, _ = await hooks.create(tx, place.by, place.community, services.secret, given)
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request, kind))
    return go(request, f"/hooks/{made.id}", "made")


async def show(request: Request) -> Response:
    """GET /studio/{handle}/hooks/{id}"""
    return page(request, ONE, await _one(request))


async def _one(request: Request) -> dict[str, Any]:
    services = services_of(request)
    async with services.db.read() as tx:
        place = await enter(request, tx, Action.EDIT_COMMUNITY)
        hook_id = request.path_params["id"]
        hook = await queries.one(tx, place.by, place.community, hook_id)
        log = await queries.messages(tx, place.by, place.community, hook_id, limit=SHOWN)
        secret = await queries.secret_of(tx, place.by, place.community, hook_id, Seal(services.secret))
        return await frame(request, tx, place, "settings") | {
            "hook": hook,
            "log": log.items,
            "failed": await queries.failed(tx, hook_id),
            "secret": secret,
            "old_until": hook.old_until if (hook.old_until or 0) > place.now else None,
            "link": await _link(tx, place, hook, services.secret),
            "rooms": [room for room in await rooms.of_community(tx, place.community.id) if not room.is_group],
            "names": NAMES,
            "groups": GROUPS,
            "signed": hook.kind in SIGNED,
            "say": partial(translate_error, viewer_of(request).language),
            "stored": _stored(hook),
        }


def _stored(hook: Hook) -> Form:
    """What the form of a hook holds. Where it goes is not told again: empty leaves it as it is."""
    form = values(name=hook.name, room_id=hook.room_id or "", content=hook.content)
    form.lists["kinds"] = [
        f"{name}.*"
        for name in GROUPS
        if any(hook.hears(kind, hook.room_id) for kind in KINDS if kind.startswith(name + "."))
    ]
    return form


async def _link(tx: Tx, place: Place, hook: Hook, secret: bytes) -> Any:
    if hook.invite_id is None or not place.has(Action.SEE_MEMBERS):
        return None
    try:
        return await invites.one(tx, place.by, place.community, hook.invite_id, seal=invites.Seal(secret))
    except ChannelError:  # it is gone
        return None


async def act(request: Request) -> Response:
    """POST /studio/{handle}/hooks/{id} {do: save|pause|open|rotate|test|replay|delete, message?, and what `save` keeps}"""
    form = await posted(request)
    do, hook_id, services = form.line("do"), request.path_params["id"], services_of(request)
    try:
        if do not in DOES:
            raise Invalid({"": "Choose what to do with it."})
        async with services.db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            await _do(tx, place, services.secret, hook_id, form)
    except (Conflict, Invalid) as error:
        return ask_again(request, ONE, form, error, await _one(request))
    if do == "delete":
        return go(request, "/hooks", DOES[do])
    return go(request, f"/hooks/{hook_id}", DOES[do])


async def _do(tx: Tx, place: Place, secret: bytes, hook_id: str, form: Form) -> None:
    by, community = place.by, place.community
    match form.line("do"):
        case "save":
            hook = await queries.one(tx, by, community, hook_id)
            given = _given(form, hook.kind)
            if given.get("kinds") == _kinds(_stored(hook)):  # which may be more exact than the boxes can say
                del given["kinds"]
            await hooks.change(tx, by, community, secret, hook_id, given)
        case "pause":
            await hooks.change(tx, by, community, secret, hook_id, {"state": "paused"})
        case "open":
            await hooks.change(tx, by, community, secret, hook_id, {"state": "active"})
        case "rotate":
            await hooks.rotate(tx, by, community, secret, hook_id)
        case "test":
            await hooks.test(tx, by, community, hook_id)
        case "replay":
            await hooks.replay(tx, by, community, hook_id, form.line("message") or None)
        case _:
            await hooks.remove(tx, by, community, hook_id)


async def let_in(request: Request) -> Response:
    """POST /studio/{handle}/incoming {name, room_id}"""
    form = await posted(request)
    services = services_of(request)
    try:
        async with services.db.write() as tx:
            place = await enter(request, tx, Action.EDIT_COMMUNITY)
            seal = Seal(services.secret)
            await incoming.create(
                tx, place.by, place.community, seal, name=form.line("name"), room_id=form.line("room_id")
            )
    except ChannelError as error:
        return ask_again(request, TEMPLATE, form, error, await _list(request, "incoming"))
    return go(request, "/hooks", "made")


async def shut(request: Request) -> Response:
    """POST /studio/{handle}/incoming/{id}"""
    await posted(request)
    async with services_of(request).db.write() as tx:
        place = await enter(request, tx, Action.EDIT_COMMUNITY)
        await incoming.revoke(tx, place.by, place.community, request.path_params["id"])
    return go(request, "/hooks", "hook_shut")
