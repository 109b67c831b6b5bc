"""What a call is. From this one declaration come its route, its checks and its part of the OpenAPI document.

A handler is `async def verb(call, tx, given) -> Answer`; `given` is the body of a write, the query of a read. A write
runs in one transaction with the memory of its Idempotency-Key, so it happens once and is durable before it is answered.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from channel.accounts import Account, Signed
from channel.api import idempotency, strict
from channel.api.idempotency import Attempt, First
from channel.api.responses import answer
from channel.errors import NotFound, Unauthorized
from channel.ids import is_id, new_id
from channel.routing import Policy, Services, Viewer, route, services_of, viewer_of
from channel.settings import Settings
from channel.storage import Tx

PREFIX = "/api/v1"
READS = frozenset({"GET"})
_encoder = msgspec.json.Encoder()


class Nothing(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """No fields."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: a Struct (or several, as JSON) and a status of those the endpoint declares."""

    body: object = None
    status: int = 200
    # Called after the commit, once: for hints that may be lost. What must happen goes through the outbox.
    then: Callable[[Services], None] | None = None


NO_CONTENT = Answer(None, 204)


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, with what in the path, on which installation."""

    viewer: Viewer
    path: Mapping[str, str]
    services: Services

    @property
    def settings(self) -> Settings:
        return self.services.settings

    @property
    def account(self) -> Account:
        """Raises Unauthorized; the policy has asked for one already."""
        return self.signed.account

    @property
    def signed(self) -> Signed:
        if self.viewer.signed is None:
            raise Unauthorized
        return self.viewer.signed

    @property
    def account_id(self) -> str | None:
        return self.viewer.account_id

    def id(self, name: str = "id") -> str:
        """An id out of the path. What is no id cannot exist: NotFound."""
        given = self.path[name]
        if not is_id(given):
            raise NotFound
        return given

    def word(self, name: str) -> str:
        """A handle, a slug or a code out of the path, safe to ask a database for."""
        given = self.path[name]
        if len(given) > 100 or not given.isprintable():
            raise NotFound
        return given


Handler = Callable[[Call, Tx, Any], Awaitable[Answer]]
# What has to ask somebody outside (a payment provider), so that no transaction may be open around it. It is told a name
# for this call, the same when the call is repeated with its Idempotency-Key, and does once what it does twice.
Act = Callable[[Call, Any, str], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One method on one path below /api/v1."""

    method: str
    path: str
    handler: Handler | Act
    policy: Policy
    summary: str
    tag: str
    answers: Mapping[int, object] = field(default_factory=lambda: {204: None})
    body: type[msgspec.Struct] = Nothing
    query: type[msgspec.Struct] = Nothing
    # What takes time, before the transaction; the handler is given what it returns instead of the body.
    prepare: Callable[[Call, Any], Awaitable[Any]] | None = None
    also_counts_as: Literal["publish", "join", "found", "search", "ask", "message"] | None = None
    # An Idempotency-Key is taken and not remembered: what is remembered would say for a day who did what here.
    forgets: bool = False
    heavy: bool = False  # looks through more than some hundred rows
    outside: bool = False  # its handler is an Act
    patient: bool = False  # a tap that thousands do in the same moment: all else is written before it

    @property
    def reads(self) -> bool:
        return self.method in READS

    @property
    def name(self) -> str:
        """The operation's id: the handler's own name."""
        return self.handler.__name__


def built(endpoint: Endpoint) -> Route:
    """The route of an endpoint, its policy enforced first."""
    decoder: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(endpoint.body)

    async def handle(request: Request) -> Response:
        call = Call(viewer_of(request), request.path_params, services_of(request))
        _refuse_unknown_credentials(request, call.viewer)
        _count(endpoint, call)
        if endpoint.reads:
            return await _read(endpoint, call, request)
        strict.query(request, Nothing)
        raw = await strict.body_bytes(request)
        write = _act if endpoint.outside else _write
        return await write(endpoint, call, request, raw, strict.json_body(raw, decoder))

    return route(PREFIX + endpoint.path, handle, endpoint.policy, methods=(endpoint.method,))


async def _read(endpoint: Endpoint, call: Call, request: Request) -> Response:
    given = strict.query(request, endpoint.query)
    async with call.services.db.read(heavy=endpoint.heavy) as tx:
        result = await cast("Handler", endpoint.handler)(call, tx, given)
    return answer(_encoder.encode(result.body), result.status)


async def _write(
    endpoint: Endpoint, call: Call, request: Request, raw: bytes, given: msgspec.Struct
) -> Response:
    attempt = None if endpoint.forgets else _attempt(call, request, raw)
    prepared = given if endpoint.prepare is None else await endpoint.prepare(call, given)
    async with call.services.db.write(patient=endpoint.patient) as tx:
        earlier = await idempotency.begin(tx, attempt, call.services.secret) if attempt else None
        if earlier is not None:
            return answer(earlier.body, earlier.status)
        result = await cast("Handler", endpoint.handler)(call, tx, prepared)
        body = _encoder.encode(result.body)
        if attempt:
            await idempotency.finish(tx, attempt, call.services.secret, First(result.status, body))
    if result.then is not None:
        result.then(call.services)
    return answer(body, result.status)


async def _act(
    endpoint: Endpoint, call: Call, request: Request, raw: bytes, given: msgspec.Struct
) -> Response:
    """A write whose effect is not only ours. Should we die before its answer is kept, the same key does it again."""
    attempt, services = _attempt(call, request, raw), call.services
    if attempt:
        async with services.db.read() as tx:
            earlier = await idempotency.earlier(tx, attempt, services.secret)
        if earlier is not None:
            return answer(earlier.body, earlier.status)
    name = attempt.key_hash if attempt else new_id(services.db.clock())
    result = await cast("Act", endpoint.handler)(call, given, name)
    body = _encoder.encode(result.body)
    if attempt:
        async with services.db.write() as tx:
            if await idempotency.begin(tx, attempt, services.secret) is None:
                await idempotency.finish(tx, attempt, services.secret, First(result.status, body))
    return answer(body, result.status)


def _attempt(call: Call, request: Request, raw: bytes) -> Attempt | None:
    key = request.headers.get(idempotency.HEADER)
    if key is None:
        return None
    asked = (request.method, request.url.path, raw)
    return Attempt.parse(key, account_id=call.account_id, network=call.viewer.network, request=asked)


def _refuse_unknown_credentials(request: Request, viewer: Viewer) -> None:
    """A token that is not good any more is told so, rather than served as nobody."""
    if viewer.signed is None and "authorization" in request.headers:
        raise Unauthorized("This token is unknown, revoked or expired.")


def _count(endpoint: Endpoint, call: Call) -> None:
    """Reads and writes count by account, or by network for those without one; joining always by network."""
    caller = call.account_id or call.viewer.network
    call.services.limiter.hit("read" if endpoint.reads else "write", caller)
    if endpoint.also_counts_as is not None:
        who = call.viewer.network if endpoint.also_counts_as == "join" else caller
        call.services.limiter.hit(endpoint.also_counts_as, who)
