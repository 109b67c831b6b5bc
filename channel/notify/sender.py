"""What we need of whatever carries mail."""

import unicodedata
from dataclasses import dataclass
from typing import Protocol

from channel.errors import Invalid


@dataclass(frozen=True, slots=True)
class Mail:
    """One letter to one address, in both shapes. What stands in a header is one line: see `__post_init__`.

    `tag` names the letter: sent again after a crash it is the same one, and mail programs show it once. "": each is new.
    """

    to: str
    subject: str
    text: str
    html: str
    tag: str = ""

    def __post_init__(self) -> None:
        # Anything that a mail server or a reader could take for the end of the header.
        for line in (self.to, self.subject):
            if any(unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs") for char in line):
                raise Invalid(mail="A mail header is one line without control characters.")
        if self.to.count("@") != 1 or any(char in self.to for char in ' ,;<>"'):
            raise Invalid(email="Write a mail address like anna@example.org.")


class Undeliverable(Exception):
    """It was not sent. `permanent`: trying again would not help. The text names no address and no secret."""

    def __init__(self, problem: str, *, permanent: bool) -> None:
        super().__init__(problem)
        self.permanent = permanent


class Sender(Protocol):
    """Hands a mail to somebody who promises to deliver it."""

    async def send(self, mail: Mail) -> None:
        """Return when the other side has taken responsibility. Raises Undeliverable, within a minute."""
        ...
