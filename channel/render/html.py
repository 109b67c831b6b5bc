"""Views as HTML. One environment per language; one fragment for first paint, paging, live frames and answers.

Fragments are viewer-independent: everybody of one rank and language gets the same bytes.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from channel.i18n import translation
from channel.render.formats import formats
from channel.render.views import AnyView

TEMPLATES = Path(__file__).parent.parent / "templates"


def plain_address(path: str) -> str:
    """Where a static file lies when nobody has hashed it."""
    return f"/static/{path}"


_static: list[Callable[[str], str]] = [plain_address]


def use_static(address: Callable[[str], str]) -> None:
    """Say once, at the start, how static files are addressed: the web layer knows their hashes."""
    _static[:] = [address]
    environment.cache_clear()


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
    made.globals["language"] = language
    return made


def fragment(view: AnyView, language: str) -> str:
    """The article of one post, locked post or trace. In a page: include fragments/post.html with `view`."""
    return environment(language).get_template("fragments/post.html").render(view=view).strip()
