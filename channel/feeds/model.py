"""What a private feed is, when it looks as if its address went around, and how networks are told apart. Pure."""

import hashlib
import hmac
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final, Literal

from channel.communities.model import Community
from channel.rooms.model import Room

MAX_LIVE = 50  # of one account
DAY_MS: Final = 24 * 3600 * 1000
KEPT_DAYS: Final = 14  # of networks
GONE_MS: Final = 90 * DAY_MS  # for so long a revoked address is told from one that never was
MOST_A_DAY: Final = 8  # networks that one person's devices and services are read from
MOST_A_WEEK: Final = 20
MOST_COUNTED: Final = 100  # on one day; from there on it says nothing more
PURPOSE: Final = b"networks of private feeds, version 1"

By = Literal["owner", "team"]


@dataclass(frozen=True, slots=True)
class Reading:
    """From how many networks a feed was read: on the day and in the week with the most of them, of the last fourteen
    days, and today. `last_day`: the last day it was read at all (since 1970), None for longer ago than that."""

    today: int = 0
    most_a_day: int = 0
    most_a_week: int = 0
    last_day: int | None = None

    @property
    def wide(self) -> bool:
        """Whether that is more than one person's: the address may have gone around."""
        return self.most_a_day > MOST_A_DAY or self.most_a_week > MOST_A_WEEK


@dataclass(frozen=True, slots=True)
class Feed:
    """A private feed. `room` None: of all rooms that its owner may read. `secret` None: it was sealed with another key,
    or is not told to whoever asked."""

    id: str
    account_id: str
    community: Community
    room: Room | None
    created_at: int
    secret: str | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class Scope:
    """What a secret opens: whose eyes, and which part of a community. Everything else is asked at that moment."""

    feed_id: str
    account_id: str
    community_id: str
    room_id: str | None


def day_of(at_ms: int) -> int:
    """The day of a moment (UTC), counted from 1970."""
    return at_ms // DAY_MS


def week_of(day: int) -> int:
    """The week of a day, from Monday on."""
    return (day + 3) // 7


def network_hash(secret: bytes, feed_id: str, address: str, day: int) -> int:
    """The network of an address as one number, which says nothing without the key of the installation.

    IPv4 /24, IPv6 /48: what one line or one company has. For one feed and one week: so weeks can be counted, and nobody
    can be followed from feed to feed or for longer.
    """
    key = hmac.digest(secret, PURPOSE, "sha256")
    told = f"{feed_id} {week_of(day)} {_network(address)}".encode()
    return int.from_bytes(hashlib.blake2b(told, key=key, digest_size=8).digest(), signed=True)


def _network(address: str) -> str:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return str(ip_network((ip, 48), strict=False))
        ip = ip.ipv4_mapped
    return str(ip_network((ip, 24), strict=False))
