"""Which IP addresses lie on the public internet: an allow test, also of what is wrapped in an address. Pure."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

Address = IPv4Address | IPv6Address

_UNICAST: Final = IPv6Network("2000::/3")  # all that has been given to the public internet so far
_NAT64: Final = IPv6Network("64:ff9b::/96")
# Python counts these as global, or does not know them yet.
_NOT_FOR_US: Final = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments; metadata of one hoster
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("168.63.129.16/32"),  # the inner service of another hoster, beside every machine of theirs
    IPv4Network("240.0.0.0/4"),
    IPv6Network("2001::/23"),  # Teredo and others
    IPv6Network("3fff::/20"),  # documentation
)
_ISATAP: Final = (
    0x0000_5EFE,
    0x0200_5EFE,
)  # the upper half of an interface's number that ends in an IPv4 address


def is_public(text: str) -> bool:
    """Whether `text` is an IP address that anybody on the internet may mean. False for whatever is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return all(_is_public(layer) for layer in _layers(address))


def _layers(address: Address) -> Iterator[Address]:
    """The addresses that a packet to this one may end at: itself, unless it only stands for another, and what it wraps."""
    if isinstance(address, IPv4Address):
        yield address
        return
    number = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    if address in _NAT64:
        yield IPv4Address(number & 0xFFFF_FFFF)
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFF_FFFF)


def _is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and (address not in _UNICAST or address.scope_id is not None):
        return False
    if any(address.version == network.version and address in network for network in _NOT_FOR_US):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
