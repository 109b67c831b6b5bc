"""What somebody wrote in a mail: without what they answered to, and without their signature. Pure, linear in its length.

Cut by lines: what stands above the first line that begins a quotation. A mail that answers below, or in between, keeps
those lines that are not quoted.
"""

import re
from html.parser import HTMLParser
from typing import Final

from channel.incoming.reading import Letter

# A line above a quotation: "On … wrote:", in the languages of the larger mail programs. Bounded, so that no line costs much.
_INTRODUCES: Final = re.compile(
    r"(?:on|am|le|el|il|em|op|den|w dniu) .{4,200}(?:wrote|schrieb|écrit|escribió|ha scritto|escreveu|schreef|skrev|"
    r"napisał\(a\)|napisał)\b.{0,80}:\s*",
    re.IGNORECASE,
)
_ENDS_IT: Final = re.compile(
    r".{0,200}(?:wrote|schrieb|écrit|escribió|ha scritto)\s?(?:[^:\n]{0,80}):\s*", re.IGNORECASE
)
_BEGINS_IT: Final = re.compile(r"(?:on|am|le|el|il) .{4,200}", re.IGNORECASE)
# Outlook's block of headers, and dividers.
_DIVIDER: Final = re.compile(
    r"\s*(?:-{2,}\s*(?:original message|ursprüngliche nachricht|originalnachricht|forwarded message|message d'origine)"
    r"\s*-{2,}|_{10,})\s*",
    re.IGNORECASE,
)
_HEAD: Final = re.compile(r"\**(?:from|von|de|da)\s?:\**\s.{1,200}", re.IGNORECASE)
_MORE_HEADS: Final = re.compile(
    r"\**(?:sent|date|to|subject|gesendet|datum|an|betreff|envoyé|enviado)\s?:\**\s", re.IGNORECASE
)
_FOOT: Final = re.compile(
    r"(?:sent from my |sent from outlook|get outlook for |von meinem .{1,40}gesendet|gesendet von (?:meinem|outlook)|"
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


def said(letter: Letter) -> str:
    """What the writer of the mail says; "" when that is nothing."""
    return answer(body(letter))


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
    while kept and _INTRODUCES.fullmatch(kept[-1].strip() or "x"):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _divides(lines: list[str], number: int) -> bool:
    """Whether what follows is another mail."""
    line = lines[number].strip()
    if not line:
        return False
    if _DIVIDER.fullmatch(line):
        return True
    following = [one.strip() for one in lines[number + 1 : number + 6] if one.strip()]
    if _HEAD.fullmatch(line) and sum(bool(_MORE_HEADS.match(one)) for one in following) >= 2:
        return True
    # In one line or broken over two, before a quotation that carries no marks.
    if _INTRODUCES.fullmatch(line):
        return not following or not following[0].startswith(">")
    return bool(
        following
        and _BEGINS_IT.fullmatch(line)
        and _ENDS_IT.fullmatch(following[0])
        and _INTRODUCES.fullmatch(f"{line} {following[0]}")
    )


def _take_back_introduction(kept: list[str]) -> None:
    """The one or two lines that name whom the quotation is of."""
    while kept and not kept[-1].strip():
        kept.pop()
    for many in (1, 2):
        if len(kept) >= many and _INTRODUCES.fullmatch(" ".join(one.strip() for one in kept[-many:])):
            del kept[-many:]
            return


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
