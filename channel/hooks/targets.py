"""Where a hook may go: what each kind of the other side wants, checked before it is kept. Pure."""

import re
from typing import Final

from channel.errors import Invalid
from channel.hooks.model import Kind, Target
from channel.outside.target import Target as Address

TELEGRAM: Final = "api.telegram.org"
DISCORD: Final = ("discord.com", "discordapp.com")
_BOT = re.compile(r"[0-9]{5,20}:[A-Za-z0-9_-]{30,64}")
_CHAT = re.compile(r"@[A-Za-z][A-Za-z0-9_]{3,31}|-?[0-9]{5,20}")
_WEBHOOK = re.compile(r"/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{5,25}/[A-Za-z0-9_-]{20,120}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{10,200}")


def parse(kind: Kind, *, url: str = "", token: str = "", chat: str = "") -> Target:
    """What a hook of this kind needs, and nothing else. Raises Invalid (url, token, chat) with all that is wrong."""
    url, token, chat = url.strip(), token.strip(), chat.strip()
    match kind:
        case "telegram":
            return _telegram(token, chat)
        case "discord":
            return Target(url=_discord(url))
        case "mastodon":
            return _mastodon(url, token)
        case _:
            return Target(url=_https(url).url)


def host(kind: Kind, target: Target) -> str:
    """What is shown of it: addresses hold tokens."""
    return TELEGRAM if kind == "telegram" else Address.parse(target.url).host


def _https(url: str) -> Address:
    address = Address.parse(url, field="url")
    if address.scheme != "https":
        raise Invalid(
            url="Only addresses that begin with https:// are sent to: what is told stays between the two."
        )
    return address


def _telegram(token: str, chat: str) -> Target:
    problems = {}
    if not _BOT.fullmatch(token):
        problems["token"] = (
            "This is no token of a Telegram bot. It looks like 123456:ABC and comes from @BotFather."
        )
    if not _CHAT.fullmatch(chat):
        problems["chat"] = "Write the channel like @name, or its number, which begins with -100."
    if problems:
        raise Invalid(problems)
    return Target(token=token, chat=chat)


def _discord(url: str) -> str:
    address = _https(url)
    if address.host not in DISCORD or not _WEBHOOK.fullmatch(address.path):
        raise Invalid(
            url="This is no webhook of Discord. Copy it from the settings of the channel, under Integrations."
        )
    return address.url


def _mastodon(url: str, token: str) -> Target:
    address = _https(url)
    if not _TOKEN.fullmatch(token):
        raise Invalid(
            token="Write the access token of the application, from Preferences, Development. It needs write:statuses."
        )
    return Target(url=f"https://{address.netloc}", token=token)
