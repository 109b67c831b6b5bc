"""What we need of whatever carries mail."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from channel.errors import Invalid

# Anything that a mail server or a reader could take for the end of a header: Unicode's Cc, Zl, Zp and Cs.
ENDS_A_HEADER: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to one address, in both shapes. What stands in a header is one line: see `__post_init__`.

    `tag` names the letter: sent again after a crash it is the same one, and mail programs show it once. "": each is new.
    `name`: whom it is from, with the operator's address; "": as the operator calls it. `headers`: more of them, as pairs of
    name and value.
    """

    to: str
    subject: str
    text: str
    html: str
    tag: str = ""
    name: str = ""
    headers: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for line in (self.to, self.subject, self.name, *(value for _, value in self.headers)):
            if ENDS_A_HEADER.search(line):
                raise Invalid(mail="A mail header is one line without control characters.")
        if self.to.count("@") != 1 or any(char in self.to for char in ' ,;<>"'):
            raise Invalid(email="Write a mail address like anna@example.org.")


# Who asked for fewer letters: the mail server that we hand all to, or the host of the recipient, through it.
Slow = Literal["", "relay", "host"]


class Undeliverable(Exception):
    """It was not sent. `permanent`: trying again would not help. `slow`: who asked for less, if anybody did. The text names
    no address and no secret."""

    def __init__(self, problem: str, *, permanent: bool, slow: Slow = "") -> None:
        super().__init__(problem)
        self.permanent = permanent
        self.slow: Slow = slow


class Unreachable(Undeliverable):
    """Nobody took anything: the mail server is away, or does not want us. Other letters would fare the same."""

    def __init__(self, problem: str, *, slow: Slow = "") -> None:
        super().__init__(problem, permanent=False, slow=slow)


class NobodyThere(Undeliverable):
    """The mail server refused the recipient: for good, or (not permanent) for now."""


class Unsure(Exception):
    """The letter was on its way when the line broke: nobody knows whether it was taken."""


Written = Callable[[], Awaitable[Mail | None]]


class Line(Protocol):
    """A connection to the mail server for many letters, one after another. It connects when it is needed."""

    async def deliver(self, to: str, write: Written, sender: str = "") -> bool:
        """Name whom to tell when it does not arrive (`sender`; "": the operator's address) and the recipient, ask `write`
        for the letter at the last moment, and hand it over. False: there was none.

        Raises Unreachable, NobodyThere or another Undeliverable: it was certainly not taken. Raises Unsure. What
        `write` raises goes through, and nothing was sent.
        """
        ...

    async def close(self) -> None:
        """Say goodbye. Raises nothing."""
        ...


class Sender(Protocol):
    """Hands a mail to somebody who promises to deliver it."""

    async def send(self, mail: Mail) -> None:
        """Return when the other side has taken responsibility. Raises Undeliverable, within a minute."""
        ...


class NoMail:
    """The sender of an installation without mail: a letter that was asked for waits where the operator sees it."""

    async def send(self, mail: Mail) -> None:
        raise Undeliverable("No mail is set up: set CHANNEL_SMTP and CHANNEL_MAIL_FROM.", permanent=True)
