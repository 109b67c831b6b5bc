"""Settings: defaults < channel.toml < CHANNEL_* < flags. All faults are reported at once, before a port opens.

A secret may come from a file: CHANNEL_SMTP_FILE names a file that holds the value of CHANNEL_SMTP.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from channel.bucket import Bucket
from channel.values import (
    Dkim,
    choice,
    database,
    host_rate,
    hosts,
    hub,
    incoming_address,
    incoming_largest,
    incoming_secret,
    mailbox,
    media_accel,
    networks,
    port,
    rate,
    scale,
    size_bytes,
    split,
)

PREFIX = "CHANNEL_"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEFAULT_URL = "http://127.0.0.1:8000"
# The settings a person may write, with what each is for. `channel doctor` and docs/operating.md print this table.
KNOWN: dict[str, str] = {
    "data": "folder of channel.db, media/ and secret.key (default ./data)",
    "url": "public base URL, for example https://channel.example.org (default http://HOST:PORT)",
    "database": "postgresql://… (default: SQLite in the data folder)",
    "bus": "nats://… of several processes on one PostgreSQL (default: in-process)",
    "storage": "s3://BUCKET or s3://BUCKET/FOLDER: where media lie, too (default: the data folder alone)",
    "s3_endpoint": "https://… of the object store (default: that of AWS)",
    "s3_region": "region of the bucket (default us-east-1)",
    "s3_key_id": "access key of the bucket",
    "s3_secret": "secret key that belongs to it",
    "limit_scale": "multiplies every rate and connection limit (default 1)",
    "smtp": "smtp://user:password@host:587, smtps://…, or smtp+plain://… on loopback (default: no mail)",
    "mail_from": "sender of mail, for example Channel <hello@example.org>",
    "dkim_key": "file with the private key that mail is signed with, see `channel mail dkim` (default: the relay signs)",
    "dkim_selector": "name of that key in the DNS (default channel)",
    "dkim_domain": "domain that it signs for (default that of CHANNEL_MAIL_FROM)",
    "mail_rate": "letters about posts handed to the mail server a second, at most (default 5)",
    "mail_host_rate": "letters about posts to one host of recipients a minute, at most (default 0: no bound)",
    "incoming_address": "mail+*@example.org: where mail comes in, * being what is sealed (default: no mail comes in)",
    "incoming_secret": "what programs that hand in mail over HTTP have to know (default: nobody may)",
    "incoming_largest": "most bytes of a mail that is to be a draft, 50M at most (default 25M)",
    "incoming_imap": "imaps://user:password@host/INBOX of a mailbox that is read for mail (default: none)",
    "push_hosts": "comma separated hosts of push services besides those of the known browsers, *.example.org for all below (default: none)",
    "trusted_proxies": "comma separated networks whose X-Forwarded-For is believed (default: none)",
    "sandbox": "on: pretend payments on a public address, too (default: on loopback only)",
    "link_previews": "off: no page that a post links to is asked what it is (default on)",
    "websub_hub": "https://… of the WebSub hub that is told of posts in public feeds (default: none)",
    "log": "text or json (default text on a terminal, else json)",
    "media_limits": "most bytes of one upload by kind (default picture=50M,sound=200M,video=2G,file=500M)",
    "media_quota": "most bytes of all media of one community (default 20G)",
    "media_store": "local or s3: where new media go (default s3 where CHANNEL_STORAGE names a bucket)",
    "media_url": "https://… of another host that leads here, from which browsers get media (default: none)",
    "media_accel": "/… path below which the proxy before us hands out the files of the data folder (default: none)",
    "clamd": "unix:/PATH or tcp://HOST:PORT of a clamd that looks through what is sent (default: nobody does)",
    "clamd_too_large": "refuse or pass: what clamd takes no file of that size of (default refuse)",
    "c2pa_trust": "file with the certificates (PEM) of those whose content credentials are known (default: nobody is)",
    "media_serving": "redirect: browsers fetch from the bucket by addresses of 5 minutes; proxy: through us (default redirect)",
}
MEDIA_KINDS = ("picture", "sound", "video", "file")
DEFAULT_MEDIA_LIMITS = "picture=50M,sound=200M,video=2G,file=500M"

# What is said where a part is needed that an installation of one process does without.
NO_S3 = (
    "Media in a bucket need a library that is not installed here. Install it with: pip install 'channel[s3]'"
)
NO_DKIM = "CHANNEL_DKIM_KEY: signing mail needs a library that is not installed here. Install it with: pip install 'channel[dkim]'"
NO_CLUSTER = "Several processes need NATS, which is not installed here. Install it with: pip install 'channel[cluster]'"


class SettingsError(Exception):
    """Every fault found, a sentence each, with the remedy."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Clamd:
    """Where clamd listens: a `path`, or a `host` and `port`. `pass_large`: what is too large for it counts as clean."""

    path: str = ""
    host: str = ""
    port: int = 0
    pass_large: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """What the operator decided, checked."""

    data: Path = Path("data")
    url: str = DEFAULT_URL
    database: str = field(default="", repr=False)  # empty: SQLite in `data`
    bus: str = field(default="", repr=False)  # nats://… addresses, comma separated; empty: in-process
    bucket: Bucket | None = None
    clamd: Clamd | None = None
    limit_scale: float = 1.0
    smtp: str = field(default="", repr=False)
    mail_from: str = ""
    dkim: Dkim | None = None
    mail_rate: float = 5.0  # letters about posts a second
    mail_host_rate: int = 0  # letters about posts to one host a minute; 0: no bound
    incoming_address: str = ""  # with a * for what is sealed
    incoming_secret: str = field(default="", repr=False)
    incoming_imap: str = field(default="", repr=False)
    incoming_largest: int = 25 * 1024**2
    push_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    websub_hub: str = ""
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
    media_store: str = "local"  # local | s3: where new media go
    media_url: str = ""
    media_accel: str = ""  # with a slash at both ends
    c2pa_trust: str = field(default="", repr=False)  # certificates (PEM), what the file holds
    media_serving: str = "redirect"  # redirect | proxy: how what lies in the bucket goes out

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
        database=database(get("database"), problems),
        bus=_bus(get("bus"), get("database"), problems),
        bucket=Bucket.parse(raw, problems),
        clamd=_clamd(get("clamd"), get("clamd_too_large", "refuse"), problems),
        limit_scale=scale(get("limit_scale", "1"), problems),
        smtp=_smtp(get("smtp"), get("mail_from"), problems),
        mail_from=get("mail_from"),
        dkim=Dkim.parse(raw, problems),
        mail_rate=rate(get("mail_rate", "5"), problems),
        mail_host_rate=host_rate(get("mail_host_rate"), problems),
        incoming_address=_incoming(raw, problems),
        incoming_secret=incoming_secret(get("incoming_secret"), problems),
        incoming_largest=incoming_largest(get("incoming_largest"), problems),
        incoming_imap=mailbox(get("incoming_imap"), LOOPBACK, problems),
        push_hosts=hosts("push_hosts", get("push_hosts"), problems),
        trusted_proxies=networks(get("trusted_proxies"), problems),
        websub_hub=hub(get("websub_hub"), get("url"), problems),
        log=choice("log", get("log", "text"), ("text", "json"), problems),
        link_previews=choice("link_previews", get("link_previews", "on"), ("on", "off"), problems) == "on",
        sandbox=_sandbox(get("sandbox"), get("url"), problems),
        media_limits=_media_limits(get("media_limits"), problems),
        media_quota=size_bytes(get("media_quota", "20G") or "20G", "CHANNEL_MEDIA_QUOTA", problems),
        media_store=_media_store(get("media_store"), get("storage"), problems),
        media_url=_media_url(get("media_url"), get("url"), problems),
        media_accel=media_accel(get("media_accel"), problems),
        c2pa_trust=_certificates(get("c2pa_trust"), problems),
        media_serving=choice(
            "media_serving", get("media_serving", "redirect"), ("redirect", "proxy"), problems
        ),
    )


def _url(value: str, problems: list[str]) -> str:
    parts = split(value)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        problems.append(f"CHANNEL_URL: {value!r} is no base URL. Write it like https://channel.example.org.")
    return value.rstrip("/")


def _bus(value: str, database: str, problems: list[str]) -> str:
    if not value:
        return ""
    parts = [split(server.strip()) for server in value.split(",")]
    if not all(part.scheme in ("nats", "tls") and part.hostname for part in parts):
        problems.append("CHANNEL_BUS: write it like nats://user:password@host:4222 (or tls://…).")
    elif not database:
        problems.append(
            "CHANNEL_BUS: it joins several processes, and SQLite belongs to one. Set CHANNEL_DATABASE=postgresql://…, or remove the setting."
        )
    return value


def _clamd(value: str, too_large: str, problems: list[str]) -> Clamd | None:
    large = choice("clamd_too_large", too_large, ("refuse", "pass"), problems) == "pass"
    if not value:
        return None
    if value.startswith("unix:/"):
        return Clamd(path=value.removeprefix("unix:"), pass_large=large)
    parts = split(value)
    if parts.scheme != "tcp" or not parts.hostname or not port(parts) or parts.path.strip("/"):
        problems.append(
            f"CHANNEL_CLAMD: {value!r} is no address of a clamd. Write it like unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:3310."
        )
        return None
    return Clamd(host=parts.hostname, port=port(parts), pass_large=large)


def _media_url(value: str, own: str, problems: list[str]) -> str:
    if not value:
        return ""
    parts = split(value)
    bare = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not parts.hostname or not bare:
        problems.append(
            f"CHANNEL_MEDIA_URL: {value!r} is no base URL. Write it like https://media.example.org."
        )
    elif parts.hostname == split(own).hostname:
        problems.append(
            "CHANNEL_MEDIA_URL: it has to be another host than CHANNEL_URL. Choose another name, or remove the setting."
        )
    return value.rstrip("/")


def _certificates(path: str, problems: list[str]) -> str:
    if not path:
        return ""
    text = _content("CHANNEL_C2PA_TRUST", path, problems)
    if text and "-----BEGIN CERTIFICATE-----" not in text:
        problems.append(f"CHANNEL_C2PA_TRUST: the file {path!r} has no certificate in it. Save them as PEM.")
    return text


def _media_store(value: str, storage: str, problems: list[str]) -> str:
    if not value:
        return "s3" if storage else "local"
    if value == "s3" and not storage:
        problems.append("CHANNEL_MEDIA_STORE: s3 needs a bucket. Set CHANNEL_STORAGE=s3://BUCKET, too.")
    return choice("media_store", value, ("local", "s3"), problems)


def _smtp(value: str, sender: str, problems: list[str]) -> str:
    if not value:
        return ""
    parts = split(value)
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


def _incoming(raw: Mapping[str, str], problems: list[str]) -> str:
    address = raw.get("incoming_address", "").strip()
    for name in ("incoming_secret", "incoming_imap"):
        if raw.get(name, "").strip() and not address:
            problems.append(
                f"CHANNEL_{name.upper()}: it needs an address, too. Set CHANNEL_INCOMING_ADDRESS=mail+*@example.org."
            )
    if address and not raw.get("smtp", "").strip():
        problems.append("CHANNEL_INCOMING_ADDRESS: mail comes in where mail goes out. Set CHANNEL_SMTP, too.")
    return incoming_address(address, problems)


def _sandbox(value: str, url: str, problems: list[str]) -> bool:
    """Where nobody but this machine comes, nobody can be misled by pretend payments."""
    if value:
        return choice("sandbox", value, ("on", "off"), problems) == "on"
    return split(url).hostname in LOOPBACK


def _media_limits(value: str, problems: list[str]) -> tuple[tuple[str, int], ...]:
    """What is not named keeps its default."""
    given: dict[str, str] = {}
    for part in f"{DEFAULT_MEDIA_LIMITS},{value}".split(","):
        kind, _, size = part.strip().partition("=")
        if part.strip() and kind not in MEDIA_KINDS:
            problems.append(f"CHANNEL_MEDIA_LIMITS: {kind!r} must be one of {', '.join(MEDIA_KINDS)}.")
        elif part.strip():
            given[kind] = size
    return tuple((kind, size_bytes(size, "CHANNEL_MEDIA_LIMITS", problems)) for kind, size in given.items())
