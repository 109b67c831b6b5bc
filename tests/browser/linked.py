"""The pages that a link in a letter or a notice opens, and the first steps of a newcomer, in every state that they have."""

import asyncio
import re
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2

from channel.notices import links as notice_links
from channel.notices.links import Ends
from channel.push import links as push_links
from channel.push.links import From
from channel.secret import secret_key
from channel.storage.open import DATABASE_FILE
from tests.notify.relay import Inbox, listening
from tests.push.browsers import Browser as Subscribed
from tests.stories.stage import HANDLE, Stage, staged

FOLLOW: Final = f"/follow/@{HANDLE}"
HELLO: Final = f"/@{HANDLE}/hello"


@dataclass(frozen=True, slots=True)
class State:
    """A page, and what is done on it until it looks like this. `press`: the button that is pressed; `bend`: a script
    before that. `who` looks at it; `status` is what the last page answers. {holes} are filled in by the house."""

    name: str
    path: str
    who: str = "guest"
    press: str = ""
    status: int = 200
    bend: str = ""


def _pressed(name: str, path: str, *values: str) -> tuple[State, ...]:
    """The page as it is, and after each of its buttons."""
    return (State(name, path), *(State(f"{name}-{one}", path, press=f"main [value={one}]") for one in values))


# What a form says that nobody can send by hand.
NO_CHOICE: Final = """() => { const [one] = document.querySelectorAll("main select"); one.innerHTML = "<option value=x>x</option>"; }"""
NO_ADDRESS: Final = """() => {
  document.querySelector("main form:has([type=email])").noValidate = true;
  document.querySelector("[name=email]").value = "nobody";
}"""
HALF_QUIET: Final = """() => {
  for (const one of document.querySelectorAll("main details")) one.open = true;
  document.querySelector("[name=quiet_from]").value = "22:00";
  document.querySelector("[name=quiet_to]").value = "";
}"""
SAVES: Final = "main form:has([name=how]) .actions button"

MEMBERS: Final = (
    State("hello", HELLO, "nell"),
    State("hello-here", HELLO, "bob"),
    State("hello-passkey", f"{HELLO}?step=passkey&said=told", "nell"),
    State("hello-mail-none", f"{HELLO}?step=mail", "nell"),
    State("hello-mail", f"{HELLO}?step=mail", "bob"),
    State("hello-mail-fault", f"{HELLO}?step=mail", "bob", "main form button", 422, NO_CHOICE),
    State("hello-mail-done", f"{HELLO}?step=mail", "bob", "main form button"),
    State("hello-home", f"{HELLO}?step=home", "nell"),
    *_pressed("off", "/notices/off/{off}", "room", "daily", "important", "week", "community", "all"),
    *_pressed("off-gone", "/notices/off/{off_gone}", "all"),
    State("off-forged", "/notices/off/x", status=404),
    *_pressed("quiet", "/notices/quiet/{quiet}", "important", "daily", "week", "none", "all", "device"),
    State("quiet-over", "/notices/quiet/{quiet}", status=404),
)
STRANGERS: Final = (
    State("follow", FOLLOW),
    State("follow-fault", FOLLOW, press="main form:has([type=email]) button", status=422, bend=NO_ADDRESS),
    State("follow-sent", f"{FOLLOW}?sent=1"),
    State("follow-member", FOLLOW, "nell"),
    State("follow-private", "/follow/@hidden", "anna"),
    State("follow-hidden", "/follow/@hidden", status=404),
    State("yes", "/follow/yes/{yes}"),
    State("yes-on", "/follow/yes/{yes}", press="main form button"),
    State("yes-used", "/follow/yes/{yes}", status=410),
    State("chosen", "/follow/by/{by}"),
    State("chosen-fault", "/follow/by/{by}", press=SAVES, status=422, bend=HALF_QUIET),
    State("chosen-saved", "/follow/by/{by}", press=SAVES),
    State("chosen-muted", "/follow/by/{by}", press="main [name=days][value='7']"),
    State("chosen-pass", "/follow/by/{by}", press="main [value=pass]"),
    State("chosen-refused", "/follow/by/{refused}"),
    State("chosen-again", "/follow/by/{refused}", press="main [value=again]"),
    State("pass", "/follow/pass/{pass}"),
    State("pass-signed", "/follow/pass/{pass}", "nell"),
    State("pass-fault", "/follow/pass/{pass}", press="main form button", status=422, bend=(
        """() => { const one = document.querySelector("[name=display_name]"); one.required = false; one.value = ""; }"""
    )),
    *_pressed("letters-off", "/follow/by/{by}/off", "daily", "important", "week", "all"),
    State("letters-over", "/follow/by/{by}", status=404),
    State("pass-over", "/follow/pass/{pass}", status=410),
    State("device", "/follow/on/{on}?said=on"),
    State("device-signed", "/follow/on/{on}", "nell"),
    State("device-fault", "/follow/on/{on}", press=SAVES, status=422, bend=HALF_QUIET),
    State("device-muted", "/follow/on/{on}", press="main [name=days][value='1']"),
    State("device-troubled", "/follow/on/{troubled}"),
    State("device-off", "/follow/on/{on}", press="main [value=stop]"),
    State("device-over", "/follow/on/{on}", status=404),
)  # fmt: skip


@dataclass
class House:
    """A server with a mail server beside it. `holes`: of the paths above; `cookies`: of who is signed in, by name."""

    stage: Stage
    inbox: Inbox
    language: str
    cookies: dict[str, str] = field(default_factory=dict)
    holes: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return self.stage.server.url

    def client(self, name: str = "") -> httpx2.Client:
        cookies = {"channel": self.cookies[name]} if name else {}
        headers = {"origin": self.url, "accept-language": self.language}
        return httpx2.Client(base_url=self.url, cookies=cookies, headers=headers, trust_env=False)

    async def letter(self, pattern: str) -> str:
        """What the next letter says that looks like this."""
        before = len(self.inbox.envelopes)
        async with asyncio.timeout(60):
            while True:
                for mail in self.inbox.mails[before:]:
                    body = mail.get_body(("plain",))
                    found = re.search(pattern, str(body.get_content()) if body else "")
                    if found:
                        return found[1]
                await asyncio.sleep(0.05)

    def joins(self, name: str) -> None:
        with self.client() as client:
            sent = client.post(f"/join/{self.stage.invite}", data={"display_name": name.title()})
            assert sent.status_code == 303, sent.text[:500]
            self.cookies[name] = sent.cookies["channel"]

    async def asks_to_follow(self, address: str) -> str:
        """The secret of the letter that asks whether it is wanted."""
        with self.client() as client:
            assert client.post(FOLLOW, data={"email": address, "zone": "Europe/Berlin"}).status_code == 303
        return await self.letter(r"/follow/yes/([\w-]+)")

    async def follows(self, address: str) -> str:
        """The link of somebody who follows by mail."""
        secret = await self.asks_to_follow(address)
        with self.client() as client:
            return token(client.post(f"/follow/yes/{secret}"))

    def follows_on(self, device: str) -> str:
        with self.client() as client:
            return token(
                client.post(f"{FOLLOW}/device", data=Subscribed(device).given | {"zone": "Europe/Berlin"})
            )

    def note(self, table: str, **values: object) -> None:
        """What a mail server or a push service said, of whom it was made last."""
        names = ", ".join(f"{name} = ?" for name in values)
        with sqlite3.connect(self.stage.server.data / DATABASE_FILE, timeout=20) as db:
            newest = f"(SELECT id FROM {table} ORDER BY id DESC LIMIT 1)"
            db.execute(f"UPDATE {table} SET {names} WHERE id = {newest}", [*values.values()])


def token(sent: httpx2.Response) -> str:
    """Of the address that an answer leads to."""
    assert sent.status_code == 303, sent.text[:500]
    return str(sent.headers["location"]).rpartition("/")[2].partition("?")[0]


@asynccontextmanager
async def opened(folder: Path, language: str) -> AsyncIterator[House]:
    inbox = Inbox()
    async with listening(inbox) as port:
        mail = {"CHANNEL_SMTP": f"smtp+plain://127.0.0.1:{port}", "CHANNEL_MAIL_FROM": "hello@example.org"}
        # Browsers make passkeys for names alone.
        with staged(folder, url="http://localhost:{port}", environment=mail) as stage:
            house = House(stage, inbox, language)
            await furnish(house)
            yield house


async def furnish(house: House) -> None:
    for body in (
        {"slug": "kiln", "name": "Am Ofen", "kind": "channel"},
        {"slug": "market", "name": "Markt", "kind": "channel"},
    ):
        assert house.stage.client.post(f"/api/v1/communities/{HANDLE}/rooms", json=body).status_code == 201
    house.cookies["anna"] = house.stage.cookie
    hidden = {"handle": "hidden", "name": "Verborgen", "visibility": "private"}
    assert house.stage.client.post("/api/v1/communities", json=hidden).status_code == 201
    house.joins("nell")
    house.joins("bob")
    await _bob(house)
    holes = house.holes
    holes["yes"] = await house.asks_to_follow("new@example.net")
    holes["by"] = await house.follows("zoe@example.net")
    with house.client() as client:
        assert client.post(f"/follow/by/{holes['by']}", data={"do": "pass"}).status_code == 303
    holes["pass"] = await house.letter(r"/follow/pass/([\w-]+)")
    holes["refused"] = await house.follows("ida@example.net")
    house.note("followers", refusals=1, refused_at=4_102_444_800_000)
    holes["on"] = house.follows_on("phone")
    holes["troubled"] = house.follows_on("tablet")
    house.note("follow_devices", problem="Its push service is left alone for a while.")


async def _bob(house: House) -> None:
    """He has proven an address, and this browser is told; with the links of his letters and notices."""
    secret = secret_key(house.stage.server.data)
    with house.client("bob") as bob:
        assert bob.post("/account/email", data={"email": "bob@example.net"}).status_code == 303
        proof = await house.letter(r"/account/email/([\w-]+)")
        assert bob.post(f"/account/email/{proof}").status_code in (200, 303)
        assert bob.post("/account/push", data=Subscribed("bob").given).status_code == 303
        me, devices = bob.get("/api/v1/me").json(), bob.get("/api/v1/me/push").json()["devices"]
    community = house.stage.client.get(f"/api/v1/communities/{HANDLE}").json()["id"]
    account = me["account"]["id"]
    house.holes["off"] = notice_links.sealed(secret, Ends(account, community, house.stage.room_id))
    house.holes["off_gone"] = notice_links.sealed(secret, Ends(account, str(uuid.uuid4())))
    house.holes["quiet"] = push_links.sealed(secret, From(devices[0]["id"], community))
