"""What the answers of mail servers mean: about an address, about how many letters they get, or about us."""

import re
from typing import Final

from channel.notify.sender import Slow

# Said by those that would take the letter later: of how many there are, or of how much there is to do.
LESS: Final = re.compile(
    r"too (?:many|much|fast|quickly)|\brate\b|\blimit|throttl|slow(?:er)? down|exceed|unusual|unexpected volume"
    r"|temporarily (?:deferred|blocked|rejected)|\bbusy\b|\bload\b",
    re.IGNORECASE,
)
LESS_STATUS: Final = (
    "4.3.1",
    "4.3.2",
    "4.4.5",
    "4.5.3",
    "4.7.28",
    "4.7.500",
    "4.7.650",
    "4.7.651",
    "4.7.652",
)
OF_ONE_MAILBOX: Final = ("4.1.", "4.2.")
# Who greylists wants each pair of addresses to come twice, and would have none of them if the others waited.
GREYLISTED: Final = re.compile(r"gr[ae]y-?\s?list", re.IGNORECASE)
FULL: Final = re.compile(r"quota|mailbox (?:is )?full|full mailbox|exceeded storage", re.IGNORECASE)
OF_US: Final = re.compile(
    r"spam|\bblock(?:ed|list)|blacklist|reputation|dmarc|\bspf\b|\bpolicy|\brelay", re.IGNORECASE
)
STATUS: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")


def asks_for_less(code: int, said: str) -> Slow:
    """Who wants fewer letters, of an answer to a recipient or to the letter itself."""
    if code not in (421, 450, 451, 452, 454) or GREYLISTED.search(said):
        return ""
    found = STATUS.search(said)
    status = found[0] if found else ""
    if code != 421 and status.startswith(OF_ONE_MAILBOX):
        return ""
    if code == 421 or status in LESS_STATUS or LESS.search(said):
        return "relay" if code == 454 else "host"  # 454: Amazon says so of an account that sends too much
    return ""


def is_for_good(code: int, said: str) -> bool:
    """5xx about the mailbox, which takes nothing any more. One that is full may be emptied, and what a server says about us
    (5.7.x; without a status: policy, blocked) tells nothing of the address."""
    if code < 500:
        return False
    found = STATUS.search(said)
    if found:
        return not found[0].startswith(("5.7.", "5.2.2"))
    return code != 552 and not FULL.search(said) and not OF_US.search(said)


def status_of(code: int, said: str) -> str:
    """The code with the status of the answer: its text often quotes the address."""
    found = STATUS.search(said)
    return f"{code} {found[0]}" if found else str(code)
