"""The cookies of the pages: who is signed in, and how they like to see it."""

import contextlib

from starlette.requests import Request
from starlette.responses import Response

from channel.accounts import Account, devices, sessions
from channel.accounts.model import How
from channel.errors import NotFound
from channel.routing import services_of, viewer_of
from channel.storage import Tx
from channel.viewing import session_cookie

SESSION_S = sessions.LASTS_MS // 1000
CHOICE_S = 365 * 24 * 3600


async def open_session(tx: Tx, request: Request, account: Account, how: How) -> str:
    """Sign `account` in on this device and end the session whose cookie is replaced; return the new cookie's secret."""
    device = devices.device_of(request.headers.get("user-agent", ""))
    _, secret = await sessions.open_session(tx, account.id, device=device, how=how)
    before = viewer_of(request).signed
    if before is not None and before.session_id is not None:
        with contextlib.suppress(NotFound):  # ended elsewhere a moment ago
            await sessions.end_session(tx, before.account.id, before.session_id)
    return secret


def set_session(request: Request, response: Response, secret: str) -> None:
    """Hand the secret to the browser, out of reach of scripts and of other sites."""
    settings = services_of(request).settings
    name = session_cookie(settings)
    response.set_cookie(
        name, secret, max_age=SESSION_S, path="/", secure=settings.secure, httponly=True, samesite="lax"
    )


def keep_session(request: Request, response: Response) -> None:
    """Let the cookie last from here on, as often as the session itself is prolonged."""
    signed = viewer_of(request).signed
    secret = request.cookies.get(session_cookie(services_of(request).settings))
    if signed is not None and signed.session_id is not None and signed.touch_due and secret:
        set_session(request, response, secret)


def drop_session(request: Request, response: Response) -> None:
    """Take the cookie away, and what the browser keeps of who was signed in: pages, outbox, drafts, the worker itself.

    W3C Clear Site Data, over https and on loopback; the worker, too, forgets by itself when it sees the form (static/sw).
    """
    settings = services_of(request).settings
    name = session_cookie(settings)
    response.delete_cookie(name, path="/", secure=settings.secure, httponly=True, samesite="lax")
    response.headers["clear-site-data"] = '"cache", "storage"'


def set_choice(request: Request, response: Response, name: str, value: str) -> None:
    """Remember a choice that is no secret (language, theme)."""
    secure = services_of(request).settings.secure
    response.set_cookie(name, value, max_age=CHOICE_S, path="/", secure=secure, httponly=True, samesite="lax")
