"""The adapters that the contract is tried on. Another one is a file beside these, and a line here."""

from collections.abc import Callable
from typing import Any

from tests.contract import ground
from tests.contract.ground import Way
from tests.contract.providers import manual, sandbox, stripe

WAYS: list[Way] = [sandbox.WAY, manual.WAY, stripe.WAY]


def able(*wanted: str) -> Callable[[Any], Any]:
    """Tried on those of them that can all of this."""
    return ground.able(WAYS, *wanted)


EVERY = able()
