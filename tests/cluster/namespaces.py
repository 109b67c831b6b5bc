"""Networks of one's own: namespaces of the kernel, joined by cables that a test may pull, cut one way and mend.

Linux alone has them, and root alone may make them.
"""

import contextlib
import ipaddress
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = ""  # the namespace that everybody is born into
FOLDER = Path("/run/netns")
MARK = "channel-test"
NET = ipaddress.IPv4Network("198.18.0.0/15")  # for tests of networks (RFC 2544): nobody's address


def missing() -> str:
    """Why there are none here, in a sentence; nothing when there are."""
    if shutil.which("ip") is None:
        return "Network namespaces need the program `ip` (iproute2)."
    if os.geteuid() != 0:
        return "Only root may make network namespaces."
    name = f"{MARK}-{os.getpid()}-probe"
    tried = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"This system makes no network namespaces ({tried.stderr.strip()})."
    _ip("netns", "del", name)
    return ""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a cable: the device in its namespace, and its address."""

    space: str
    device: str
    address: str


class Cable:
    """Between two namespaces. What goes over it is lost while it is pulled, or while its sender is gagged."""

    def __init__(self, first: End, second: End) -> None:
        self.first = first
        self.second = second

    def pull(self) -> None:
        """Both ends see that nothing is there any more."""
        for end in (self.first, self.second):
            _ip(*_in(end.space), "link", "set", end.device, "down")

    def gag(self, space: str) -> None:
        """What `space` says is swallowed, and what is said to it arrives."""
        other = self.second if space == self.first.space else self.first
        _ip(*_in(space), "route", "replace", "blackhole", f"{other.address}/32")

    def mend(self) -> None:
        """As it was. Harmless when it is whole."""
        for end, other in ((self.first, self.second), (self.second, self.first)):
            _ip(*_in(end.space), "link", "set", end.device, "up")
            with contextlib.suppress(RuntimeError):  # it was not gagged
                _ip(*_in(end.space), "route", "del", "blackhole", f"{other.address}/32")


class Net:
    """Namespaces and cables. They go when `networks` ends."""

    def __init__(self) -> None:
        self._mark = f"{MARK}-{os.getpid()}-{secrets.token_hex(2)}"
        self._spaces: list[str] = []
        self._cables: list[Cable] = []

    def space(self, name: str) -> str:
        """A new namespace, with nothing in it but a loopback."""
        made = f"{self._mark}-{name}"
        _ip("netns", "add", made)
        self._spaces.append(made)
        _ip(*_in(made), "link", "set", "lo", "up")
        return made

    def cable(self, first: str, second: str) -> Cable:
        """Joins two namespaces; each gets an address that the other one knows."""
        subnet = _subnet()
        mark = secrets.token_hex(4)
        ends = [
            End(space, f"ct{mark}{side}", str(subnet[number]))
            for space, side, number in ((first, "a", 1), (second, "b", 2))
        ]
        _ip("link", "add", ends[0].device, "type", "veth", "peer", "name", ends[1].device)
        made = Cable(*ends)
        self._cables.append(made)
        for end in ends:
            if end.space != ROOT:
                _ip("link", "set", end.device, "netns", end.space)
            _ip(*_in(end.space), "addr", "add", f"{end.address}/30", "dev", end.device)
            _ip(*_in(end.space), "link", "set", end.device, "up")
        return made

    def remove(self) -> None:
        for cable in self._cables:
            for device in (cable.first.device, cable.second.device):
                # Where one end goes the other one goes; in a namespace it goes with that.
                subprocess.run(["ip", "link", "del", device], capture_output=True, check=False)
        for space in self._spaces:
            subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)


@contextlib.contextmanager
def networks() -> Iterator[Net]:
    """For as long as the context lasts. What a test run has left behind that was killed is cleared away first."""
    _clear_away()
    net = Net()
    try:
        yield net
    finally:
        net.remove()


def within(space: str) -> list[str]:
    """What to put before a command so that it runs in `space`."""
    return ["ip", "netns", "exec", space]


def _clear_away() -> None:
    for path in FOLDER.glob(f"{MARK}-*"):
        pid = path.name.removeprefix(f"{MARK}-").partition("-")[0]
        if not Path(f"/proc/{pid}").exists():
            subprocess.run(["ip", "netns", "del", path.name], capture_output=True, check=False)


def _subnet() -> ipaddress.IPv4Network:
    """Four addresses, two of them usable, taken blindly of many: several tests may run at once."""
    return ipaddress.IPv4Network((int(NET[0]) + 4 * secrets.randbelow(NET.num_addresses // 4), 30))


def _in(space: str) -> list[str]:
    return ["-n", space] if space != ROOT else []


def _ip(*arguments: str) -> None:
    """Raises RuntimeError with what `ip` says."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
