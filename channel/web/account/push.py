"""Notices on devices: this one switched on, others removed, what they show, what comes to them, and a try."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel import push
from channel.accounts.devices import device_of
from channel.errors import ChannelError, Conflict, Invalid
from channel.following.devices import take_in
from channel.members.queries import readable_rooms, visible
from channel.notices.actions import keep_zone
from channel.notices.model import zone_of_browser
from channel.notify.pushed import TRIAL_TOPIC, trial
from channel.notify.pusher import Outcome, Parcel
from channel.push import actions, queries
from channel.push.model import parse_push_how
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import wishes
from channel.web.account.notices import again, channels
from channel.web.forms import Form, read_form
from channel.web.responses import see_other

TRIAL_TTL_S: Final = 600
DEVICES: Final = "/account/notices?said={}#devices"


async def switch_on(request: Request) -> Response:
    """POST /account/push {endpoint, p256dh, auth, shows_text?, zone?}: filled in by a script, with what the browser hands
    out."""
    form = await read_form(request)
    try:
        services_of(request).limiter.hit("write", account_of(request).id)
        wanted = wanted_by(request, form)
        async with services_of(request).db.write() as tx:
            await tell_here(tx, request, wanted, form, shows_text=form.on("shows_text"))
    except ChannelError as error:
        return await again(request, form, error)
    return see_other(DEVICES.format("on"))


def wanted_by(request: Request, form: Form) -> push.Subscription:
    """What the browser hands out, from hidden fields: what is wrong with them stands above the form. Raises Invalid."""
    try:
        return push.Subscription.parse(
            endpoint=form.line("endpoint"), p256dh=form.line("p256dh"), auth=form.line("auth"),
            more=services_of(request).settings.push_hosts,
        )  # fmt: skip
    except Invalid as error:
        raise Invalid({"": next(iter(error.fields.values()))}) from error


async def tell_here(
    tx: Tx, request: Request, wanted: push.Subscription, form: Form, *, shows_text: bool | None = None
) -> None:
    """The account is told in the browser that asks, and its hours are those of where it is, if it never chose any.

    `shows_text`: None: as before. Raises Conflict, see push.switch_on.
    """
    account, signed = account_of(request), viewer_of(request).signed
    name = device_of(request.headers.get("user-agent", ""))
    session_id = signed.session_id if signed else None
    owner = push.Owner(account.id, session_id, name, viewer_of(request).language)
    await push.switch_on(tx, owner, wanted, shows_text=shows_text)
    await take_in(tx, account.id, wanted)
    await keep_zone(tx, account.id, zone_of_browser(form.line("zone")))


async def remove(request: Request) -> Response:
    """POST /account/push/{id}/remove"""
    async with services_of(request).db.write() as tx:
        await push.switch_off(tx, account_of(request).id, request.path_params["id"])
    return see_other(DEVICES.format("off"))


async def set_text(request: Request) -> Response:
    """POST /account/push/{id}/text {shows_text?}: whether words of locked posts stand in notices there."""
    form = await read_form(request)
    async with services_of(request).db.write() as tx:
        await actions.allow_text(tx, account_of(request).id, request.path_params["id"], form.on("shows_text"))
    return see_other(DEVICES.format("saved"))


async def send_trial(request: Request) -> Response:
    """POST /account/push/{id}/test: a notice to this device alone, now."""
    account, services, device_id = account_of(request), services_of(request), request.path_params["id"]
    services.limiter.hit("order", account.id)
    async with services.db.read() as tx:
        to, language = await queries.subscription(tx, account.id, device_id)
    parcel = Parcel(to, trial(account.language or language), TRIAL_TOPIC, TRIAL_TTL_S)
    outcome: Outcome = await request.app.state.pusher.send(parcel)
    async with services.db.write() as tx:
        if outcome.fate == "gone":
            await actions.drop(tx, [device_id])
        else:
            await actions.note(tx, [device_id], outcome.problem)
    if outcome.fate == "taken":
        return see_other(DEVICES.format("sent"))
    problem = (
        outcome.problem or "The push service does not know this device any more. Switch it on again there."
    )
    return await again(request, Form(), Conflict(problem))


async def save_choice(request: Request) -> Response:
    """POST /account/notices/{handle}/push {push-ID of the community, push-room-ID of each room?, and tags as of letters}"""
    account, form = account_of(request), await read_form(request)
    try:
        async with services_of(request).db.write() as tx:
            community, by = await visible(tx, request.path_params["handle"], account.id)
            name = f"push-{community.id}"
            how = parse_push_how(form.line(name), name)
            here = channels(by, await readable_rooms(tx, by))
            rooms = wishes.of_rooms(form, here, parse_push_how, "push-room-")
            tags = wishes.of_tags(form, parse_push_how, f"push-tag-{community.id}")
            await push.choose(tx, by, community, how, rooms=rooms, tags=tags)
    except Invalid as error:
        return await again(request, form, error)
    return see_other(f"/account/notices?said=saved#c-{community.handle}")


POST: Final = ("POST",)
ROUTES = [
    route("/account/push", switch_on, SIGNED_IN, methods=POST),
    route("/account/push/{id}/remove", remove, SIGNED_IN, methods=POST),
    route("/account/push/{id}/text", set_text, SIGNED_IN, methods=POST),
    route("/account/push/{id}/test", send_trial, SIGNED_IN, methods=POST),
    route("/account/notices/{handle}/push", save_choice, SIGNED_IN, methods=POST),
]
