"""The first steps of a newcomer: one question at a time, each of which can be left out.

The browser's own question comes after a tap on ours, never by itself; and no letter comes to who did not ask for letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import notices, push
from channel.accounts import Account, passkeys, recovery
from channel.errors import ChannelError, Invalid, NotFound
from channel.i18n import noop as N_
from channel.notices.actions import keep_zone, parse_how
from channel.notices.model import holding, zone_of_browser
from channel.push.model import held
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import roomlist
from channel.web.account.push import tell_here, wanted_by
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

STEPS: Final = ("told", "passkey", "mail", "home")
# What a step may say after the one before it; addresses carry the key only.
SAID: Final[dict[str, str]] = {
    "told": N_("New posts come to this device from now on."),
    "mail": N_("New posts come to your mailbox from now on."),
}


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What an account has chosen already, of one community. `here`: the browser that asks is told at once."""

    here: bool
    letters: bool


async def hello(request: Request) -> Response:
    """GET /@{handle}/hello?step&said"""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if not place.by.belongs:
            return await _outside(tx, request, place)
        context = await _context(tx, request, place, request.query_params.get("step", ""))
    said = SAID.get(request.query_params.get("said", ""), "")
    return page(request, "hello.html", {**context, "said": said, "form": None})


async def _outside(tx: Tx, request: Request, place: Place) -> Response:
    """Who is not in it has no first steps there."""
    if place.banned:
        return await banned_page(tx, request, place)
    return see_other(f"/@{place.community.handle}")


async def _context(tx: Tx, request: Request, place: Place, wanted: str) -> dict[str, Any]:
    services, account, community = services_of(request), account_of(request), place.community
    chosen = await _chosen(tx, request, place)
    steps = await _steps(tx, request, account, chosen)
    mine = await roomlist.mine(tx, account)
    first = next((line.href for line in mine.of(community) if not line.locked), f"/@{community.handle}")
    return {
        "community": community,
        "stop": next(stop for stop in mine.stops if stop.community.id == community.id),
        "steps": steps,
        "now": _at(wanted, steps),
        "first": first,
        "here": chosen.here,
        "push_key": push.public_key(services.secret),
    }


async def _chosen(tx: Tx, request: Request, place: Place) -> _Chosen:
    account, signed = account_of(request), viewer_of(request).signed
    devices = await push.devices(tx, account.id, signed.session_id if signed else None)
    ours = [rule for rule in await push.rules(tx, account.id) if rule.community_id == place.community.id]
    here = any(one.current for one in devices) and held(ours).get(None, "instant") == "instant"
    letters = holding(await notices.rules(tx, account.id, place.community.id), place.by.joined_at)
    return _Chosen(here, any(how != "none" for how in letters.values()))


async def _steps(tx: Tx, request: Request, account: Account, chosen: _Chosen) -> list[str]:
    """Those that are still open for somebody, in their order."""
    settings, ways = services_of(request).settings, await recovery.ways_back(tx, account.id)
    left_out = {
        "passkey": not passkeys.possible(settings) or bool(ways.passkeys),
        "mail": not settings.smtp or (bool(ways.email) and chosen.letters),
    }
    return [step for step in STEPS if not left_out.get(step)]


def _at(wanted: str, steps: Sequence[str]) -> str:
    """The step that was asked for, or the next after it that is open; without one the first."""
    if wanted not in STEPS:
        return steps[0]
    return next(step for step in STEPS[STEPS.index(wanted) :] if step in steps)


async def answer(request: Request) -> Response:
    """POST /@{handle}/hello {do: told, endpoint, p256dh, auth, zone?}, filled in by a script after a tap: this browser is
    told of the community at once; or {do: mail, how, zone?}: letters come of it."""
    services, form = services_of(request), await read_form(request)
    do = form.line("do")
    try:
        services.limiter.hit("write", account_of(request).id)
        async with services.db.write() as tx:
            place = await community_of(tx, request)
            await _do(tx, request, place, form)
    except NotFound:
        raise
    except ChannelError as error:
        async with services.db.read() as tx:
            place = await community_of(tx, request)
            if not place.by.belongs:
                return await _outside(tx, request, place)
            context = await _context(tx, request, place, do)
        return ask_again(request, "hello.html", form, error, {**context, "said": ""})
    onward = STEPS[STEPS.index(do) + 1]
    return see_other(f"/@{place.community.handle}/hello?step={onward}&said={do}")


async def _do(tx: Tx, request: Request, place: Place, form: Form) -> None:
    """Raises NotFound for who is not in it, and for letters where none can come; Invalid, Conflict."""
    community, by, account = place.community, place.by, account_of(request)
    if not by.belongs:
        raise NotFound("There is no such community.")
    match form.line("do"):
        case "told":
            await tell_here(tx, request, wanted_by(request, form), form)
            await push.choose(tx, by, community, "instant")
        case "mail":
            if not services_of(request).settings.smtp or not account.email:
                raise NotFound("No letters can come to you yet. Prove a mail address first.")
            await notices.choose(tx, by, community, parse_how(form.line("how")))
            await keep_zone(tx, account.id, zone_of_browser(form.line("zone")))
        case _:
            raise Invalid({"": "Choose what is to be done."})


ROUTES = [
    route("/@{handle}/hello", hello, SIGNED_IN),
    route("/@{handle}/hello", answer, SIGNED_IN, methods=("POST",)),
]
