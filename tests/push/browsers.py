"""Browsers that are subscribed, and a push service on loopback that opens what it is given and can be made to misbehave.

It opens messages by itself, from the RFCs on: with HMAC alone, not with what the server closes them with.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from channel.outside import Outside
from channel.outside.wire import connect
from channel.push import Subscription
from tests.outside.test_client import certificate

HOST = "fcm.googleapis.com"
PUBLIC = "93.184.215.14"


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """What a browser keeps of its subscription."""

    name: str = "one"
    host: str = HOST
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def endpoint(self) -> str:
        return f"https://{self.host}/fcm/send/{self.name}"

    @property
    def given(self) -> dict[str, str]:
        """What it hands to a page."""
        return {"endpoint": self.endpoint, "p256dh": text_of(point_of(self.key)), "auth": text_of(self.auth)}

    @property
    def subscription(self) -> Subscription:
        return Subscription.parse(**self.given)

    def opened(self, body: bytes) -> bytes:
        """RFC 8291 and RFC 8188, one record."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size, "one record"
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        shared = self.key.exchange(ec.ECDH(), other)
        first = hmac.digest(self.auth, shared, "sha256")
        secret = hmac.digest(
            first, b"WebPush: info\x00" + point_of(self.key) + theirs + b"\x01", hashlib.sha256
        )
        root = hmac.digest(salt, secret, "sha256")
        key = hmac.digest(root, b"Content-Encoding: aes128gcm\x00\x01", "sha256")[:16]
        nonce = hmac.digest(root, b"Content-Encoding: nonce\x00\x01", "sha256")[:12]
        plain = AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\x00")
        assert plain[-1] == 2, "the last record"
        return plain[:-1]


@dataclass(frozen=True)
class Pushed:
    """A message that arrived."""

    browser: str
    headers: dict[str, str]
    body: bytes
    said: dict[str, Any]

    @property
    def claims(self) -> dict[str, Any]:
        """Of the introduction, whose signature must be good."""
        token = self.headers["authorization"].removeprefix("vapid t=").partition(",")[0]
        key = self.headers["authorization"].rpartition("k=")[2]
        said, _, signature = token.rpartition(".")
        raw = bytes_of(signature)
        pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(key))
        public.verify(pair, said.encode(), ec.ECDSA(SHA256()))
        claims: dict[str, Any] = json.loads(bytes_of(said.partition(".")[2]))
        return claims


class Service:
    """`answers`: what it says by browser, the next one each time and the last for ever ("201" when nothing is named;
    "hang": nothing). `taken`: what it has promised to deliver."""

    def __init__(self) -> None:
        self.port = 0
        self.browsers: dict[str, Browser] = {}
        self.answers: dict[str, list[str]] = {}
        self.taken: list[Pushed] = []
        self.asked: list[str] = []
        self.outsides: list[Outside] = []  # those who may ask it, and keep lines to it
        self.pem = ""
        self.trust: ssl.SSLContext | None = None

    def browser(self, name: str) -> Browser:
        return self.browsers.setdefault(name, Browser(name))

    def outside(self) -> Outside:
        async def resolve(host: str, port: int) -> list[str]:
            return [PUBLIC]

        async def to_here(address: str, port: int, timeout: float | None) -> Any:
            return await connect("127.0.0.1", self.port, timeout)

        made = Outside("channel.example.org", resolve=resolve, connect=to_here, trust=self.trust)
        self.outsides.append(made)
        return made

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            name = head[0].split(" ")[1].rpartition("/")[2]
            await self._answer(name, headers, body, writer)
        writer.close()

    async def _answer(
        self, name: str, headers: dict[str, str], body: bytes, writer: asyncio.StreamWriter
    ) -> None:
        self.asked.append(name)
        lines = self.answers.get(name, ["201 Created"])
        line = lines.pop(0) if len(lines) > 1 else lines[0]
        if line == "hang":
            await asyncio.sleep(30)
        if line.startswith("20"):
            said = json.loads(self.browsers[name].opened(body))
            self.taken.append(Pushed(name, headers, body, said))
        status, _, more = line.partition("|")
        writer.write(f"HTTP/1.1 {status}\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()


@contextlib.asynccontextmanager
async def push_service(folder: Path) -> AsyncIterator[Service]:
    """Over TLS, under the name of a service that everybody knows."""
    both, pem = certificate(folder, HOST)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    service = Service()
    service.pem = pem.decode()
    service.trust = ssl.create_default_context(cadata=service.pem)
    running: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = asyncio.current_task()
        assert here is not None
        running.add(here)
        await service.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    service.port = server.sockets[0].getsockname()[1]
    try:
        yield service
    finally:
        for outside in service.outsides:
            await outside.rest()
        server.close()
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
