"""Where programs hand in mail over HTTP: a mail service's hook, or a script of a mail server on another machine.

Without CHANNEL_INCOMING_SECRET nobody may, and there is no such address.
"""

import asyncio
import hmac

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from channel import incoming
from channel.errors import ChannelError, Forbidden, Invalid, NotFound
from channel.routing import ANYONE, route, services_of, viewer_of

SECRET_HEADER = "x-channel-secret"
RECIPIENT_HEADER = "x-channel-recipient"
MAX_RECIPIENT_CHARS = 320
MAX_MAIL_BYTES = 50 * 1024 * 1024  # as large as mail servers take; how much is kept: see incoming.Spool


async def take(request: Request) -> Response:
    """POST /mail/incoming, the mail as its body: 200 once it is kept, or known to have no effect.

    404 where it is not set up, 403 for a wrong secret, 422 for a mail that is for no address of ours, 413 for more than
    50 MiB.
    """
    services = services_of(request)
    addresses = incoming.addresses_of(services.settings.incoming_address, services.secret)
    if addresses is None or not services.settings.incoming_secret:
        raise NotFound
    services.limiter.hit("hook", viewer_of(request).network)
    try:
        _require_secret(request, services.settings.incoming_secret)
        kept = await _kept(request, addresses)
    except ChannelError as error:  # programs ask here: one sentence, no page
        if isinstance(error, NotFound):
            error = Invalid({"recipient": error.detail})
        if error.status >= 500:
            raise
        return Response(f"{error.detail}\n", error.status, media_type="text/plain")
    return Response("kept\n" if kept else "nothing to do\n", media_type="text/plain")


def _require_secret(request: Request, secret: str) -> None:
    given = request.headers.get(SECRET_HEADER, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), secret.encode()):
        raise Forbidden("The secret is not right. It goes into the header X-Channel-Secret.")


async def _kept(request: Request, addresses: incoming.Addresses) -> bool:
    """False for a mail that was kept before, or has no effect. Raises Invalid, NotFound."""
    services = services_of(request)
    given = services.settings
    recipient = request.headers.get(RECIPIENT_HEADER, "").strip()[:MAX_RECIPIENT_CHARS]
    room = (given.data / "scratch", recipient)
    with incoming.Spool(addresses, *room, now=services.db.clock(), most=given.incoming_largest) as spool:
        try:
            async for piece in request.stream():  # to its end: what is not wanted is read and let go
                await asyncio.to_thread(spool.feed, piece)
        except ClientDisconnect as error:
            raise Invalid({"": "The mail was cut off. Send it again."}) from error
        if spool.empty:
            raise Invalid({"": "The body of the request is the mail, as it came. It is empty."})
        arrived = await asyncio.to_thread(spool.end)
        return arrived is not None and await incoming.take_in(services.db, services.media.blobs, arrived)


ROUTES = [route("/mail/incoming", take, ANYONE, methods=("POST",), max_body_bytes=MAX_MAIL_BYTES)]
