"""How single values of settings are read. What is wrong with one is added to `problems`, and something harmless is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

# Names that mean a place nearby, whatever a resolver answers.
NEARBY = (
    "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private", "arpa",
    "onion", "test", "invalid", "example", "alt",
)  # fmt: skip
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def split(value: str) -> SplitResult:
    """The parts of an address; empty ones for what is none."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises beyond 65535
    except ValueError:  # also for a bracket that is not closed
        return urlsplit("")
    return parts


def port(parts: SplitResult) -> int:
    """0 where none is named, or none that can be."""
    try:
        return parts.port or 0
    except ValueError:
        return 0


def scale(value: str, problems: list[str]) -> float:
    """What limits are multiplied by."""
    try:
        read = float(value)
    except ValueError:
        read = 0.0
    if not 0 < read <= 1_000_000:
        problems.append(f"CHANNEL_LIMIT_SCALE: {value!r} must be a number above 0 (1 is normal).")
        return 1.0
    return read


def rate(value: str, problems: list[str]) -> float:
    """Letters a second."""
    try:
        read = float(value)
    except ValueError:
        read = 0.0
    if not 0.01 <= read <= 1_000:
        problems.append(
            f"CHANNEL_MAIL_RATE: {value!r} must be a number from 0.01 to 1000 (letters a second)."
        )
        return 5.0
    return read


def host_rate(value: str, problems: list[str]) -> int:
    """Letters to one host a minute; 0 where nobody set a bound."""
    if value in ("", "0"):
        return 0
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= 60_000):
        problems.append(
            f"CHANNEL_MAIL_HOST_RATE: {value!r} must be a whole number from 1 to 60000 (letters to one host a minute), "
            "or 0 for no bound."
        )
        return 0
    return int(value)


def hosts(name: str, value: str, problems: list[str]) -> tuple[str, ...]:
    """Host names with commas between; one that begins with *. stands for all below it."""
    named = tuple(part.strip().lower() for part in value.split(",") if part.strip())
    for host in named:
        if not re.fullmatch(r"(?:\*\.)?(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*", host):
            problems.append(
                f"CHANNEL_{name.upper()}: {host!r} is no host name. Write it like push.example.org or *.push.example.org."
            )
    return named


def hub(value: str, own: str, problems: list[str]) -> str:
    """The address of a WebSub hub: one that the public internet knows by name, as `outside` asks no other."""
    if not value:
        return ""
    parts = split(value)
    host = parts.hostname or ""
    plain = re.fullmatch(r"https?://[!-~]{1,2000}", value) and not re.search(r"[<>\"\\^`{|}#@\[\]]", value)
    named = re.fullmatch(
        r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?", host
    )
    right_port = parts.port in (None, 443 if parts.scheme == "https" else 80)
    if not plain or not named or not right_port or host.rpartition(".")[2] in NEARBY:
        problems.append(
            f"CHANNEL_WEBSUB_HUB: {value!r} is no address of a hub. Write it like https://hub.example.org/, with the "
            "public name of a host and without user, port or #, or leave it empty for no hub."
        )
        return ""
    if host == split(own).hostname:
        problems.append(
            "CHANNEL_WEBSUB_HUB: this is our own host, and there is no hub here. Name another one, or leave it empty."
        )
        return ""
    return value


def networks(value: str, problems: list[str]) -> tuple[str, ...]:
    """Networks with commas between."""
    named = tuple(part.strip() for part in value.split(",") if part.strip())
    for network in named:
        try:
            ip_network(network)
        except ValueError:
            problems.append(f"CHANNEL_TRUSTED_PROXIES: {network!r} is no network. Write it like 10.0.0.0/8.")
    return named


def size_bytes(value: str, name: str, problems: list[str]) -> int:
    """500M or 20G, of the setting `name`."""
    number, unit = value.strip().upper().removesuffix("B"), ""
    if number[-1:] in UNITS:
        number, unit = number[:-1], number[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 12 and int(number)):
        problems.append(f"{name}: {value!r} is no size. Write it like 500M or 20G.")
        return 1
    return int(number) * UNITS[unit]


def host_of_sender(sender: str) -> str:
    """The domain of an address like `Channel <hello@example.org>`."""
    return parseaddr(sender)[1].rpartition("@")[2].lower()


@dataclass(frozen=True, slots=True)
class Dkim:
    """What mail is signed with: the file `key`, whose public half stands in the DNS at `selector`._domainkey.`domain`."""

    key: Path
    selector: str
    domain: str

    @classmethod
    def parse(cls, raw: Mapping[str, str], problems: list[str]) -> "Dkim | None":
        """None where nobody named a key. The file itself is looked at by whoever signs."""

        def get(name: str) -> str:
            return raw.get(name, "").strip()

        key = get("dkim_key")
        if not key:
            if get("dkim_selector") or get("dkim_domain"):
                problems.append(
                    "CHANNEL_DKIM_SELECTOR and CHANNEL_DKIM_DOMAIN: they need a key. Set CHANNEL_DKIM_KEY, too."
                )
            return None
        if not get("smtp"):
            problems.append("CHANNEL_DKIM_KEY: mail is signed where it goes out. Set CHANNEL_SMTP, too.")
        if "-----" in key:  # of CHANNEL_DKIM_KEY_FILE: it must not be printed
            problems.append("CHANNEL_DKIM_KEY: it names the file, it does not hold the key. Write its path.")
            return None
        own = host_of_sender(get("mail_from"))
        domain = (get("dkim_domain") or own).lower()
        if _is_name("CHANNEL_DKIM_DOMAIN", domain, problems) and not f".{own}".endswith(f".{domain}"):
            problems.append(
                f"CHANNEL_DKIM_DOMAIN: {domain!r} says nothing about mail from {own!r}. Write the domain of CHANNEL_MAIL_FROM."
            )
        selector = (get("dkim_selector") or "channel").lower()
        _is_name("CHANNEL_DKIM_SELECTOR", selector, problems)
        return cls(Path(key), selector, domain)


def _is_name(setting: str, value: str, problems: list[str]) -> bool:
    """Whether it can stand in the DNS, of one label or several."""
    label = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    if re.fullmatch(rf"(?:{label}\.)*{label}", value):
        return True
    problems.append(f"{setting}: {value!r} is no name in the DNS. Write letters, digits and dots.")
    return False


def incoming_address(value: str, problems: list[str]) -> str:
    """One address with a `*` for what is sealed, which is `+*` before the @ where nobody wrote one."""
    if not value:
        return ""
    local, at, domain = value.lower().rpartition("@")
    if at and "*" not in local:
        local += "+*"
    fits = re.fullmatch(r"[a-z0-9._=-]{0,14}\+?\*(?:[a-z0-9._+=-]{0,14})", local) and len(local) <= 16
    if not fits or not re.fullmatch(r"(?:[a-z0-9-]+\.)*[a-z0-9-]+", domain):
        problems.append(
            f"CHANNEL_INCOMING_ADDRESS: {value!r} cannot be used. Write it like mail+*@example.org, with a * where "
            "the server may put letters and digits, and at most 15 other characters before the @."
        )
        return ""
    return f"{local}@{domain}"


def incoming_largest(value: str, problems: list[str]) -> int:
    """How large a mail may be that is to be a draft: as large at most as those that mail servers take."""
    size, name = value or "25M", "CHANNEL_INCOMING_LARGEST"
    most = size_bytes(size, name, problems)
    if most > 50 * 1024**2:
        problems.append(f"{name}: {size!r} is more than a mail has. Write 50M or less.")
    return most


def incoming_secret(value: str, problems: list[str]) -> str:
    """What whoever hands in mail over HTTP has to know."""
    if value and (len(value) < 24 or not value.isascii() or not value.isprintable()):
        problems.append(
            "CHANNEL_INCOMING_SECRET: it has at least 24 characters, letters and digits. Make one with: openssl rand -hex 24"
        )
        return ""
    return value


def mailbox(value: str, loopback: tuple[str, ...], problems: list[str]) -> str:
    """The address of a mailbox that is read over IMAP."""
    parts = split(value)
    if not value:
        return ""
    if parts.scheme not in ("imaps", "imap+plain") or not parts.hostname or not parts.username:
        problems.append(
            "CHANNEL_INCOMING_IMAP: write it like imaps://user:password@host/INBOX (a @ in the user is written %40)."
        )
    elif parts.scheme == "imap+plain" and parts.hostname not in loopback:
        problems.append(
            "CHANNEL_INCOMING_IMAP: imap+plain:// sends passwords in the clear; it is allowed for loopback only."
        )
    return value


def database(value: str, problems: list[str]) -> str:
    """The address of a PostgreSQL; empty for SQLite."""
    if not value:
        return ""
    for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if value.startswith(scheme) and split(value).scheme:
            return "postgresql+asyncpg://" + value.removeprefix(scheme)
    problems.append(
        "CHANNEL_DATABASE: write it like postgresql://user:password@host/name (or leave it out, for SQLite in the data folder)."
    )
    return ""


def media_accel(value: str, problems: list[str]) -> str:
    """A path below which the proxy hands out files."""
    if value and (not re.fullmatch(r"(?:/[A-Za-z0-9_.-]+)+/", value) or "/.." in value):
        problems.append(f"CHANNEL_MEDIA_ACCEL: {value!r} is no path. Write it like /_media/.")
    return value


def choice(name: str, value: str, choices: tuple[str, ...], problems: list[str]) -> str:
    """One of these words."""
    if value not in choices:
        problems.append(f"CHANNEL_{name.upper()}: {value!r} must be one of {', '.join(choices)}.")
    return value
