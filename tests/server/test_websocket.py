"""WebSocket clients that are slow, endless or hostile."""

import contextlib

import pytest
import websockets

from tests.server.site import (
    Site,
    close_code,
    cut_while_sending,
    eventually,
    frame,
    handshake,
    read_to_end,
    rss_kb,
    status,
)


async def test_a_websocket_echoes_under_its_subprotocol_and_without_deflate(site: Site) -> None:
    async with websockets.connect(
        f"ws://127.0.0.1:{site.port}/echo", subprotocols=[websockets.Subprotocol("channel.v1")]
    ) as client:
        assert client.subprotocol == "channel.v1"
        assert "Sec-WebSocket-Extensions" not in client.response.headers  # type: ignore[union-attr]
        await client.send("héllo")
        assert await client.recv() == "héllo"


def test_a_websocket_reader_that_stops_is_freed(site: Site) -> None:
    with site.connect(receive_buffer_bytes=4096) as client:
        client.sendall(handshake("/flood"))
        assert eventually(lambda: site.open_sockets() == 1)
        assert eventually(lambda: site.open_sockets() == 0)


def test_a_ping_flood_from_a_reader_that_stopped_is_cut_in_bounded_memory(site: Site) -> None:
    before_kb = rss_kb()
    with site.connect(receive_buffer_bytes=4096) as client:
        client.sendall(handshake("/echo"))
        client.recv(65_536)
        assert cut_while_sending(client, frame(0x9, b"p" * 125) * 1000, 2000)
    assert rss_kb() - before_kb < 16_384


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(0x1, b"x" * 65_537), 1009),
        (b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"\0\0\0\0", 1009),
        (b"\x81\x02hi", 1002),
        (frame(0x3, b""), 1002),
        (frame(0x9, b"p" * 126), 1002),
        (frame(0x1, b"\xff\xfe"), 1007),
        (frame(0x1, b"", last=False) + frame(0x0, b"", last=False) * 2000, 1009),
        (frame(0x1, b"{}") * 2000, 4029),
        (frame(0x9, b"") * 300, 4029),
        (frame(0xA, b"") * 300, 4029),
    ],
    ids=[
        "too-long",
        "longest",
        "unmasked",
        "opcode",
        "long-ping",
        "utf8",
        "fragments",
        "messages",
        "pings",
        "pongs",
    ],
)
def test_a_hostile_frame_is_answered_with_its_close_code(site: Site, sent: bytes, code: int) -> None:
    with site.connect() as client:
        client.sendall(handshake("/echo"))
        assert status(client.recv(65_536)) == 101
        client.sendall(sent)
        assert close_code(read_to_end(client)) == code


def test_a_message_at_the_limit_is_echoed(site: Site) -> None:
    with site.connect() as client:
        client.sendall(handshake("/echo"))
        client.recv(65_536)
        client.sendall(frame(0x1, b"x" * 65_535))
        assert client.recv(4)[:2] == b"\x81\x7e"


@pytest.mark.parametrize(
    "request_bytes",
    [
        handshake("/echo").replace(b"13", b"99"),
        handshake("/echo").replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"short"),
        handshake("/echo", extra=b"X-Long: %s\r\n" % (b"x" * 9000)),
        handshake("/echo", extra=b"X-Odd: \xff\xfe\r\n"),
        handshake("/echo", extra=b"Sec-WebSocket-Protocol: \xff\r\n"),
        handshake("/%ff%00"),
        handshake("/echo").replace(b"/echo", b"/\xc3\xa9"),
        handshake("/echo").replace(b"GET", b"POST"),
        handshake("/echo").replace(b"Host: a\r\n", b""),
        handshake("/none"),
    ],
    ids=[
        "version",
        "key",
        "long-line",
        "odd-bytes",
        "protocol",
        "escape",
        "raw-path",
        "method",
        "no-host",
        "unknown",
    ],
)
def test_a_bad_handshake_leaves_no_socket_and_no_traceback(
    site: Site, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with site.connect() as client:
        client.sendall(request_bytes)
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            client.settimeout(1)
            client.recv(65_536)
    assert eventually(lambda: site.open_sockets() == 0)
    assert not [record for record in caplog.records if record.exc_info]


def test_frames_that_come_with_the_handshake_leave_no_traceback(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    for early in (frame(0x9, b""), b"\xff\xff\xff", frame(0x8, b""), frame(0x1, b"x")):
        with site.connect() as client:
            client.sendall(handshake("/echo"))
            client.sendall(early)
            client.settimeout(0.3)
            with contextlib.suppress(TimeoutError):
                read_to_end(client)
    assert eventually(lambda: site.open_sockets() == 0)
    assert not [record for record in caplog.records if record.exc_info]
