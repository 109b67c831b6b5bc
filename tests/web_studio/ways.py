"""Providers of the tests: one that asks nobody, so that pages can be tried as an owner meets them."""

from collections.abc import Callable

from channel.payments.model import Connection, ProviderName
from channel.payments.provider import Abilities, Probe


class Answering:
    """A provider whose probe answers what it was told to; whatever else is asked of it fails the test."""

    def __init__(self, name: ProviderName, answer: Callable[[Connection], Probe]) -> None:
        self.name = name
        self.abilities = Abilities()
        self.asked: list[tuple[Connection, str]] = []
        self.answer = answer

    async def probe(self, connection: Connection, hook_url: str) -> Probe:
        self.asked.append((connection, hook_url))
        return self.answer(connection)


def card_house(connection: Connection) -> Probe:
    """Knows keys that begin with rk_, live ones by rk_live; "bad" at the end has no webhook."""
    key = connection.keys.api
    if not key.startswith("rk_"):
        return Probe("", "", False, ("Stripe does not know this key. Copy it once more.",))
    missing = ("Stripe has no webhook for us. Add one with the address shown here.",) if "bad" in key else ()
    return Probe("acct_7", "Anna", key.startswith("rk_live"), missing)


def bank(connection: Connection) -> Probe:
    return Probe("manual", "", True)
