"""The WebSocket endpoint against RFC 6455, sections 5 to 7: each case as a row, sent whole and byte by byte."""

import contextlib
import socket
import time

import pytest

from tests.server.site import Site, close_code, frame, handshake, read_to_end, status

TEXT, BINARY, CLOSE, PING, PONG, CONT = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0


def masked(opcode: int, payload: bytes, *, last: bool = True, mask: bytes = b"\x37\xfa\x21\x3d") -> bytes:
    """A frame as a browser sends it."""
    head = bytearray(frame(opcode, b"", last=last)[:1])
    size = len(payload)
    if size < 126:
        head.append(0x80 | size)
    elif size < 65_536:
        head += b"\xfe" + size.to_bytes(2, "big")
    else:
        head += b"\xff" + size.to_bytes(8, "big")
    return bytes(head) + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))


def closing(code: int, reason: bytes = b"") -> bytes:
    return masked(CLOSE, code.to_bytes(2, "big") + reason)


def said(text: bytes) -> bytes:
    """What the server sends: unmasked."""
    size = len(text)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text


GOODBYE = closing(1000)
ENDED = b"\x88\x02\x03\xe8"

# Section 5.2 and 5.4 to 5.6: what is well formed is taken, in whatever pieces; then the goodbye is answered.
ANSWERED = {
    "5.2 a small text": (masked(TEXT, b"hello"), said(b"hello")),
    "5.2 an empty text": (masked(TEXT, b""), said(b"")),
    "5.2 125 bytes, the longest of one length byte": (masked(TEXT, b"x" * 125), said(b"x" * 125)),
    "5.2 126 bytes, the shortest of two": (masked(TEXT, b"x" * 126), said(b"x" * 126)),
    "5.2 65535 bytes, the longest of two": (masked(TEXT, b"x" * 65_535), said(b"x" * 65_535)),
    "5.2 two frames in one piece": (masked(TEXT, b"a") + masked(TEXT, b"b"), said(b"a") + said(b"b")),
    "5.3 a mask of zeros": (masked(TEXT, b"zero", mask=bytes(4)), said(b"zero")),
    "5.3 a mask of its own for each": (
        masked(TEXT, b"a", mask=b"abcd") + masked(TEXT, b"b", mask=b"\xff\0\xff\0"),
        said(b"a") + said(b"b"),
    ),
    "5.4 two fragments": (masked(TEXT, b"he", last=False) + masked(CONT, b"llo"), said(b"hello")),
    "5.4 empty fragments": (
        masked(TEXT, b"", last=False) + masked(CONT, b"", last=False) + masked(CONT, b"x"),
        said(b"x"),
    ),
    "5.4 a character cut in two": (
        masked(TEXT, b"\xe2\x82", last=False) + masked(CONT, b"\xac"),
        said("€".encode()),
    ),
    "5.4 a hundred fragments": (
        masked(TEXT, b"0", last=False) + masked(CONT, b"1", last=False) * 98 + masked(CONT, b"2"),
        said(b"0" + b"1" * 98 + b"2"),
    ),
    "5.4 a ping between fragments": (
        masked(TEXT, b"he", last=False) + masked(PING, b"p") + masked(CONT, b"llo"),
        b"\x8a\x01p" + said(b"hello"),
    ),
    "5.4 a message after a fragmented one": (
        masked(TEXT, b"a", last=False) + masked(CONT, b"b") + masked(TEXT, b"c"),
        said(b"ab") + said(b"c"),
    ),
    "5.5.2 a ping is answered with its own words": (masked(PING, b"are you there"), b"\x8a\x0dare you there"),
    "5.5.2 an empty ping": (masked(PING, b""), b"\x8a\x00"),
    "5.5.2 a ping of 125 bytes": (masked(PING, b"p" * 125), b"\x8a\x7d" + b"p" * 125),
    "5.5.3 a pong that nobody asked for": (masked(PONG, b"here") + masked(TEXT, b"x"), said(b"x")),
    "5.6 characters of one to four bytes": (masked(TEXT, "aé€😀".encode()), said("aé€😀".encode())),
}  # fmt: skip

# Section 5, 7.1.7 and 8.1: what is not, ends the connection with the code that says why.
REFUSED = {
    "5.1 not masked": (b"\x81\x02hi", 1002),
    "5.1 not masked, a ping": (b"\x89\x00", 1002),
    "5.2 RSV1": (b"\xc1" + masked(TEXT, b"x")[1:], 1002),
    "5.2 RSV2": (b"\xa1" + masked(TEXT, b"x")[1:], 1002),
    "5.2 RSV3": (b"\x91" + masked(TEXT, b"x")[1:], 1002),
    **{f"5.2 opcode {opcode:X}": (masked(opcode, b""), 1002) for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)},
    "5.2 a length of 2^63": (b"\x81\xff\x80" + bytes(7) + bytes(4), 1009),
    "5.2 the longest length": (b"\x81\xff\x7f" + b"\xff" * 7 + bytes(4), 1009),
    "5.2 one byte too long": (masked(TEXT, b"x" * 65_537), 1009),
    "5.4 a continuation of nothing": (masked(CONT, b"x"), 1002),
    "5.4 a continuation after a whole message": (masked(TEXT, b"a") + masked(CONT, b"b"), 1002),
    "5.4 another message within one": (masked(TEXT, b"a", last=False) + masked(TEXT, b"b"), 1002),
    "5.4 fragments too long together": (
        masked(TEXT, b"x" * 40_000, last=False) + masked(CONT, b"x" * 40_000),
        1009,
    ),
    "5.4 fragments without end": (masked(TEXT, b"", last=False) + masked(CONT, b"", last=False) * 1100, 1009),
    "5.5 a ping of 126 bytes": (masked(PING, b"p" * 126), 1002),
    "5.5 a pong of 126 bytes": (masked(PONG, b"p" * 126), 1002),
    "5.5 a fragmented ping": (masked(PING, b"", last=False), 1002),
    "5.5 a fragmented close": (masked(CLOSE, b"", last=False), 1002),
    "5.5.1 a close of one byte": (masked(CLOSE, b"\x03"), 1002),
    **{
        f"7.4 close code {code}": (closing(code), 1002)
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)
    },
    "5.5.1 a reason that is no UTF-8": (closing(1000, b"\xff\xfe"), 1007),
    "5.6 binary, which this protocol has none of": (masked(BINARY, b"x"), 4009),
    "5.6 binary in fragments": (masked(BINARY, b"x", last=False) + masked(CONT, b"y"), 4009),
    **{
        f"8.1 {name}": (masked(TEXT, bad), 1007)
        for name, bad in {
            "a lonely continuation byte": b"\x80",
            "bytes that never stand": b"\xff\xfe",
            "an overlong slash": b"\xc0\xaf",
            "an overlong NUL": b"\xf0\x80\x80\x80",
            "a surrogate": b"\xed\xa0\x80",
            "beyond the last character": b"\xf4\x90\x80\x80",
            "cut off in a character": b"abc\xe2\x82",
            "a good start with a bad end": "Hällo ".encode() + b"\xe4",
        }.items()
    },
    "8.1 in the last fragment": (masked(TEXT, b"abc", last=False) + masked(CONT, b"\xff"), 1007),
}  # fmt: skip

# Section 7.1.5 and 7.4: what the client may say is said back.
TAKEN_CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)


def opened(site: Site) -> socket.socket:
    client = site.connect()
    client.sendall(handshake("/echo"))
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += client.recv(65_536)
    assert status(answer) == 101
    return client


def send(client: socket.socket, data: bytes, pieces: str) -> None:
    if pieces == "whole":
        client.sendall(data)
        return
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    step = 1 if len(data) < 2_000 else 1_361  # a prime: cuts fall everywhere
    for start in range(0, len(data), step):
        client.sendall(data[start : start + step])
        if start < 40:
            time.sleep(0.001)  # or the kernel would put them together again


@pytest.mark.parametrize("pieces", ["whole", "pieces"])
@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_well_formed_is_answered(site: Site, name: str, pieces: str) -> None:
    sent, expected = ANSWERED[name]
    with opened(site) as client:
        send(client, sent + GOODBYE, pieces)
        assert read_to_end(client) == expected + ENDED


@pytest.mark.parametrize("pieces", ["whole", "pieces"])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_ends_with_its_code(site: Site, name: str, pieces: str) -> None:
    sent, code = REFUSED[name]
    with opened(site) as client:
        with contextlib.suppress(ConnectionError):  # it may be refused before all was said
            send(client, sent, pieces)
        assert close_code(read_to_end(client)) == code


@pytest.mark.parametrize("code", TAKEN_CODES)
def test_a_close_is_answered_with_its_own_code(site: Site, code: int) -> None:
    with opened(site) as client:
        client.sendall(closing(code, "Tschüss".encode()))
        assert read_to_end(client) == b"\x88\x02" + code.to_bytes(2, "big")


def test_a_close_without_a_code_is_answered_with_none(site: Site) -> None:
    with opened(site) as client:
        client.sendall(masked(CLOSE, b""))
        assert read_to_end(client) == b"\x88\x00"


def test_nothing_is_heard_after_a_close(site: Site) -> None:
    """Section 5.5.1: the application sends no more after a close, so there is nothing to answer either."""
    with opened(site) as client:
        client.sendall(GOODBYE + masked(TEXT, b"still here") + masked(PING, b"p"))
        assert read_to_end(client) == ENDED


def test_what_comes_with_the_handshake_is_heard(site: Site) -> None:
    with site.connect() as client:
        client.sendall(handshake("/echo") + masked(TEXT, b"early") + GOODBYE)
        answer = read_to_end(client)
    assert answer.endswith(said(b"early") + ENDED)


def test_the_handshake_is_proven(site: Site) -> None:
    """Section 1.3, with the very example of the standard."""
    with site.connect() as client:
        client.sendall(handshake("/echo"))
        assert b"sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in client.recv(65_536)
