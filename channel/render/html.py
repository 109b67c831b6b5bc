"""Views as HTML. One environment per language; one fragment for first paint, paging, live frames and answers.

Fragments are viewer-independent: everybody of one rank and language gets the same bytes.
"""

import sys
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from channel.i18n import translation
from channel.render.formats import formats
from channel.render.kept import Kept
from channel.render.views import AnyView, LockedView, PostView

TEMPLATES = Path(__file__).parent.parent / "templates"
FRAGMENTS_BYTES = 8 * 1024 * 1024
ENTRY_BYTES = 2_048  # what a view takes besides its texts, and its place here


def plain_address(path: str) -> str:
    """Where a static file lies when nobody has hashed it."""
    return f"/static/{path}"


_static: list[Callable[[str], str]] = [plain_address]


def use_static(address: Callable[[str], str]) -> None:
    """Say once, at the start, how static files are addressed: the web layer knows their hashes."""
    _static[:] = [address]
    environment.cache_clear()
    _icon.cache_clear()
    _fragments.clear()


@cache
def environment(language: str) -> Environment:
    """The templates, speaking `language`. Undefined names are errors, everything printed is escaped."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    words = translation(language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.filters.update(formats(language, words))
    made.globals["static"] = _static[0]
    made.globals["drawn_icon"] = _icon
    made.globals["language"] = language
    return made


@lru_cache(maxsize=512)
def _icon(name: str, size: str = "", flip: bool = False) -> Markup:
    """One of the signs of static/icons, beside words that say the same."""
    look = f"icon{size and f' {size}'}{' flip' if flip else ''}"
    drawn = '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"></use></svg>'
    return Markup(drawn).format(look, _static[0]("icons/sprite.svg"), name)


_fragments: Kept[str] = Kept(FRAGMENTS_BYTES)


def fragment(view: AnyView, language: str) -> str:
    """The article of one post, locked post or trace. In a page: include fragments/post.html with `view`.

    The same view in the same language is the same article, so it is kept. The key is the whole view: whoever is
    shown something else has another one.
    """
    key = (language, view)
    article = _fragments.get(key)
    if article is None:
        article = environment(language).get_template("fragments/post.html").render(view=view).strip()
        _fragments.put(key, article, _size_bytes(view) + sys.getsizeof(article))
    return article


def _size_bytes(view: AnyView) -> int:
    match view:
        case PostView():
            return (
                ENTRY_BYTES + sys.getsizeof(view.text) + sys.getsizeof(view.html) + sys.getsizeof(view.teaser)
            )
        case LockedView():
            return ENTRY_BYTES + sys.getsizeof(view.teaser)
        case _:
            return ENTRY_BYTES
