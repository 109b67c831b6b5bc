"""The HTML of a post as it may stand in a letter, and the same as plain text.

What comes in is what markdown.py has cleaned. Here it loses what only pages have (classes, buttons), addresses become
whole, and what a spoiler hides stays behind: a letter has no button that would show it.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Final

from markupsafe import Markup

HIDDEN: Final = "▒▒▒"
KEPT_BODIES: Final = 8
KEPT: Final = frozenset(
    ["blockquote", "code", "em", "h3", "h4", "li", "ol", "p", "pre", "s", "strong", "table", "tbody", "td",
     "th", "thead", "tr", "ul"]
)  # fmt: skip
# A page has two headings above those of a post, a letter has one.
RAISED: Final = {"h3": "h2", "h4": "h3"}
DIRECTED: Final = frozenset(["blockquote", "h3", "h4", "li", "ol", "p", "td", "th", "ul"])
PARAGRAPHS: Final = frozenset(["p", "h3", "h4", "pre", "ul", "ol", "table", "blockquote"])


@dataclass(frozen=True, slots=True)
class Body:
    """The same in both shapes."""

    html: Markup
    text: str


@lru_cache(KEPT_BODIES)
def lay(html: str, url: str) -> Body:
    """`url`: of this installation, before what begins with a slash. Most letters bring the words that the last one brought."""
    layer = _Layer(url)
    layer.feed(html)
    layer.close()
    # Escaped piece by piece where it was put together; nothing of the source is in it but its words.
    return Body(Markup("".join(layer.html)), layer.plain())


def direction(text: str) -> str:
    """ "rtl" or "ltr", by the first letter that has one; "" for words without."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return ""


class _Layer(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html: list[str] = []
        self._url = url
        self._texts: list[str] = [""]  # the last one is written to; one more for each quotation
        self._open: list[str] = []  # of what is inside a spoiler, it first
        self._links: list[tuple[str, int]] = []
        self._numbers: list[int | None] = []
        self._undirected: list[
            int
        ] = []  # where the tags stand that are open, and of which no letter came yet
        self._pre = 0

    def plain(self) -> str:
        lines = re.sub(r"[ \t]+\n", "\n", "".join(self._texts))
        return re.sub(r"\n{3,}", "\n\n", lines).strip()

    def _say(self, text: str) -> None:
        self._texts[-1] += text

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if self._open:
            if tag not in ("br", "hr"):
                self._open.append(tag)
        elif given.get("class") == "spoiler":
            self._open.append(tag)
            self.html.append(f"<p>{HIDDEN}</p>" if tag == "details" else HIDDEN)
            self._say(f"{HIDDEN}\n\n" if tag == "details" else HIDDEN)
        elif tag in ("br", "hr"):
            self.html.append(f"<{tag}>")
            self._say("\n" if tag == "br" else "\n---\n\n")
        elif tag == "a":
            self._begin_link(given.get("href") or "")
        elif tag in KEPT:
            start = given.get("start") if tag == "ol" else None
            opened = RAISED.get(tag, tag)
            if tag in DIRECTED:
                self._undirected.append(len(self.html))
            self.html.append(f'<ol start="{escape(start)}">' if start else f"<{opened}>")
            self._begin(tag, given)

    def _begin_link(self, href: str) -> None:
        whole = self._url + href if href.startswith("/") else href
        self.html.append(f'<a href="{escape(whole)}">')
        self._links.append((whole, len(self._texts[-1])))

    def _begin(self, tag: str, given: dict[str, str | None]) -> None:
        if tag in ("ul", "ol"):
            self._fresh_line()
            start = given.get("start") or "1"
            self._numbers.append((int(start) if start.isdigit() else 1) if tag == "ol" else None)
        elif tag == "li":
            self._say(self._bullet())
        elif tag == "blockquote":
            self._texts.append("")
        elif tag == "pre":
            self._pre += 1

    def _fresh_line(self) -> None:
        if self._texts[-1] and not self._texts[-1].endswith("\n"):
            self._say("\n")

    def _bullet(self) -> str:
        indent = "  " * (len(self._numbers) - 1)
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return f"{indent}- "
        self._numbers[-1] = number + 1
        return f"{indent}{number}. "

    def handle_endtag(self, tag: str) -> None:
        if self._open:
            if tag in self._open:
                del self._open[len(self._open) - 1 - self._open[::-1].index(tag) :]
        elif tag == "a" and self._links:
            href, start = self._links.pop()
            self.html.append("</a>")
            words = self._texts[-1][start:]
            # The name of a room or of somebody here says enough.
            named = href.startswith(self._url) and words.startswith(("#", "@"))
            if not named and words not in (href, href.partition("://")[2]):
                self._say(f" ({href})")
        elif tag in KEPT:
            self.html.append(f"</{RAISED.get(tag, tag)}>")
            if tag in DIRECTED and self._undirected:
                self._undirected.pop()
            self._end(tag)

    def _end(self, tag: str) -> None:
        if tag == "blockquote" and len(self._texts) > 1:
            quoted = self._texts.pop().strip()
            self._say("\n".join(f"> {line}".rstrip() for line in quoted.splitlines()))
        elif tag in ("ul", "ol") and self._numbers:
            self._numbers.pop()
        elif tag == "pre":
            self._pre -= 1
        elif tag in ("td", "th"):
            self._say("  ")
        if tag in PARAGRAPHS:
            self._say("\n\n" if not self._numbers else "\n")
        elif tag in ("li", "tr"):
            self._fresh_line()

    def _direct(self, data: str) -> None:
        """Hebrew and Arabic run from the right. Written into the tags: few mail programs do it by themselves."""
        way = direction(data) if self._undirected else ""
        if way == "rtl":
            for at in self._undirected:
                self.html[at] = f'{self.html[at][:-1]} dir="rtl">'
        if way:
            self._undirected.clear()

    def handle_data(self, data: str) -> None:
        if self._open:
            return
        self._direct(data)
        self.html.append(escape(data, quote=False))
        if self._pre:
            self._say(data)
            return
        words = re.sub(r"\s+", " ", data)
        at_start = not self._texts[-1] or self._texts[-1].endswith("\n")
        self._say(words.lstrip() if at_start else words)
