"""Signing in, by every way there is, and out. No passwords: a passkey, a link, or a code on paper."""

import contextlib
import json
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from channel.accounts import Account, emails, guesses, links, passkeys, recovery, sessions
from channel.accounts.model import How, LinkPurpose
from channel.errors import ChannelError, Invalid, NotFound
from channel.routing import ANYONE, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cookies
from channel.web.forms import Form, local_path, read_form
from channel.web.refusals import ask_again, tell_script
from channel.web.responses import page, see_other

HOW: dict[LinkPurpose, How] = {"sign_in": "link", "phone": "phone"}


async def sign_in_page(request: Request) -> Response:
    """The ways in."""
    onward = local_path(request.query_params.get("next", "/"))
    context = await _ways(request)
    return page(
        request,
        "sign_in.html",
        {**context, "form": None, "next": onward, "sent": "sent" in request.query_params},
    )


async def _ways(request: Request) -> dict[str, Any]:
    """Which ways this instance offers, and whether signing in would lose the account that is signed in now."""
    services, account = services_of(request), viewer_of(request).account
    lost = False
    if account is not None:
        async with services.db.read() as tx:
            lost = (await recovery.ways_back(tx, account.id)).none
    return {"passkeys": passkeys.possible(services.settings), "would_be_lost": lost}


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    onward = local_path(form.line("next"))
    return ask_again(
        request, "sign_in.html", form, error, {**await _ways(request), "next": onward, "sent": False}
    )


async def ask_mail(request: Request) -> Response:
    """Have a link sent. The answer is the same whether or not there is an account."""
    services, viewer = services_of(request), viewer_of(request)
    if not services.settings.smtp:
        raise NotFound
    form = await read_form(request)
    try:
        services.limiter.hit("sign_in", viewer.network)
        async with services.db.write() as tx:
            await emails.ask_sign_in_mail(tx, form.line("email"), viewer.language, network=viewer.network)
    except ChannelError as error:
        return await _again(request, form, error)
    return see_other("/sign-in?sent=1")


async def link_page(request: Request) -> Response:
    """Where a sign-in link leads: a button. Looking uses nothing up, so link scanners do no harm."""
    async with services_of(request).db.read() as tx:
        purpose = await links.waiting(tx, request.path_params["secret"])
    return page(request, "sign_in_link.html", {**await _ways(request), "purpose": purpose})


async def redeem_link(request: Request) -> Response:
    """The button was pressed."""
    services, secret = services_of(request), request.path_params["secret"]
    await _count(request, "link")
    async with services.db.write() as tx:
        purpose = await links.waiting(tx, secret)
        account = await links.redeem_sign_in(tx, secret)
        cookie = await cookies.open_session(tx, request, account, HOW[purpose])
    response = see_other("/")
    cookies.set_session(request, response, cookie)
    return response


async def recover(request: Request) -> Response:
    """A code from paper. Name and code are wrong together: which of them is told to nobody."""
    services, viewer = services_of(request), viewer_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("sign_in", viewer.network)
        cookie = await _redeem_code(request, form)
    except ChannelError as error:
        return await _again(request, form, error)
    response = see_other(local_path(form.line("next")))
    cookies.set_session(request, response, cookie)
    return response


async def _redeem_code(request: Request, form: Form) -> str:
    """The secret of the new session. The guess stays counted when it was wrong, because nothing is raised before the end."""
    async with services_of(request).db.write() as tx:
        name, code = form.line("name"), form.line("code")
        account = await recovery.redeem_recovery(tx, name, code, viewer_of(request).network)
        cookie = await cookies.open_session(tx, request, account, "recovery") if account else None
    if cookie is None:
        raise Invalid(
            code="Name and code do not fit together, or the code was used before. Look at both again."
        )
    return cookie


async def passkey_options(request: Request) -> Response:
    """What the browser needs to offer the passkeys it has for us."""
    services, viewer = services_of(request), viewer_of(request)
    try:
        services.limiter.hit("sign_in", viewer.network)
        async with services.db.write() as tx:
            options, state = await passkeys.sign_in_options(tx, services.settings)
    except ChannelError as error:
        return tell_script(request, error)
    return JSONResponse(
        {"options": json.loads(options), "state": state}, headers={"cache-control": "no-store"}
    )


async def passkey(request: Request) -> Response:
    """The browser's proof; tells the script where to go."""
    services = services_of(request)
    try:
        told = await read_json(request)
        await _count(request, "passkey")
        async with services.db.write() as tx:
            account = await _proven(tx, request, told)
            cookie = await cookies.open_session(tx, request, account, "passkey")
    except ChannelError as error:
        return tell_script(request, error)
    response = JSONResponse(
        {"next": local_path(str(told.get("next") or "/"))}, headers={"cache-control": "no-store"}
    )
    cookies.set_session(request, response, cookie)
    return response


async def _proven(tx: Tx, request: Request, told: dict[str, Any]) -> Account:
    settings = services_of(request).settings
    return await passkeys.sign_in(
        tx, settings, str(told.get("state", "")), json.dumps(told.get("credential"))
    )


async def read_json(request: Request) -> dict[str, Any]:
    """The object a script sent. Raises Invalid."""
    try:
        told = json.loads(await request.body())
    except (ValueError, RecursionError, ClientDisconnect) as error:
        raise Invalid({"": "This could not be read. Load the page again."}) from error
    if not isinstance(told, dict):
        raise Invalid({"": "This could not be read. Load the page again."})
    return told


async def _count(request: Request, purpose: str) -> None:
    """Count a guess in a transaction of its own: one that fails would take the count back with it."""
    async with services_of(request).db.write() as tx:
        await guesses.note_guess(tx, purpose, None, viewer_of(request).network)


async def sign_out(request: Request) -> Response:
    """End this session. Without one there is nothing to do."""
    signed = viewer_of(request).signed
    if signed is not None and signed.session_id is not None:
        async with services_of(request).db.write() as tx:
            with contextlib.suppress(NotFound):  # ended from another device a moment ago
                await sessions.end_session(tx, signed.account.id, signed.session_id)
    response = see_other("/")
    cookies.drop_session(request, response)
    return response


ROUTES = [
    route("/sign-in", sign_in_page, ANYONE),
    route("/sign-in/mail", ask_mail, ANYONE, methods=("POST",)),
    route("/sign-in/link/{secret}", link_page, ANYONE),
    route("/sign-in/link/{secret}", redeem_link, ANYONE, methods=("POST",)),
    route("/sign-in/recovery", recover, ANYONE, methods=("POST",)),
    route("/sign-in/passkey/options", passkey_options, ANYONE, methods=("POST",)),
    route("/sign-in/passkey", passkey, ANYONE, methods=("POST",)),
    route("/sign-out", sign_out, ANYONE, methods=("POST",)),
]
