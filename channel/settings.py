"""Settings: defaults < channel.toml < CHANNEL_* < flags. All faults are reported at once, before a port opens.

A secret may come from a file: CHANNEL_SMTP_FILE names a file that holds the value of CHANNEL_SMTP.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

PREFIX = "CHANNEL_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEFAULT_URL = "http://127.0.0.1:8000"
# The settings a person may write, with what each is for. `channel doctor` and docs/operating.md print this table.
KNOWN: dict[str, str] = {
    "data": "folder of channel.db, media/ and secret.key (default ./data)",
    "url": "public base URL, for example https://channel.example.org (default http://HOST:PORT)",
    "database": "postgresql://… (default: SQLite in the data folder)",
    "bus": "nats://… of several processes on one PostgreSQL (default: in-process)",
    "storage": "s3://… (default: the data folder)",
    "limit_scale": "multiplies every rate and connection limit (default 1)",
    "smtp": "smtp://user:password@host:587, smtps://…, or smtp+plain://… on loopback (default: no mail)",
    "mail_from": "sender of mail, for example Channel <hello@example.org>",
    "trusted_proxies": "comma separated networks whose X-Forwarded-For is believed (default: none)",
    "sandbox": "on: pretend payments on a public address, too (default: on loopback only)",
    "link_previews": "off: no page that a post links to is asked what it is (default on)",
    "log": "text or json (default text on a terminal, else json)",
    "media_limits": "most bytes of one upload by kind (default picture=50M,sound=200M,video=2G,file=500M)",
    "media_quota": "most bytes of all media of one community (default 20G)",
}
MEDIA_KINDS = ("picture", "sound", "video", "file")
UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}
DEFAULT_MEDIA_LIMITS = "picture=50M,sound=200M,video=2G,file=500M"

# What is said where a part is needed that an installation of one process does without.
NO_CLUSTER = "Several processes need NATS, which is not installed here. Install it with: pip install 'channel[cluster]'"


class SettingsError(Exception):
    """Every fault found, a sentence each, with the remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided, checked."""

    data: Path = Path("data")
    url: str = DEFAULT_URL
    database: str = field(default="", repr=False)  # empty: SQLite in `data`
    bus: str = field(default="", repr=False)  # nats://… addresses, comma separated; empty: in-process
    storage: str = ""
    limit_scale: float = 1.0
    smtp: str = field(default="", repr=False)
    mail_from: str = ""
    trusted_proxies: tuple[str, ...] = ()
    log: str = "text"
    link_previews: bool = True
    sandbox: bool = True  # pretend payments are offered; as DEFAULT_URL is on loopback
    media_limits: tuple[tuple[str, int], ...] = (
        ("picture", 50 * 1024**2),
        ("sound", 200 * 1024**2),
        ("video", 2 * 1024**3),
        ("file", 500 * 1024**2),
    )
    media_quota: int = 20 * 1024**3

    @property
    def host(self) -> str:
        """Host of the public URL, without port, lower case."""
        return (urlsplit(self.url).hostname or "").lower()

    @property
    def origin(self) -> str:
        """Scheme, host and port that browsers send as Origin."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}".lower()

    @property
    def secure(self) -> bool:
        """Served over https: cookies carry Secure and __Host-, answers carry HSTS."""
        return self.url.startswith("https://")

    @property
    def on_sqlite(self) -> bool:
        return not self.database


def load(
    environment: Mapping[str, str] | None = None,
    flags: Mapping[str, str] | None = None,
    *,
    file: Path = Path("channel.toml"),
    default_url: str = DEFAULT_URL,
) -> Settings:
    """Read all sources and return checked settings. Raises SettingsError with every fault at once."""
    problems: list[str] = []
    raw = {"url": default_url} | _from_file(file, problems)
    raw |= _from_environment(os.environ if environment is None else environment, problems)
    raw |= dict(flags or {})
    settings = _parse(raw, problems)
    if problems:
        raise SettingsError(problems)
    return settings


def _from_file(file: Path, problems: list[str]) -> dict[str, str]:
    if not file.is_file():
        return {}
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"{file}: cannot be read as TOML ({error}). Mend the file or move it away.")
        return {}
    for name in content.keys() - KNOWN.keys():
        problems.append(f"{file}: unknown setting {name!r}. Known are: {', '.join(KNOWN)}.")
    return {name: _plain(value) for name, value in content.items() if name in KNOWN}


def _plain(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _from_environment(environment: Mapping[str, str], problems: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX):
            continue
        if name in KNOWN:
            found[name] = value
        elif name.removesuffix("_file") not in KNOWN:
            _misspelt(variable, name, problems)
        elif PREFIX + name.removesuffix("_file").upper() in environment:
            problems.append(f"{variable}: {variable.removesuffix('_FILE')} is set, too. Keep one of the two.")
        else:
            found[name.removesuffix("_file")] = _content(variable, value, problems)
    return found


def _content(variable: str, path: str, problems: list[str]) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError):
        problems.append(f"{variable}: the file {path!r} cannot be read. Check the path and its rights.")
        return ""


def _misspelt(variable: str, name: str, problems: list[str]) -> None:
    """Only what nearly is a setting: a container platform puts CHANNEL_… variables of its own beside ours."""
    if meant := get_close_matches(name.removesuffix("_file"), KNOWN, n=1, cutoff=0.8):
        problems.append(f"{variable}: unknown setting. Did you mean {PREFIX}{meant[0].upper()}?")


def _parse(raw: Mapping[str, str], problems: list[str]) -> Settings:
    def get(name: str, default: str = "") -> str:
        return raw.get(name, default).strip()

    return Settings(
        data=Path(get("data", "data") or "data"),
        url=_url(get("url"), problems),
        database=_database(get("database"), problems),
        bus=_bus(get("bus"), get("database"), problems),
        storage=_storage(get("storage"), problems),
        limit_scale=_scale(get("limit_scale", "1"), problems),
        smtp=_smtp(get("smtp"), get("mail_from"), problems),
        mail_from=get("mail_from"),
        trusted_proxies=_networks(get("trusted_proxies"), problems),
        log=_choice("log", get("log", "text"), ("text", "json"), problems),
        link_previews=_choice("link_previews", get("link_previews", "on"), ("on", "off"), problems) == "on",
        sandbox=_sandbox(get("sandbox"), get("url"), problems),
        media_limits=_media_limits(get("media_limits"), problems),
        media_quota=_bytes(get("media_quota", "20G") or "20G", "CHANNEL_MEDIA_QUOTA", problems),
    )


def _split(value: str) -> SplitResult:
    """The parts of an address; empty ones for what is none."""
    try:
        parts = urlsplit(value)
        _ = parts.port  # raises beyond 65535
    except ValueError:  # also for a bracket that is not closed
        return urlsplit("")
    return parts


def _url(value: str, problems: list[str]) -> str:
    parts = _split(value)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        problems.append(f"CHANNEL_URL: {value!r} is no base URL. Write it like https://channel.example.org.")
    return value.rstrip("/")


def _database(value: str, problems: list[str]) -> str:
    if not value:
        return ""
    for scheme in ("postgresql+asyncpg://", "postgresql://", "postgres://"):
        if value.startswith(scheme) and _split(value).scheme:
            return "postgresql+asyncpg://" + value.removeprefix(scheme)
    problems.append(
        "CHANNEL_DATABASE: write it like postgresql://user:password@host/name (or leave it out, for SQLite in the data folder)."
    )
    return ""


def _bus(value: str, database: str, problems: list[str]) -> str:
    if not value:
        return ""
    parts = [_split(server.strip()) for server in value.split(",")]
    if not all(part.scheme in ("nats", "tls") and part.hostname for part in parts):
        problems.append("CHANNEL_BUS: write it like nats://user:password@host:4222 (or tls://…).")
    elif not database:
        problems.append(
            "CHANNEL_BUS: it joins several processes, and SQLite belongs to one. Set CHANNEL_DATABASE=postgresql://…, or remove the setting."
        )
    return value


def _storage(value: str, problems: list[str]) -> str:
    if value:
        problems.append(
            "CHANNEL_STORAGE: this version keeps everything in the data folder. Remove the setting."
        )
    return value


def _scale(value: str, problems: list[str]) -> float:
    try:
        scale = float(value)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 1_000_000:
        problems.append(f"CHANNEL_LIMIT_SCALE: {value!r} must be a number above 0 (1 is normal).")
        return 1.0
    return scale


def _smtp(value: str, sender: str, problems: list[str]) -> str:
    if not value:
        return ""
    parts = _split(value)
    if parts.scheme not in ("smtp", "smtps", "smtp+plain") or not parts.hostname:
        problems.append(
            "CHANNEL_SMTP: write it like smtp://user:password@host:587 (or smtps://… for TLS from the start)."
        )
    elif parts.scheme == "smtp+plain" and parts.hostname not in LOOPBACK:
        problems.append(
            "CHANNEL_SMTP: smtp+plain:// sends passwords in the clear; it is allowed for loopback only."
        )
    if "@" not in sender:
        problems.append("CHANNEL_MAIL_FROM: mail needs a sender. Write it like Channel <hello@example.org>.")
    return value


def _networks(value: str, problems: list[str]) -> tuple[str, ...]:
    networks = tuple(part.strip() for part in value.split(",") if part.strip())
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            problems.append(f"CHANNEL_TRUSTED_PROXIES: {network!r} is no network. Write it like 10.0.0.0/8.")
    return networks


def _sandbox(value: str, url: str, problems: list[str]) -> bool:
    """Where nobody but this machine comes, nobody can be misled by pretend payments."""
    if value:
        return _choice("sandbox", value, ("on", "off"), problems) == "on"
    return _split(url).hostname in LOOPBACK


def _media_limits(value: str, problems: list[str]) -> tuple[tuple[str, int], ...]:
    """What is not named keeps its default."""
    given: dict[str, str] = {}
    for part in f"{DEFAULT_MEDIA_LIMITS},{value}".split(","):
        kind, _, size = part.strip().partition("=")
        if part.strip() and kind not in MEDIA_KINDS:
            problems.append(f"CHANNEL_MEDIA_LIMITS: {kind!r} must be one of {', '.join(MEDIA_KINDS)}.")
        elif part.strip():
            given[kind] = size
    return tuple((kind, _bytes(size, "CHANNEL_MEDIA_LIMITS", problems)) for kind, size in given.items())


def _bytes(value: str, name: str, problems: list[str]) -> int:
    number, unit = value.strip().upper().removesuffix("B"), ""
    if number[-1:] in UNITS:
        number, unit = number[:-1], number[-1:]
    if not (number.isascii() and number.isdigit() and len(number) <= 12 and int(number)):
        problems.append(f"{name}: {value!r} is no size. Write it like 500M or 20G.")
        return 1
    return int(number) * UNITS[unit]


def _choice(name: str, value: str, choices: tuple[str, ...], problems: list[str]) -> str:
    if value not in choices:
        problems.append(f"{PREFIX}{name.upper()}: {value!r} must be one of {', '.join(choices)}.")
    return value
