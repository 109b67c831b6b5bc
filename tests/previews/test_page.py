"""What is read of a page that a stranger wrote."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.errors import Invalid
from channel.previews import model, page
from channel.previews.model import Found, clean, foreign, is_video, parse_words

HTML = "text/html"
URL = "https://pots.example.org/market/"


def read(text: str, content_type: str = HTML) -> Found:
    return page.read(text.encode(), content_type, URL)


def test_open_graph_comes_before_cards_and_cards_before_the_plain_title() -> None:
    plain = "<title> Pots &amp; pans \n</title><meta name=Description content='All of them'>"
    cards = "<meta name='twitter:title' content='Pots!'><meta name='twitter:image' content='//cdn.example.org/a.jpg'>"
    graph = "<meta property='og:title' content=\"The 'market'\"><meta property=og:site_name content=Pots>"
    assert read(plain) == Found(title="Pots & pans", description="All of them")
    assert read(plain + cards) == Found("Pots!", "All of them", picture="https://cdn.example.org/a.jpg")
    found = read(plain + cards + graph + "<link rel='shortcut ICON' href=i.png>")
    assert (found.title, found.site, found.icon) == ("The 'market'", "Pots", URL + "i.png")


def test_scripts_comments_and_what_is_far_away_say_nothing() -> None:
    lies = "<script>'<title>No</title>'</script><!-- <title>No</title> --><STYLE><title>No</title></style ><svg><title>No</title></svg>"
    assert read(lies + "<title>Yes</title>").title == "Yes"
    assert read("<script>" + "x" * 700_000 + "</script><title>Yes</title>").title == "Yes"
    assert read("x" * page.PARSED_CHARS + "<title>Late</title>").title == ""
    assert read("<title>Yes</title><script>never closed <title>No").title == "Yes"


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("<title>Größe</title>".encode("cp1252"), "text/html; charset=ISO-8859-1", "Größe"),
        ("<meta charset='windows-1251'><title>Гончар</title>".encode("cp1251"), HTML, "Гончар"),
        (
            b"<meta http-equiv=Content-Type content='text/html; charset=Shift_JIS'>"
            + "<title>陶器</title>".encode("cp932"),
            HTML,
            "陶器",
        ),
        ("<title>Größe</title>".encode("utf-16"), HTML, "Größe"),
        (b"\xef\xbb\xbf" + "<title>Größe</title>".encode(), "text/html; charset=latin-1", "Größe"),
        ("<title>Größe</title>".encode(), "text/html; charset=bogus", "Größe"),
        ("<title>Größe</title>".encode(), "text/html; charset=zip", "Größe"),
        (b"<title>\xff</title>", HTML, "\ufffd"),
    ],
)
def test_it_is_read_in_the_letters_it_was_written_in(body: bytes, content_type: str, title: str) -> None:
    assert page.read(body, content_type, URL).title == title


def test_what_could_mislead_is_left_out_of_words() -> None:
    assert clean("pay\u202egpj.exe\u2066 \x00\x1b[31m\u200b\ufeff now\u0085", 100) == "paygpj.exe [31m now"
    assert clean("👩\u200d🎨  می\u200cخواهم", 100) == "👩\u200d🎨 می\u200cخواهم"
    assert clean("word " * 100, 60) == "word " * 11 + "…"
    assert len(clean("x" * 500, 60)) == 60
    assert read("<title>" + "&#8238;a" * 400 + "</title>").title.count("\u202e") == 0


@pytest.mark.parametrize(
    "hostile",
    ["<!" * 500_000, "<a " * 300_000, "<!--" * 200_000, "<meta content='" * 60_000, "<" * 1_000_000, "&#" * 500_000,
     "<title>" * 100_000, "<script>" * 100_000, "<![CDATA[" * 100_000, "<?" * 400_000, "<meta " + "a=b " * 250_000,
     "</" * 500_000, "<title>" + "&amp" * 200_000, "<x y='" + "<x y='" * 100_000, "\x00" * 1_000_000, "İ" * 500_000],
    ids=lambda text: text[:12],
)  # fmt: skip
def test_no_page_takes_long(hostile: str) -> None:
    begun = time.process_time()
    read(hostile)
    assert time.process_time() - begun < 5, "bounded, whatever the machine: without the bound it is minutes"


@given(st.text(st.sampled_from("<>/!-='\"& atmeilnkscrpo:g\n"), max_size=400), st.binary(max_size=200))
def test_whatever_it_is_it_is_read(text: str, raw: bytes) -> None:
    for body in (text.encode(), raw, raw + text.encode()):
        found = page.read(body, HTML, URL)
        assert len(found.title) <= model.MAX_TITLE_CHARS
        assert not found.picture or found.picture.startswith(("http://", "https://"))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "data:image/png;base64,x",
        "file:///x",
        "ftp://x/y",
        "http://[x",
        "https://e.org/" + "x" * 3_000,
    ],
)
def test_a_picture_is_somewhere_on_the_web_or_nowhere(address: str) -> None:
    assert read(f"<meta property='og:image' content='{address}'><title>x</title>").picture == ""


def test_the_first_link_that_is_not_ours_is_meant() -> None:
    own = "https://channel.example.com/@anna"
    assert foreign([own, "http://127.0.0.1/", "https://A.example.org/x#part"], "channel.example.com") == (
        "https://A.example.org/x#part", model.Target("https", "a.example.org", "/x"),
    )  # fmt: skip
    assert foreign([own], "channel.example.com") is None


@pytest.mark.parametrize(
    "link",
    ["https://www.youtube.com/watch?v=abc", "https://youtu.be/dQw4w9WgXcQ", "https://vimeo.com/76979871", "https://m.youtube.com/shorts/abc",
     "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv", "https://tube.example.org/videos/watch/9c9de5e8-0a1e-484a-b099-e80766180a6d"],
)  # fmt: skip
def test_films_are_known_by_where_they_are(link: str) -> None:
    assert is_video(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://youtube.com.evil.example.org/watch",
        "https://notyoutube.com/watch",
        "https://vimeo.com/about",
        "https://www.youtube.com/@anna",
    ],
)
def test_what_only_looks_like_a_film_is_none(link: str) -> None:
    assert not is_video(link)


def test_what_a_creator_writes_instead_is_held_to_the_same() -> None:
    assert parse_words(" A \u202e title ", "") == ("A title", "")
    for title, description in (("", "x"), ("\u202e", "x"), ("x" * 201, ""), ("x", "x" * 301)):
        with pytest.raises(Invalid):
            parse_words(title, description)
