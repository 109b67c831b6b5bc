"""What a mail to a return path says about the address: gone, unreachable for now, annoyed, or nothing. Pure.

Reports of delivery are RFC 3464, complaints RFC 5965 (ARF). What is neither is read by its words: the return path is
sealed and was given to one mailbox alone, so that something came back to it is certain; what it was is not.
"""

import re
from typing import Final, Literal

from channel.incoming.reading import Letter

Verdict = Literal["hard", "soft", "complaint", "none"]

# Statuses of RFC 3463 about the mailbox itself: it is not there, or takes nothing any more.
_GONE: Final = re.compile(r"5\.1\.\d{1,3}|5\.2\.1|5\.0\.0")
# What a server thinks of us (policy, blocked, unsigned) tells nothing of the address.
_OF_US: Final = re.compile(r"[45]\.7\.\d{1,3}")
_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY_CODE: Final = re.compile(r"(?<![\d.:#-])([45][0-5]\d)(?=[ -])")
_BLOCKED: Final = re.compile(r"spam|block(?:ed|list)|blacklist|reputation|dmarc|policy", re.IGNORECASE)
_FULL: Final = re.compile(r"quota|mailbox (?:is )?full|over ?quota|storage", re.IGNORECASE)
_SERVERS: Final = frozenset({"mailer-daemon", "postmaster", "double-bounce"})
_COMPLAINTS: Final = frozenset({"abuse", "fraud", "opt-out", "opt-out-list"})
# Of mails that are no reports, those that tell of a failure.
_FAILURE: Final = re.compile(
    r"undeliver|returned mail|delivery (?:status|failure|has failed)|failure notice|mail delivery failed|"
    r"could not (?:be )?deliver|unzustellbar|nicht zugestellt",
    re.IGNORECASE,
)


def verdict(letter: Letter) -> Verdict:
    """What it says about the address that our letter went to."""
    if letter.report_type == "feedback-report" or _parts(letter, "message/feedback-report"):
        return _complaint(letter)
    groups = [group for text in _parts(letter, "message/delivery-status") for group in _groups(text)]
    failed = [group for group in groups if group.get("action", "").lower() == "failed"]
    if failed:
        return _failed(failed[0])
    if groups or letter.report_type:
        return "none"  # delayed, relayed, delivered, read: nothing came back
    return _by_words(letter)


def original_sender(letter: Letter) -> list[str]:
    """Return paths that a complaint names as those of our letter."""
    found: list[str] = []
    for text in _parts(letter, "message/feedback-report"):
        found += [group.get("original-mail-from", "") for group in _groups(text)]
    for text in [*_parts(letter, "message/rfc822"), *_parts(letter, "text/rfc822-headers")]:
        found += [group.get("return-path", "") for group in _groups(text)]
    return [one.strip().strip("<>") for one in found if one]


def _parts(letter: Letter, kind: str) -> list[str]:
    return [part.text for part in letter.parts if part.kind == kind]


def _groups(text: str) -> list[dict[str, str]]:
    """Groups of fields with empty lines between; names in lower case, the first of a name counts."""
    groups = []
    for block in re.split(r"\n[ \t]*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in block.splitlines()[:200]:
            if line[:1] in (" ", "\t") and name:
                fields[name] += " " + line.strip()
                continue
            head, colon, value = line.partition(":")
            name = head.strip().lower() if colon else ""
            if name:
                fields.setdefault(name, value.strip())
        if fields:
            groups.append(fields)
    return groups


def _complaint(letter: Letter) -> Verdict:
    kinds = {
        group.get("feedback-type", "").lower()
        for text in _parts(letter, "message/feedback-report")
        for group in _groups(text)
    }
    return "complaint" if kinds & _COMPLAINTS else "none"


def _failed(group: dict[str, str]) -> Verdict:
    """Of one recipient for whom delivery was given up."""
    said = group.get("diagnostic-code", "")
    found = _STATUS.search(group.get("status", "")) or _STATUS.search(said)
    status = found[0] if found else ""
    # A server's own words are finer than what the one in between made of them: 5.0.0 for "550 5.7.1 blocked".
    finer = _STATUS.search(said)
    if finer and status in ("", "5.0.0", "5.5.0"):
        status = finer[0]
    return _of_status(status, said)


def _of_status(status: str, said: str) -> Verdict:
    if _OF_US.fullmatch(status):
        return "none"
    if status in ("", "5.0.0", "5.5.0"):
        if _BLOCKED.search(said):
            return "none"
        if _FULL.search(said):
            return "soft"
        code = _REPLY_CODE.search(said)
        gone = code[1] in ("550", "551", "553", "554") if code else status == "5.0.0"
        return "hard" if gone else "soft"
    return "hard" if _GONE.fullmatch(status) else "soft"


def _by_words(letter: Letter) -> Verdict:
    """qmail, old Exims and what else writes no report. A holiday note to the return path is no failure."""
    words = "\n".join(part.text for part in letter.parts if part.kind.startswith("text/"))[:8_000]
    if not (letter.failed_recipients or _FAILURE.search(letter.subject) or _FAILURE.search(words[:2_000])):
        return "none"
    if not (letter.empty_sender or letter.sender.partition("@")[0] in _SERVERS):
        return "none"
    found = _STATUS.search(words)
    if found and found[1] != "2":
        return _of_status(found[0], words)
    code = _REPLY_CODE.search(words)
    if letter.failed_recipients or code:
        return _of_status("", words if code else "550 failed")
    return "soft"
