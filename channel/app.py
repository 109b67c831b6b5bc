"""Put together: the only file that names concrete adapters and wires readers to events."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from channel import accounts, api, control, live, media, polls, previews, reactions, web
from channel.accounts.uses import Uses
from channel.api import responses as api_responses
from channel.bus import Bus
from channel.bus.local import LocalBus
from channel.comments import telling
from channel.control.verbs import Ground
from channel.errors import ChannelError, Conflict, NotFound, Unavailable
from channel.events import (
    CommunityDeleted,
    Event,
    MediaArrived,
    MentionsDue,
    PollClosed,
    PollCloses,
    PostDeleted,
    PostOpens,
    PromptEnds,
    TierEnds,
)
from channel.limiter import Limiter
from channel.live import pulse
from channel.live.afresh import Afresh
from channel.live.entrance import Entrance
from channel.live.history import History
from channel.live.hub import Hub
from channel.live.joining import Live
from channel.live.reading import Reads
from channel.live.tail import Tail
from channel.live.talk import Desk
from channel.media import pictures
from channel.media.blobs import Blobs
from channel.media.local import LocalBlobs
from channel.media.preparing import Preparer
from channel.media.staging import Staging
from channel.media.sweeping import Sweeper as MediaSweeper
from channel.members import governing, grants
from channel.metrics import Answers, LoopLag
from channel.notify import Mail, Sender, Undeliverable, letters
from channel.notify.handlers import mail_handler
from channel.outside import Outside
from channel.payments import Counter, Seal, closing, hearing, payments_handler, seats
from channel.payments.connecting import check_secrets
from channel.payments.manual import Manual
from channel.payments.provider import Provider
from channel.payments.sandbox import Sandbox
from channel.payments.stripe import Stripe
from channel.posts import carrying, opening
from channel.previews.fetching import previews_handler
from channel.questions import prompts
from channel.render import html
from channel.routing import Services, ShapeRouter
from channel.search import Indexer
from channel.secret import fingerprint, secret_key
from channel.settings import NO_CLUSTER, Settings
from channel.storage import Database
from channel.storage.database import Clock, Hint, wall_clock
from channel.storage.open import FolderLock, open_database, prepare_folder, settle_key
from channel.storage.tables import instance
from channel.watch import Watch
from channel.web import responses as web_responses
from channel.web.middleware import Gate, Identify
from channel.web.shelf import Shelf
from channel.web.static import Assets, static_folder
from channel.worker import Handler, Worker

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
)
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
    app.state.assets, app.state.answers = assets, Answers()
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
            async with control.listening(Ground(db, settings)), asyncio.TaskGroup() as readers:
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
    bus, hub, lag, sender = _bus(settings), Hub(), LoopLag(), _sender(settings)
    tail, history, reads = Tail(db, hub, lambda: bus.connected), History(db, hub), Reads(db, bus)
    counts, presence = pulse.Counts(db, hub), pulse.Presence(db, hub, bus.note)
    hub.on_behind = history.fetch
    counter = _counter(db, settings)
    limiter, uses = Limiter(settings.limit_scale), Uses(db)
    blobs, staging, scratch = _store(settings)
    limits = media.Limits(dict(settings.media_limits), settings.media_quota)
    desk = media.Desk(db, blobs, staging, limits)
    services = Services(db, settings, bus, limiter, uses, counter, desk, secret_key(settings.data))
    worker = Worker(db, _handlers(services, sender, scratch), SWEEPS)
    app.state.services, app.state.worker = services, worker
    app.state.live = Live(db, hub, tail, history, presence, reads, Entrance(hub, lag))
    app.state.watch = Watch(app.state.live, lag, app.state.answers, bus)
    app.state.desk = Desk(services, app.state.live)
    app.state.door = live.Door(app, services, app.state.live, app.state.desk)
    app.state.draining = False

    async def mail_trial(address: str, language: str) -> None:
        await sender.send(letters.trial(settings, to=address, language=language))

    app.state.mail_trial = mail_trial

    def noted(topic: str, data: Mapping[str, object]) -> None:
        for listener in (counts, presence, tail):
            listener.note(topic, data)

    def committed(hints: Sequence[Hint]) -> None:
        for stream, seq in hints:
            bus.hint(stream, seq)

    bus.listen(tail.hint, noted)
    db.on_commit, db.on_queued = committed, worker.wake
    works = [tail.run(), Afresh(db, hub, tail).run(), hub.run(), pulse.run(counts, presence), reads.run()]
    works += [services.uses.run(), bus.run(), Indexer(db).run()]
    works += [MediaSweeper(db, blobs, staging, scratch).run()]
    return [*works, keep_name(app, db), lag.run(), app.state.watch.run()]


def _store(settings: Settings) -> tuple[Blobs, Staging, Path]:
    """Where media lie, where uploads arrive, and where pictures are worked on: all in the data folder."""
    arriving = settings.data / "uploads"
    return LocalBlobs(settings.data / "media"), Staging(arriving), settings.data / "scratch"


def _preparing(services: Services, scratch: Path) -> Handler:
    """Makes of pictures what is shown."""
    preparer = Preparer(services.db, services.media.blobs, scratch, pictures.prepare, carrying.tell)

    async def handle(event: Event) -> None:
        if isinstance(event, MediaArrived):
            await preparer.handle(event)

    return handle


def _handlers(services: Services, sender: Sender, scratch: Path) -> dict[str, Handler]:
    """Who works off what facts ask for, by consumer."""
    db, outside = services.db, Outside(services.settings.host)
    return {
        "mail": mail_handler(db, sender, services.settings, services.counter.seal),
        "janitor": janitor(db),
        "schedule": scheduler(db),
        "payments": payments_handler(db, services.counter),
        "media": _preparing(services, scratch),
        "previews": previews_handler(
            db, outside, own=services.settings.host, on=services.settings.link_previews
        ),
    }


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


class NoMail:
    """The sender of an installation without mail: a letter that was asked for waits where the operator sees it."""

    async def send(self, mail: Mail) -> None:
        raise Undeliverable("No mail is set up: set CHANNEL_SMTP and CHANNEL_MAIL_FROM.", permanent=True)


def _sender(settings: Settings) -> Sender:
    if not settings.smtp:
        return NoMail()
    from channel.notify.email import SmtpSender  # without mail nobody needs its library

    return SmtpSender(settings.smtp, settings.mail_from, settings.host)


def janitor(db: Database) -> Handler:
    """Removes for good what its owner deleted and did not bring back, and what hung on a deleted post or an ended poll."""

    async def handle(event: Event) -> None:
        if isinstance(event, PostDeleted):
            async with db.write(heavy=True) as tx:
                await reactions.clear(tx, event.post_id)
                await polls.forget(tx, event.post_id)
        if isinstance(event, PollClosed):
            await _forget_voters(db, event.post_id)
        if isinstance(event, CommunityDeleted):
            async with db.write(heavy=True) as tx:
                if await closing.paying(tx, event.community_id):
                    raise Conflict(
                        "Somebody is still charged for this community. It goes when that has ended."
                    )
                await governing.purge(tx, event.community_id)

    return handle


async def _forget_voters(db: Database, post_id: str) -> None:
    """In pieces: a poll may have had a hundred thousand, and others want to write meanwhile."""
    more = True
    while more:
        async with db.write(heavy=True) as tx:
            more = await polls.forget_voters(tx, post_id)


def scheduler(db: Database) -> Handler:
    """Does what was planned for a moment that has come."""

    async def handle(event: Event) -> None:
        async with db.write() as tx:
            match event:
                case PostOpens():
                    await opening.open_due(tx, event)
                case PollCloses():
                    await polls.close_due(tx, event)
                case PromptEnds():
                    await prompts.end_due(tx, event)
                case MentionsDue():
                    await telling.tell(tx, event)
                case TierEnds(community_id=community_id, account_id=account_id):
                    await grants.settle(tx, community_id, account_id)
                case _:
                    raise TypeError(f"Nothing is planned by {event.kind}.")

    return handle


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
    if request.url.path.startswith(("/api/", "/live", "/metrics")):
        return api_responses.problem(request, error)
    return web_responses.error_page(request, error if isinstance(error, ChannelError) else _as_ours(error))


def _as_ours(error: Exception) -> ChannelError:
    """What Starlette itself refuses (unknown paths, wrong methods, too large bodies), or a bug."""
    if not isinstance(error, HTTPException):
        return ChannelError(
            "Something broke on our side. It has been noted; try again in a moment.", code="bug"
        )
    if error.status_code == 404:
        return NotFound()
    words = {405: "This address does not take that method.", 413: "That was too large to be taken."}
    failure = ChannelError(words.get(error.status_code, error.detail), code="refused")
    failure.status = error.status_code  # type: ignore[misc]
    return failure
