"""What opens a door is in no log and in no row: a story with every secret there is, then the search for each of them."""

import asyncio
import json
import logging
import re
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.applications import Starlette

from channel.accounts import setup
from channel.app import build
from channel.notices.pictures import Picture, Reader, mailbox, sealed
from channel.settings import Settings
from channel.storage import metadata
from tests.notify.relay import Inbox, listening
from tests.security.wire import HERE, Answer, ask, websocket

FORM = ("content-type", "application/x-www-form-urlencoded")
JSON = ("content-type", "application/json")


@dataclass
class Story:
    """One installation from its first start, and every secret that was handed out on the way."""

    app: Starlette
    inbox: Inbox
    folder: Path
    secrets: dict[str, str]
    answers: list[Answer]
    cookie: str = ""

    async def post(self, address: str, fields: str = "", **more: str) -> Answer:
        headers = [("origin", HERE), FORM, *more.items(), *([("cookie", self.cookie)] if self.cookie else [])]
        answer = await ask(self.app, "POST", address, headers, fields.encode())
        self.answers.append(answer)
        return answer

    async def get(self, address: str) -> Answer:
        answer = await ask(self.app, "GET", address, [("cookie", self.cookie)] if self.cookie else [])
        self.answers.append(answer)
        return answer

    async def call(self, method: str, address: str, body: object = None, token: str = "") -> Answer:
        headers = [JSON, ("authorization", f"Bearer {token or self.secrets['token']}")]
        return await ask(self.app, method, f"/api/v1{address}", headers, json.dumps(body or {}).encode())

    def signed_in(self, name: str, answer: Answer) -> None:
        """Keep the cookie that came, as a browser does."""
        assert answer.status == 303, answer.text[:500]
        self.cookie = (answer.header("set-cookie") or "").partition(";")[0]
        self.secrets[name] = self.cookie.partition("=")[2]

    async def mail_to(self, address: str) -> str:
        """The secret of the link in the next mail, once the worker has sent it."""
        async with asyncio.timeout(20):
            while not self.inbox.mails:
                await asyncio.sleep(0.02)
        mail = self.inbox.mails[-1]
        self.inbox.envelopes.clear()
        assert mail["to"] == address
        text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        link = re.search(rf"{HERE}/\S+/([\w-]{{20,}})", text)
        assert link, text
        return link[1]


@pytest.fixture
async def story(settings: Settings, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Story]:
    caplog.set_level(logging.DEBUG)
    inbox = Inbox()
    async with listening(inbox) as port:
        mail = {"smtp": f"smtp+plain://127.0.0.1:{port}", "mail_from": "Channel <hello@channel.test>"}
        app = build(replace(settings, **mail))
        async with app.router.lifespan_context(app):
            yield Story(app, inbox, settings.data, {}, [])


async def tell(story: Story) -> None:
    """Every way in, by its own door."""
    secrets = story.secrets
    async with story.app.state.services.db.write() as tx:
        secrets["set-up link"] = await setup.setup_token(tx) or ""
    await story.get(f"/setup?token={secrets['set-up link']}")
    story.signed_in("session of the set-up", await story.post(
        "/setup", f"token={secrets['set-up link']}&name=Anna&handle=anna_&language=en"))  # fmt: skip
    assert (await story.post("/new", "name=Club&handle=club")).status == 303
    page = await story.post("/account/tokens", "token_name=bot&scopes=read&scopes=members&scopes=post")
    secrets["token"] = found(r"(ch_[\w-]{40,})", page)
    codes = re.findall(r"(?:[0-9a-z]{5}-){3}[0-9a-z]{5}", (await story.post("/account/recovery")).text)
    secrets |= {f"recovery code {number}": code for number, code in enumerate(dict.fromkeys(codes))}
    assert len(dict.fromkeys(codes)) == 10
    await prove_address(story)
    await invite_somebody(story)
    await read_elsewhere(story)
    await listen(story)
    await sign_in_again(story, codes[0])


async def prove_address(story: Story) -> None:
    assert (await story.post("/account/email", "email=anna%40example.org")).status == 303
    proof = story.secrets["proof of the address"] = await story.mail_to("anna@example.org")
    assert (await story.get(f"/account/email/{proof}")).status == 200
    assert (await story.post(f"/account/email/{proof}")).status == 303


async def invite_somebody(story: Story) -> None:
    made = (await story.call("POST", "/communities/club/invites")).json()
    code = story.secrets["invite code"] = made["code"]
    await story.get(f"/join/{code}")
    await story.call("GET", f"/invites/{code}")
    cookie, story.cookie = story.cookie, ""
    story.signed_in("session of the follower", await story.post(f"/join/{code}", "display_name=Bob"))
    other = await ask(story.app, "POST", f"/api/v1/invites/{code}/accept", [JSON], b'{"display_name": "Bot"}')
    story.secrets["token of the follower"] = other.json()["token"]
    story.cookie = cookie


async def read_elsewhere(story: Story) -> None:
    """A private feed, its old address too, and what is asked below one."""
    made = (await story.call("POST", "/me/feeds", {"community": "club"})).json()
    first = story.secrets["old address of a feed"] = made["addresses"]["atom"].split("/")[-2]
    assert (await ask(story.app, "GET", f"/feeds/{first}/feed.atom")).status == 200
    made = (await story.call("POST", f"/me/feeds/{made['id']}/renew")).json()
    secret = story.secrets["address of a feed"] = made["addresses"]["atom"].split("/")[-2]
    assert (await ask(story.app, "GET", f"/feeds/{first}/feed.rss")).status == 410
    assert (await ask(story.app, "GET", f"/feeds/{secret}/media/x/file")).status == 404
    assert (await story.get("/account/feeds")).status == 200
    nobody = "00000000-0000-7000-8000-000000000001"
    key, at = story.app.state.services.secret, story.app.state.services.db.clock()
    address = Picture(Reader("member", nobody, mailbox(key, "bob@example.org"), at), nobody, nobody, 1_200)
    token = story.secrets["address of a picture in a letter"] = sealed(key, address)
    assert (await ask(story.app, "GET", f"/notices/picture/{token}")).status == 404


async def listen(story: Story) -> None:
    ticket = story.secrets["live ticket"] = (await story.call("POST", "/live/ticket")).json()["ticket"]
    async with websocket(story.app, (), f"/live?ticket={ticket}") as line:
        assert (await line.next())["type"] == "websocket.accept"
        welcome = await line.frame()
        assert welcome is not None
        assert welcome["account"] is not None
    async with websocket(story.app, (), f"/live?ticket={ticket}") as line:
        await line.next()
        assert await line.frame() is None, "a ticket opens once"


async def sign_in_again(story: Story, code: str) -> None:
    """By code, by mail and on the phone; wrong ones too, which are what people paste into the wrong field."""
    secrets, story.cookie = story.secrets, ""
    story.signed_in("session by code", await story.post("/sign-in/recovery", f"name=anna_&code={code}"))
    page = await story.post("/account/phone")
    assert page.status == 200
    assert (await story.post("/sign-out")).status == 303
    story.cookie = ""
    assert (await story.post("/sign-in/mail", "email=anna%40example.org")).status == 303
    link = secrets["sign-in link"] = await story.mail_to("anna@example.org")
    assert (await story.get(f"/sign-in/link/{link}")).status == 200
    story.signed_in("session by mail", await story.post(f"/sign-in/link/{link}"))
    await story.post(f"/sign-in/link/{link}")
    wrong = secrets["a secret in the wrong field"] = "CNRYpastedByMistake1234567890"
    await story.post("/sign-in/recovery", f"name={wrong}&code={wrong}")
    await story.get(f"/sign-in/link/{wrong}")
    await story.get(f"/join/{wrong}")
    await story.get(f"/setup?token={wrong}")
    await story.call("GET", "/me", token=wrong)
    await ask(story.app, "GET", "/", [("cookie", f"channel={wrong}")])


def found(pattern: str, answer: Answer) -> str:
    match = re.search(pattern, answer.text)
    assert match, answer.text[:2000]
    return match[1]


async def stored(app: Starlette) -> str:
    """Every cell of every table."""
    rows = []
    async with app.state.services.db.read() as tx:
        for table in metadata.sorted_tables:
            rows += [f"{table.name}: {row!r}" for row in await tx.all(select(table))]
    return "\n".join(rows)


async def test_no_secret_is_written_down_in_the_clear(story: Story, caplog: pytest.LogCaptureFixture) -> None:
    """Logs at their most talkative, every row of the database, every file of the data folder but the key's own."""
    await tell(story)
    assert len(story.secrets) >= 22, sorted(story.secrets)
    assert len(set(story.secrets.values())) == len(story.secrets)
    ours = [
        record for record in caplog.records if not record.name.startswith("mail.")
    ]  # those are the relay's own words
    logs = "\n".join(
        f"{record.name} {record.levelname} {record.getMessage()} {record.exc_text}" for record in ours
    )
    rows = await stored(story.app)
    assert "anna@example.org" in rows and "/join/" in logs and len(logs) > 1_500, (
        "the search would find nothing"
    )
    leaked = [f"{name}: {where}" for name, secret in story.secrets.items()
              for where, text in (("log", logs), ("rows", rows)) if parts(secret) & words(text)]  # fmt: skip
    assert not leaked, leaked
    for file in story.folder.rglob("*"):
        if file.is_file() and file.name != "secret.key":
            content = file.read_bytes()
            assert not [name for name, secret in story.secrets.items() if secret.encode() in content], (
                file.name
            )


def parts(secret: str) -> set[str]:
    """The secret, and what is left of it without its separators."""
    return {secret, secret.replace("-", "")}


def words(text: str) -> set[str]:
    """Everything in a text that could be a secret."""
    return set(re.findall(r"[\w-]{20,}", text)) | {
        word.replace("-", "") for word in re.findall(r"[\w-]{20,}", text)
    }


async def test_the_log_of_requests_names_no_address_that_is_a_secret_and_no_query(
    story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    await tell(story)
    lines = [record.getMessage() for record in caplog.records if record.name == "channel.access"]
    assert len(lines) > 20
    assert not [line for line in lines if "?" in line or "token=" in line or "ticket=" in line]
    for prefix in ("/join/", "/sign-in/link/", "/account/email/", "/api/v1/invites/"):
        named = [line for line in lines if prefix in line]
        assert named and all(f"{prefix}…" in line for line in named), named


async def test_secrets_come_back_in_no_answer_but_the_one_that_hands_them_out(story: Story) -> None:
    """And the key of the installation is its owner's alone to read."""
    await tell(story)
    once = (
        "token",
        "set-up link",
        "live ticket",
        *(name for name in story.secrets if name.startswith("recovery")),
    )
    for name in once:
        showing = [answer for answer in story.answers if story.secrets[name] in answer.text]
        assert len(showing) <= 1 + (name == "set-up link"), name
    sessions = [story.secrets[name] for name in story.secrets if name.startswith("session")]
    assert not [answer for answer in story.answers for secret in sessions if secret in answer.text]
    key = story.folder / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    pages = "".join(answer.text for answer in story.answers)
    assert key.read_bytes().strip().decode("latin-1") not in pages
