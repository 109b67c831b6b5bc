"""Deleting one's account."""

import contextlib

from starlette.requests import Request
from starlette.responses import Response

from channel import feeds, following, inbox, incoming, messages, notices, push, reactions
from channel.accounts import Account
from channel.errors import ChannelError, Invalid, Unavailable
from channel.members import joining
from channel.payments import queries
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.web import cookies
from channel.web.account.desk import again
from channel.web.forms import read_form
from channel.web.responses import see_other


async def delete(request: Request) -> Response:
    """Erase the account; what it wrote stays under "former member". Confirmed by typing one's own name."""
    account = account_of(request)
    form = await read_form(request)
    try:
        if form.line("typed_name").casefold() != account.name.casefold():
            raise Invalid(typed_name="Type your name as it stands above to confirm.")
        await _stop_paying(request, account)
        async with services_of(request).db.write(heavy=True) as tx:
            await joining.erase_account(tx, account.id)
            await reactions.forget(tx, account.id)
            await messages.forget(tx, account.id)
            await inbox.forget(tx, account.id)
            await feeds.forget(tx, account.id)
            await notices.forget(tx, account.id)
            await incoming.forget(tx, account.id)
            await push.forget(tx, account.id)
            await following.forget(tx, account.email)
    except ChannelError as error:
        return await again(request, form, error)
    response = see_other("/")
    cookies.drop_session(request, response)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


class _Possible(Exception):
    """Takes back a deletion that was only tried."""


async def _stop_paying(request: Request, account: Account) -> None:
    """End what is paid for before the account goes: nobody could do it afterwards.

    Whether the account can go is tried first, and taken back: else somebody who may not go would lose what they pay
    for. Raises what the trial raises, and Unavailable when a provider does not answer.
    """
    services = services_of(request)
    async with services.db.read() as tx:
        if not await queries.running(tx, account.id):
            return
    with contextlib.suppress(_Possible):
        async with services.db.write(heavy=True) as tx:
            await joining.erase_account(tx, account.id)
            raise _Possible
    try:
        await services.counter.stop_all(account.id, at_once=True)
    except ChannelError as error:
        raise Unavailable(
            "What you pay for could not be ended, because the payment provider does not answer. "
            "Your account is as it was. Try again later."
        ) from error


ROUTES = [route("/account/delete", delete, SIGNED_IN, methods=("POST",))]
