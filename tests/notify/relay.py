"""A real mail server on loopback that keeps what it gets, or refuses it on request."""

import asyncio
import datetime
import email
import ipaddress
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Inbox:
    """What arrived. `answer` is given to DATA, `recipient_answer` to RCPT when set."""

    answer: str = "250 OK"
    recipient_answer: str = ""
    envelopes: list[Envelope] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    @property
    def mails(self) -> list[EmailMessage]:
        return [email.message_from_bytes(e.content or b"", policy=default) for e in self.envelopes]  # type: ignore[arg-type]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.recipient_answer:
            return self.recipient_answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("2"):
            self.envelopes.append(envelope)
        return self.answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        good = data.password == b"p@ss word"
        if good:
            self.users.append(data.login.decode())
        return AuthResult(success=good, handled=good)


def plain(mail: EmailMessage) -> str:
    """Its plain part, as whoever reads it has it: lines joined that are one (RFC 3676)."""
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_param("format") == "flowed"
    text = str(body.get_content()).replace("\r\n", "\n")
    joined = re.sub(r"(?<!\n--) \n(?:(?:> ?)+| )?", " ", text)
    return re.sub(r"(?m)^ ", "", joined)


@asynccontextmanager
async def listening(
    inbox: Inbox, *, tls: str = "", folder: Path = Path(), auth: bool = False
) -> AsyncIterator[int]:
    """Yield the port of a server; `tls` is "", "starttls" or "wrapped", its certificate lies in `folder`."""
    context = _certificate(folder) if tls else None
    turned = {"tls_context": context, "require_starttls": True} if tls == "starttls" else {}
    known = {"authenticator": inbox.authenticate, "auth_required": True} if auth else {}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="relay", loop=loop, **turned, **known),  # type: ignore[arg-type]
        "127.0.0.1", 0, ssl=context if tls == "wrapped" else None,
    )  # fmt: skip
    async with server:
        yield server.sockets[0].getsockname()[1]


def _certificate(folder: Path) -> ssl.SSLContext:
    """A certificate for 127.0.0.1 that nobody trusts, unless SSL_CERT_FILE says `folder`/relay.pem."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    today = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "relay.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = folder / "relay.key"
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    return context
