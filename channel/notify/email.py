"""Mail over SMTP, never in the clear but to this machine itself.

smtp:// begins plain and must turn to TLS before anything is said; smtps:// is TLS from the start; smtp+plain:// is
for a relay on loopback. Certificates are verified.
"""

import asyncio
import contextlib
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address, HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiosmtplib

from channel.ids import new_token
from channel.notify.answers import asks_for_less, is_for_good, status_of
from channel.notify.flowing import flowed
from channel.notify.sender import Mail, NobodyThere, Undeliverable, Unreachable, Unsure, Written

COMMAND_TIMEOUT_S: Final = 15
SEND_TIMEOUT_S: Final = 30  # with one command more to say goodbye: still below what the worker allows a job
GOODBYE_S: Final = 3
DEFAULT_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


class _Headers(HeaderRegistry):
    """The library's own, but for the class that it makes anew for each header of each letter: half of what one costs."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = super().__getitem__(name)
        return made


COMPOSED: Final = SMTP_POLICY.clone(header_factory=_Headers())


class _Whole(EmailPolicy):
    """SMTP's, but for what the library breaks where it folds: long addresses become encoded words, which no mail program
    opens, and words of other letters lose the space between two lines ("SöhneMüller")."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        known = name.lower()
        if known == "list-unsubscribe":
            return f"{name}: {value}\r\n".encode("ascii")
        if known in ("subject", "from", "list-id") and not str(value).isascii():
            return f"{name}: {_encoded(name, value)}\r\n".encode("ascii")
        return super().fold_binary(name, value)


def _encoded(name: str, value: Any) -> str:
    """All words of a header as encoded words (RFC 2047), those before an address alone, in lines of at most 76 characters."""
    words, ends = str(value), ""
    if name.lower() == "from":
        words, ends = value.addresses[0].display_name, f" <{value.addresses[0].addr_spec}>"
    elif name.lower() == "list-id":
        words, _, address = words.rpartition(" <")
        ends = f" <{address}"
    encoded = Header(words, "utf-8", maxlinelen=76, header_name=name).encode(linesep="\r\n")
    last = encoded.rpartition("\r\n")[2] if "\r\n" in encoded else f"{name}: {encoded}"
    return encoded + (f"\r\n{ends}" if ends and len(last) + len(ends) > 76 else ends)


SEVEN_BIT: Final = _Whole(
    linesep="\r\n", cte_type="7bit", header_factory=COMPOSED.header_factory
)  # no relay has to know 8BITMIME


@dataclass(frozen=True, slots=True)
class Relay:
    """The mail server, as the operator named it."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    @classmethod
    def parse(cls, url: str) -> "Relay":
        """Read CHANNEL_SMTP. Raises ValueError for another scheme, or plain mail to another machine."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            raise ValueError("CHANNEL_SMTP must be smtp://, smtps:// or smtp+plain:// with a host.")
        if parts.scheme == "smtp+plain" and parts.hostname not in LOOPBACK:
            raise ValueError("smtp+plain:// is allowed for loopback only.")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
        )


class SmtpSender:
    """A Sender that hands each mail to the operator's relay. `host` is what we call ourselves; `sign` puts a signature
    before the words of a mail."""

    def __init__(
        self, smtp_url: str, mail_from: str, host: str, sign: Callable[[bytes], bytes] | None = None
    ) -> None:
        self._relay = Relay.parse(smtp_url)
        self._from = mail_from
        self._envelope_from = parseaddr(mail_from)[1]
        self._host = host
        self._sign = sign

    async def send(self, mail: Mail) -> None:
        """See Sender. One connection for each mail: there are few, and none waits on a dead connection."""
        words = self._compose(mail).as_bytes(policy=SEVEN_BIT)
        if self._sign:
            words = self._sign(words)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S), self._connection() as smtp:
                await smtp.sendmail(self._envelope_from, [mail.to], words)
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Undeliverable(
                f"The mail server refused our user or password ({error.code}).", permanent=False
            ) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            code = error.recipients[0].code if error.recipients else 0
            raise Undeliverable(
                f"The mail server refused the recipient ({code}).", permanent=code >= 500
            ) from None
        except aiosmtplib.SMTPResponseException as error:
            answer = status_of(error.code, str(error.message))
            raise Undeliverable(
                f"The mail server refused the mail ({answer}).", permanent=error.code >= 500
            ) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Undeliverable(_unreachable(error), permanent=False) from None

    def line(self) -> "SmtpLine":
        """A connection for many letters."""
        return SmtpLine(self._connection, self._compose, self._envelope_from, self._sign)

    def _connection(self) -> aiosmtplib.SMTP:
        relay = self._relay
        return aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            username=relay.user,
            password=relay.password,
            local_hostname=self._host,  # the default asks the DNS, which may take seconds
            timeout=COMMAND_TIMEOUT_S,
            use_tls=relay.scheme == "smtps",
            start_tls=relay.scheme == "smtp",  # True means: or not at all
        )

    def _compose(self, mail: Mail) -> EmailMessage:
        # EmailMessage refuses line breaks in headers and encodes what is not ASCII; nothing is pasted together here.
        message = EmailMessage(policy=COMPOSED)
        message["From"] = Address(mail.name, addr_spec=self._envelope_from) if mail.name else self._from
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = self._message_id(mail.tag)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in mail.headers:
            message[name] = value
        message.set_content(flowed(mail.text), params={"format": "flowed"})
        message.make_alternative(f"=={new_token(24)}==")
        message.add_alternative(mail.html, subtype="html")
        return message

    def _message_id(self, tag: str) -> str:
        host = self._host or "localhost"
        if not tag:
            return make_msgid(domain=host)
        return f"<{hashlib.sha256(tag.encode()).hexdigest()[:40]}@{host}>"


class SmtpLine:
    """A Line. Until the words of a letter are sent, whatever goes wrong is certain; from then on it is not."""

    def __init__(
        self,
        connect: Callable[[], aiosmtplib.SMTP],
        compose: Callable[[Mail], EmailMessage],
        envelope_from: str,
        sign: Callable[[bytes], bytes] | None = None,
    ) -> None:
        self._sign = sign
        self._connect = connect
        self._compose = compose
        self._from = envelope_from
        self._smtp: aiosmtplib.SMTP | None = None

    async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
        """See Line. At most SEND_TIMEOUT_S for each of its two halves."""
        smtp = await self._named(to, sender or self._from)
        try:
            mail = await write()
        except BaseException:
            self._drop()
            raise
        if mail is None:
            await self._reset(smtp)
            return False
        await self._hand_over(smtp, mail)
        return True

    async def _named(self, to: str, sender: str) -> aiosmtplib.SMTP:
        """A connection on which the recipient was taken. A kept one may have gone meanwhile: then it is a new one."""
        for kept in (self._smtp, None):
            if kept is None or kept.is_connected:
                try:
                    return await self._name(kept, to, sender)
                except Unreachable:
                    self._drop()
                    if kept is None:
                        raise
        raise AssertionError("the second is a new one")

    async def _name(self, kept: aiosmtplib.SMTP | None, to: str, sender: str) -> aiosmtplib.SMTP:
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                smtp = kept or self._connect()
                if kept is None:
                    self._smtp = smtp
                    await smtp.connect()
                await smtp.mail(sender)
                await smtp.rcpt(to)
                return smtp
        except aiosmtplib.SMTPRecipientRefused as error:
            await self._reset(self._smtp)
            code, said = error.code, str(error.message)
            raise NobodyThere(
                f"The mail server refused the recipient ({code}).",
                permanent=is_for_good(code, said),
                slow=asks_for_less(code, said),
            ) from None
        except aiosmtplib.SMTPResponseException as error:
            problem = f"The mail server refused us ({status_of(error.code, str(error.message))})."
            # Whatever it says before it knows whom a letter is for, it says of all of them.
            raise Unreachable(problem, slow="relay" if 400 <= error.code < 500 else "") from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(_unreachable(error)) from None

    async def _hand_over(self, smtp: aiosmtplib.SMTP, mail: Mail) -> None:
        message = self._compose(mail)
        await asyncio.sleep(0)  # each of these takes a millisecond
        words = message.as_bytes(policy=SEVEN_BIT)
        if self._sign:
            await asyncio.sleep(0)
            words = self._sign(words)
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await smtp.data(words)
        except aiosmtplib.SMTPResponseException as error:
            if not 400 <= error.code < 600:  # no answer to the letter, but a line that broke
                self._drop()
                raise Unsure(_unreachable(error)) from None
            code, said = error.code, str(error.message)
            answer = status_of(code, said)
            await self._reset(smtp)
            raise Undeliverable(
                f"The mail server refused the mail ({answer}).",
                permanent=code >= 500,
                slow=asks_for_less(code, said),
            ) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._drop()
            raise Unsure(_unreachable(error)) from None
        except BaseException:
            self._drop()
            raise

    async def _reset(self, smtp: aiosmtplib.SMTP | None) -> None:
        """Ready for the next letter, or done with this connection."""
        try:
            if smtp is not None:
                async with asyncio.timeout(GOODBYE_S):
                    await smtp.rset()
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None

    async def close(self) -> None:
        """See Line."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await smtp.quit()
        smtp.close()


def _unreachable(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
        error.__cause__, ssl.SSLCertVerificationError
    ):
        return "The mail server's certificate could not be verified."
    if "STARTTLS" in str(error):
        return (
            "The mail server offers no STARTTLS. Use smtps://, or smtp+plain:// for a relay on this machine."
        )
    if isinstance(error, TimeoutError):
        return "The mail server did not answer in time."
    return f"The mail server could not be reached ({type(error).__name__})."
