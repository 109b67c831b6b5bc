"""Who looks: the host that is asked, the viewer behind a connection, and what every answer wears.

Pages, the API and live connections ask here, so that a cookie, a token and an Origin mean the same to all of them.
"""

from collections.abc import Mapping, MutableMapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from channel.accounts import Signed, guesses, sessions, tokens
from channel.errors import Forbidden
from channel.i18n import LANGUAGES, choose
from channel.routing import Services, Viewer
from channel.settings import Settings
from channel.storage import Database

LANGUAGE_COOKIE = "language"
MEANT = "channel-account"  # in whose name a request was written
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "private, no-store",  # for what does not say otherwise: redirects, refusals
}
# What a page loads of media, which may lie elsewhere.
_OF_MEDIA = ("img-src 'self'", "media-src 'self'", "connect-src 'self'")
MEDIA_PATH = "/m/"  # all that the host for media answers
FRAMED_PATH = "/embed/"  # what pages of others may show in a frame, and nothing else
# The same for all, wherever they are signed in: no cookie is looked at.
LETTER_PICTURES = "/notices/picture/"
COOKIELESS = (FRAMED_PATH, "/oembed", LETTER_PICTURES)
# Where a token counts. Pages are for people: with a token that may only read, a program could make itself a better one
# there. Of files and the pictures of links the API tells addresses, and nothing can be done there but look.
FOR_PROGRAMS = ("/api/", "/live", "/metrics", "/media/", "/linked/")
# The share sheet of a phone posts here by itself, from no page. What it brings is shown and nothing else.
SHARED_PATH = "/app/share"
# Paths with a secret behind these: it is neither logged nor sent on as a Referer.
SECRET_PATHS = (
    MEDIA_PATH,
    "/join/",
    "/sign-in/link/",
    "/account/email/",
    "/gift/",
    "/feeds/",
    LETTER_PICTURES,
    "/notices/off/",
    "/notices/quiet/",
    "/follow/by/",
    "/follow/on/",
    "/follow/yes/",
    "/follow/pass/",
    "/api/v1/invites/",
    "/api/v1/follow/",
)
# Asked by supervisors, proxies and scrapers under whatever name they know. The first two answer the same to all, the
# last one to tokens only, which no page of another host has.
ANY_HOST = frozenset({"/health", "/ready", "/metrics"})
STRANGER_TO_HOST = "This server does not answer for that host name. The operator sets it as CHANNEL_URL.\n"

Scope = MutableMapping[str, Any]


def scrub(path: str) -> str:
    """The path as it may stand in a log."""
    for prefix in SECRET_PATHS:
        if path.startswith(prefix):
            return prefix + "…"
    path = path[:200]
    return path if path.isprintable() else "".join(char if char.isprintable() else "?" for char in path)


def session_cookie(settings: Settings) -> str:
    """The cookie's name; over https the browser itself guards it against other hosts and paths."""
    return "__Host-channel" if settings.secure else "channel"


def is_loopback(settings: Settings) -> bool:
    """Whether the public address is this machine's own, known under several names."""
    if settings.host == "localhost":
        return True
    try:
        return ip_address(settings.host).is_loopback
    except ValueError:
        return False


def media_places(settings: Settings) -> list[str]:
    """The origins besides ours that media come from, as the operator has put them."""
    bucket = settings.bucket if settings.media_serving == "redirect" else None
    return [place for place in (settings.media_url.lower(), bucket.origin if bucket else "") if place]


def policy(settings: Settings) -> str:
    """The Content-Security-Policy of pages."""
    places, made = media_places(settings), CSP
    for part in _OF_MEDIA:
        made = made.replace(part, " ".join((part, *places)))
    return made


class Doorman:
    """What the settings say about whom to answer and how to know them."""

    def __init__(self, settings: Settings) -> None:
        self._origin = settings.origin
        self._loopback = is_loopback(settings)
        self._hosts = (
            {settings.host, "127.0.0.1", "localhost", "[::1]"} if self._loopback else {settings.host}
        )
        self._media_host = (urlsplit(settings.media_url).hostname or "").lower()
        self._cookie = session_cookie(settings)
        self._away = tuple(f"{place}/" for place in media_places(settings))
        self.headers: Mapping[str, str] = (
            HEADERS
            | {"content-security-policy": policy(settings)}
            | (
                {"strict-transport-security": "max-age=31536000; includeSubDomains"}
                if settings.secure
                else {}
            )
        )

    def answers(self, scope: Scope) -> bool:
        """Whether the request names a host of ours, once and plainly."""
        host, path = _host_of(scope), scope["path"]
        if self._media_host and host == self._media_host:
            return bool(path.startswith(MEDIA_PATH)) or path in ANY_HOST
        return host in self._hosts or path in ANY_HOST

    def sends_to(self, address: str) -> bool:
        """Whether an answer may send a browser to this address of another host."""
        return address.startswith(self._away)

    async def viewer(self, services: Services, connection: HTTPConnection) -> Viewer:
        """Whoever the cookie or the token belongs to, or nobody. A socket from another site is nobody's."""
        signed, by_cookie = await self._signed(services.db, connection)
        origin = connection.headers.get("origin")
        same = origin is None or self._is_ours(origin, connection)
        if signed is not None and signed.touch_due:
            services.uses.note(signed)
        if connection.scope["type"] == "websocket" and by_cookie and (origin is None or not same):
            signed, by_cookie = None, False
        network = guesses.network_of(connection.client.host if connection.client else "")
        return Viewer(signed, _language(connection, signed), network, same, by_cookie)

    def language_of_stranger(self, connection: HTTPConnection) -> str | None:
        """The language of who brings nothing that could make them somebody; None for all others, known or not."""
        if "authorization" in connection.headers or self._cookie in connection.cookies:
            return None
        return _language(connection, None)

    def refuse_foreign(self, path: str, headers: Mapping[str, str], viewer: Viewer) -> None:
        """RFC 6454 Origin and Fetch Metadata: a browser tells where a form was; ours come from here only."""
        if viewer.signed is not None and not viewer.by_cookie:
            return  # by a token, which no foreign page has
        site = headers.get("sec-fetch-site")
        if path == SHARED_PATH and headers.get("origin") == "null" and site == "none":
            return  # "none": no page had a part in it, which no page can make a browser say
        told = "origin" in headers or site is not None
        foreign = not viewer.same_origin or site in ("cross-site", "same-site")
        if foreign or (viewer.by_cookie and not told):
            raise Forbidden(
                "This form came from another site. Open the page here and try again.", code="cross_site"
            )
        # What waited in a browser without a network says who wrote it: it is never sent in the name of another.
        meant = headers.get(MEANT)
        if meant is not None and meant != (viewer.account_id or ""):
            raise Forbidden("Somebody else is signed in here now.", code="other_account")

    async def _signed(self, db: Database, connection: HTTPConnection) -> tuple[Signed | None, bool]:
        if connection.scope["path"].startswith(COOKIELESS):
            return None, False
        kind, _, bearer = connection.headers.get("authorization", "").partition(" ")
        cookie = connection.cookies.get(self._cookie)
        program = connection.scope["path"].startswith(FOR_PROGRAMS)
        if program and kind.lower() == "bearer" and bearer:
            async with db.read(single=True) as tx:
                signed = await tokens.signed_by_token(tx, bearer.strip())
        elif cookie:
            async with db.read(single=True) as tx:
                signed = await sessions.signed_by_session(tx, cookie)
        else:
            signed = None
        return signed, signed is not None and signed.session_id is not None

    def _is_ours(self, origin: str, connection: HTTPConnection) -> bool:
        if origin.lower() == self._origin:
            return True
        # On loopback the server answers under several names; the host has passed the gate already.
        return self._loopback and urlsplit(origin).netloc == connection.headers.get("host")


def _language(connection: HTTPConnection, signed: Signed | None) -> str:
    cookieless = connection.scope["path"].startswith(COOKIELESS)
    chosen = None if cookieless else connection.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    if signed and signed.account.language:
        return signed.account.language
    return choose(connection.headers.get("accept-language", ""))


def _host_of(scope: Scope) -> str:
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(hosts) != 1:
        return ""
    host: str = hosts[0].decode("latin-1").lower()
    if any(char in host for char in "/?#@\\ ,"):
        return ""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and ":" in host else host
