"""What an account is, and the rules that turn what somebody typed into something an account may hold. Pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import idna

from channel.errors import Invalid
from channel.i18n import LANGUAGES

MAX_NAME_CHARS = 60
MAX_EMAIL_CHARS = 254  # RFC 5321
MAX_LABEL_CHARS = 60  # of a passkey, a token, a device
THEMES: Final = ("light", "dark")

How = Literal["passkey", "link", "recovery", "phone", "invite", "setup"]
State = Literal["active", "suspended", "deleted"]
LinkPurpose = Literal["sign_in", "phone"]

# What a token may do, each with the sentence that the account page shows beside the box.
SCOPES: Final[dict[str, str]] = {
    "read": "Read what this account may read.",
    "post": "Publish, edit and delete posts, react to them.",
    "members": "See and change members and invites.",
    "manage": "Change communities, rooms and tiers.",
    "money": "Buy and cancel, and see what came in.",
    "admin": "Run this instance.",
}

# Words that an address or a person could be mistaken for. Communities use the same list.
_RESERVED = (
    "about abuse account accounts admin administrator admins api app auth channel contact covers deleted editors en de everyone hello "
    "help here home host hostmaster invite invites join language legal live login logout mail me media moderator moderators new "
    "news nobody null official operator owner postmaster privacy public ready robots root rooms room security setup "
    "sign_in sign_out sign_up signin signout signup site staff static status studio support system team terms theme "
    "undefined user users webmaster well_known www"
)
RESERVED_HANDLES: Final = frozenset(_RESERVED.split())
_HANDLE = re.compile(r"[a-z0-9_]{2,30}")
_AVATAR = re.compile(r"art:[a-z0-9-]{1,40}|own:[0-9a-f]{32}")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}"
)
# Marks that reorder the text around them: a name could pretend to be another one.
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Account:
    """A person on the instance. A deleted one keeps its row, without anything personal: old posts point to it."""

    id: str
    handle: str | None
    name: str
    avatar: str
    hue: int
    language: str | None
    theme: str | None
    email: str | None
    is_admin: bool
    state: State
    created_at: int
    presence: bool = True  # others see that the account is here, and that it is writing
    bot: bool = False  # a program writes under it, and nobody signs in as it


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in device. `current` marks the one that is looking."""

    id: str
    device: str
    how: How
    created_at: int
    seen_at: int
    expires_at: int
    current: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A program's way in. Its secret is shown once, at creation."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_at: int
    used_at: int | None
    expires_at: int | None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A key on somebody's device that signs in. `id` is the credential id, base64url."""

    id: str
    name: str
    created_at: int
    used_at: int | None


@dataclass(frozen=True, slots=True)
class Signed:
    """Who a request comes from, and by which of the two ways. `scopes` None means all: a person's session.

    `touch_due`: the last use was written down long ago; the caller notes it in Uses.
    `at_seq`: how far the account's own stream had come: what ends these credentials later, is told after it.
    """

    account: Account
    session_id: str | None
    token_id: str | None
    scopes: frozenset[str] | None
    touch_due: bool = False
    at_seq: int = 0

    def allows(self, scope: str) -> bool:
        """Whether the credentials reach as far as `scope`; the account's own rights are asked elsewhere."""
        return self.scopes is None or scope in self.scopes


def parse_name(text: str, *, field: str = "name") -> str:
    """A display name: NFC, one line, something to see in it, 1 to 60 characters. Raises Invalid."""
    name = clean_line(text, field)
    if not any(unicodedata.category(char)[0] in "LNPS" for char in name):
        raise Invalid({field: "Write a name, so that others know whom they meet."})
    if len(name) > MAX_NAME_CHARS:
        raise Invalid({field: "A name has at most 60 characters. Write a shorter one."})
    return name


def parse_label(text: str, *, field: str = "name", default: str) -> str:
    """A short note to oneself ("Anna's phone"); `default` when empty. Raises Invalid."""
    label = clean_line(text, field) or default
    if len(label) > MAX_LABEL_CHARS:
        raise Invalid({field: "At most 60 characters fit here. Write less."})
    return label


def clean_line(text: str, field: str) -> str:
    """One normalised line without control characters and without marks that turn the reading order around."""
    line = unicodedata.normalize("NFC", text).strip()
    if any(
        char in _BIDI or unicodedata.category(char) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for char in line
    ):
        raise Invalid({field: "Leave out line breaks and invisible control characters."})
    return line


def parse_handle(text: str) -> str:
    """A handle as it stands in addresses: lower case, 2 to 30 of a-z, 0-9 and _, not reserved. Raises Invalid."""
    handle = text.strip().removeprefix("@").lower()
    if not _HANDLE.fullmatch(handle):
        raise Invalid(
            handle="A handle has 2 to 30 characters: a to z, 0 to 9 and _. Choose one like anna_brandt."
        )
    if handle in RESERVED_HANDLES:
        raise Invalid(handle="This handle is reserved. Choose another one.")
    return handle


def parse_email(text: str) -> str:
    """A mail address, lower case, its domain in ASCII (RFC 5891). Stricter than the RFC: what could steer a mail server
    never gets in. Raises Invalid."""
    email = ascii_domain(text.strip()).lower()
    local, at, domain = email.rpartition("@")
    if at and domain.isascii() and not local.isascii():
        raise Invalid(
            email="Many mail servers take no such letters before the @. Use an address without them."
        )
    if len(email) > MAX_EMAIL_CHARS or not _EMAIL.fullmatch(email) or ".." in email:
        raise Invalid(email="Write a mail address like anna@example.org.")
    return email


def ascii_domain(email: str) -> str:
    """The address as mail servers know it, anna@xn--bcher-kva.example; as it is where that cannot be told."""
    local, at, domain = email.rpartition("@")
    if domain.isascii() or len(email) > MAX_EMAIL_CHARS:
        return email
    try:
        return f"{local}{at}{idna.encode(domain, uts46=True, transitional=False).decode('ascii')}"
    except UnicodeError:  # of which its own errors are
        return email


def parse_language(text: str | None) -> str | None:
    """A language of LANGUAGES, or None for the browser's. Raises Invalid."""
    return _choice(text, LANGUAGES, {"language": "Choose English or German, or leave it to the browser."})


def parse_theme(text: str | None) -> str | None:
    """A theme of THEMES, or None for the system's. Raises Invalid."""
    return _choice(text, THEMES, {"theme": "Choose light or dark, or leave it to the system."})


def _choice(text: str | None, choices: tuple[str, ...], problem: dict[str, str]) -> str | None:
    if not text:
        return None
    if text not in choices:
        raise Invalid(problem)
    return text


@dataclass(frozen=True, slots=True)
class Profile:
    """What people decide about how they appear."""

    name: str
    handle: str | None
    avatar: str
    hue: int
    language: str | None
    theme: str | None

    @classmethod
    def parse(
        cls, *, name: str, handle: str | None, avatar: str, hue: int, language: str | None, theme: str | None
    ) -> "Profile":
        """Raises Invalid with every field that is not right, at once."""
        checks: dict[str, Callable[[], object]] = {
            "name": lambda: parse_name(name),
            "handle": lambda: parse_handle(handle) if handle else None,
            "avatar": lambda: _avatar(avatar),
            "hue": lambda: _hue(hue),
            "language": lambda: parse_language(language),
            "theme": lambda: parse_theme(theme),
        }
        good, problems = _run(checks)
        if problems:
            raise Invalid(problems)
        return cls(**good)


def _run(checks: Mapping[str, Callable[[], object]]) -> tuple[dict[str, Any], dict[str, str]]:
    good: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for field, check in checks.items():
        try:
            good[field] = check()
        except Invalid as problem:
            problems |= problem.fields
    return good, problems


def _avatar(text: str) -> str:
    if text and not _AVATAR.fullmatch(text):
        raise Invalid(avatar="Choose one of the pictures, or none for initials.")
    return text


def _hue(hue: int) -> int:
    if not 0 <= hue < 360:
        raise Invalid(hue="A hue is a number from 0 to 359.")
    return hue


def parse_scopes(scopes: frozenset[str], *, is_admin: bool) -> tuple[str, ...]:
    """The scopes of a new token, sorted. Raises Invalid."""
    if not scopes:
        raise Invalid(scopes="Choose at least one thing that the token may do.")
    if scopes - SCOPES.keys():
        raise Invalid(scopes="A scope is one of: read, post, members, manage, money, admin.")
    if "admin" in scopes and not is_admin:
        raise Invalid(scopes="Only an admin's token can run the instance. Leave out admin.")
    return tuple(sorted(scopes))


@dataclass(frozen=True, slots=True)
class WaysBack:
    """How somebody returns without a signed-in device."""

    passkeys: int
    recovery_codes: int
    email: bool

    @property
    def none(self) -> bool:
        """Losing this device would lose the account: the page should say so."""
        return not (self.passkeys or self.recovery_codes or self.email)
