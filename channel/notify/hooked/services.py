"""How each of the other sides is asked: what one says to publish, edit and delete there, and what its answers mean. Pure.

Telegram: core.telegram.org/bots/api. Discord: docs.discord.com, webhook resource. Mastodon: docs.joinmastodon.org, statuses.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from channel.hooks.model import Kind, Target
from channel.hooks.targets import TELEGRAM
from channel.outside.client import Answer, Writing

LIMITS: Final[Mapping[Kind, int]] = {
    "telegram": 4_096, "discord": 2_000, "mastodon": 500, "generic": 20_000, "webhook": 0,
}  # fmt: skip
JSON: Final = {"Content-Type": "application/json"}
MOST_ID_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Question:
    """A request that is not sent yet."""

    method: Writing
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: dict(JSON))


class Service(Protocol):
    """One kind of the other side."""

    def ask(self, act: str, target: Target, message_id: str, text: str, remote_id: str) -> Question:
        """`act`: publish, edit or delete. `message_id` is the same at every try."""
        ...

    def remote_id(self, answer: Answer) -> str:
        """What the other side calls the post that was published; "" when it does not say."""
        ...

    def done(self, act: str, answer: Answer) -> bool:
        """Whether it stands there now as it should."""
        ...


def _body(**fields: Any) -> bytes:
    return msgspec.json.encode(fields)


def _said(answer: Answer) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(answer.body)
    except msgspec.DecodeError:
        return {}
    return told if isinstance(told, dict) else {}


class Telegram:
    """A bot that is an admin of a channel."""

    def ask(self, act: str, target: Target, message_id: str, text: str, remote_id: str) -> Question:
        verb = {"publish": "sendMessage", "edit": "editMessageText", "delete": "deleteMessage"}[act]
        told: dict[str, Any] = {"chat_id": target.chat}
        if act != "publish":
            told["message_id"] = int(remote_id)
        if act != "delete":
            told["text"] = text
        return Question("POST", f"https://{TELEGRAM}/bot{target.token}/{verb}", _body(**told))

    def remote_id(self, answer: Answer) -> str:
        made = _said(answer).get("result")
        found = made.get("message_id") if isinstance(made, dict) else None
        return str(found) if isinstance(found, int) and not isinstance(found, bool) else ""

    def done(self, act: str, answer: Answer) -> bool:
        if answer.status == 200:
            return _said(answer).get("ok") is True
        why = str(_said(answer).get("description", "")).lower()
        if act == "edit":
            return answer.status == 400 and "not modified" in why
        # Telegram lets bots delete for 48 hours; what is older, or gone, stays as it is.
        return act == "delete" and answer.status == 400 and "not found" in why


class Discord:
    """A webhook of a channel, which knows its own messages."""

    def ask(self, act: str, target: Target, message_id: str, text: str, remote_id: str) -> Question:
        told = b"" if act == "delete" else _body(content=text, allowed_mentions={"parse": []})
        if act == "publish":
            return Question("POST", f"{target.url}?wait=true", told)
        return Question("DELETE" if act == "delete" else "PATCH", f"{target.url}/messages/{remote_id}", told)

    def remote_id(self, answer: Answer) -> str:
        return _number(_said(answer).get("id"))

    def done(self, act: str, answer: Answer) -> bool:
        return 200 <= answer.status < 300 or (act == "delete" and answer.status == 404)


class Mastodon:
    """An account, written to by an application of its owner."""

    def ask(self, act: str, target: Target, message_id: str, text: str, remote_id: str) -> Question:
        url = f"{target.url}/api/v1/statuses"
        headers = JSON | {"Authorization": f"Bearer {target.token}"}
        if act == "delete":
            return Question("DELETE", f"{url}/{remote_id}", b"", headers)
        if act == "edit":
            return Question("PUT", f"{url}/{remote_id}", _body(status=text), headers)
        # The same key again is the same status there.
        return Question("POST", url, _body(status=text), headers | {"Idempotency-Key": message_id})

    def remote_id(self, answer: Answer) -> str:
        return _number(_said(answer).get("id"))

    def done(self, act: str, answer: Answer) -> bool:
        return answer.status == 200 or (act == "delete" and answer.status == 404)


def _number(given: object) -> str:
    """Ids come back into addresses, so they are nothing but letters and digits."""
    text = given if isinstance(given, str) else ""
    return text if text.isascii() and text.isalnum() and len(text) <= MOST_ID_CHARS else ""


SERVICES: Final[Mapping[Kind, Service]] = {
    "telegram": Telegram(),
    "discord": Discord(),
    "mastodon": Mastodon(),
}
