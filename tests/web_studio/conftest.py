"""The studio as a creator without scripts meets it: pages and plain forms of the whole app, on both databases."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from channel.accounts import Account, sessions
from channel.app import build
from channel.members import Role
from channel.payments import Counter
from channel.settings import Settings
from channel.storage import Database
from channel.tiers import Tier
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock

HOST = "http://channel.test"
Answer = httpx2.Response


@dataclass
class Browser:
    """Somebody's browser, signed in, with scripts switched off."""

    http: httpx2.AsyncClient
    root: str
    cookie: str = ""

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        own = {"accept": "text/html", "origin": HOST, "sec-fetch-site": "same-origin"} | more
        return own | ({"cookie": f"channel={self.cookie}"} if self.cookie else {})

    async def get(self, path: str = "", **headers: str) -> Answer:
        return await self.http.get(self._at(path), headers=self._headers(headers))

    async def post(self, path: str, fields: dict[str, object] | None = None, **headers: str) -> Answer:
        """`fields` may hold lists, as repeated fields of a form."""
        return await self.http.post(self._at(path), data=fields or {}, headers=self._headers(headers))

    async def send(self, path: str, fields: dict[str, object] | None = None) -> "Page":
        """Send a form that must be taken, and look at the page it leads to."""
        answer = await self.post(path, fields)
        assert answer.status_code == 303, answer.text
        return Page(await self.get(answer.headers["location"]))

    async def see(self, path: str = "") -> "Page":
        return Page(await self.get(path))

    def _at(self, path: str) -> str:
        return path if path.startswith("/studio/") or path.startswith("/@") else self.root + path


@dataclass
class Page:
    """A page that came, as far as tests look at it."""

    answer: Answer
    text: str = field(init=False)

    def __post_init__(self) -> None:
        assert self.answer.status_code == 200, (self.answer.status_code, self.answer.text[:2000])
        self.text = html.unescape(self.answer.text)

    def __contains__(self, words: str) -> bool:
        return words in self.text

    def hidden(self, name: str) -> str:
        """The value of a field of the page."""
        found = re.search(rf'name="{name}" value="([^"]*)"', self.answer.text)
        assert found, f"no field {name}"
        return html.unescape(found[1])

    def ids(self, pattern: str) -> list[str]:
        """What stands in the group of a pattern, each once, in order."""
        return list(dict.fromkeys(re.findall(pattern, self.answer.text)))


@dataclass
class Site:
    """The running app with Anna's community in it."""

    http: httpx2.AsyncClient
    db: Database
    clock: Clock
    anna: Scene
    data: Path
    counter: Counter
    worker: Worker

    @property
    def providers(self) -> Any:
        """The ways to pay that the app has; tests add theirs."""
        return self.counter.providers

    async def another(self, name: str) -> Scene:
        """Another creator's community beside Anna's."""
        return await creator(self.db, name)

    async def work(self) -> None:
        """Everything that is due gets done."""
        await self.worker.work_off()

    async def browser(self, account: Account, scene: Scene | None = None) -> Browser:
        async with self.db.write() as tx:
            _, secret = await sessions.open_session(tx, account.id, device="test", how="link")
        return Browser(self.http, f"/studio/{(scene or self.anna).community.handle}", secret)

    async def owner(self) -> Browser:
        return await self.browser(self.anna.owner)

    async def member(self, name: str, *, tier: Tier | None = None, role: Role = Role.MEMBER) -> Account:
        return await self.anna.member(name, tier=tier, role=role)


@pytest.fixture
async def site(settings: Settings, clock: Clock) -> AsyncIterator[Site]:
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        db = app.state.services.db
        transport = httpx2.ASGITransport(app)
        async with httpx2.AsyncClient(transport=transport, base_url=HOST) as http:
            counter, worker = app.state.services.counter, app.state.worker
            yield Site(http, db, clock, await creator(db, "anna"), settings.data, counter, worker)


@pytest.fixture
async def anna(site: Site) -> Browser:
    """The owner's browser."""
    return await site.owner()


def says(answer: Answer, status: int, *words: str) -> None:
    """The answer has the status and says all of this."""
    text = html.unescape(answer.text)
    assert answer.status_code == status, (answer.status_code, text[:3000])
    for word in words:
        assert word in text, word
