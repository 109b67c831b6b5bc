"""Ways to sign in: passkeys, a proven mail address, recovery codes, and a code for one's own phone."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel.accounts import emails, links, passkeys, recovery, sessions
from channel.errors import ChannelError, NotFound
from channel.incoming import bounces
from channel.invites import qr
from channel.routing import ANYONE, SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.web import cookies
from channel.web.account.desk import again, show
from channel.web.forms import Form, read_form
from channel.web.refusals import tell_script
from channel.web.responses import page, see_other
from channel.web.session import read_json

NO_STORE = {"cache-control": "no-store"}


async def passkey_options(request: Request) -> Response:
    """What the browser needs to make a passkey."""
    services = services_of(request)
    try:
        async with services.db.write() as tx:
            options, state = await passkeys.registration_options(tx, account_of(request), services.settings)
    except ChannelError as error:
        return tell_script(request, error)
    return JSONResponse({"options": json.loads(options), "state": state}, headers=NO_STORE)


async def add_passkey(request: Request) -> Response:
    """Keep the public half of what the browser made."""
    services, account = services_of(request), account_of(request)
    try:
        told = await read_json(request)
        credential, name = json.dumps(told.get("credential")), str(told.get("name") or "")
        async with services.db.write() as tx:
            await passkeys.register(
                tx, account, services.settings, str(told.get("state", "")), credential, name
            )
            secret = await _rotated(tx, request)
    except ChannelError as error:
        return tell_script(request, error)
    response = JSONResponse({"next": "/account?said=saved#sign-in"}, headers=NO_STORE)
    if secret is not None:
        cookies.set_session(request, response, secret)
    return response


async def _rotated(tx: Tx, request: Request) -> str | None:
    """A new secret for the session at hand, because the account can do more now; None for a token's call."""
    signed = viewer_of(request).signed
    if signed is None or signed.session_id is None:
        return None
    return await sessions.rotate(tx, signed.account.id, signed.session_id)


async def remove_passkey(request: Request) -> Response:
    """The passkey signs in no more."""
    async with services_of(request).db.write() as tx:
        await passkeys.remove(tx, account_of(request).id, request.path_params["id"])
    return see_other("/account?said=removed#sign-in")


async def ask_proof(request: Request) -> Response:
    """Send the mail that proves an address."""
    services, account = services_of(request), account_of(request)
    if not services.settings.smtp:
        raise NotFound
    form = await read_form(request)
    try:
        async with services.db.write() as tx:
            await emails.ask_email_proof(tx, account.id, form.line("email"), viewer_of(request).language)
    except ChannelError as error:
        return await again(request, form, error)
    return see_other("/account?said=proof#sign-in")


async def proof_page(request: Request) -> Response:
    """Where the mail leads: a button, so that link scanners prove nothing."""
    async with services_of(request).db.read() as tx:
        address = await emails.proof_waiting(tx, request.path_params["secret"])
    return page(request, "email_proof.html", {"address": address})


async def prove(request: Request) -> Response:
    """The address is the account's own now. Signs nobody in."""
    async with services_of(request).db.write() as tx:
        account = await emails.prove_email(tx, request.path_params["secret"])
        await bounces.confirmed(tx, account)
    return see_other("/account?said=address#sign-in")


async def remove_address(request: Request) -> Response:
    """Forget the mail address."""
    async with services_of(request).db.write() as tx:
        await emails.remove_email(tx, account_of(request).id)
    return see_other("/account?said=removed#sign-in")


async def make_codes(request: Request) -> Response:
    """Ten fresh recovery codes, shown this once."""
    try:
        async with services_of(request).db.write() as tx:
            codes = await recovery.new_recovery_codes(tx, account_of(request).id)
    except ChannelError as error:
        return await again(request, Form(), error)
    return await show(request, shown={"codes": codes})


async def phone(request: Request) -> Response:
    """A QR code that signs the phone in which scans it, within five minutes, once."""
    services = services_of(request)
    async with services.db.write() as tx:
        secret = await links.sign_in_link(
            tx, account_of(request).id, purpose="phone", minutes=links.PHONE_MINUTES
        )
    url = f"{services.settings.url}/sign-in/link/{secret}"
    return await show(request, shown={"phone_qr": qr.svg(url), "phone_minutes": links.PHONE_MINUTES})


POST = ("POST",)
ROUTES = [
    route("/account/passkeys/options", passkey_options, SIGNED_IN, methods=POST),
    route("/account/passkeys", add_passkey, SIGNED_IN, methods=POST),
    route("/account/passkeys/{id}/remove", remove_passkey, SIGNED_IN, methods=POST),
    route("/account/email", ask_proof, SIGNED_IN, methods=POST),
    route("/account/email/remove", remove_address, SIGNED_IN, methods=POST),
    route("/account/email/{secret}", proof_page, ANYONE),
    route("/account/email/{secret}", prove, ANYONE, methods=POST),
    route("/account/recovery", make_codes, SIGNED_IN, methods=POST),
    route("/account/phone", phone, SIGNED_IN, methods=POST),
]
