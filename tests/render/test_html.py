"""The article of a post, and numbers and moments in it."""

import shutil
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from channel.render import html
from channel.render.views import AuthorView, GoneView, LockedView, PostView, QuoteView, TierView

MARA = AuthorView("a1", "Mara <Brandt>", "mara", "art:mara", 32, gone=False)
GOLD = TierView("t1", 'Gold "Kreis"', 20, 12)
PLACE = {
    "id": "p-1",
    "room_id": "r1",
    "community_handle": "anna",
    "room_slug": "news",
    "seq": 45,
    "rev": 2,
    "author": MARA,
    "created_at": 1_767_346_860_000,
}


def opened(**more: object) -> PostView:
    facts: dict[str, object] = {
        "text": "Hi",
        "html": "<p>Hi</p>",
        "edited_at": None,
        "min_rank": None,
        "opens": (),
        "tier": None,
        "teaser": "",
        "pinned": None,
        "silent": False,
        "ai": "none",
        "quote": None,
        "views": 0,
        "unlock": None,
    }
    return PostView(**(PLACE | facts | more))  # type: ignore[arg-type]


class Elements(HTMLParser):
    """The elements of a fragment with their attributes; checks that what opens is closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in ("img", "br", "hr", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def article(view: PostView | LockedView | GoneView, language: str = "en") -> dict[str, str | None]:
    tag, attrs = Elements(html.fragment(view, language)).found[0]
    assert tag == "article"
    return attrs


def test_an_article_says_what_scripts_need() -> None:
    attrs = article(opened(silent=True, pinned=2))
    assert attrs["id"] == "p45"
    wanted = {
        "data-id": "p-1",
        "data-seq": "45",
        "data-rev": "2",
        "data-author": "a1",
        "data-at": "1767346860000",
    }
    assert wanted.items() <= attrs.items()
    assert "data-silent" in attrs
    assert attrs["data-pinned"] == "2"
    assert "data-locked" not in attrs


def test_names_are_escaped_and_the_html_of_the_post_is_not() -> None:
    made = html.fragment(opened(html="<p>1 &lt; 2</p>"), "en")
    assert "Mara &lt;Brandt&gt;" in made
    assert "<p>1 &lt; 2</p>" in made


def test_everything_known_of_a_post_is_shown() -> None:
    quote = QuoteView("q", 7, "/@anna/news/7", MARA, "Sixty <cups>")
    made = html.fragment(
        opened(
            ai="assisted",
            edited_at=1_767_346_900_000,
            tier=GOLD,
            quote=quote,
            views=12_480,
            pinned=1,
            silent=True,
        ),
        "en",
    )
    for words in (
        "AI-assisted",
        "edited",
        "Pinned",
        "Sent silently",
        "12.4k",
        "Sixty &lt;cups&gt;",
        "/@anna/news/45/history",
    ):
        assert words in made
    assert 'href="/@anna/news/7"' in made
    assert "Made by AI" in html.fragment(opened(ai="generated"), "en")


def test_the_time_is_the_permalink() -> None:
    found = Elements(html.fragment(opened(), "en")).found
    link = next(attrs for tag, attrs in found if tag == "a" and attrs.get("class") == "when")
    moment = next(attrs for tag, attrs in found if tag == "time")
    assert link["href"] == "/@anna/news/45"
    assert moment["datetime"] == "2026-01-02T09:41:00.000Z"
    assert moment["title"] == "2 January 2026, 09:41 UTC"


@pytest.mark.parametrize("teaser", ["", "Short", "long " * 50])
def test_a_locked_post_says_who_opens_it_and_has_one_button(teaser: str) -> None:
    facts = {
        "min_rank": 20,
        "tier": GOLD,
        "teaser": teaser,
        "kinds": ("text",),
        "opens_at": None,
        "unlock": None,
    }
    made = html.fragment(LockedView(**(PLACE | facts)), "en")  # type: ignore[arg-type]
    elements = Elements(made).found
    assert "data-locked" in elements[0][1]
    buttons = [attrs for tag, attrs in elements if "button" in str(attrs.get("class"))]
    assert [attrs["href"] for attrs in buttons] == ["/@anna#tiers"]
    assert "For Gold &#34;Kreis&#34;" in made
    assert teaser.strip() in made


def test_a_post_for_members_offers_to_join() -> None:
    facts = {
        "min_rank": 0,
        "tier": TierView("t0", "Zaungast", 0, None),
        "teaser": "",
        "kinds": ("text",),
        "opens_at": None,
        "unlock": None,
    }
    made = html.fragment(LockedView(**(PLACE | facts)), "en")  # type: ignore[arg-type]
    assert "For Zaungast" in made
    assert "Join to read it" in made
    assert 'href="/@anna"' in made


def test_a_trace_says_so() -> None:
    attrs = article(GoneView(**PLACE, deleted_at=1_767_346_860_000))  # type: ignore[arg-type]
    assert "data-gone" in attrs
    assert "gone" in str(attrs["class"])


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_fragment_needs_inline_scripts_or_styles(language: str) -> None:
    quote = QuoteView("q", 7, "/@anna/news/7", MARA, "x")
    locked = {
        "min_rank": 20,
        "tier": GOLD,
        "teaser": "t",
        "kinds": ("text",),
        "opens_at": 1_767_225_600_000,
        "unlock": None,
    }
    shown = (
        opened(quote=quote, tier=GOLD, views=3),
        LockedView(**(PLACE | locked)),  # type: ignore[arg-type]
        GoneView(**PLACE, deleted_at=0),  # type: ignore[arg-type]
    )
    for view in shown:
        for tag, attrs in Elements(html.fragment(view, language)).found:
            assert tag not in ("script", "style")
            assert not [name for name in attrs if name == "style" or name.startswith("on")]


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [
        (0, "0", "0"),
        (9_204, "9,204", "9.204"),
        (10_000, "10k", "10"),
        (12_499, "12.4k", "12,4"),
        (312_900, "312k", "312"),
        (1_250_000, "1.2m", "1,2"),
    ],
)
def test_counts_read_like_the_language(count: int, english: str, german: str) -> None:
    assert html.environment("en").filters["compact"](count) == english
    assert html.environment("de").filters["compact"](count).startswith(german)
    assert html.environment("en").filters["number"](1_204_555) == "1,204,555"
    assert html.environment("de").filters["number"](1_204_555) == "1.204.555"


def test_static_files_are_addressed_as_the_web_layer_says() -> None:
    try:
        html.use_static(lambda path: f"/static/{path}?v=7")
        assert "/static/icons/sprite.svg?v=7#i-" in html.fragment(opened(), "en")
    finally:
        html.use_static(html.plain_address)
    assert "/static/icons/sprite.svg#i-" in html.fragment(opened(), "en")


def test_another_application_with_the_same_files_finds_the_templates_loaded() -> None:
    html.use_static(lambda path: f"/static/1a2b/{path}")
    try:
        loaded = html.environment("en")
        html.use_static(lambda path: f"/static/1a2b/{path}")
        assert html.environment("en") is loaded
        html.use_static(lambda path: f"/static/3c4d/{path}")
        assert html.environment("en") is not loaded
    finally:
        html.use_static(html.plain_address)


def test_compiled_templates_are_kept_and_a_folder_that_takes_none_breaks_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(html.TEMPLATES, templates, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(html, "TEMPLATES", templates)
    monkeypatch.setattr(sys, "dont_write_bytecode", False)

    def rendered() -> str:
        html.environment.cache_clear()
        return html.environment("en").get_template("fragments/time.html").module.moment(opened())  # type: ignore[attr-defined]

    first = rendered()
    assert list((templates / "__pycache__").glob("en-*.cache"))
    assert rendered() == first
    changed = (templates / "fragments/time.html").read_text().replace('class="when"', 'class="then"')
    (templates / "fragments/time.html").write_text(changed)
    assert 'class="then"' in rendered(), "an old one is not used for a changed template"
    shutil.rmtree(templates / "__pycache__")
    (templates / "__pycache__").write_text("no folder")
    assert 'class="then"' in rendered()
    html.environment.cache_clear()
