"""What a writing door is sent: fields, from who sends them and what they are about."""

import secrets
from collections.abc import Callable
from typing import Any

from tests.push.browsers import Browser
from tests.security.sights import Sight, Things

BROWSER = Browser("walk")  # in which everybody signs in, one after another
Fields = dict[str, Any]
Filled = Callable[[Sight, Things], Fields]
SCRIPTED = frozenset(
    {"POST /sign-in/passkey", "POST /account/passkeys"}
)  # pages' own scripts send these JSON


def fixed(**fields: Any) -> Filled:
    return lambda sight, things: fields


def named(sight: Sight, things: Things) -> Fields:
    """A name for somebody new; who has an account leaves it out."""
    return {} if sight.signed else {"display_name": "New"}


def fresh() -> str:
    return secrets.token_hex(8)
