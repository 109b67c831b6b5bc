"""How one appears: name, handle, face, language, and whether others see that one is here."""

from starlette.requests import Request
from starlette.responses import Response

from channel import looks
from channel.accounts import update_profile
from channel.accounts.actions import set_presence
from channel.errors import ChannelError
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.viewing import LANGUAGE_COOKIE
from channel.web import cookies
from channel.web.account.desk import again, show
from channel.web.forms import Form, read_form
from channel.web.looks import MAX_FORM_BYTES, sent
from channel.web.responses import see_other


async def account_page(request: Request) -> Response:
    """Everything about one's account on one page."""
    response = await show(request)
    cookies.keep_session(request, response)
    return response


async def save(request: Request) -> Response:
    """Change how one appears."""
    account = account_of(request)
    form = await read_form(request)
    try:
        async with services_of(request).db.write() as tx:
            saved = await update_profile(
                tx, account.id, name=form.text("name"), handle=form.line("handle") or None,
                avatar=form.line("avatar"), hue=form.number("hue") or 0, language=form.line("language") or None,
                theme=account.theme,
            )  # fmt: skip
    except ChannelError as error:
        return await again(request, form, error)
    response = see_other("/account?said=saved")
    if saved.language:
        cookies.set_choice(request, response, LANGUAGE_COOKIE, saved.language)
    return response


async def presence(request: Request) -> Response:
    """POST /account/presence {presence?}: shown among those who are here and who write, or not."""
    form = await read_form(request)
    async with services_of(request).db.write() as tx:
        await set_presence(tx, account_of(request).id, form.on("presence"))
    return see_other("/account?said=saved")


async def face(request: Request) -> Response:
    """POST /account/face {file, x?, y?, zoom?, remove?}: a picture of one's own, or initials again."""
    account = account_of(request)
    try:
        form, made = await sent(request, "avatar")
        async with services_of(request).db.write() as tx:
            if form.on("remove"):
                await looks.unwear(tx, account.id)
            else:
                await looks.wear(tx, account.id, made)
    except ChannelError as error:
        return await again(request, Form(), error)
    return see_other(f"/account?said={'removed' if form.on('remove') else 'saved'}#face")


ROUTES = [
    route("/account", account_page, SIGNED_IN),
    route("/account/face", face, SIGNED_IN, methods=("POST",), max_body_bytes=MAX_FORM_BYTES),
    route("/account/presence", presence, SIGNED_IN, methods=("POST",)),
    route("/account/profile", save, SIGNED_IN, methods=("POST",)),
]
