"""Language and appearance: a cookie for this browser, and the account for all of its devices."""

from starlette.requests import Request
from starlette.responses import Response

from channel.accounts import actions
from channel.accounts.model import THEMES
from channel.errors import Invalid
from channel.i18n import LANGUAGES
from channel.routing import ANYONE, route, services_of, viewer_of
from channel.viewing import LANGUAGE_COOKIE
from channel.web import cookies
from channel.web.forms import local_path, read_form
from channel.web.responses import THEME_COOKIE, see_other

SYSTEM = "system"  # as the device says


async def language(request: Request) -> Response:
    """From here on the pages speak this language."""
    form = await read_form(request)
    chosen = form.line("language")
    if chosen not in LANGUAGES:
        raise Invalid(language="Choose English or German, or leave it to the browser.")
    account = viewer_of(request).account
    if account is not None:
        async with services_of(request).db.write() as tx:
            await actions.set_language(tx, account.id, chosen)
    response = see_other(local_path(form.line("next")))
    cookies.set_choice(request, response, LANGUAGE_COOKIE, chosen)
    return response


async def theme(request: Request) -> Response:
    """From here on the pages are light, dark, or as the device says."""
    form = await read_form(request)
    chosen = form.line("theme")
    if chosen not in (*THEMES, SYSTEM):
        raise Invalid(theme="Choose light or dark, or leave it to the system.")
    account = viewer_of(request).account
    if account is not None:
        async with services_of(request).db.write() as tx:
            await actions.set_theme(tx, account.id, None if chosen == SYSTEM else chosen)
    response = see_other(local_path(form.line("next")))
    cookies.set_choice(request, response, THEME_COOKIE, chosen)
    return response


ROUTES = [
    route("/language", language, ANYONE, methods=("POST",)),
    route("/theme", theme, ANYONE, methods=("POST",)),
]
