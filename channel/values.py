"""How single values of settings are read. What is wrong with one is added to `problems`, and something harmless is given."""

import re
from ipaddress import ip_network
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


def choice(name: str, value: str, choices: tuple[str, ...], problems: list[str]) -> str:
    """One of these words."""
    if value not in choices:
        problems.append(f"CHANNEL_{name.upper()}: {value!r} must be one of {', '.join(choices)}.")
    return value
