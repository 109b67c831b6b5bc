"""Reading what a page says of itself: Open Graph, else Twitter's cards, else its plain title. Pure, and bounded.

It is written by strangers: scripts, styles and comments are skipped before the parser sees anything, so that what it
gets is short, and it gets it in pieces with an eye on the clock.
"""

import codecs
import re
import time
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

from channel.previews.model import MAX_DESCRIPTION_CHARS, MAX_SITE_CHARS, MAX_TITLE_CHARS, Found, clean

MOST_BYTES: Final = 1024 * 1024  # of a page; what counts stands at its head
PARSED_CHARS: Final = 96 * 1024
PIECE_CHARS: Final = 4 * 1024
LONGEST_S: Final = 1.0
MAX_TAGS: Final = 500
MAX_VALUE_CHARS: Final = 4_000
MAX_ADDRESS_CHARS: Final = 2_000

_SKIPPED: Final = re.compile(r"<(?:(!--)|(script|style|svg|noscript|template|textarea)\b)", re.IGNORECASE)
_CHARSET: Final = re.compile(
    rb"<meta[^>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?\s{0,5}([\w:.-]{1,40})", re.IGNORECASE
)
_SAID: Final = re.compile(r"charset\s*=\s*[\"']?\s*([\w:.-]{1,40})", re.IGNORECASE)
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# As browsers read them; and codecs of Python that are none for text are not asked at all.
_ALIASES: Final = {"iso-8859-1": "cp1252", "latin-1": "cp1252", "latin1": "cp1252", "us-ascii": "cp1252", "ascii": "cp1252",
                   "iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "x-sjis": "cp932", "shift_jis": "cp932",
                   "ks_c_5601-1987": "cp949", "euc-kr": "cp949"}  # fmt: skip
_TEXT: Final = re.compile(
    r"utf-?8|cp\d+|windows-125\d|iso-8859-\d+|koi8-[ru]|gb18030|big5(?:-hkscs)?|euc-jp|iso-2022-jp|macintosh",
    re.I,
)


def read(body: bytes, content_type: str, url: str) -> Found:
    """What the page at `url` says of itself. Never raises for what a page can be; takes about a second at most."""
    head = _Head()
    until_s = time.monotonic() + LONGEST_S
    text = _without_scripts(_decoded(body[:MOST_BYTES], content_type))
    for start in range(0, len(text), PIECE_CHARS):
        head.feed(text[start : start + PIECE_CHARS])
        if head.tags > MAX_TAGS or time.monotonic() > until_s:
            break
    return head.found(url)


def _decoded(body: bytes, content_type: str) -> str:
    for mark, name in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    said = _SAID.search(content_type)
    written = _CHARSET.search(body[:4_096])
    name = (said[1] if said else written[1].decode("ascii", "replace") if written else "utf-8").lower()
    name = _ALIASES.get(name, name)
    if not _TEXT.fullmatch(name):
        name = "utf-8"
    try:
        return body.decode(name, "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def _without_scripts(text: str) -> str:
    """Its first 96,000 characters without what is neither shown nor said of it. One pass, whatever is left open."""
    kept: list[str] = []
    size = at = 0
    lower = text.lower()
    if len(lower) != len(text):  # a few letters grow; then places in one are not places in the other
        lower = text
    while size < PARSED_CHARS:
        start = _SKIPPED.search(text, at)
        piece = text[at : min(start.start() if start else len(text), at + PARSED_CHARS - size)]
        kept.append(piece)
        size += len(piece)
        if start is None:
            break
        end = lower.find("-->" if start[1] else f"</{start[2].lower()}", start.end())
        if end < 0:
            break
        at = end + (3 if start[1] else 0)
        if not start[1]:
            close = text.find(">", at)
            at = len(text) if close < 0 else close + 1
    return "".join(kept)


class _Head(HTMLParser):
    """Collects the first of each kind that says something."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags = 0
        self._said: dict[str, str] = {}
        self._title: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags += 1
        given = {name: (value or "")[:MAX_VALUE_CHARS] for name, value in reversed(attrs[:20])}
        if tag == "meta":
            self._keep(
                (given.get("property") or given.get("name", "")).strip().lower(), given.get("content", "")
            )
        elif tag == "link" and "icon" in given.get("rel", "").lower().split():
            self._keep("icon", given.get("href", ""))
        elif tag == "base":
            self._keep("base", given.get("href", ""))
        elif tag == "title" and "title" not in self._said:
            self._title = []

    def handle_data(self, data: str) -> None:
        if self._title is not None and len(self._title) < 100:
            self._title.append(data[:MAX_VALUE_CHARS])

    def handle_endtag(self, tag: str) -> None:
        if tag == "title" and self._title is not None:
            self._keep("title", "".join(self._title))
            self._title = None

    def _keep(self, name: str, value: str) -> None:
        if name and value.strip() and len(self._said) < 200:
            self._said.setdefault(name[:40], value)

    def found(self, url: str) -> Found:
        """The best of what was said."""
        return Found(
            title=self._words(MAX_TITLE_CHARS, "og:title", "twitter:title", "title"),
            description=self._words(MAX_DESCRIPTION_CHARS, "og:description", "twitter:description", "description"),
            site=self._words(MAX_SITE_CHARS, "og:site_name", "application-name"),
            picture=self._address(url, "og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src"),
            icon=self._address(url, "icon"),
        )  # fmt: skip

    def _words(self, most_chars: int, *names: str) -> str:
        return next((words for name in names if (words := clean(self._said.get(name, ""), most_chars))), "")

    def _address(self, url: str, *names: str) -> str:
        for name in names:
            try:
                address = urljoin(urljoin(url, self._said.get("base", "")), self._said[name].strip())
            except (KeyError, ValueError):
                continue
            if address.startswith(("http://", "https://")) and len(address) <= MAX_ADDRESS_CHARS:
                return clean(address, MAX_ADDRESS_CHARS)
        return ""
