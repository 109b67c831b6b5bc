"""Where payment providers send their messages. Stored, then answered; what they are about is fetched afterwards."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channel.errors import Invalid, NotFound
from channel.payments import hear, queries
from channel.routing import ANYONE, route, services_of, viewer_of

MAX_BODY_BYTES = 512 * 1024


async def take(request: Request) -> Response:
    """POST /api/hooks/{provider}/{id}: 200 once it is stored. What is not authentic is refused and has no effect."""
    services = services_of(request)
    services.limiter.hit("hook", viewer_of(request).network)
    body = await _body(request)
    async with services.db.read() as tx:
        connection = await queries.connection(tx, request.path_params["id"], services.counter.seal)
    if connection.provider != request.path_params["provider"]:
        raise NotFound
    await hear(services.db, services.counter, connection, body, request.headers)
    return Response(status_code=200)


async def _body(request: Request) -> bytes:
    try:
        body = await request.body()
    except ClientDisconnect as error:
        raise Invalid({"": "The message was cut off. Send it again."}) from error
    if len(body) > MAX_BODY_BYTES:
        raise Invalid({"": "A message has at most 512 KiB."})
    return body


ROUTES = [route("/api/hooks/{provider}/{id}", take, ANYONE, methods=("POST",))]
