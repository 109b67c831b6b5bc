"""What somebody wrote in a mail: without what they answered to, and without their signature. Pure, linear in its length.

Cut by lines: what stands above the first line that begins a quotation. A mail that answers below, or in between, keeps
those lines that are not quoted.
"""

import re
from html.parser import HTMLParser
from typing import Final

from channel.incoming.breaks import unbroken
from channel.incoming.reading import Letter

MOST_INTRODUCING: Final = 4  # lines that a mail program breaks an introduction into, where names are long
MAX_INTRODUCTION_CHARS: Final = 400
_WROTE: Final = (
    r"(?:wrote|schrieb|geschrieben|écrit|escribió|ha scritto|escreveu|schreef|skrev|napisał\(a\)|napisał)"
)
_ADDRESS: Final = r"<\s?[^<>\s]{1,254}@[^<>\s]{1,254}>"
# What stands above a quotation: "On … wrote:", in the languages of the larger mail programs. Bounded, so that no line
# costs much.
_DATED: Final = re.compile(
    rf"(?:on|am|le|el|il|em|op|den|w dniu) .{{4,200}}{_WROTE}\b.{{0,200}}:", re.IGNORECASE
)
_NAMED: Final = re.compile(rf".{{1,200}}{_ADDRESS},? {_WROTE}\b.{{0,80}}:", re.IGNORECASE)
# With the quotation behind it in the same line, as some phones do: then there has to be an address.
_BEGINS_QUOTING: Final = re.compile(
    rf"(?:on|am) .{{4,200}}(?:{_ADDRESS} {_WROTE}|{_WROTE} .{{0,200}}{_ADDRESS}): .*", re.IGNORECASE
)
# Outlook's block of headers, and dividers.
_DIVIDER: Final = re.compile(
    r"\s*(?:-{2,}\s*(?:original message|ursprüngliche nachricht|original-?nachricht|forwarded message|"
    r"weitergeleitete nachricht|message d'origine)\s*-{2,}|_{10,})\s*",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(
    r"\**(from|von|de|da|van|sent|date|gesendet|datum|envoyé|enviado|inviato|verzonden|to|an|à|para|a|aan|"
    r"subject|betreff|objet|asunto|oggetto|onderwerp)\s?:\**\s.{1,200}",
    re.IGNORECASE,
)
_WRITERS: Final = frozenset({"from", "von", "de", "da", "van"})
_FOOT: Final = re.compile(
    r"(?:sent from my |sent from (?:outlook|mail for|yahoo mail|proton ?mail)|sent with proton ?mail|get outlook for |"
    r".{0,24}outlook (?:für|for) (?:ios|android|mac|windows)\b|von meinem .{1,40}gesendet|"
    r"gesendet (?:von|mit) (?:meinem|outlook|mail für|yahoo mail|proton ?mail|(?:der )?(?:telekom|gmx|web\.de|freenet)\b)|"
    r"diese nachricht wurde von meinem ).{0,80}",
    re.IGNORECASE,
)
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"}
)
_SILENT: Final = frozenset({"script", "style", "head", "title", "template", "svg"})
_QUOTES: Final = (
    "gmail_quote",
    "gmail_signature",
    "yahoo_quoted",
    "moz-cite-prefix",
    "protonmail_quote",
    "moz-signature",
)


def said(letter: Letter, site: str) -> str:
    """What the writer of the mail says; "" when that is nothing.

    A mail program that quotes as none known here does leaves our own letter in it: the sealed links of that, at `site`,
    open what its reader chose, and are for nobody else.
    """
    return re.sub(
        rf"<?{re.escape(site)}/(?:notices|follow)/(?:off|picture|by)/[^\s<>]*>?", "…", answer(body(letter))
    )


def body(letter: Letter) -> str:
    """The words of the mail: its plain text, else its HTML as text."""
    plain = "\n".join(part.text for part in letter.parts if part.kind == "text/plain").strip()
    if plain:
        return plain
    return "\n".join(plain_of(part.text) for part in letter.parts if part.kind == "text/html").strip()


def answer(text: str) -> str:
    """`text` without quotations, what introduces them, and signatures."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept: list[str] = []
    for number, line in enumerate(lines):
        if line.rstrip(" ") in ("--", "-- ") and line.startswith("--"):
            break
        if _divides(lines, number):
            break
        if line.lstrip().startswith(">"):
            _take_back_introduction(kept)
            continue
        if _FOOT.fullmatch(line.strip()):
            continue
        kept.append(line.rstrip())
    while kept and not kept[-1]:
        kept.pop()
    if kept and _is_introduction(kept[-1:]):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", unbroken("\n".join(kept))).strip()


def _divides(lines: list[str], number: int) -> bool:
    """Whether what follows is another mail."""
    line = lines[number].strip()
    if not line:
        return False
    if _DIVIDER.fullmatch(line) or _BEGINS_QUOTING.fullmatch(line[:MAX_INTRODUCTION_CHARS]):
        return True
    return _heads(lines[number : number + 6]) or _introduces(lines, number)


def _heads(lines: list[str]) -> bool:
    """Whether these begin with what a mail program writes about the mail that follows: at least three such lines, one of
    which says whom it is from."""
    found = [_HEAD.fullmatch(line.strip()) for line in lines if line.strip()]
    names = {one[1].lower() for one in found if one}
    return bool(found and found[0]) and len(names) >= 3 and not names.isdisjoint(_WRITERS)


def _introduces(lines: list[str], number: int) -> bool:
    """Whether a quotation begins behind these lines that carries no marks: one that does leaves what is said in between.

    Without a mark there has to be a date or an address, or somebody only tells what somebody wrote.
    """
    for many in range(1, MOST_INTRODUCING + 1):
        above = lines[number : number + many]
        if len(above) < many or not above[-1].strip():
            return False
        if _is_introduction(above) and re.search(r"[\d@]", "".join(above)):
            following = (one.strip() for one in lines[number + many : number + many + 5])
            return not next(filter(None, following), "").startswith(">")
    return False


def _take_back_introduction(kept: list[str]) -> None:
    """The lines that name whom the quotation is of."""
    while kept and not kept[-1].strip():
        kept.pop()
    for many in range(1, min(MOST_INTRODUCING, len(kept)) + 1):
        if _is_introduction(kept[-many:], named=False):
            del kept[-many:]
            return
    for many in (1, 2):
        if _is_introduction(kept[-many:]):
            del kept[-many:]
            return


def _is_introduction(lines: list[str], *, named: bool = True) -> bool:
    """Whether these lines, none of which is empty, are one. By name it is broken within the address alone."""
    joined = " ".join(one.strip() for one in lines)
    if not joined.endswith(":") or len(joined) > MAX_INTRODUCTION_CHARS or not all(map(str.strip, lines)):
        return False
    if _DATED.fullmatch(joined):
        return True
    whole = len(lines) == 1 or (len(lines) == 2 and "<" in lines[0])
    return named and whole and _NAMED.fullmatch(joined) is not None


def plain_of(html: str) -> str:
    """The words of a page, quotations of mail programs left out."""
    words = _Words()
    try:
        words.feed(_uncommented(html))
        words.close()
    except (AssertionError, ValueError, IndexError, RecursionError):  # what was read until then stays
        pass
    lines = ("".join(words.said)).split("\n")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(" ".join(line.split()) for line in lines)).strip()


def _uncommented(html: str) -> str:
    """Without comments, which the parser takes quadratic time for where they do not end."""
    kept, at = [], 0
    while True:
        opens = html.find("<!--", at)
        kept.append(html[at : opens if opens >= 0 else len(html)])
        closes = html.find("-->", opens) if opens >= 0 else -1
        if closes < 0:
            return "".join(kept)
        at = closes + 3


class _Words(HTMLParser):
    """Collects text; `_skipped` are the open elements whose words are not the writer's."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._skipped: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.append(tag)
            return
        named = " ".join(value or "" for name, value in attrs if name in ("class", "id"))
        if tag == "blockquote" or tag in _SILENT or any(one in named for one in _QUOTES):
            if tag not in ("br", "img", "hr", "meta", "link", "input"):
                self._skipped.append(tag)
        elif tag in _BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped:
            if tag == self._skipped[0]:
                self._skipped.pop()
        elif tag in _BLOCKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.said.append(data.replace("\n", " "))
