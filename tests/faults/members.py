"""What runs in the process of a `Crowd`: its followers, one loop over all of their sockets.

Each follower stores its cursor after applying an event, as a client does, and checks that what it is told is the next
one.
"""

import contextlib
import errno
import json
import os
import random
import re
import resource
import select
import socket
import sys
import time
from collections import Counter
from typing import Any

HOST = "127.0.0.1"
READ_BYTES = 262_144
KNOCK_EVERY_S = 0.05
TICK_S = 0.1
SPARE_FILES = 200
TINY_BUFFER_BYTES = 4096
TRICKLE_BYTES = 512  # in a tick
SEQ = re.compile(rb'"seq":(\d+)')


def upgrade(port: int, token: str) -> bytes:
    """The request that turns a connection into a WebSocket."""
    return (
        f"GET /live HTTP/1.1\r\nHost: {HOST}:{port}\r\nAuthorization: Bearer {token}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()


def masked(opcode: int, payload: bytes) -> bytes:
    """A frame as a client sends it, its mask zeros."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return bytes((0x80 | opcode,)) + length + bytes(4) + payload


def frames(heard: bytearray) -> list[tuple[int, bytes]]:
    """Take the whole frames off the front of what a server has sent, as (opcode, payload)."""
    found, at = [], 0
    while len(heard) - at >= 2:
        opcode, size, start = heard[at] & 0x0F, heard[at + 1], at + 2
        if size == 126:
            size, start = int.from_bytes(heard[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, start = int.from_bytes(heard[at + 2 : at + 10], "big"), at + 10
        if len(heard) < start + size:
            break
        found.append((opcode, bytes(heard[start : start + size])))
        at = start + size
    del heard[:at]
    return found


PING = masked(0x9, b"p" * 125)
PONG = masked(0xA, b"")


class _Member:
    """One follower."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.sock: socket.socket | None = None
        self.reads, self.tiny = True, False
        self.pings_per_s = 0
        self.wanted = False
        self.knock_at_s = 0.0
        self.subscribed = self.greeted = False
        self.seq = 0
        self.epoch: str | None = None
        self.sessions = 0
        self.gaps: list[tuple[int, int]] = []
        self.faults: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self._heard = bytearray()
        self._open = False
        self._code = ""

    def arrive(self, port: int, stream: str) -> socket.socket:
        """Begin to connect; what is to be said is said once that is done."""
        self._heard.clear()
        self._open, self._code, self.subscribed, self.greeted = False, "", False, False
        sock = self.sock = socket.socket()
        if self.tiny:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TINY_BUFFER_BYTES)
        sock.setblocking(False)
        sock.connect_ex((HOST, port))
        cursor = (
            {"stream": stream}
            if self.epoch is None
            else {"stream": stream, "after": self.seq, "epoch": self.epoch}
        )
        subscribe = {"type": "subscribe", "id": 1, "streams": [cursor]}
        self._greeting = upgrade(port, self.token) + masked(0x1, json.dumps(subscribe).encode())
        return sock

    def greet(self) -> None:
        assert self.sock is not None
        self.sock.send(self._greeting)
        self.greeted = True
        self.sessions += 1

    def hear(self, data: bytes) -> None:
        self._heard += data
        if not self._open:
            head, found, rest = self._heard.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.faults[f"handshake: {head[:40].decode('latin-1')}"] += 1
            self._open, self._heard = True, rest
        for opcode, payload in frames(self._heard):
            self._take(opcode, payload)

    def _take(self, opcode: int, payload: bytes) -> None:
        if opcode == 0x8:
            self._code = str(int.from_bytes(payload[:2], "big"))
        elif opcode == 0x9:
            self._answer()
        elif opcode == 0x1 and payload.startswith(b'{"type":"event"'):
            found = SEQ.search(payload, 0, 200)
            self._apply(int(found[1]) if found else -1)
        elif opcode == 0x1 and not payload.startswith((b'{"type":"ping"', b'{"type":"presence"')):
            self._note(json.loads(payload))

    def _apply(self, seq: int) -> None:
        if seq == self.seq + 1:
            self.seq = seq
        else:
            self.faults["double" if seq <= self.seq else "hole"] += 1

    def _answer(self) -> None:
        """To a ping, as a browser does by itself: the server drops who is silent for two heartbeats."""
        assert self.sock is not None
        with contextlib.suppress(BlockingIOError, ConnectionError):  # it has gone; the next read says so
            self.sock.send(PONG)

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "error":
            self.faults[f"error {frame['code']}"] += 1
        if frame["type"] != "subscribed":
            return
        told = frame["streams"][0]
        self.subscribed = True
        self.faults["reset"] += bool(told["reset"])
        if self.epoch is None:
            self.seq = told["head"]
        self.epoch = told["epoch"]
        if told["gap"]:
            self.faults["gap not where we stand"] += told["gap"]["from"] != self.seq + 1
            self.gaps.append((told["gap"]["from"], told["gap"]["to"]))
            self.seq = told["gap"]["to"]

    def leave(self, how: str) -> None:
        assert self.sock is not None
        self.sock.close()
        self.sock = None
        self.ends[self._code or how] += 1


class _Room:
    """All of them, one poll loop, one order at a time."""

    def __init__(self, port: int, stream: str) -> None:
        self._port, self._stream = port, stream
        self._members: list[_Member] = []
        self._poll = select.epoll()
        self._poll.register(0, select.EPOLLIN)
        self._by_fd: dict[int, _Member] = {}
        self._absent: list[_Member] = []
        self._pinging: set[_Member] = set()
        self._trickling: set[_Member] = set()
        self._orders = b""
        self._waiting: tuple[dict[str, Any], float] | None = None

    def run(self) -> None:
        tick_at_s = 0.0
        while True:
            for fd, what in self._poll.poll(TICK_S / 2):
                if fd == 0:
                    if not self._read_orders():
                        return
                elif fd in self._by_fd:
                    self._serve(self._by_fd[fd], what)
            now_s = time.monotonic()
            if now_s >= tick_at_s:
                tick_at_s = now_s + TICK_S
                self._ping()
                self._trickle()
            self._knock(now_s)
            self._look_whether_done(now_s)

    def _read_orders(self) -> bool:
        data = os.read(0, 1_048_576)
        *lines, self._orders = (self._orders + data).split(b"\n")
        for line in lines:
            self._obey(json.loads(line))
        return bool(data)

    def _obey(self, order: dict[str, Any]) -> None:
        first, end = order.get("who", (0, 0))
        who = self._members[first:end]
        match order["do"]:
            case "gather":
                self._members = [_Member(token) for token in order["tokens"]]
                _more_files(len(self._members))
            case "connect":
                for member in who:
                    member.wanted = member.reads = True
                    member.subscribed = False
                self._absent += who
                random.Random(order["seed"]).shuffle(self._absent)
            case "squeeze":
                for member in who:
                    member.tiny = order["tiny"]
            case "stop_reading":
                for member in who:
                    member.reads = False
                    if member.sock is not None:
                        self._poll.modify(member.sock.fileno(), 0)
                if order["trickle"]:
                    self._trickling.update(who)
            case "ping":
                for member in who:
                    member.pings_per_s = order["per_s"]
                self._pinging.update(who)
            case "drop":
                for member in who:
                    member.wanted = False
                    if member.sock is not None:
                        self._lose(member, "dropped")
            case "forget":
                for member in who:
                    member.seq = max(0, member.seq - order["events"])
            case "report":
                return _say(_report(who))
            case _:
                self._waiting = order, time.monotonic() + order["within_s"]
                return None
        return _say({})

    def _look_whether_done(self, now_s: float) -> None:
        if self._waiting is None:
            return
        order, until_s = self._waiting
        who = self._members[order["who"][0] : order["who"][1]]
        if order["do"] == "until_seq":
            left = sum(member.seq < order["seq"] for member in who)
        elif order["do"] == "until_subscribed":
            left = sum(not member.subscribed for member in who)
        else:
            left = sum(member.sock is not None for member in who)
        if not left or now_s > until_s:
            self._waiting = None
            _say({"left": left})

    def _knock(self, now_s: float) -> None:
        due = [one for one in self._absent if one.knock_at_s <= now_s]
        if due:
            self._absent = [one for one in self._absent if one.knock_at_s > now_s]
        for member in due:
            if member.wanted and member.sock is None:
                sock = member.arrive(self._port, self._stream)
                self._by_fd[sock.fileno()] = member
                self._poll.register(sock.fileno(), select.EPOLLOUT)

    def _serve(self, member: _Member, what: int) -> None:
        assert member.sock is not None
        if what & select.EPOLLOUT:
            if member.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                self._lose(member, "refused")
                return
            member.greet()
            self._poll.modify(member.sock.fileno(), select.EPOLLIN if member.reads else 0)
            return
        try:
            data = member.sock.recv(READ_BYTES) if what & select.EPOLLIN else b""
        except OSError as error:
            self._lose(member, "reset" if error.errno == errno.ECONNRESET else str(error.errno))
            return
        if data:
            member.hear(data)
        else:
            self._lose(member, "reset" if what & select.EPOLLERR else "eof")

    def _lose(self, member: _Member, how: str) -> None:
        assert member.sock is not None
        del self._by_fd[member.sock.fileno()]
        self._poll.unregister(member.sock.fileno())
        member.leave(how)
        self._pinging.discard(member)
        self._trickling.discard(member)
        # Only who never got in knocks again by itself: the others come back when they are told to.
        if member.wanted and how == "refused":
            del member.ends["refused"]
            member.knock_at_s = time.monotonic() + KNOCK_EVERY_S
            self._absent.append(member)
        else:
            member.wanted = False

    def _trickle(self) -> None:
        for member in tuple(self._trickling):
            if member.sock is None:
                continue
            try:
                data = member.sock.recv(TRICKLE_BYTES)
            except BlockingIOError:
                continue
            except OSError:
                self._lose(member, "reset")
                continue
            if data:
                member.hear(data)
            else:
                self._lose(member, "eof")

    def _ping(self) -> None:
        for member in tuple(self._pinging):
            if member.sock is None or not member.greeted:
                continue
            try:
                member.sock.send(PING * max(1, int(member.pings_per_s * TICK_S)))
            except BlockingIOError:
                continue
            except OSError:
                self._lose(member, "reset")


def _report(who: list[_Member]) -> dict[str, Any]:
    faults, ends, gaps = Counter[str](), Counter[str](), []
    for member in who:
        faults += member.faults  # leaves out what is zero
        ends += member.ends
        gaps += member.gaps
        member.ends, member.gaps = Counter(), []
    return {
        "faults": faults,
        "ends": ends,
        "gaps": gaps,
        "seq": [min(one.seq for one in who), max(one.seq for one in who)],
        "sessions": [min(one.sessions for one in who), max(one.sessions for one in who)],
    }


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


def _more_files(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count + SPARE_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + SPARE_FILES), hard))


if __name__ == "__main__":
    _Room(int(sys.argv[1]), sys.argv[2]).run()
