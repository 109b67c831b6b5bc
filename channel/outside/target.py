"""An address of the web, taken apart by us alone: what we check is what we connect to. Pure."""

import re
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import quote, urljoin, urlsplit

import idna

from channel.errors import Invalid
from channel.outside.addresses import is_public
from channel.values import NEARBY

MAX_URL_CHARS: Final = 2_048
PORTS: Final = {"http": 80, "https": 443}
_UNFIT: Final = re.compile(r"[\x00-\x20\x7f-\xa0\\\ud800-\udfff]")
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PATH: Final = "/:@!$&'()*+,;=~-._%?"


@dataclass(frozen=True, slots=True)
class Target:
    """`host` is lower case ASCII: a name of at least two labels without a last dot, or an IP address without brackets."""

    scheme: str
    host: str
    path: str  # with the query, never with a fragment

    @classmethod
    def parse(cls, url: str, *, field: str = "url") -> "Target":
        """Raises Invalid (`field`): another scheme or port, a user in it, a name of no public place, no address at all."""
        if len(url) > MAX_URL_CHARS or _UNFIT.search(url):
            raise _invalid(
                field, "This is no address of a page. It has at most 2,048 characters and no spaces."
            )
        try:
            parts = urlsplit(url)
            port, host = parts.port, parts.hostname or ""
        except ValueError as error:
            raise _invalid(
                field, "This is no address of a page. Write it like https://example.org/page."
            ) from error
        if parts.scheme not in PORTS or not host:
            raise _invalid(
                field, "Only addresses that begin with https:// or http:// lead anywhere from here."
            )
        if "@" in parts.netloc or port not in (None, PORTS[parts.scheme]):
            raise _invalid(field, "Leave the user and the port out of the address.")
        return cls(parts.scheme, _host(host, field, "[" in parts.netloc), _path(parts.path, parts.query))

    @property
    def port(self) -> int:
        return PORTS[self.scheme]

    @property
    def netloc(self) -> str:
        """As a Host header names it."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def url(self) -> str:
        """The address as it is asked for: two ways to write one are one here."""
        return f"{self.scheme}://{self.netloc}{self.path}"

    def leads_to(self, location: str) -> "Target":
        """Where a redirect goes. Raises Invalid (url)."""
        try:
            return Target.parse(urljoin(self.url, location.strip()))
        except ValueError as error:
            raise _invalid("url", "This page leads to an address that is none.") from error


def _host(host: str, field: str, bracketed: bool) -> str:
    if bracketed:
        return _literal(_ipv6(host), field)
    name = _ascii(host, field).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # 2130706433, 0x7f.1 and 017700000001 all mean 127.0.0.1 to a resolver: only four plain numbers are an address.
        return _literal(_ipv4(name), field)
    if len(labels) < 2 or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _nowhere(field)
    if labels[-1] in NEARBY:
        raise _nowhere(field)
    return name


def _ascii(host: str, field: str) -> str:
    if host.isascii():
        return host.lower()
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError) as error:
        raise _nowhere(field) from error


def _ipv4(text: str) -> str:
    try:
        return str(IPv4Address(text))
    except AddressValueError:
        return ""


def _ipv6(text: str) -> str:
    try:
        return str(IPv6Address(text)) if "%" not in text else ""
    except AddressValueError:
        return ""


def _literal(address: str, field: str) -> str:
    if not is_public(address):
        raise _nowhere(field)
    return address


def _path(path: str, query: str) -> str:
    made = quote(path or "/", safe=_PATH.replace("?", ""))
    return f"{made}?{quote(query, safe=_PATH)}" if query else made


def _nowhere(field: str) -> Invalid:
    # One sentence for all: nobody learns from it what there is in our network.
    return _invalid(field, "This address leads to no place on the public internet.")


def _invalid(field: str, problem: str) -> Invalid:
    return Invalid({field: problem})
