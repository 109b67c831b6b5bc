"""The listening socket, with the options that accepted connections inherit."""

import errno
import socket
import sys

from channel.errors import Unavailable
from channel.server.limits import BACKLOG

USER_TIMEOUT_MS = 20_000


def listen(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """Bind and return a listening socket; port 0 takes any free one. Raises Unavailable with one sentence.

    `shared`: others of this user may listen on the same port, if they say so, too; the kernel deals connections out.
    Accepted sockets inherit its options. TCP_USER_TIMEOUT is what frees a connection whose reader has
    stopped: closing alone would wait for its buffer for ever.
    """
    if not 0 <= port <= 65_535:
        raise Unavailable(f"There is no port {port}; choose one from 0 to 65535 with --port.")
    sock: socket.socket | None = None
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, proto)
        _set_options(sock)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as failed:
        if sock is not None:
            sock.close()
        raise Unavailable(_why_not(failed, host, port)) from failed
    sock.setblocking(False)
    return sock


def listen_shared(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` listening sockets on one port. Raises Unavailable when anybody else is on it, or the system has no such."""
    if not hasattr(socket, "SO_REUSEPORT"):
        raise Unavailable("This system cannot share a port among processes. Start it without --workers.")
    if port:
        # A shared port takes any other that shares it, too, an earlier server of ours included.
        listen(host, port).close()
    sockets = [listen(host, port, shared=True)]
    try:
        port = sockets[0].getsockname()[1]
        sockets += [listen(host, port, shared=True) for _ in range(count - 1)]
    except Unavailable:
        for sock in sockets:
            sock.close()
        raise
    return sockets


def handed(fd: int) -> socket.socket:
    """The listening socket that another process opened and handed down as `fd`."""
    sock = socket.socket(fileno=fd)
    sock.set_inheritable(False)
    sock.setblocking(False)
    return sock


def _set_options(sock: socket.socket) -> None:
    if sys.platform == "win32":
        # There, SO_REUSEADDR would let another program take over a port in use.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)


def _why_not(failed: OSError, host: str, port: int) -> str:
    if isinstance(failed, socket.gaierror):
        return f"This machine does not know the address {host}; choose another with --host."
    if failed.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by another program; choose another with --port."
    if failed.errno == errno.EACCES:
        return f"This user may not open port {port}; choose one above 1023 with --port."
    if failed.errno == errno.EADDRNOTAVAIL:
        return f"This machine does not have the address {host}; choose another with --host."
    return f"Port {port} on {host} cannot be opened: {failed.strerror}. Choose another with --port."
