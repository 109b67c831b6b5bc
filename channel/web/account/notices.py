"""Notices of posts, by letter and on devices: which ones, when, and why none come.

A form for each community, so that no page grows into one. Switching devices on and off: push.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import members, notices, push
from channel.accounts import Account, emails
from channel.communities import Community
from channel.errors import ChannelError, Invalid, NotFound
from channel.i18n import noop as N_
from channel.i18n import translate_error
from channel.incoming import bounces
from channel.members import Entitlement
from channel.members.queries import readable_rooms, visible
from channel.notices import How, pictures
from channel.notices.actions import parse_how, set_times
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.model import HOUR_MS, WAITS, Limit, holding
from channel.notices.queries import chose_times, refused
from channel.posts.tagged import often
from channel.push.model import PushHow, held
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import wishes
from channel.web.account import topics
from channel.web.account.topics import Line
from channel.web.forms import Form, read_form
from channel.web.responses import page, problem_text, see_other, translated

MUTES: Final = ("1", "7", "30")  # days
PER_WEEK: Final = (1, 2, 3, 5, 7, 10)  # that the list offers
MOST_ROOMS: Final = 60  # in one form, beside tags; see forms.MAX_FIELDS
# What the page may say after a form; addresses carry the key only.
SAID: Final[dict[str, str]] = {
    "saved": N_("Saved."),
    "again": N_("We have sent you a mail. Open the link in it, and letters go to your address again."),
    "on": N_("Switched on. New posts come to this device at once."),
    "off": N_("Switched off. Nothing comes to that device any more."),
    "sent": N_("On its way: the notice should be there in a moment."),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What one gets of a community by letter and on devices, and of those of its rooms that may be chosen for themselves,
    with both ("": as of the rest)."""

    community: Community
    how: How
    push: PushHow
    rooms: tuple[tuple[Room, str, str], ...]
    tags: wishes.TagFields
    push_tags: wishes.TagFields
    limit: Limit
    topics: tuple[Line, ...]

    @property
    def per_weeks(self) -> list[int]:
        return per_weeks(self.limit.per_week)


def per_weeks(chosen: int | None) -> list[int]:
    """What the list offers; with what a program has chosen."""
    return sorted({*PER_WEEK, *filter(None, [chosen])})


async def _choices(tx: Tx, account_id: str) -> list[Choice]:
    belongings = [one for one in await members.entitlements(tx, account_id) if not one.community.deleted]
    chosen, pushed = await notices.rules(tx, account_id), await push.rules(tx, account_id)
    held_back = await limits(tx, account_id)
    there = await of_communities(tx, [one.community.id for one in belongings])
    found = []
    for community, by, _ in belongings:
        own = holding((rule for rule in chosen if rule.community_id == community.id), by.joined_at)
        on_devices = held(rule for rule in pushed if rule.community_id == community.id)
        rooms = [
            (room, own.get(room.id, ""), on_devices.get(room.id, ""))
            for room in channels(by, there[community.id])
        ]
        offered = await often(tx, by, wishes.MOST_OFFERED)
        found.append(
            Choice(
                community, own.get(None, "none"), on_devices.get(None, "instant"), tuple(rooms),
                wishes.tag_fields(f"tag-{community.id}", own, offered),
                wishes.tag_fields(f"push-tag-{community.id}", on_devices, offered),
                held_back.get(community.id, NO_LIMIT), await topics.lines(tx, community, by, there[community.id]),
            )
        )  # fmt: skip
    return found


def channels(by: Entitlement, rooms: Sequence[Room]) -> list[Room]:
    """Those that may be chosen for themselves."""
    return [room for room in rooms if not room.is_group and by.reads(room.min_rank)][:MOST_ROOMS]


async def show(request: Request, *, form: Form | None = None, status: int = 200) -> Response:
    """GET /account/notices."""
    account, services, signed = account_of(request), services_of(request), viewer_of(request).signed
    async with services.db.read() as tx:
        times = await notices.times(tx, account.id)
        context = {
            "chose_times": await chose_times(tx, account.id),
            "choices": await _choices(tx, account.id),
            "refused": await bounces.why(tx, account),
            "pictures": await pictures.since(tx, account.id) is not None,
        }
        devices = await push.devices(tx, account.id, signed.session_id if signed else None)
    facts: dict[str, Any] = {
        "devices": [
            replace(one, problem=translate_error(viewer_of(request).language, one.problem)) for one in devices
        ],
        "push_key": push.public_key(services.secret),
        "form": form,
        "waits": WAITS,
        **wishes.time_fields(times),
        "said": SAID.get(request.query_params.get("said", "")),
    }
    return page(request, "account/notices.html", context | facts, status=status)


async def again(request: Request, form: Form, error: ChannelError) -> Response:
    """The page with what was typed and what is wrong."""
    if isinstance(error, Invalid):
        form.wrong(translated(request, error))
    else:
        form.problems = {"": problem_text(request, error)}
    return await show(request, form=form, status=error.status)


async def save_times(request: Request) -> Response:
    """POST /account/notices {zone, hour, quiet_from?, quiet_to?, important_passes?}; {do: pictures, pictures?}: whether letters
    show them; or {do: again}: a link goes to a refused address, and whoever opens it shows that it works."""
    account, form = account_of(request), await read_form(request)
    do = form.line("do")
    try:
        async with services_of(request).db.write() as tx:
            if do == "again":
                await _try_again(tx, request, account)
            elif do == "pictures":
                await pictures.show(tx, account.id, wanted=form.on("pictures"))
            else:
                await set_times(tx, account.id, wishes.times(form, wait=True))
    except ChannelError as error:
        return await again(request, form, error)
    return see_other(f"/account/notices?said={'again' if do == 'again' else 'saved'}")


async def _try_again(tx: Tx, request: Request, account: Account) -> None:
    if account.email and await refused(tx, account.id, account.email):
        await emails.ask_email_proof(tx, account.id, account.email, viewer_of(request).language)


async def save_choice(request: Request) -> Response:
    """POST /account/notices/{handle} {how-ID of the community, room-ID of each room?, tag-ID-NAME of
    each tag?, tag-ID_new?, tag-ID_how?}: what one gets of it."""
    account, form = account_of(request), await read_form(request)
    handle = request.path_params["handle"]
    try:
        async with services_of(request).db.write() as tx:
            community, by = await visible(tx, handle, account.id)
            how = parse_how(form.line(f"how-{community.id}"), f"how-{community.id}")
            rooms = wishes.of_rooms(form, channels(by, await readable_rooms(tx, by)), parse_how)
            tags = wishes.of_tags(form, parse_how, f"tag-{community.id}")
            await notices.choose(tx, by, community, how, rooms=rooms, tags=tags)
    except Invalid as error:
        return await again(request, form, error)
    return see_other(f"/account/notices?said=saved#c-{community.handle}")


async def save_topics(request: Request) -> Response:
    """POST /account/notices/{handle}/topics {topic-push-ID?, topic-mail-ID? of each topic that one follows}"""
    account, form = account_of(request), await read_form(request)
    try:
        async with services_of(request).db.write() as tx:
            community, by = await visible(tx, request.path_params["handle"], account.id)
            if not by.belongs:
                raise NotFound("There is no such community.")
            shown = await topics.lines(tx, community, by, await readable_rooms(tx, by))
            await topics.save(tx, account.id, shown, form)
    except Invalid as error:
        return await again(request, form, error)
    return see_other(f"/account/notices?said=saved#c-{community.handle}")


async def save_limit(request: Request) -> Response:
    """POST /account/notices/{handle}/limit {per_week-ID?, mute-ID: "" (as it is) | off | days from now}"""
    account, form = account_of(request), await read_form(request)
    try:
        async with services_of(request).db.write() as tx:
            community, by = await visible(tx, request.path_params["handle"], account.id)
            if not by.belongs:
                raise NotFound("There is no such community.")
            held = (await limits(tx, account.id)).get(community.id, NO_LIMIT)
            until = _muted_until(form.line(f"mute-{community.id}"), held, tx.now)
            chosen = Limit.parse(form.number(f"per_week-{community.id}"), until, tx.now)
            await limit(tx, account.id, community.id, chosen)
    except Invalid as error:
        names = {"per_week": f"per_week-{community.id}", "muted_until": f"mute-{community.id}"}
        named = {names.get(field, field): problem for field, problem in error.fields.items()}
        return await again(request, form, Invalid(named))
    return see_other(f"/account/notices?said=saved#c-{community.handle}")


def _muted_until(typed: str, held: Limit, now: int) -> int | None:
    """Raises Invalid."""
    if not typed:
        return held.muted_until
    if typed == "off":
        return None
    if typed not in MUTES:
        raise Invalid(muted_until="Choose for how long from the list.")
    return now + int(typed) * 24 * HOUR_MS


ROUTES = [
    route("/account/notices", show, SIGNED_IN),
    route("/account/notices", save_times, SIGNED_IN, methods=("POST",)),
    route("/account/notices/{handle}/topics", save_topics, SIGNED_IN, methods=("POST",)),
    route("/account/notices/{handle}/limit", save_limit, SIGNED_IN, methods=("POST",)),
    route("/account/notices/{handle}", save_choice, SIGNED_IN, methods=("POST",)),
]
