"""The account page: all sections at once, one form of them perhaps with problems."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import members
from channel.accounts import passkeys, recovery, sessions, tokens
from channel.accounts.model import SCOPES
from channel.errors import ChannelError, Invalid
from channel.i18n import noop as N_
from channel.routing import account_of, services_of, viewer_of
from channel.web.forms import Form
from channel.web.refusals import wait_headers
from channel.web.responses import page, problem_text, translated

FACES: Final = ("amara", "jonas", "lene", "mara", "nia", "otto", "tarek", "yuki")
# What the page may say after a form; addresses carry the key only.
SAID: Final[dict[str, str]] = {
    "saved": N_("Saved."),
    "proof": N_("Look into your mail: the link there makes the address yours."),
    "address": N_("This address is yours now: you can sign in by mail."),
    "removed": N_("Removed."),
    "ended": N_("That device is signed out."),
    "others": N_("All other devices are signed out."),
    "revoked": N_("That token opens nothing any more."),
}


async def show(
    request: Request, *, form: Form | None = None, shown: Mapping[str, Any] | None = None, status: int = 200
) -> Response:
    """The page. `shown` are things that are shown this once: a token, codes, a QR code."""
    account, viewer = account_of(request), viewer_of(request)
    services = services_of(request)
    current = viewer.signed.session_id if viewer.signed else None
    async with services.db.read() as tx:
        context = {
            "ways": await recovery.ways_back(tx, account.id),
            "passkeys": await passkeys.listing(tx, account.id),
            "sessions": await sessions.listing(tx, account.id, current),
            "tokens": await tokens.listing(tx, account.id),
            "belongings": await members.entitlements(tx, account.id),
        }
    facts = {
        "form": form,
        "shown": dict(shown or {}),
        "said": SAID.get(request.query_params.get("said", "")),
        "possible": passkeys.possible(services.settings),
        "scopes": {name: text for name, text in SCOPES.items() if name != "admin" or account.is_admin},
        "offered_faces": FACES,
    }
    return page(request, "account.html", context | facts, status=status)


async def again(request: Request, form: Form, error: ChannelError, **fields: str) -> Response:
    """The page with what was typed and what is wrong. `fields` say which field of the page shows which problem."""
    if isinstance(error, Invalid):
        form.wrong(translated(request, error))
        form.problems = {fields.get(name, name): text for name, text in form.problems.items()}
    else:
        form.problems = {"": problem_text(request, error)}
    response = await show(request, form=form, status=error.status)
    response.headers.update(wait_headers(error))
    return response
