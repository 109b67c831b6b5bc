"""How the instance stands: counts, the doctor's findings, and a mail to oneself."""

from dataclasses import replace

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response

from channel import communities, outbox
from channel.accounts.model import parse_email
from channel.accounts.tables import accounts
from channel.control import doctor
from channel.control.finding import Finding
from channel.errors import ChannelError, Unavailable
from channel.i18n import translate_error
from channel.notify import Undeliverable
from channel.posts.tables import posts
from channel.routing import ADMIN, route, services_of, viewer_of
from channel.web.forms import Form, read_form
from channel.web.refusals import ask_again
from channel.web.responses import page, see_other


async def overview(request: Request) -> Response:
    """Everything at a glance."""
    services = services_of(request)
    async with services.db.read(heavy=True) as tx:
        figures = {
            "accounts": int(await tx.value(select(func.count()).select_from(accounts)) or 0),
            "communities": await communities.queries.count(tx),
            "posts": int(await tx.value(select(func.count()).select_from(posts)) or 0),
            "waiting": await outbox.waiting_jobs(tx),
            "dead": len(await outbox.dead_jobs(tx)),
        }
    figures["live"] = len(request.app.state.live.hub.followers)
    troubles = [finding for finding in await _findings(request) if finding.level != "good"]
    return page(request, "admin/overview.html", {"figures": figures, "troubles": troubles})


async def _findings(request: Request) -> list[Finding]:
    """What the doctor finds, in the viewer's language."""
    services, language = services_of(request), viewer_of(request).language
    return [
        replace(one, what=translate_error(language, one.what), remedy=translate_error(language, one.remedy))
        for one in await doctor.examine(services.db, services.settings)
    ]


async def _health(request: Request) -> dict[str, object]:
    account = viewer_of(request).account
    return {
        "findings": await _findings(request),
        "address": account.email if account and account.email else "",
        "sent": "sent" in request.query_params,
        "form": None,
    }


async def health(request: Request) -> Response:
    """What the doctor finds, each with its remedy."""
    return page(request, "admin/health.html", await _health(request))


async def mail_test(request: Request) -> Response:
    """Send a mail now and say what the relay said."""
    form = await read_form(request)
    try:
        await _send_trial(request, form)
    except ChannelError as error:
        return ask_again(request, "admin/health.html", form, error, await _health(request))
    return see_other("/admin/health?sent=1")


async def _send_trial(request: Request, form: Form) -> None:
    address = parse_email(form.line("email"))
    try:
        await request.app.state.mail_trial(address, viewer_of(request).language)
    except Undeliverable as failed:
        raise Unavailable(f"The mail did not go out. {failed}") from failed


ROUTES = [
    route("/admin", overview, ADMIN),
    route("/admin/health", health, ADMIN),
    route("/admin/mail-test", mail_test, ADMIN, methods=("POST",)),
]
