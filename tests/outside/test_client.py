"""The guarded client against servers that lie, stall and flood. Nothing here leaves loopback."""

import asyncio
import gzip
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from channel.errors import ChannelError, Invalid, Unavailable
from channel.outside import client

from .standin import PUBLIC, says, world

HTML = "Content-Type: text/html; charset=utf-8"


async def test_it_asks_as_itself_and_tells_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")
    async with world(says(b"hello", HTML, "Set-Cookie: a=b")) as there:
        answer = await there.outside.get("http://example.org/page?x=1", accept="text/html")
        await there.outside.get("http://example.org/page?x=1")
    assert (answer.status, answer.body, answer.kind) == (200, b"hello", "text/html")
    assert there.connected == [(PUBLIC, 80)] * 2
    lines = there.heard[0].decode().split("\r\n")
    assert lines[0] == "GET /page?x=1 HTTP/1.1"
    assert {line.partition(":")[0] for line in lines[1:] if line} == {
        "Host", "User-Agent", "Connection", "Accept", "Accept-Encoding",
    }  # fmt: skip
    assert "Host: example.org" in lines
    assert any(line.startswith("User-Agent: Channel/") for line in lines)
    assert b"Cookie" not in there.heard[1]


@pytest.mark.parametrize(
    "answer", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], [], ["64:ff9b::7f00:1"], ["fe80::1%lo"]]
)
async def test_a_name_with_one_address_inside_is_not_connected_to(answer: list[str]) -> None:
    async with world(says(b"secret", HTML)) as there:
        there.names["inside.example.org"] = [answer]
        with pytest.raises(Invalid):
            await there.outside.get("http://inside.example.org/")
    assert there.connected == []


async def test_a_name_that_changes_its_mind_is_asked_once_and_taken_at_its_word() -> None:
    async with world(says(b"hello", HTML)) as there:
        there.names["rebind.example.org"] = [[PUBLIC], ["127.0.0.1"]]
        assert (await there.outside.get("http://rebind.example.org/")).body == b"hello"
        assert (there.asked, there.connected) == (["rebind.example.org"], [(PUBLIC, 80)])
        with pytest.raises(Invalid):
            await there.outside.get("http://rebind.example.org/")
    assert there.connected == [(PUBLIC, 80)]


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1/", "http://localhost/", "http://[::1]/", "//169.254.169.254/x", "file:///etc/passwd",
     "http://inside.example.org/", "gopher://example.org/", "http://example.org:22/", "https://channel.example.com/", "http://[x"],
)  # fmt: skip
@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
async def test_a_redirect_is_checked_like_an_address_of_its_own(status: str, location: str) -> None:
    async with world(says(b"", f"Location: {location}", status=status)) as there:
        there.names["inside.example.org"] = [["192.168.0.1"]]
        with pytest.raises(Invalid):
            await there.outside.get("http://example.org/")
    assert len(there.connected) == 1


async def test_three_redirects_are_followed_and_a_fourth_is_not() -> None:
    async def onwards(head: bytes, writer: asyncio.StreamWriter) -> None:
        step = int(head.split()[1][1:])
        await says(
            b"" if step < 3 else b"there", f"Location: /{step + 1}", status="302 F" if step < 3 else "200 OK"
        )(head, writer)

    async with world(onwards) as there:
        answer = await there.outside.get("http://example.org/0")
        assert (answer.url, answer.body) == ("http://example.org/3", b"there")
    async with world(says(b"", "Location: /again", status="302 F")) as there:
        with pytest.raises(Invalid):
            await there.outside.get("http://example.org/0")
        assert len(there.heard) == 4


async def test_what_is_handed_over_is_not_handed_on() -> None:
    async with world(says(b"", "Location: http://other.example.org/", status="307 T")) as there:
        answer = await there.outside.post("http://example.org/", b"words", {"TTL": "60"})
    assert (answer.status, len(there.heard)) == (307, 1)
    assert b"TTL: 60\r\n" in there.heard[0]


async def test_more_than_is_wanted_is_refused_or_cut_off() -> None:
    async with world(says(b"x" * 5_000, HTML)) as there:
        with pytest.raises(Invalid):
            await there.outside.get("http://example.org/", most_bytes=4_999)
        assert (
            await there.outside.get("http://example.org/", most_bytes=4_999, cut=True)
        ).body == b"x" * 4_999
        assert len((await there.outside.get("http://example.org/", most_bytes=5_000)).body) == 5_000


async def test_a_bomb_is_unpacked_no_further_than_is_wanted() -> None:
    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    async with world(says(bomb, HTML, "Content-Encoding: gzip")) as there:
        with pytest.raises(Invalid):
            await there.outside.get("http://example.org/")
        cut = await there.outside.get("http://example.org/", cut=True)
    assert len(cut.body) == client.MAX_BYTES
    async with world(says(gzip.compress(b"words"), HTML, "Content-Encoding: gzip")) as there:
        assert (await there.outside.get("http://example.org/")).body == b"words"


@pytest.mark.parametrize("packed", ["br", "deflate", "gzip, gzip", "zstd"])
async def test_what_is_packed_in_a_way_that_nobody_asked_for_is_refused(packed: str) -> None:
    async with world(says(b"words", HTML, f"Content-Encoding: {packed}")) as there:
        with pytest.raises(Invalid):
            await there.outside.get("http://example.org/")


async def test_another_kind_is_not_read() -> None:
    async def stalls(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 900000000\r\n\r\n")
        await writer.drain()
        await asyncio.Event().wait()

    async with world(stalls) as there:
        answer = await there.outside.get("http://example.org/", kinds=("text/html",))
    assert (answer.kind, answer.body) == ("video/mp4", b"")


async def _drips(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


async def _headers_for_ever(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        writer.write(b"X-More: " + b"x" * 1000 + b"\r\n")
        await writer.drain()


async def _early_hints_for_ever(_: bytes, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50)
        await writer.drain()


async def _chunks_for_ever(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"1;" + b"e" * 1000 + b"\r\nx\r\n")
        await writer.drain()


async def _says_nothing(_: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def _hangs_up(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")


async def _babbles(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x00\xff" * 500 + b"\r\n\r\n")


@pytest.mark.parametrize(
    "speak",
    [_drips, _headers_for_ever, _early_hints_for_ever, _chunks_for_ever, _says_nothing, _hangs_up, _babbles],
)
async def test_whoever_stalls_floods_or_babbles_is_left(
    speak: client.Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "LONGEST_S", 1.0)
    async with world(speak) as there:
        with pytest.raises(ChannelError) as failed:
            await there.outside.get("http://example.org/")
    assert isinstance(failed.value, Invalid | Unavailable)


async def test_an_open_port_and_a_closed_one_sound_the_same() -> None:
    async with world(_babbles) as there:
        with pytest.raises(Unavailable) as open_port:
            await there.outside.get("http://example.org/")
    with pytest.raises(Unavailable) as closed_port:
        await there.outside.get("http://example.org/")
    assert open_port.value.detail == closed_port.value.detail


def certificate(folder: Path, name: str) -> tuple[Path, bytes]:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key()).serial_number(7)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    both = folder / "both.pem"
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain) + pem)
    return both, pem


async def test_the_certificate_must_be_for_the_name_and_trusted(tmp_path: Path) -> None:
    both, pem = certificate(tmp_path, "safe.example.org")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    named: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: named.append(name)
    trust = ssl.create_default_context(cadata=pem.decode())
    async with world(says(b"hello", HTML), tls, trust) as there:
        assert (await there.outside.get("https://safe.example.org/")).body == b"hello"
        assert (named, there.connected) == (["safe.example.org"], [(PUBLIC, 443)])
        with pytest.raises(Unavailable):
            await there.outside.get("https://other.example.org/")
    async with world(says(b"hello", HTML), tls) as there:
        with pytest.raises(Unavailable):
            await there.outside.get("https://safe.example.org/")
    assert there.heard == []
