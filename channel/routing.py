"""Every way in says who may take it. A route without a policy cannot be built.

The tests walk these tables to make the access matrix and the leak test, so the policy written here is the one that
is checked: handlers still ask `members.entitlement()` for what to show.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route, Router, WebSocketRoute
from starlette.types import Lifespan, Receive, Scope, Send
from starlette.websockets import WebSocket

from channel.accounts import Account, Signed
from channel.accounts.uses import Uses
from channel.bus import Bus
from channel.errors import Forbidden, NotFound, Unauthorized
from channel.limiter import Limiter
from channel.media import Desk
from channel.members import Action
from channel.payments import Counter
from channel.settings import Settings
from channel.storage import Database

Handler = Callable[[Request], Awaitable[Response]]
SocketHandler = Callable[[WebSocket], Awaitable[None]]


class Who(StrEnum):
    """Who may come through at all, before anything is looked up."""

    ANYONE = "anyone"  # the same for all: sign-in, legal pages, health
    VIEWER = "viewer"  # anyone, and what they see follows their entitlement
    SIGNED_IN = "signed_in"  # an account, for what is its own
    ROLE = "role"  # an account whose role in the community allows `action`
    ADMIN = "admin"  # the instance's admin


@dataclass(frozen=True, slots=True)
class Policy:
    """`scope` is what a bearer token needs for it (a session has all); `action` belongs to ROLE."""

    who: Who
    action: Action | None = None
    scope: str = "read"


ANYONE = Policy(Who.ANYONE)
VIEWER = Policy(Who.VIEWER)
SIGNED_IN = Policy(Who.SIGNED_IN)
WRITER = Policy(
    Who.SIGNED_IN, scope="post"
)  # who writes where is for the verb to say: in groups it is members
ADMIN = Policy(Who.ADMIN, scope="admin")


def role(action: Action, scope: str = "manage") -> Policy:
    """Only those whose role in the community allows `action`; the verb checks it again."""
    return Policy(Who.ROLE, action, scope)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks: set by the middleware for every request and socket."""

    signed: Signed | None
    language: str
    network: str  # the address limits count by: IPv4, or IPv6 /64
    same_origin: bool = True  # no Origin header, or ours
    by_cookie: bool = False  # signed in by the session cookie, so a foreign page could have sent the request

    @property
    def account(self) -> Account | None:
        return self.signed.account if self.signed else None

    @property
    def account_id(self) -> str | None:
        return self.signed.account.id if self.signed else None


@dataclass(frozen=True, slots=True)
class Services:
    """What every way in works with; app.py makes the one there is."""

    db: Database
    settings: Settings
    bus: Bus
    limiter: Limiter
    uses: Uses
    counter: Counter
    media: Desk
    secret: bytes  # the contents of secret.key; keys are derived from it, it is never used itself


def services_of(connection: Request | WebSocket) -> Services:
    """The services of the app that serves this connection."""
    services: Services = connection.app.state.services
    return services


def viewer_of(connection: Request | WebSocket) -> Viewer:
    """The viewer that the middleware found."""
    viewer: Viewer = connection.scope["state"]["viewer"]
    return viewer


def account_of(connection: Request | WebSocket) -> Account:
    """The signed-in account of a route whose policy asks for one. Raises Unauthorized."""
    account = viewer_of(connection).account
    if account is None:
        raise Unauthorized
    return account


def enforce(policy: Policy, viewer: Viewer) -> None:
    """Raise Unauthorized, Forbidden or NotFound when `viewer` does not fit `policy`."""
    if policy.who in (Who.SIGNED_IN, Who.ROLE, Who.ADMIN) and viewer.signed is None:
        raise Unauthorized
    scopes = viewer.signed.scopes if viewer.signed else None
    if scopes is not None and policy.who is not Who.ANYONE and policy.scope not in scopes:
        raise Forbidden(f"This token lacks the scope {policy.scope!r}.", code="scope")
    if policy.who is Who.ADMIN and (viewer.account is None or not viewer.account.is_admin):
        raise NotFound


class _Guarded:
    """A handler as ASGI, its policy enforced first. What it raises is answered by the app's exception handlers."""

    __slots__ = ("_handler", "_policy")

    def __init__(self, handler: Handler, policy: Policy) -> None:
        self._handler = handler
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        enforce(self._policy, viewer_of(request))
        response = await self._handler(request)
        await response(scope, receive, send)


def route(
    path: str,
    handler: Handler,
    policy: Policy,
    *,
    methods: tuple[str, ...] = ("GET",),
    max_body_bytes: int | None = None,
) -> Route:
    """A Starlette route that enforces its policy first and carries it for the tests.

    `max_body_bytes`: instead of what the app takes everywhere else.
    """

    name = f"{'_'.join(methods).lower()} {path}"
    guarded = _Guarded(handler, policy)
    made = Route(path, guarded, methods=methods, name=name, max_body_size=max_body_bytes)
    made.policy = policy  # type: ignore[attr-defined]
    return made


def socket_route(path: str, handler: SocketHandler, policy: Policy) -> WebSocketRoute:
    """The same for WebSockets; what they may hear is decided at each subscription."""
    made = WebSocketRoute(path, handler, name=f"websocket {path}")
    made.policy = policy  # type: ignore[attr-defined]
    return made


class ShapeRouter(Router):
    """Starlette's router, asked last: it tries a hundred routes one after another, where few have the path's shape."""

    def __init__(self, routes: Sequence[BaseRoute], lifespan: Lifespan[Any]) -> None:
        super().__init__(routes, lifespan=lifespan)
        self._near: dict[tuple[int, str, str], list[Route]] = {}
        alike: dict[tuple[int, str], list[tuple[str, Route]]] = {}
        for one in routes:
            if not isinstance(one, Route) or ":path}" in one.path:
                continue
            depth, word, last = _shape(one.path)
            if "{" not in word:
                alike.setdefault((depth, word), []).append(("" if "{" in last else last, one))
        # Each list in the order of the table: the first that fits is the one, as in Starlette's router.
        for (depth, word), ends in alike.items():
            for end in {end for end, _ in ends}:
                self._near[depth, word, end] = [one for other, one in ends if other in ("", end)]

    def near(self, path: str) -> Sequence[Route]:
        """The routes that may fit this path, in the order of the table; none for a shape that only Starlette knows."""
        depth, word, last = _shape(path)
        return self._near.get((depth, word, last)) or self._near.get((depth, word, "")) or ()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for one in self.near(scope["path"]):
                match, found = one.matches(scope)
                if match is Match.FULL:
                    scope.update(found, router=self, route=one)
                    await one.handle(scope, receive, send)
                    return
        await super().app(scope, receive, send)


def _shape(path: str) -> tuple[int, str, str]:
    """How deep a path is, its first word (below /api/v1 the kind of thing it is about), and its last."""
    word = path[8 if path.startswith("/api/v1/") else 1 :].partition("/")[0]
    return path.count("/"), "@" if word.startswith("@") else word, path.rpartition("/")[2]
