"""Kept things take no more than they may, and a kept article is that of its view and of no other."""

from dataclasses import replace

from channel.render import html, views
from channel.render.kept import Kept


def test_what_is_kept_is_bounded() -> None:
    held: Kept[str] = Kept(800)
    for n in range(20):
        held.put(n, "x", 100)
    assert len(held) == 8 and held.size_bytes == 800
    assert held.get(11) is None and held.get(12) == "x"
    held.put(20, "x", 100)
    assert held.get(13) is None and held.get(12) == "x", "what was used last stays"
    held.put(21, "x", 101)
    assert held.get(21) is None and len(held) == 8, "one thing alone does not push all others out"
    held.put(20, "y", 50)
    assert held.get(20) == "y" and held.size_bytes == 750


ANNA = views.AuthorView("a" * 36, "Anna", "anna", "", 30, gone=False)
POST = views.PostView(
    id="p" * 36, room_id="r" * 36, community_handle="anna", room_slug="news", seq=5, rev=1, author=ANNA,
    created_at=1_764_000_000_000, text="Hello", html="<p>Hello</p>", edited_at=None, min_rank=None, opens=(),
    tier=None, teaser="", pinned=None, silent=False, ai="none", quote=None, views=0, unlock=None,
)  # fmt: skip


def test_whatever_differs_in_a_view_makes_an_article_of_its_own() -> None:
    first = html.fragment(POST, "en")
    assert html.fragment(replace(POST), "en") == first
    others = [
        replace(POST, author=replace(ANNA, name="Renamed")),
        replace(POST, html="<p>Said otherwise</p>"),
        replace(POST, pinned=1),
        replace(POST, views=3),
        replace(POST, tier=views.TierView("t", "Gold", 10, None)),
        replace(POST, quote=views.GoneQuoteView("q", 3, "/@anna/news/3")),
    ]
    made = {html.fragment(view, "en") for view in others}
    assert len(made) == len(others) and first not in made
    assert html.fragment(POST, "de") != first


def test_a_locked_post_is_printed_without_what_was_kept_of_the_open_one() -> None:
    html.fragment(replace(POST, text="Paid words", html="<p>Paid words</p>"), "en")
    placed = {name: getattr(POST, name) for name in (
        "id", "room_id", "community_handle", "room_slug", "seq", "rev", "author", "created_at")}  # fmt: skip
    locked = views.LockedView(
        **placed, min_rank=10, tier=None, teaser="", kinds=("text",), opens_at=None, unlock=None
    )
    card = html.fragment(locked, "en")
    assert "Paid words" not in card
    assert html.fragment(replace(locked, opens_at=1_764_000_000_000), "en") != card
