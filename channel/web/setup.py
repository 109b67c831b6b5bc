"""The first two minutes: the owner's account from the printed link, then a community."""

import re
import unicodedata

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, members
from channel.accounts import setup
from channel.communities.model import parse_handle
from channel.errors import ChannelError, Gone, Invalid, NotFound
from channel.i18n import translation
from channel.routing import ANYONE, SIGNED_IN, account_of, route, services_of, viewer_of
from channel.storage import Tx
from channel.viewing import LANGUAGE_COOKIE
from channel.web import cookies
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other

MAX_TRIES = 50
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "&": "-"})


async def setup_form(request: Request) -> Response:
    """Where the printed link leads. Looking uses nothing up."""
    token = request.query_params.get("token", "")
    async with services_of(request).db.read() as tx:
        if not token and not await setup.is_set_up(tx):
            return page(request, "waiting.html")
        if viewer_of(request).account is not None and await setup.is_set_up(tx):
            return see_other("/")
        await setup.setup_waiting(tx, token)
    return page(request, "setup.html", {"form": None, "token": token})


async def set_up(request: Request) -> Response:
    """Make the owner's account and sign in with it."""
    services = services_of(request)
    form = await read_form(request)
    token = form.line("token")
    services.limiter.hit("sign_in", viewer_of(request).network)
    typed = {
        "name": form.text("name"),
        "handle": form.line("handle"),
        "language": form.line("language") or None,
    }
    try:
        async with services.db.write() as tx:
            account = await setup.redeem_setup(tx, token, **typed)  # type: ignore[arg-type]
            secret = await cookies.open_session(tx, request, account, "setup")
    except Gone:
        raise
    except ChannelError as error:
        return ask_again(request, "setup.html", form, error, {"token": token})
    response = see_other("/new")
    cookies.set_session(request, response, secret)
    if account.language:
        cookies.set_choice(request, response, LANGUAGE_COOKIE, account.language)
    return response


async def new_form(request: Request) -> Response:
    """The form that makes a community."""
    return page(request, "new.html", {"form": None})


async def new(request: Request) -> Response:
    """Make the community and go to its desk."""
    services, account = services_of(request), account_of(request)
    form = await read_form(request)
    try:
        services.limiter.hit("found", account.id)
        hue = form.number("hue")
        async with services.db.write() as tx:
            made = await members.found(
                tx,
                account,
                handle=form.line("handle") or await _free_handle(tx, form.line("name")),
                name=form.text("name"),
                about=form.text("about"),
                visibility=form.line("visibility") or "public",
                language=form.line("language") or viewer_of(request).language,
                hue=hue,
            )
    except ChannelError as error:
        return ask_again(request, "new.html", form, await _with_suggestion(request, form, error))
    return see_other(f"/studio/{made.handle}")


async def _with_suggestion(request: Request, form: Form, error: ChannelError) -> ChannelError:
    """A taken address comes with one that is free."""
    wanted = form.line("handle")
    if not isinstance(error, Invalid) or "handle" not in error.fields or not _is_handle(wanted):
        return error
    async with services_of(request).db.read() as tx:
        free = await _free_handle(tx, wanted)
    say = translation(viewer_of(request).language).gettext
    told = say("@%(wanted)s is taken. @%(free)s is free.") % {"wanted": wanted, "free": free}
    return Invalid({**error.fields, "handle": told})


async def _free_handle(tx: Tx, name: str) -> str:
    """An address made of `name` that nobody has; what cannot become one is left for `found` to refuse."""
    stem = slug(name)
    for count in range(1, MAX_TRIES):
        candidate = stem if count == 1 else f"{stem[:27]}{count}"
        if not _is_handle(candidate):
            continue
        try:
            await communities.by_handle(tx, candidate)
        except NotFound:
            return candidate
    return stem


def slug(name: str) -> str:
    """`name` as it could stand in an address."""
    plain = (
        unicodedata.normalize("NFKD", name.lower().translate(_SPELLED_OUT)).encode("ascii", "ignore").decode()
    )
    return re.sub(r"[^a-z0-9_]+", "-", plain).strip("-_0123456789")[:30].rstrip("-_") or "my-channel"


def _is_handle(text: str) -> bool:
    try:
        parse_handle(text)
    except Invalid:
        return False
    return True


ROUTES = [
    route("/setup", setup_form, ANYONE),
    route("/setup", set_up, ANYONE, methods=("POST",)),
    route("/new", new_form, SIGNED_IN),
    route("/new", new, SIGNED_IN, methods=("POST",)),
]
