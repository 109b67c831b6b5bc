"""Markdown to safe HTML, once, at the moment of writing.

CommonMark with tables, ~~strikethrough~~, ||spoilers||, bare links, #rooms, #tags and @mentions. A line break stays one.
No raw HTML, no pictures from elsewhere (they become links), no heading above h3. What the parser makes is cleaned
again by an allow list: a fault in one of the two opens nothing.
"""

import asyncio
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import nh3
from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Delimiter
from markdown_it.token import Token

from channel.errors import Invalid
from channel.naming import NOBODY, Names, call, mention

RENDERER: Final = 3  # raise it when the same text would give other HTML; stored beside each html
MAX_HTML_CHARS = 262_144  # one long reference link, used often, makes megabytes of 10,000 characters
MAX_NESTING = 20
MAX_LINKS = 5  # that are told of a text
MAX_CELLS = 5_000  # of one table; short rows are filled up, so few characters could make very many
THREAD_FROM_CHARS = 4_096
PLAIN_SOURCE_CHARS = 600  # what `plain` looks at, so that a list of rooms costs little
HIDDEN = "▒▒▒"
REL = "noopener nofollow ugc"

_WEB_OR_MAIL = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
_HEADING = re.compile(r"\n* {0,3}#{1,6}[ \t]+(?P<words>[^\n]*[^\s#])[ \t]*#*[ \t]*(?:\n|\Z)")
_OWN_PATH = re.compile(r"/@[a-z0-9_-]+(?:/[a-z0-9_-]+|/tag/[a-z0-9_%-]+)?", re.IGNORECASE)
# What no rule above makes anything of: lines that begin like prose, without marks, addresses or odd spaces.
_LINE = (
    r"(?:[^\W\d_]|[^\x00-\xa0\s\ud800-\udfff]|[\"'(]|\d++(?![.)]))"
    r"(?:[^\x00-\x1f\x7f-\xa0\s\ud800-\udfff\\`*_~|\[\]<>&#@./]++| ++(?=[^\s])|\.(?!\w)|/(?!/))*+"
)
_PROSE = re.compile(rf"{_LINE}(?:\n++{_LINE})*+")
_PIPE = ord("|")
_ALIGN = {"text-align:right": "end", "text-align:center": "middle"}

_SAFE = nh3.Cleaner(
    tags={
        "a", "blockquote", "br", "code", "details", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "span",
        "strong", "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
    },
    attributes={"a": {"href"}, "ol": {"start"}, "span": {"data-who"}, "*": set()},  # without "*", lang and title would be let through
    tag_attribute_values={
        "a": {"class": {"mention", "hashtag"}},
        "span": {"class": {"spoiler", "mention"}, "tabindex": {"0"}},
        "details": {"class": {"spoiler"}},
        "th": {"class": {"end", "middle"}},
        "td": {"class": {"end", "middle"}},
    },
    # Wide ones scroll, and must do so by keyboard.
    set_tag_attribute_values={"pre": {"tabindex": "0"}, "table": {"tabindex": "0"}},
    url_schemes={"http", "https", "mailto"},
    url_relative=lambda url: url if _OWN_PATH.fullmatch(url) else None,
    link_rel=REL,
)  # fmt: skip
_parsers = threading.local()  # linkify keeps state while it matches, so a parser belongs to one thread


@dataclass(frozen=True, slots=True)
class Laid:
    """A text as HTML, and whom and what it names, each once, in their order: keys of `Names.people` and `.groups`."""

    html: str
    calls: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # to other places on the web, none that a spoiler hides; the first few


def render(text: str, *, rooms: Mapping[str, str], names: Names = NOBODY, small: bool = False) -> str:
    """HTML of `text`, safe to print. `rooms` maps the slugs that may be mentioned to their addresses.

    `small`: without headings, tables and lines across, as in comments.
    Raises Invalid (field text) when the HTML would pass MAX_HTML_CHARS.
    """
    return lay_out(text, rooms=rooms, names=names, small=small).html


def lay_out(text: str, *, rooms: Mapping[str, str], names: Names = NOBODY, small: bool = False) -> Laid:
    """`render`, and what it came across. Raises as that does."""
    if len(text) < THREAD_FROM_CHARS and is_prose(text):
        return Laid(_prose(text))
    return _rendered(text, rooms, names, small)


def is_prose(text: str) -> bool:
    """Whether `text` is words and line breaks alone, so that its HTML is known without a parser."""
    return _PROSE.fullmatch(text) is not None


def _prose(text: str) -> str:
    paragraphs = re.split(r"\n\n+", text) if "\n\n" in text else [text]
    return "\n".join("<p>" + paragraph.replace("\n", "<br>\n") + "</p>" for paragraph in paragraphs)


def _rendered(text: str, rooms: Mapping[str, str], names: Names = NOBODY, small: bool = False) -> Laid:
    env: dict[str, Any] = {"rooms": rooms, "names": names, "named": {}, "links": {}}
    made: str = _parser(small).render(text, env)
    if len(made) > MAX_HTML_CHARS:
        raise _too_large()
    html = _SAFE.clean(made).strip()
    if len(html) > MAX_HTML_CHARS:
        raise _too_large()
    named: Mapping[tuple[str, str], None] = env["named"]
    calls, tags = (tuple(key for kind, key in named if kind == wanted) for wanted in ("call", "tag"))
    return Laid(html, calls, tags, tuple(env["links"]))


async def in_thread(
    text: str, *, rooms: Mapping[str, str], names: Names = NOBODY, small: bool = False
) -> Laid:
    """`lay_out` for coroutines: long texts do not hold up the loop. Call it before the transaction."""
    if len(text) < THREAD_FROM_CHARS:
        return lay_out(text, rooms=rooms, names=names, small=small)
    return await asyncio.to_thread(lay_out, text, rooms=rooms, names=names, small=small)


def plain(text: str, limit_chars: int = 160) -> str:
    """The first words of `text` on one line, without markup and with spoilers hidden: for list rows and previews."""
    source = text[:PLAIN_SOURCE_CHARS]
    if source.count("||") % 2 and len(text) > PLAIN_SOURCE_CHARS:
        source = source[: source.rindex("||")]  # the cut must not open a spoiler
    words = _words(source)
    if len(words) <= limit_chars and len(text) <= PLAIN_SOURCE_CHARS:
        return words
    cut = words[:limit_chars]
    head, space, _ = cut.rpartition(" ")
    return (head if space and len(head) > limit_chars // 2 else cut).rstrip(" ,;:–-") + " …"


def title(text: str, limit_chars: int = 160) -> str:
    """What `text` calls itself: the heading that it begins with, else its first words. One line, as `plain`."""
    heading = _HEADING.match(text)
    return plain(heading["words"] if heading else text, limit_chars)


@lru_cache(maxsize=2_048)
def _words(source: str) -> str:
    return whole(source, after_heading=" – ")


def whole(source: str, *, after_heading: str = " ") -> str:
    """All of it on one line, without markup and with spoilers hidden: what can be searched for. `after_heading` stands
    between a heading and what follows, unless the heading ends by itself."""
    if is_prose(source):
        return " ".join(source.split())
    parts: list[str] = []
    for token in _parser().parse(source, {"rooms": {}, "names": NOBODY, "named": {}, "links": {}}):
        if token.type in ("fence", "code_block"):
            parts += (token.content, " ")
        elif token.type == "inline":
            parts += (token.meta.get("words", "") or _inline_words(token.children or []), " ")
        elif token.type == "heading_close" and parts and parts[-2][-1:].isalnum():
            parts[-1] = after_heading
        elif token.type in _BETWEEN and parts:
            parts[-1] = _BETWEEN[token.type]
    return " ".join("".join(parts[:-1]).split())


# Of a table on one line: what stands between its cells, and its rows.
_BETWEEN = {"th_close": " · ", "td_close": " · ", "tr_close": " – ", "table_close": " "}


def _inline_words(tokens: list[Token]) -> str:
    parts: list[str] = []
    hidden = 0
    for token in tokens:
        if token.type == "spoiler_open":
            parts.extend([HIDDEN] if not hidden else [])
            hidden += 1
        elif token.type == "spoiler_close":
            hidden -= 1
        elif not hidden:
            parts.append(" " if token.type in ("softbreak", "hardbreak") else token.content)
    return "".join(parts)


def _parser(small: bool = False) -> MarkdownIt:
    name = "small" if small else "parser"
    parser: MarkdownIt | None = getattr(_parsers, name, None)
    if parser is None:
        parser = _build()
        if small:
            parser.disable(["heading", "lheading", "table", "hr"])
        setattr(_parsers, name, parser)
    return parser


def _build() -> MarkdownIt:
    options = {"html": False, "linkify": True, "breaks": True, "maxNesting": MAX_NESTING}
    parser = MarkdownIt("commonmark", options)
    parser.enable(["table", "strikethrough", "linkify"]).disable(["html_block", "html_inline"])
    parser.validateLink = _is_web_or_mail  # type: ignore[method-assign]
    parser.linkify = _Linkify()
    parser.inline.add_terminator_char("|")
    parser.block.ruler.at("table", _small_table, {"alt": ["paragraph", "reference"]})
    parser.inline.ruler.before("emphasis", "spoiler", _spoiler_marks)
    parser.inline.ruler.before("link", "mention", mention)
    parser.inline.ruler.before("link", "call", call)
    parser.inline.ruler2.before("emphasis", "spoiler", _spoiler_pairs)
    parser.core.ruler.push("house", _house_rules)
    return parser


def _is_web_or_mail(url: str) -> bool:
    return bool(_WEB_OR_MAIL.match(url))


def _too_large() -> Invalid:
    return Invalid(text="This text grows too large when it is laid out. Use fewer tables, links or marks.")


class _Linkify(LinkifyIt):  # type: ignore[misc]
    """Finds bare links; one inside a spoiler ends where the spoiler does."""

    def match_at_start(self, text: str) -> Any:
        return super().match_at_start(text.partition("||")[0])


def _small_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    columns = state.getLines(start + 1, start + 2, 0, False).count("|") + 1 if start + 1 < end else 0
    return columns * (end - start) <= MAX_CELLS and table(state, start, end, silent)


# ---- ||spoilers||: the same pairing as ~~strikethrough~~ ----


def _spoiler_marks(state: StateInline, silent: bool) -> bool:
    if silent or not state.src.startswith("||", state.pos):
        return False
    scanned = state.scanDelims(state.pos, True)
    token = state.push("text", "", 0)
    token.content = "|" * scanned.length
    if scanned.length == 2:  # a longer row of bars is a drawing
        state.delimiters.append(
            Delimiter(marker=_PIPE, length=0, token=len(state.tokens) - 1, end=-1,
                      open=scanned.can_open, close=scanned.can_close)
        )  # fmt: skip
    state.pos += scanned.length
    return True


def _spoiler_pairs(state: StateInline) -> None:
    _pair(state, state.delimiters)
    for meta in state.tokens_meta:
        if meta and "delimiters" in meta:
            _pair(state, meta["delimiters"])


def _pair(state: StateInline, delimiters: list[Delimiter]) -> None:
    for opener in delimiters:
        if opener.marker != _PIPE or opener.end == -1:
            continue
        _turn(state.tokens[opener.token], "spoiler_open", 1, {"class": "spoiler", "tabindex": "0"})
        _turn(state.tokens[delimiters[opener.end].token], "spoiler_close", -1, {})


def _turn(token: Token, kind: str, nesting: int, attrs: dict[str, str | int | float]) -> None:
    token.type, token.tag, token.nesting, token.content, token.attrs = kind, "span", nesting, "", attrs  # type: ignore[assignment]


# ---- the house rules, on the finished tokens ----


def _house_rules(state: StateCore) -> None:
    tokens: list[Token] = []
    for at, token in enumerate(state.tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3" if token.tag in ("h1", "h2") else "h4"
        elif token.type == "th_open" and not state.tokens[at + 1].content.strip():
            token.tag = state.tokens[at + 2].tag = "td"  # an empty corner heads nothing
            _align(token)
        elif token.type in ("th_open", "td_open"):
            _align(token)
        elif token.type == "inline":
            token.children = _pictures_to_links(token.children or [])
            _secure(token.children)
            _note_links(token.children, state.env["links"])
            state.env["named"] |= {one.meta["named"]: None for one in token.children if "named" in one.meta}
        tokens.append(token)
    state.tokens = _fold_spoilers(tokens)


def _align(token: Token) -> None:
    style = str(token.attrs.pop("style", ""))  # the pages forbid inline styles
    if style in _ALIGN:
        token.attrSet("class", _ALIGN[style])


def _secure(tokens: list[Token]) -> None:
    """Addresses written without a scheme ("example.org") lead to https."""
    for at, token in enumerate(tokens):
        href = str(token.attrs.get("href", ""))
        bare = token.type == "link_open" and token.markup == "linkify" and href.startswith("http://")
        if bare and not tokens[at + 1].content.lower().startswith("http:"):
            token.attrSet("href", "https" + href.removeprefix("http"))


def _note_links(tokens: list[Token], links: dict[str, None]) -> None:
    """Adds where the text leads, each once. What a spoiler hides must not be shown by its preview."""
    hidden = 0
    for token in tokens:
        hidden += (token.type == "spoiler_open") - (token.type == "spoiler_close")
        href = str(token.attrs.get("href", ""))
        if token.type == "link_open" and not hidden and len(links) < MAX_LINKS:
            links |= {href: None} if href.lower().startswith(("http://", "https://")) else {}


def _pictures_to_links(tokens: list[Token]) -> list[Token]:
    """A remote picture would tell its host who reads; a link asks first."""
    made: list[Token] = []
    depth = 0
    for token in tokens:
        depth += token.nesting if token.type in ("link_open", "link_close") else 0
        if token.type != "image":
            made.append(token)
            continue
        address = str(token.attrs.get("src", ""))
        words = Token("text", "", 0, content=token.content or address)
        if depth or not address:
            made.append(words)
        else:
            made += [Token("link_open", "a", 1, attrs={"href": address}), words, Token("link_close", "a", -1)]
    return made


def _fold_spoilers(tokens: list[Token]) -> list[Token]:
    """A paragraph that is one spoiler folds, with a button of its own; within a line it stays a span."""
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].type == "paragraph_open" and not tokens[at].hidden and _is_one_spoiler(tokens[at + 1]):
            made += _folded(tokens[at : at + 3])
            at += 3
        else:
            made.append(tokens[at])
            at += 1
    return made


def _is_one_spoiler(inline: Token) -> bool:
    children = inline.children or []
    first = next((at for at, token in enumerate(children) if token.type == "spoiler_close"), -1)
    opens = sum(token.type == "spoiler_open" for token in children)
    return opens == 1 and children[0].type == "spoiler_open" and first == len(children) - 1


def _folded(paragraph: list[Token]) -> list[Token]:
    inline = paragraph[1]
    inline.children = (inline.children or [])[1:-1]
    inline.meta = {"words": " "}  # for `plain`: the label says it
    label = Token("inline", "", 0, children=[Token("text", "", 0, content="Spoiler")], meta={"words": HIDDEN})
    return [
        Token("details_open", "details", 1, attrs={"class": "spoiler"}, block=True),
        Token("summary_open", "summary", 1, block=True),
        label,
        Token("summary_close", "summary", -1, block=True),
        *paragraph,
        Token("details_close", "details", -1, block=True),
    ]
