"""A community that stands already, for the stories that begin in the middle: made by commands and the API."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from playwright.async_api import Browser

from tests.faults.process import ServerProcess
from tests.stories.cast import Creator, Follower, profile

HANDLE = "anna"
ROOM = f"/@{HANDLE}/news"


@dataclass(frozen=True, slots=True)
class Stage:
    """A server with anna, her community and an invite. `client` speaks as her."""

    server: ServerProcess
    client: httpx2.Client
    room_id: str
    invite: str
    cookie: str

    def post(self, text: str, **facts: Any) -> dict[str, Any]:
        """Publish as anna, from somewhere else."""
        return self._ask("POST", f"/api/v1/rooms/{self.room_id}/posts", {"text": text, **facts})

    def texts(self) -> list[str]:
        """What the room says on the server, newest first, at most a hundred."""
        items = self._ask("GET", f"/api/v1/rooms/{self.room_id}/posts?limit=100")["items"]
        return [post["text"] for post in items]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.client.request(method, path, json=body)
        assert answer.status_code < 300, f"{method} {path}: {answer.status_code} {answer.text}"
        told: dict[str, Any] = answer.json()
        return told

    def topic(self, name: str, slug: str = "talk") -> dict[str, Any]:
        """A topic in a group of its own."""
        about = {"slug": slug, "name": slug.title(), "kind": "group"}
        group = self._ask("POST", f"/api/v1/communities/{HANDLE}/rooms", about)
        return self._ask("POST", f"/api/v1/rooms/{group['id']}/topics", {"name": name})

    def message(self, topic: dict[str, Any], text: str) -> dict[str, Any]:
        """Write in a topic as anna, from somewhere else."""
        return self._ask(
            "POST", f"/api/v1/rooms/{topic['room_id']}/posts", {"text": text, "topic_id": topic["id"]}
        )

    async def anna(self, browser: Browser, language: str = "en") -> Creator:
        """At her desk, signed in."""
        context = await profile(browser, language)
        await context.add_cookies([{"name": "channel", "value": self.cookie, "url": self.server.url}])
        return Creator(await context.new_page(), self.server.url, language, handle=HANDLE)

    async def follower(
        self, browser: Browser, name: str, language: str = "en", *, phone: bool = True
    ) -> Follower:
        """Somebody who has just joined, in the room."""
        context = await profile(browser, language, phone=phone)
        follower = Follower(await context.new_page(), self.server.url, language)
        await follower.joins(f"/join/{self.invite}", name)
        await follower.is_live()
        return follower


@contextlib.contextmanager
def staged(
    folder: Path, url: str = "", environment: Mapping[str, str] | None = None, module: str = "channel"
) -> Iterator[Stage]:
    """An empty server, and all of this on it. `module`: what is run in the place of `channel` to serve."""
    with serving(folder, url=url, environment=environment, module=module) as server:
        bearer = {"authorization": f"Bearer {server.token(HANDLE)}"}
        with httpx2.Client(base_url=server.url, headers=bearer, trust_env=False) as client:
            about = {"handle": HANDLE, "name": "Annas Club", "visibility": "public"}
            made = client.post("/api/v1/communities", json=about)
            assert made.status_code == 201, made.text
            room = client.get(f"/api/v1/communities/{HANDLE}/rooms/news").json()
            invite = client.post(f"/api/v1/communities/{HANDLE}/invites", json={"label": "Friends"}).json()
            yield Stage(server, client, room["id"], invite["code"], sign_in(server))


@contextlib.contextmanager
def serving(
    folder: Path,
    database: str = "",
    url: str = "",
    environment: Mapping[str, str] | None = None,
    module: str = "channel",
) -> Iterator[ServerProcess]:
    """A server on empty data, ready. A {port} in `url` is that of the server."""
    with ServerProcess(folder) as server:
        server.environment |= environment or {}
        server.module = module
        if database:
            server.environment["CHANNEL_DATABASE"] = database
        if url:
            server.url = url.format(port=server.port)
        server.start()
        server.wait_ready()
        yield server


def sign_in(server: ServerProcess) -> str:
    """The cookie of a fresh session of anna's, by the link that the operator prints."""
    link = server.asked("account.link", handle=HANDLE)["url"]
    answer = httpx2.post(link, trust_env=False)
    assert answer.status_code == 303, answer.text
    return answer.cookies["channel"]
