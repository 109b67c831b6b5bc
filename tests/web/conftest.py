"""The pages as browsers without scripts meet them: the whole app, with its lifespan, on both databases."""

import html
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette

from channel import invites, posts
from channel.accounts import Account, sessions
from channel.app import build
from channel.invites import Invite, Seal
from channel.posts import Draft
from channel.posts.model import Post
from channel.rooms import Room
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage import Database
from channel.storage.open import DATABASE_FILE
from tests import buckets
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.migrated import migrated_file

HOST = "http://channel.test"
DAY_MS = 24 * 3600 * 1000


@dataclass
class Page:
    """What came back, as far as tests look at it."""

    answer: httpx2.Response
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = html.unescape(self.answer.text)

    def __contains__(self, words: str) -> bool:
        return words in self.text

    @property
    def status(self) -> int:
        return self.answer.status_code

    @property
    def location(self) -> str:
        return self.answer.headers.get("location", "")


@dataclass
class Browser:
    """Somebody's browser: it keeps cookies and says where a form came from."""

    http: httpx2.AsyncClient
    language: str = "en"

    async def get(self, path: str, **headers: str) -> Page:
        return Page(await self.http.get(path, headers={"accept-language": self.language} | headers))

    async def head(self, path: str) -> Page:
        return Page(await self.http.head(path))

    async def post(self, path: str, fields: dict[str, str] | None = None, **headers: str) -> Page:
        own = {"origin": HOST, "sec-fetch-site": "same-origin", "accept-language": self.language}
        return Page(await self.http.post(path, data=fields or {}, headers=own | headers))

    async def follow(self, path: str, fields: dict[str, str] | None = None) -> Page:
        """Send a form that must be taken, and look at the page it leads to."""
        sent = await self.post(path, fields)
        assert sent.status == 303, (sent.status, sent.text[:2000])
        return await self.get(sent.location.split("#")[0])


@dataclass
class Site:
    """The running app with Anna's community in it."""

    app: Starlette
    db: Database
    clock: Clock
    settings: Settings
    anna: Scene
    make_client: Callable[[], httpx2.AsyncClient]

    def stranger(self, language: str = "en") -> Browser:
        return Browser(self.make_client(), language)

    async def browser(self, account: Account, language: str = "en") -> Browser:
        """`account`'s browser, signed in."""
        async with self.db.write() as tx:
            _, secret = await sessions.open_session(tx, account.id, device="", how="link")
        made = self.stranger(language)
        made.http.cookies.set("channel", secret, domain="channel.test")
        return made

    async def post(
        self, text: str, *, room: Room | None = None, min_rank: int | None = None, teaser: str = ""
    ) -> Post:
        """Anna publishes."""
        self.clock.forward(60_000)
        rendered = await posts.prepare(Draft.parse(text, min_rank=min_rank, teaser=teaser), rooms={})
        async with self.db.write() as tx:
            by = await self.anna.by(tx, self.anna.owner)
            key = f"k{self.clock.now_ms}"
            post, _ = await posts.publish(tx, by, self.anna.owner, room or self.anna.news, rendered, key)
        return post

    async def invite(self, **about: object) -> Invite:
        """Anna makes an invite, in whatever state `state` says."""
        state = about.pop("state", None)
        seal = Seal(secret_key(self.settings.data))
        async with self.db.write() as tx:
            by = await self.anna.by(tx, self.anna.owner)
            made = await invites.create(tx, by, self.anna.community, seal, **about)  # type: ignore[arg-type]
            if state:
                await invites.set_state(tx, by, self.anna.community, made.id, state, seal=seal)  # type: ignore[arg-type]
        return made

    async def uses(self, invite: Invite) -> int:
        async with self.db.read() as tx:
            by = await self.anna.by(tx, self.anna.owner)
            seal = Seal(secret_key(self.settings.data))
            return (await invites.one(tx, by, self.anna.community, invite.id, seal=seal)).uses


async def running(
    settings: Settings, clock: Clock
) -> AsyncIterator[tuple[Starlette, Callable[[], httpx2.AsyncClient]]]:
    """The app with its lifespan, and a maker of clients that are closed with it."""
    app = build(settings, clock=clock)
    clients: list[httpx2.AsyncClient] = []

    def client() -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=True)
        clients.append(httpx2.AsyncClient(transport=transport, base_url=HOST))
        return clients[-1]

    async with app.router.lifespan_context(app):
        yield app, client
        for one in clients:
            await one.aclose()


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """Anna's public community on a running server."""
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    """Settings of an empty installation on SQLite."""
    shutil.copy(migrated_file(), tmp_path / DATABASE_FILE)
    return Settings(data=tmp_path, url=HOST, limit_scale=1000)


@pytest.fixture
async def fresh(plain: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server that nobody has set up; without mail, on SQLite."""
    async for app, client in running(plain, clock):
        yield Site(app, app.state.services.db, clock, plain, None, client)  # type: ignore[arg-type]


@pytest.fixture
async def mailing(plain: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server that can send mail (to nowhere)."""
    settings = replace(plain, smtp="smtp+plain://127.0.0.1:9", mail_from="Channel <hello@channel.test>")
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


@pytest.fixture(params=["redirect", "proxy"])
async def in_bucket(request: pytest.FixtureRequest, plain: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server whose media lie in a bucket, to which browsers are sent or not."""
    there = {"bucket": buckets.fresh(), "media_store": "s3", "media_serving": request.param}
    settings = replace(plain, **there)
    async for app, client in running(settings, clock):
        db = app.state.services.db
        yield Site(app, db, clock, settings, await creator(db), client)


@pytest.fixture
async def two_hosts(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server from which browsers get media under another name."""
    settings = replace(settings, media_url="https://media.test")
    async for app, client in running(settings, clock):
        yield Site(app, app.state.services.db, clock, settings, await creator(app.state.services.db), client)


@pytest.fixture
async def behind_proxy(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    """A server whose proxy hands out the files of its folder."""
    settings = replace(settings, media_accel="/_media/")
    async for app, client in running(settings, clock):
        yield Site(app, app.state.services.db, clock, settings, await creator(app.state.services.db), client)
