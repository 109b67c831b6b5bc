"""Deleting one's account."""

from starlette.requests import Request
from starlette.responses import Response

from channel.errors import ChannelError, Invalid
from channel.members import joining
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
        async with services_of(request).db.write(heavy=True) as tx:
            await joining.erase_account(tx, account.id)
    except ChannelError as error:
        return await again(request, form, error)
    response = see_other("/")
    cookies.drop_session(request, response)
    response.headers["clear-site-data"] = '"cache", "storage"'
    return response


ROUTES = [route("/account/delete", delete, SIGNED_IN, methods=("POST",))]
