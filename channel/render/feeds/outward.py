"""The HTML of a post for programs that have neither our pages around it nor our styles.

Addresses become whole, and what a style hides on our pages is left out: a reader would show a spoiler.
"""

from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Final

from markupsafe import escape

from channel.markdown import HIDDEN

_TAGS: Final = frozenset(
    [
        "a",
        "blockquote",
        "br",
        "code",
        "em",
        "h3",
        "h4",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_VOID: Final = frozenset({"br", "hr"})
_KEPT: Final = frozenset({("a", "href"), ("ol", "start")})
_BLOCKS: Final = frozenset({"details"})
Attributes = Sequence[tuple[str, str | None]]


def outward(html: str, base: str) -> str:
    """`html` as channel.markdown made it, with every address below `base` in full and without spoilers."""
    parser = _Outward(base)
    parser.feed(html)
    parser.close()
    return "".join(parser.parts)


class _Outward(HTMLParser):
    """What it reads was cleaned and closes every tag; what it does not know it leaves out, and keeps the words."""

    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._base = base
        self._hidden: list[str] = []  # open tags from the spoiler on

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._hidden:
            self._hidden += [] if tag in _VOID else [tag]
            return
        if "spoiler" in (dict(attrs).get("class") or "").split():
            self._hidden.append(tag)
            self.parts.append(f"<p>{HIDDEN}</p>" if tag in _BLOCKS else HIDDEN)
        elif tag in _TAGS:
            self.parts.append(f"<{tag}{self._attributes(tag, attrs)}>")

    def handle_endtag(self, tag: str) -> None:
        if self._hidden:
            if tag == self._hidden[-1]:
                self._hidden.pop()
        elif tag in _TAGS and tag not in _VOID:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(str(escape(data)))

    def _attributes(self, tag: str, attrs: Attributes) -> str:
        kept = [(name, value or "") for name, value in attrs if (tag, name) in _KEPT]
        return "".join(f' {name}="{escape(self._whole(value))}"' for name, value in kept)

    def _whole(self, value: str) -> str:
        return f"{self._base}{value}" if value.startswith("/") else value
