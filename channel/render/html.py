"""Views as HTML. One environment per language; one fragment for first paint, paging, live frames and answers.

Fragments are viewer-independent: everybody of one rank and language gets the same bytes.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup

from channel import looks
from channel.i18n import translation
from channel.render import icons
from channel.render.colours import stage
from channel.render.formats import formats
from channel.render.kept import Kept
from channel.render.views import AnyView, LockedView, PostView

TEMPLATES = Path(__file__).parent.parent / "templates"
FRAGMENTS_BYTES = 8 * 1024 * 1024
REACTION_BYTES = 200  # what a kind of reaction takes of a view
ENTRY_BYTES = 2_048  # what a view takes besides its texts, and its place here


def plain_address(path: str) -> str:
    """Where a static file lies when nobody has hashed it."""
    return f"/static/{path}"


_static: list[Callable[[str], str]] = [plain_address]


def use_static(address: Callable[[str], str]) -> None:
    """Say once, at the start, how static files are addressed: the web layer knows their hashes."""
    known = _static[0]
    _static[:] = [address]
    if known("app.css") == address("app.css"):  # the hash of all files is in every address
        return
    environment.cache_clear()
    _icon.cache_clear()
    _fragments.clear()


class Compiled(FileSystemBytecodeCache):
    """Compiled templates, kept beside them as Python keeps its own modules: compiling a page takes 200 ms."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """A full disk, or a folder that somebody else owns, costs the time again and nothing else."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled(language: str) -> Compiled | None:
    folder = TEMPLATES / "__pycache__"
    with contextlib.suppress(OSError):
        folder.mkdir(exist_ok=True)
    if sys.dont_write_bytecode or not folder.is_dir() or not os.access(folder, os.R_OK | os.X_OK):
        return None
    # One set for each language: what is constant in a template is worked out with the filters of its language.
    return Compiled(str(folder), f"{language}-%s.cache")


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
        bytecode_cache=_compiled(language),
        extensions=["jinja2.ext.i18n"],
    )
    words = translation(language)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.filters.update(formats(language, words))
    made.globals["static"] = _static[0]
    made.globals["drawn_icon"] = _icon
    made.globals["emoji"] = emoji
    made.globals["look"] = looks.address
    made.globals["app_icon"] = icons.address
    made.globals["stage"] = stage
    made.globals["language"] = language
    return made


@lru_cache(maxsize=512)
def _icon(name: str, size: str = "", flip: bool = False) -> Markup:
    """One of the signs of static/icons, beside words that say the same."""
    look = f"icon{size and f' {size}'}{' flip' if flip else ''}"
    drawn = '<svg class="{}" aria-hidden="true"><use href="{}#i-{}"></use></svg>'
    return Markup(drawn).format(look, _static[0]("icons/sprite.svg"), name)


def emoji(shown: str, pictures: Mapping[str, str]) -> str | Markup:
    """One emoji as it is printed: the picture of one of the community's own, else what is written."""
    if not (address := pictures.get(shown)):
        return shown
    drawn = '<img class="emoji" src="{}" alt="{}" title="{}" width="20" height="20">'
    return Markup(drawn).format(address, shown, shown)


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
                ENTRY_BYTES
                + sys.getsizeof(view.text)
                + sys.getsizeof(view.html)
                + sys.getsizeof(view.teaser)
                + (
                    sys.getsizeof(view.preview.title) + sys.getsizeof(view.preview.description) + 2_048
                    if view.preview
                    else 0
                )
                + REACTION_BYTES * (len(view.reactions) + len(view.drawn))
            )
        case LockedView():
            pictured = ENTRY_BYTES + sys.getsizeof(view.picture.picture.placeholder) if view.picture else 0
            return ENTRY_BYTES + sys.getsizeof(view.teaser) + pictured
        case _:
            return ENTRY_BYTES
