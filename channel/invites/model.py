"""What an invite is, when it is good, and the rules for its fields. Pure."""

import secrets
import string
from dataclasses import dataclass
from typing import Final, Literal

from channel.accounts.model import Account
from channel.communities.fields import Check, flag, line, number
from channel.errors import Gone
from channel.members.model import Role, State
from channel.tiers.model import Tier

MAX_OPEN = 1_000  # not revoked, in one community
MAX_USES = 1_000_000
MAX_LABEL_CHARS = 80
CODE_CHARS = 22  # of 62 each: 131 bit
_ALPHABET = string.ascii_letters + string.digits
_LAST_MS = 253_402_300_799_999  # the end of the year 9999

Switch = Literal["open", "paused", "revoked"]
Status = Literal["open", "paused", "revoked", "expired", "used_up"]


@dataclass(frozen=True, slots=True)
class Invite:
    """A link that lets people join. `code` None: the viewer may not have it, or it can no longer be unsealed.

    `status` is what holds now, `state` what its makers switched it to.
    """

    id: str
    community_id: str
    label: str
    expires_at: int | None
    max_uses: int | None
    uses: int
    tier: Tier | None
    requires_approval: bool
    rooms: tuple[str, ...]
    state: Switch
    status: Status
    created_by: Account
    created_at: int
    code: str | None


@dataclass(frozen=True, slots=True)
class Join:
    """Who came by an invite, when, and what became of them."""

    account: Account
    at: int
    role: Role | None
    tier_name: str | None
    state: State | None


def new_code() -> str:
    """An unguessable code that survives being read out, printed and pasted."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_CHARS))


def status_of(
    state: Switch, *, expires_at: int | None, max_uses: int | None, uses: int, backed: bool, now: int
) -> Status:
    """What holds at `now` (epoch ms). `backed`: whoever made the link may still hand out what it grants.

    A link whose maker lost that right counts as revoked, and is good again if they get it back.
    """
    if state == "revoked" or not backed:
        return "revoked"
    if expires_at is not None and expires_at <= now:
        return "expired"
    if max_uses is not None and uses >= max_uses:
        return "used_up"
    return state


_GONE: Final[dict[Status, str]] = {
    "revoked": "This invite was taken back. Ask for a new one.",
    "expired": "This invite has expired. Ask for a new one.",
    "used_up": "This invite has been used up. Ask for a new one.",
    "paused": "This invite is paused. Try again later, or ask for a new one.",
}


def gone(status: Status) -> Gone:
    """The error for an invite that is not open."""
    return Gone(_GONE[status], code=f"invite_{status}")


CHECKS: Final[dict[str, Check]] = {
    "label": line("label", "A label has at most 80 characters. Write less.", at_most=MAX_LABEL_CHARS),
    "expires_at": number(
        "expires_at", "Choose a moment to come, or none.", least=0, most=_LAST_MS, null=True
    ),
    "max_uses": number(
        "max_uses", "Choose a number from 1 to 1,000,000, or none.", least=1, most=MAX_USES, null=True
    ),
    "requires_approval": flag("requires_approval"),
}
