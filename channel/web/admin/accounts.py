"""Accounts and communities of the instance. The admin sees names, never what is written in a community."""

from starlette.requests import Request
from starlette.responses import Response

from channel import accounts, communities
from channel.accounts import links
from channel.errors import NotFound
from channel.ids import is_id
from channel.media import homes
from channel.routing import ADMIN, route, services_of
from channel.web.forms import read_form
from channel.web.responses import page, see_other

LINK_MINUTES = 60


async def people(request: Request) -> Response:
    """Newest first, with search."""
    return await _people(request)


async def _people(request: Request, link: dict[str, str] | None = None) -> Response:
    query = request.query_params
    async with services_of(request).db.read(heavy=True) as tx:
        found, older = await accounts.list_accounts(tx, query.get("q", ""), query.get("cursor") or None)
    context = {"accounts": found, "older": older, "q": query.get("q", ""), "link": link}
    return page(request, "admin/accounts.html", context)


async def act(request: Request) -> Response:
    """Suspend, let in again, or make a sign-in link for somebody who lost all ways in."""
    account_id = request.path_params["id"]
    if not is_id(account_id):
        raise NotFound
    form = await read_form(request)
    services = services_of(request)
    async with services.db.write() as tx:
        account = await accounts.one(tx, account_id)
        match form.line("do"):
            case "suspend":
                await accounts.suspend(tx, account.id)
            case "unsuspend":
                await accounts.unsuspend(tx, account.id)
            case "link":
                secret = await links.sign_in_link(tx, account.id, minutes=LINK_MINUTES)
                link = {"name": account.name, "url": f"{services.settings.url}/sign-in/link/{secret}"}
            case _:
                raise NotFound
    if form.line("do") == "link":
        return await _people(request, link)
    return see_other("/admin/accounts")


async def all_communities(request: Request) -> Response:
    """Newest first."""
    before = request.query_params.get("before", "")
    async with services_of(request).db.read(heavy=True) as tx:
        found = await communities.queries.everyone(tx, before=before if is_id(before) else None)
        stores = await homes.settled(tx, [one.id for one in found])
    return page(
        request,
        "admin/communities.html",
        {"communities": found, "older": found[-1].id if len(found) == 100 else "", "stores": stores},
    )


ROUTES = [
    route("/admin/accounts", people, ADMIN),
    route("/admin/accounts/{id}", act, ADMIN, methods=("POST",)),
    route("/admin/communities", all_communities, ADMIN),
]
