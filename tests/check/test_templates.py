"""Every template compiles in every language, and says nothing past gettext."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes

from channel.i18n import LANGUAGES
from channel.notify import letters
from channel.render.html import TEMPLATES, environment

NAMES = sorted(
    path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*") if path.suffix != ".cache"
)
PAGES = [name for name in NAMES if not name.startswith("email/")]
LETTERS = [name.removeprefix("email/") for name in NAMES if name.startswith("email/")]

# Written the same in every language: the program's name, and names of things that builders type.
SAME_EVERYWHERE = re.compile(r"Channel|OpenAPI|AsyncAPI|&[a-z]+;|https?:\S*|/[a-z@]+/?|\.\w+|v1|UTC|ID|JSON")
HOLE = "\x00"
SPOKEN_ATTRIBUTE = re.compile(r"\s(placeholder|title|aria-label|alt|data-label|label)=\"([^\"]*)\"")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_pages_and_their_parts_compile(name: str, language: str) -> None:
    assert environment(language).get_template(name)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", LETTERS)
def test_letters_compile(name: str, language: str) -> None:
    assert letters._environment(language).get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_templates_say_nothing_past_gettext(name: str) -> None:
    assert list(unmarked(TEMPLATES / name)) == []


def test_the_look_at_templates_finds_what_it_looks_for(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        '<a title="Go {{ name }}">{{ _("Fine") }} Stay</a><b class="x">{% if a %}Leave{% endif %}</b>',
        "utf-8",
    )
    assert list(unmarked(page)) == ["title: Go", "Stay", "Leave"]


def unmarked(path: Path) -> Iterator[str]:
    """Words in the plain parts of a template: in spoken attributes first, then between the tags."""
    text = _plain(path)
    for name, value in SPOKEN_ATTRIBUTE.findall(text):
        yield from (f"{name}: {words}" for words in _words(value))
    text = re.sub(r"<(style|script|svg|pre)\b.*?</\1>|<!--.*?-->", " ", text, flags=re.DOTALL)
    yield from _words(re.sub(r"<[^>]*>|[\w-]+=\"[^\"]*\"?", HOLE, text))


def _plain(path: Path) -> str:
    """The template with a hole wherever Jinja prints something."""
    source = re.sub(r"{% block (skip_to|body_class) %}.*?{% endblock %}", "", path.read_text("utf-8"))
    tree = environment("en").parse(source)
    parts = []
    for output in tree.find_all(nodes.Output):
        parts += [node.data if isinstance(node, nodes.TemplateData) else HOLE for node in output.nodes]
    return "".join(parts)


def _words(text: str) -> Iterator[str]:
    for piece in SAME_EVERYWHERE.sub(" ", text).split(HOLE):
        if re.search(r"[^\W\d_]{2,}", piece):
            yield " ".join(piece.split())
