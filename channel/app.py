"""Put together: the only file that names concrete adapters and wires readers to events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channel import (
    accounts,
    api,
    control,
    emotes,
    feeds,
    following,
    hooks,
    incoming,
    live,
    looks,
    media,
    notices,
    notify,
    previews,
    reach,
    web,
)
from channel.accounts.uses import Uses
from channel.api import responses as api_responses
from channel.bus import Bus
from channel.bus.local import LocalBus
from channel.control.verbs import Ground
from channel.errors import ChannelError, Unavailable
from channel.feeds.reading import Readers
from channel.handlers import handlers, mail_ground
from channel.incoming.mailbox import Mailbox
from channel.limiter import Limiter
from channel.live import pulse
from channel.live.afresh import Afresh
from channel.live.entrance import Entrance
from channel.live.history import History
from channel.live.hub import Hub
from channel.live.joining import Live
from channel.live.looking import Looking
from channel.live.reading import Reads
from channel.live.tail import Tail
from channel.live.talk import Desk
from channel.media.blobs import Blobs
from channel.media.local import LocalBlobs
from channel.media.pair import Pair
from channel.media.staging import Staging
from channel.media.sweeping import Sweeper as MediaSweeper
from channel.members import grants
from channel.metrics import Answers, LoopLag
from channel.notify import Courier, HookCourier, NoMail, Postman, Pusher, Sender, letters
from channel.notify.pushed import plans
from channel.notify.sender import Line
from channel.outside import Outside
from channel.payments import Counter, Seal, hearing, seats
from channel.payments.connecting import check_secrets
from channel.payments.manual import Manual
from channel.payments.provider import Provider
from channel.payments.sandbox import Sandbox
from channel.payments.stripe import Stripe
from channel.render import html
from channel.routing import Services, ShapeRouter
from channel.search import Indexer
from channel.secret import fingerprint, secret_key
from channel.settings import NO_CLUSTER, NO_S3, Settings
from channel.storage import Database
from channel.storage.database import Clock, Hint, wall_clock
from channel.storage.open import FolderLock, open_database, prepare_folder, settle_key
from channel.storage.tables import instance
from channel.watch import Watch
from channel.web import responses as web_responses
from channel.web.feeds import Firsts
from channel.web.middleware import Gate, Identify
from channel.web.shelf import Shelf
from channel.web.static import Assets, static_folder
from channel.worker import Worker

MAX_BODY_BYTES = 1024 * 1024
NAME_EVERY_S = 10
SWEEPS = (
    grants.sweep,
    hearing.sweep,
    seats.sweep,
    accounts.sessions.sweep,
    accounts.one_time.sweep,
    accounts.guesses.sweep,
    accounts.emails.sweep,
    api.sweep,
    previews.sweep,
    looks.sweep,
    feeds.sweep,
    notices.LETTERS.sweep,
    following.LETTERS.sweep,
    incoming.sweep,
    *plans.SWEEPS,
    reach.sweep,
    hooks.sweep,
)
NEEDS = (looks.wanted, emotes.wanted, previews.wanted, incoming.wanted)  # who has blobs besides media
WORKER_ENDS_S = 1.5  # for the job in hand; what takes longer is done again after its lease


def build(settings: Settings, *, clock: Clock = wall_clock) -> Starlette:
    """The whole server as one ASGI app. It opens the data in its lifespan and closes it there.

    Raises nothing itself; starting the lifespan raises Unavailable with one sentence when the data cannot be opened.
    """
    assets = Assets(static_folder())
    html.use_static(assets.address)
    app = Starlette(
        routes=[*live.ROUTES, *api.routes(web_responses.page), *web.routes(assets)],
        middleware=[Middleware(Shelf, settings=settings), Middleware(Identify, settings=settings)],
        exception_handlers={ChannelError: answer_error, HTTPException: answer_error, Exception: answer_error},
        lifespan=lambda app: lifespan(app, settings, clock),
        max_body_size=MAX_BODY_BYTES,
    )
    app.router = ShapeRouter(app.routes, app.router.lifespan_context)
    app.state.assets, app.state.answers, app.state.feeds = assets, Answers(), Firsts()
    # Around what Starlette answers by itself (413, 500) too, so that no answer is without the headers.
    inner, answers = app.build_middleware_stack(), app.state.answers
    app.middleware_stack = Gate(inner, settings=settings, on_error=answer_error, answers=answers)
    return app


@contextlib.asynccontextmanager
async def lifespan(app: Starlette, settings: Settings, clock: Clock) -> AsyncIterator[None]:
    """Open the data, start the readers of the log, and end both in the opposite order."""
    prepare_folder(settings.data)
    lock = FolderLock(settings.data) if settings.on_sqlite else None
    try:
        db = await open_database(settings, clock=clock)
        try:
            await settle_key(db, settings.data)
            async with db.read() as tx:
                await check_secrets(tx, Seal(secret_key(settings.data)))
            works = assemble(app, settings, db)
            await learn_name(app, db)
            async with control.listening(ground(db, settings)), asyncio.TaskGroup() as readers:
                working = readers.create_task(app.state.worker.run())
                tasks = [readers.create_task(work) for work in works]
                yield
                for task in tasks:
                    task.cancel()
                app.state.worker.stop()
                await asyncio.wait({working}, timeout=WORKER_ENDS_S)
                working.cancel()
        finally:
            await db.close()
    finally:
        if lock is not None:
            lock.release()


def assemble(app: Starlette, settings: Settings, db: Database) -> list[Coroutine[Any, Any, None]]:
    """Wire the services, the live engine and the worker; return what has to run."""
    bus, hub, lag, (sender, line) = _bus(settings), Hub(), LoopLag(), _mail(settings)
    tail, history, reads = Tail(db, hub, lambda: bus.connected), History(db, hub), Reads(db, bus)
    counts, presence, looking = pulse.Counts(db, hub), pulse.Presence(db, hub, bus.note), Looking(db.clock)
    hub.on_behind = history.fetch
    counter = _counter(db, settings)
    limiter, uses = Limiter(settings.limit_scale), Uses(db)
    blobs, staging, scratch = _store(settings)
    limits = media.Limits(dict(settings.media_limits), settings.media_quota)
    desk = media.Desk(db, blobs, staging, limits, scratch=scratch, scanned=settings.clamd is not None)
    services = Services(db, settings, bus, limiter, uses, counter, desk, secret_key(settings.data))
    worker = Worker(db, handlers(services, sender, Outside(settings.host), scratch), SWEEPS)
    app.state.services, app.state.worker = services, worker
    app.state.live = Live(db, hub, tail, history, presence, reads, Entrance(hub, lag))
    app.state.watch = Watch(app.state.live, lag, app.state.answers, bus)
    app.state.desk = Desk(services, app.state.live)
    app.state.door = live.Door(app, services, app.state.live, app.state.desk)
    app.state.draining, app.state.feed_readers = False, Readers(db, services.secret)

    async def mail_trial(address: str, language: str) -> None:
        await sender.send(letters.trial(settings, to=address, language=language))

    app.state.mail_trial = mail_trial

    def noted(topic: str, data: Mapping[str, object]) -> None:
        for listener in (counts, presence, tail, looking):
            listener.note(topic, data)

    def committed(hints: Sequence[Hint]) -> None:
        for stream, seq in hints:
            bus.hint(stream, seq)

    bus.listen(tail.hint, noted)
    db.on_commit, db.on_queued = committed, worker.wake
    works = [tail.run(), Afresh(db, hub, tail).run(), hub.run(), pulse.run(counts, presence), reads.run()]
    app.state.pusher = pusher = _pusher(services)
    works += [Courier(db, pusher, services.secret, looking=looking.at).run(), *_mailing(services, line)]
    works += [services.uses.run(), app.state.feed_readers.run(), bus.run()]
    works += [Indexer(db).run(), MediaSweeper(db, blobs, staging, scratch, NEEDS).run()]
    works.append(HookCourier(db, Outside(settings.host), services.secret, settings.url).run())
    return [*works, keep_name(app, db), lag.run(), app.state.watch.run()]


def _mailing(services: Services, line: Callable[[], Line] | None) -> list[Coroutine[Any, Any, None]]:
    """What brings letters about posts, and what fetches mail, where each is set up."""
    given, works = services.settings, []
    if line:
        desk = notify.Desk(given, services.secret)
        postman = Postman(services.db, line, desk, rate=given.mail_rate, per_host=given.mail_host_rate)
        works.append(postman.run())
    if given.incoming_imap:
        addresses = incoming.Addresses(services.secret, given.incoming_address)
        works.append(Mailbox(mail_ground(services), given.incoming_imap, addresses).run())
    return works


def _store(settings: Settings) -> tuple[Blobs, Staging, Path]:
    """Where media lie, where uploads arrive, and where pictures are worked on: the last two in the data folder."""
    arriving = settings.data / "uploads"
    return _blobs(settings), Staging(arriving), settings.data / "scratch"


def _blobs(settings: Settings) -> Blobs:
    """Raises Unavailable when the library for a bucket is not installed."""
    stores = media_stores(settings)
    both = len(stores) > 1
    return Pair(stores["local"], stores["s3"], stores[settings.media_store]) if both else stores["local"]


def ground(db: Database, settings: Settings) -> Ground:
    """What commands work on. Raises Unavailable."""
    return Ground(db, settings, media_stores(settings), _blobs(settings))


def media_stores(settings: Settings) -> dict[str, Blobs]:
    """Every store that is set up, by its name. Raises Unavailable."""
    near = LocalBlobs(settings.data / "media", accel=settings.media_accel)
    stores: dict[str, Blobs] = {"local": near}
    if settings.bucket is not None:
        try:
            from channel.media.s3 import S3Blobs
        except ImportError as error:
            raise Unavailable(NO_S3) from error
        stores["s3"] = S3Blobs(settings.bucket, redirects=settings.media_serving == "redirect")
    return stores


def _bus(settings: Settings) -> Bus:
    """Raises Unavailable when the library for it is not installed."""
    if not settings.bus:
        return LocalBus()
    try:
        from channel.bus.nats import NatsBus
    except ImportError as error:
        raise Unavailable(NO_CLUSTER) from error
    return NatsBus(settings.bus, fingerprint(secret_key(settings.data))[:16])


def _counter(db: Database, settings: Settings) -> Counter:
    """The ways to pay that this installation offers."""
    providers: dict[str, Provider] = {"manual": Manual(db, settings.url), "stripe": Stripe(db)}
    if settings.sandbox:
        providers["sandbox"] = Sandbox(db, settings.url)
    return Counter(db, providers, Seal(secret_key(settings.data)), settings.url)


async def learn_name(app: Starlette, db: Database) -> None:
    """The instance's name stands on every page, and is read from memory for it."""
    async with db.read() as tx:
        app.state.instance_name = await tx.value(select(instance.c.name))


async def keep_name(app: Starlette, db: Database) -> None:
    """Another process may have changed it."""
    while not app.state.services.settings.on_sqlite:
        await asyncio.sleep(NAME_EVERY_S)
        with contextlib.suppress(Unavailable):  # the database is away, which others say
            await learn_name(app, db)


def _mail(settings: Settings) -> tuple[Sender, Callable[[], Line] | None]:
    """What sends one letter, and what opens a line for many; None without mail. Raises Unavailable without the key that
    they are signed with."""
    if not settings.smtp:
        return NoMail(), None
    from channel.notify.email import SmtpSender  # without mail nobody needs its library

    sign = None
    if settings.dkim:
        from channel.notify.signing import Signer

        sign = Signer.load(settings.dkim, wall_clock)
    sender = SmtpSender(settings.smtp, settings.mail_from, settings.host, sign)
    return sender, sender.line


def _pusher(services: Services) -> Pusher:
    """What pushes to devices. Push services want to know whom to write to when something is wrong with it."""
    from channel.notify.webpush import WebPush  # its libraries are loaded by the first notice

    given = services.settings
    contact = given.url if given.secure else f"https://{given.host}"
    outside = Outside(given.host)
    return WebPush(outside, services.secret, contact=contact, more=given.push_hosts, clock=wall_clock)


def doors(app: Starlette) -> dict[str, ASGIApp]:
    """The paths at which our own server gives connections away, and who takes them."""

    async def live_door(scope: Scope, receive: Receive, send: Send) -> None:
        await app.state.door(scope, receive, send)

    return {"/live": live_door, "/live/sse": live_door}


async def drain(app: Starlette) -> None:
    """Before a stop: not ready at once, and every open socket told to come back (1012)."""
    app.state.draining = True
    if hasattr(app.state, "live"):
        await live.say_goodbye(app.state.live)


async def answer_error(request: Request, error: Exception) -> Response:
    """An expected failure, in the words of the way it came by."""
    if request.url.path == "/live" and isinstance(error, HTTPException) and error.status_code == 404:
        error = live.SocketsOnly()
    if request.url.path.startswith(("/api/", "/live", "/metrics")):
        return api_responses.problem(request, error)
    response = web_responses.error_page(
        request, error if isinstance(error, ChannelError) else web_responses.as_ours(error)
    )
    if response.status_code == 405:  # RFC 9110, 15.5.6: it says what would be taken
        response.headers["allow"] = api_responses.allowed(request)
    return response
