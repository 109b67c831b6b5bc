"""A mailbox that is read over IMAP (RFC 3501), for those who have no mail server of their own to pipe from.

The standard library's client, in a thread: what it is asked for here are six commands. A mail is marked as seen once it
is kept, and not before: a crash in between has it handed over again, and the second time nothing happens.
"""

import asyncio
import imaplib
import logging
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Final
from urllib.parse import unquote, urlsplit

from channel.errors import ChannelError, NotFound
from channel.incoming.addresses import Addresses
from channel.incoming.ground import Ground
from channel.incoming.reading import MAX_BYTES
from channel.incoming.spooling import Spool, take_in

POLL_S: Final = 30.0
TIMEOUT_S: Final = 30
KEEP_S: Final = 300  # for one mail, which may have to go to a bucket
AT_ONCE: Final = 50
# What a client of an IMAP server that is away, refuses or talks nonsense can raise.
FAULTS: Final = (imaplib.IMAP4.error, OSError, ssl.SSLError, EOFError, UnicodeError, ValueError)

log = logging.getLogger("channel.incoming")


@dataclass(frozen=True, slots=True)
class Where:
    """The mailbox, as the operator named it."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    plain: bool  # on loopback only: see settings

    @classmethod
    def parse(cls, url: str) -> "Where":
        """Read CHANNEL_INCOMING_IMAP, which was checked before."""
        parts = urlsplit(url)
        plain = parts.scheme == "imap+plain"
        return cls(
            host=parts.hostname or "", port=parts.port or (143 if plain else 993),
            user=unquote(parts.username or ""), password=unquote(parts.password or ""),
            folder=unquote(parts.path.strip("/")) or "INBOX", plain=plain,
        )  # fmt: skip


class Mailbox:
    """Takes what is unseen in the mailbox, some at a time."""

    def __init__(self, ground: Ground, url: str, addresses: Addresses) -> None:
        self._ground = ground
        self._where = Where.parse(url)
        self._addresses = addresses
        self._told = ""

    async def run(self) -> None:
        """Work until cancelled. Survives a database and a mail server that are away."""
        while True:
            try:
                while await self.round() == AT_ONCE:
                    pass
                self._told = ""
            except ChannelError as error:
                log.warning("Mail has to wait in its mailbox: %s", error.detail)
            except FAULTS as error:
                if self._told != type(error).__name__:  # said once, not every half minute
                    log.warning("The mailbox cannot be read (%s)", type(error).__name__)
                self._told = type(error).__name__
            except Exception:
                log.exception("The mailbox stumbled; it goes on in %.0f s", POLL_S)
            await asyncio.sleep(POLL_S)

    async def round(self) -> int:
        """Take the next unseen mails, at most 50. Returns how many there were. Raises FAULTS, Unavailable."""
        loop = asyncio.get_running_loop()

        def taken(pieces: Iterator[bytes]) -> None:
            now = self._ground.db.clock()
            with Spool(self._addresses, self._ground.scratch, "", now=now, most=self._ground.most) as spool:
                for piece in pieces:
                    if not spool.feed(piece):
                        break
                asyncio.run_coroutine_threadsafe(self._take(spool), loop).result(KEEP_S)

        return await asyncio.to_thread(fetch, self._where, taken)

    async def _take(self, spool: Spool) -> None:
        try:
            arrived = await asyncio.to_thread(spool.end)
        except NotFound:
            log.info("A mail in the mailbox is for no address of ours; it stays there, seen")
            return
        if arrived is not None:
            await take_in(self._ground.db, self._ground.desk.blobs, arrived)


def fetch(where: Where, take: Callable[[Iterator[bytes]], None]) -> int:
    """Give each unseen mail to `take`, oldest first, in pieces that are fetched as it asks for them, and mark it as seen
    when that returns. Blocks. Raises FAULTS."""
    with opened(where) as box:
        _, found = box.uid("SEARCH", "UNSEEN")
        numbers = (found[0] or b"").split()[:AT_ONCE] if found else []
        for number in numbers:
            name = number.decode("ascii")
            if not name.isdigit():
                continue
            pieces = _pieces(box, name)
            first = next(pieces, b"")
            if not first:  # it went meanwhile, or could not be fetched: it is asked for again
                continue
            take(chain([first], pieces))
            box.uid("STORE", name, "+FLAGS", r"(\Seen)")
        return len(numbers)


def _pieces(box: imaplib.IMAP4, name: str) -> Iterator[bytes]:
    """The mail, 512 KiB at a time (RFC 3501, section 6.4.5: a part of a text)."""
    at = 0
    while piece := _content(box.uid("FETCH", name, f"(BODY.PEEK[]<{at}.{MAX_BYTES}>)")[1]):
        yield piece
        at += len(piece)
        if len(piece) < MAX_BYTES:
            return


@contextmanager
def opened(where: Where) -> Iterator[imaplib.IMAP4]:
    """Signed in, with the folder open. Raises FAULTS."""
    box: imaplib.IMAP4
    if where.plain:
        box = imaplib.IMAP4(where.host, where.port, timeout=TIMEOUT_S)
    else:
        safe = ssl.create_default_context()
        box = imaplib.IMAP4_SSL(where.host, where.port, ssl_context=safe, timeout=TIMEOUT_S)
    try:
        box.login(where.user, where.password)
        folder = re.sub(r'(["\\])', r"\\\1", where.folder)
        kind, _ = box.select(f'"{folder}"')
        if kind != "OK":
            raise imaplib.IMAP4.error("There is no such folder.")
        yield box
    finally:
        try:
            box.logout()
        except FAULTS:
            log.debug("The mailbox did not say goodbye")


def _content(answer: object) -> bytes:
    """The mail of an answer to FETCH: pairs of what it is and its bytes, with other lines between."""
    for piece in answer if isinstance(answer, list) else []:
        if isinstance(piece, tuple) and len(piece) > 1 and isinstance(piece[1], bytes):
            return piece[1]
    return b""
