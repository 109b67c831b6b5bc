"""A browser that may be pushed to, and what somebody wants to be pushed. Pure."""

import base64
import binascii
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Literal, get_args

from channel.errors import Invalid
from channel.notices.model import Rule, for_post
from channel.outside import Target

PushHow = Literal["instant", "important", "none"]
PUSH_HOWS: Final[tuple[PushHow, ...]] = get_args(PushHow)
MAX_DEVICES: Final = 16  # of one account
MAX_ENDPOINT_CHARS: Final = 1_024
POINT_BYTES: Final = 65  # a point of P-256, uncompressed
AUTH_BYTES: Final = 16
# The push services of the browsers there are; a star stands for one or more labels. Whoever runs their own: CHANNEL_PUSH_HOSTS.
KNOWN_HOSTS: Final = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
_ENDPOINT = "This is no address of a push service that this server knows."
_KEYS = "Switch notices off and on again in this browser: its key is none."


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser hands out: where to push to (https, port 443, a known service) and the keys to close it with."""

    endpoint: str
    p256dh: str
    auth: str

    @classmethod
    def parse(cls, *, endpoint: str, p256dh: str, auth: str, more: Sequence[str] = ()) -> "Subscription":
        """`more`: hosts besides the known ones. Raises Invalid with every field that is not right, at once."""
        problems: dict[str, str] = {}
        target = parse_endpoint(endpoint, more)
        if target is None:
            problems["endpoint"] = _ENDPOINT
        if not is_point(decoded(p256dh)):
            problems["p256dh"] = _KEYS
        if len(decoded(auth)) != AUTH_BYTES:
            problems["auth"] = _KEYS
        if problems or target is None:
            raise Invalid(problems)
        return cls(target.url, encoded(decoded(p256dh)), encoded(decoded(auth)))


@dataclass(frozen=True, slots=True)
class Device:
    """As its owner sees it. `problem`: of the last try. `current`: it is the one that asks."""

    id: str
    name: str
    shows_text: bool
    created_at: int
    success_at: int | None
    problem: str
    current: bool


def parse_endpoint(endpoint: str, more: Sequence[str] = ()) -> Target | None:
    """Where to push to; None for what is no address of a known service. Asked again each time before something is sent."""
    if len(endpoint) > MAX_ENDPOINT_CHARS:
        return None
    try:
        target = Target.parse(endpoint, field="endpoint")
    except Invalid:
        return None
    good = target.scheme == "https" and not _is_literal(target.host) and knows(target.host, more)
    return target if good else None


def knows(host: str, more: Sequence[str] = ()) -> bool:
    """Whether a host is one of the push services."""
    return any(_fits(host, known) for known in (*KNOWN_HOSTS, *more))


def _fits(host: str, known: str) -> bool:
    # With the dot: notify.windows.com.evil.org and evilnotify.windows.com are neither.
    return host.endswith(known[1:]) if known.startswith("*.") else host == known


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_point(raw: bytes) -> bool:
    """Whether it is a point on P-256, uncompressed: another one would give away what is agreed on with it."""
    # Loaded by the first use, as by the closer of secrets.
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

    if len(raw) != POINT_BYTES or raw[0] != 4:
        return False
    try:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), raw)
    except ValueError:
        return False
    return True


def decoded(text: str) -> bytes:
    """Of base64url with or without padding; nothing for what is none."""
    if len(text) > 200:
        return b""
    try:
        return base64.b64decode(
            text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, ValueError):
        return b""


def encoded(raw: bytes) -> str:
    """base64url without padding, as everything about web push is written."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def parse_push_how(text: str, field: str) -> PushHow:
    """Raises Invalid."""
    for how in PUSH_HOWS:
        if text == how:
            return how
    raise Invalid({field: "Choose: at once, important ones, or not at all."})


def held(rules: Iterable[Rule]) -> dict[str | None, PushHow]:
    """By room and by tag (see key_of), and by None for the rest of the community.

    Unlike letters, what was chosen before somebody left and came back holds on: it can only make a device quieter.
    """
    return {rule.key: _push_how(rule.how) for rule in rules}


def _push_how(how: str) -> PushHow:
    return "none" if how == "none" else "important" if how == "important" else "instant"


def wanted(rules: Iterable[Rule], room_id: str, tags: Collection[str] = (), *, important: bool) -> bool:
    """Whether a post of this room is pushed that has these tags, as far as whoever chose may know them: see for_post.
    Without any rule it is: whoever switches a device on asks for that."""
    how = for_post(held(rules), room_id, tags, important=important) or "instant"
    return how == "instant" or (how == "important" and important)
