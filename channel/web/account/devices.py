"""Where one is signed in, and which programs act in one's name."""

from starlette.requests import Request
from starlette.responses import Response

from channel.accounts import sessions, tokens
from channel.errors import ChannelError
from channel.routing import SIGNED_IN, account_of, route, services_of, viewer_of
from channel.web import cookies
from channel.web.account.desk import again, show
from channel.web.forms import read_form
from channel.web.responses import see_other


async def end_session(request: Request) -> Response:
    """Sign one device out; one's own, too."""
    session_id = request.path_params["id"]
    async with services_of(request).db.write() as tx:
        await sessions.end_session(tx, account_of(request).id, session_id)
    signed = viewer_of(request).signed
    if signed is not None and signed.session_id == session_id:
        response = see_other("/")
        cookies.drop_session(request, response)
        return response
    return see_other("/account?said=ended#sessions")


async def end_others(request: Request) -> Response:
    """Sign out everywhere else."""
    signed = viewer_of(request).signed
    async with services_of(request).db.write() as tx:
        await sessions.end_other_sessions(tx, account_of(request).id, signed.session_id if signed else None)
    return see_other("/account?said=others#sessions")


async def make_token(request: Request) -> Response:
    """A bearer token for a program, shown this once."""
    form = await read_form(request)
    try:
        days = form.number("days")
        async with services_of(request).db.write() as tx:
            _, secret = await tokens.create_token(
                tx,
                account_of(request).id,
                name=form.text("token_name"),
                scopes=form.lists.get("scopes", []),
                days=days,
            )
    except ChannelError as error:
        return await again(request, form, error, name="token_name")
    return await show(request, shown={"token": secret})


async def revoke_token(request: Request) -> Response:
    """The program is out."""
    async with services_of(request).db.write() as tx:
        await tokens.revoke_token(tx, account_of(request).id, request.path_params["id"])
    return see_other("/account?said=revoked#tokens")


POST = ("POST",)
ROUTES = [
    route("/account/sessions/others", end_others, SIGNED_IN, methods=POST),
    route("/account/sessions/{id}/end", end_session, SIGNED_IN, methods=POST),
    route("/account/tokens", make_token, SIGNED_IN, methods=POST),
    route("/account/tokens/{id}/revoke", revoke_token, SIGNED_IN, methods=POST),
]
