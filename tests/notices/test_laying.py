"""A post's HTML as it stands in a letter: nothing of the page is left in it, nothing hidden comes out."""

import pytest

from channel import markdown
from channel.notify.laying import lay

URL = "https://channel.example.org"


def laid(text: str) -> tuple[str, str]:
    body = lay(markdown.render(text, rooms={"news": "/@anna/news"}), URL)
    return str(body.html), body.text


@pytest.mark.parametrize(
    ("text", "html", "plain"),
    [
        ("One\n\nTwo\nThree", "<p>One</p>\n<p>Two<br>\nThree</p>", "One\n\nTwo\nThree"),
        ("**a** & <b>", "<p><strong>a</strong> &amp; &lt;b&gt;</p>", "a & <b>"),
        ("[x](https://a.example/?b=1&c=2)", '<p><a href="https://a.example/?b=1&amp;c=2">x</a></p>',
         "x (https://a.example/?b=1&c=2)"),
        ("https://a.example/b", '<p><a href="https://a.example/b">https://a.example/b</a></p>', "https://a.example/b"),
        (f"[x]({URL}/@anna/news/3)", f'<p><a href="{URL}/@anna/news/3">x</a></p>', f"x ({URL}/@anna/news/3)"),
        ("#news", f'<p><a href="{URL}/@anna/news">#news</a></p>', "#news"),
        ("> a\n> b", "<blockquote>\n<p>a<br>\nb</p>\n</blockquote>", "> a\n> b"),
    ],
)  # fmt: skip
def test_words_come_in_both_shapes(text: str, html: str, plain: str) -> None:
    assert laid(text) == (html, plain)


def test_lists_keep_their_numbers_and_their_depth() -> None:
    assert laid("3. a\n4. b\n\n- c\n  - d\n- e")[1] == "3. a\n4. b\n\n- c\n  - d\n\n- e"


@pytest.mark.parametrize(
    "text",
    [
        "before ||secretword|| after", "||secretword||", "||secretword [x](https://secretword.example)||",
        "||**secretword** and `secretword`||", "- ||secretword||\n- b", "> ||secretword||",
    ],
)  # fmt: skip
def test_what_a_spoiler_hides_stays_hidden(text: str) -> None:
    html, plain = laid(text)
    assert "secretword" not in html + plain
    assert "▒▒▒" in html
    assert "▒▒▒" in plain


def test_nothing_of_the_page_is_left() -> None:
    html, _ = laid("||a||\n\n```\ncode\n```\n\n@bob #news\n\n| a | b |\n|---|--:|\n| 1 | 2 |")
    for word in ("class=", "tabindex", "data-", "rel=", "style="):
        assert word not in html


def test_code_keeps_its_lines() -> None:
    assert laid("```\na  b\n  c\n```")[1] == "a  b\n  c"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("שלום, world", '<p dir="rtl">שלום, world</p>'),
        ("(1) *مرحبا*\n\nHello שלום", '<p dir="rtl">(1) <em>مرحبا</em></p>\n<p>Hello שלום</p>'),
        ("- 1\n- שלום\n- b", '<ul dir="rtl">\n<li>1</li>\n<li dir="rtl">שלום</li>\n<li>b</li>\n</ul>'),
        ("> שלום", '<blockquote dir="rtl">\n<p dir="rtl">שלום</p>\n</blockquote>'),
    ],
)  # fmt: skip
def test_hebrew_and_arabic_run_from_the_right(text: str, html: str) -> None:
    assert laid(text)[0] == html
