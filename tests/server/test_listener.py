"""The listening socket and what is said when there is none."""

import socket

import pytest

from channel.errors import Unavailable
from channel.server import listen


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Unavailable, match=f"Port {port} on 127.0.0.1 is taken"):
            listen("127.0.0.1", port)


def test_a_foreign_address_and_an_impossible_port_are_said_in_one_sentence() -> None:
    with pytest.raises(Unavailable, match="does not have the address"):
        listen("203.0.113.7", 0)
    with pytest.raises(Unavailable, match="does not know the address"):
        listen("no.such.host.invalid", 0)
    with pytest.raises(Unavailable, match="There is no port 70000"):
        listen("127.0.0.1", 70_000)


def test_the_socket_listens_on_ipv6_and_carries_the_timeout() -> None:
    with listen("::1", 0) as sock:
        assert sock.family == socket.AF_INET6
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
