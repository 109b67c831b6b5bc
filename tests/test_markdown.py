"""Markdown: what it makes, what it never makes, and how long it takes."""

import asyncio
import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from channel.errors import Invalid
from channel.markdown import HIDDEN, MAX_HTML_CHARS, _rendered, in_thread, is_prose, plain, render, title

ROOMS = {"news": "/@anna/news", "first_aid": "/@anna/first_aid", "the-kiln": "/@anna/the-kiln"}
REL = 'rel="noopener nofollow ugc"'


def html(text: str) -> str:
    return render(text, rooms=ROOMS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**b** _i_ ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        (
            "# One\n\n## Two\n\n### Three\n\n###### Six",
            "<h3>One</h3>\n<h3>Two</h3>\n<h4>Three</h4>\n<h4>Six</h4>",
        ),
        ("> q", "<blockquote>\n<p>q</p>\n</blockquote>"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>'),
        ("```py\n<x>\n```", '<pre tabindex="0"><code>&lt;x&gt;\n</code></pre>'),
        ("<b>hi</b>", "<p>&lt;b&gt;hi&lt;/b&gt;</p>"),
        ("---", "<hr>"),
    ],
)
def test_commonmark_becomes_plain_html(text: str, expected: str) -> None:
    assert html(text) == expected


def test_a_table_scrolls_by_keyboard_and_aligns_without_styles() -> None:
    made = html("| a | b |\n|--:|:-:|\n| 1 | 2 |")
    assert made.startswith('<table tabindex="0">')
    assert '<td class="end">1</td>' in made
    assert '<td class="middle">2</td>' in made
    assert "style" not in made


@pytest.mark.parametrize(
    ("text", "href", "words"),
    [
        ("[x](http://a.example/y)", "http://a.example/y", "x"),
        ("https://a.example/#news", "https://a.example/#news", "https://a.example/#news"),
        ("www.example.org", "https://www.example.org", "www.example.org"),
        ("example.org/a_b_c", "https://example.org/a_b_c", "example.org/a_b_c"),
        ("<mailto:me@example.org>", "mailto:me@example.org", "mailto:me@example.org"),
        ("me@example.org", "mailto:me@example.org", "me@example.org"),
        ("![cat](https://evil.example/cat.png)", "https://evil.example/cat.png", "cat"),
        ("![](https://evil.example/cat.png)", "https://evil.example/cat.png", "https://evil.example/cat.png"),
    ],
)
def test_links_are_links_and_pictures_become_them(text: str, href: str, words: str) -> None:
    assert html(text) == f'<p><a href="{href}" {REL}>{words}</a></p>'


@pytest.mark.parametrize(
    "address", ["/account", "//evil.example", "javascript:alert(1)", "data:text/html,x", "ftp://a", "x"]
)
def test_an_address_that_is_neither_web_nor_mail_is_no_link(address: str) -> None:
    assert "<a" not in html(f"[x]({address})")
    assert "<a" not in html(f"[x]\n\n[x]: {address}")


def test_known_rooms_are_mentioned_and_others_are_words() -> None:
    made = html("#news, (#First_Aid) **#the-kiln** #unknown a#news ##news `#news` #newsroom #news.")
    assert re.findall(r'<a href="(/@anna/[a-z_-]+)" class="mention"', made) == [
        "/@anna/news",
        "/@anna/first_aid",
        "/@anna/the-kiln",
        "/@anna/news",
    ]


def test_a_spoiler_within_a_line_opens_by_keyboard() -> None:
    assert html("It was ||the **cat**||!") == (
        '<p>It was <span class="spoiler" tabindex="0">the <strong>cat</strong></span>!</p>'
    )


def test_a_paragraph_that_is_a_spoiler_folds() -> None:
    assert html("||the cat https://a.example||") == (
        '<details class="spoiler">\n<summary>Spoiler</summary>\n<p>the cat '
        f'<a href="https://a.example" {REL}>https://a.example</a></p>\n</details>'
    )


@pytest.mark.parametrize("text", ["a || b", "||||", "|||x|||", "`||x||`", "||open"])
def test_bars_that_hide_nothing_stay(text: str) -> None:
    assert "spoiler" not in html(text)


def test_the_first_words_come_without_markup_and_without_spoilers() -> None:
    text = "# Kiln 3\n\nIt is **open**, see [here](https://a.example).\n\n- one\n- ||two||\n\n||three||\n\n```\ncode\n```"
    assert plain(text) == f"Kiln 3 – It is open, see here. one {HIDDEN} {HIDDEN} code"
    assert plain("") == ""


def test_the_first_words_of_a_table_keep_its_cells_apart() -> None:
    text = "Firing 6\n\n| Piece | Whole |\n|---|---|\n| Cups | 28 |\n| Bowls | 6 |\n\nWind south."
    assert plain(text) == "Firing 6 Piece · Whole – Cups · 28 – Bowls · 6 Wind south."


def test_the_first_words_end_at_a_word() -> None:
    cut = plain("word " * 100, 22)
    assert cut == "word word word word …"
    assert plain("x" * 100, 10) == "x" * 10 + " …"


def test_cutting_never_opens_a_spoiler() -> None:
    hidden = "x " * 280 + "||" + "secret " * 50 + "||"
    assert "secret" not in plain(hidden, 1_000)


class Seen(HTMLParser):
    """Everything that a browser would find in a fragment."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


TAGS = {
    "a", "blockquote", "br", "code", "details", "em", "h3", "h4", "hr", "li", "ol", "p", "pre", "s", "span", "strong",
    "summary", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=`javascript:alert(1)`>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><a xlink:href='javascript:alert(1)'><text>x</text></a></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<math><mi xlink:href='data:x,<script>alert(1)</script>'>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<template><script>alert(1)</script></template>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<base href=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//evil.example';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<body onload=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<isindex action=javascript:alert(1) type=image>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<xmp><img src=x onerror=alert(1)></xmp>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<plaintext><script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x]( javascript:alert(1))",
    "[x](java&#x0A;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](javascript\\:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+)",
    "![x](data:image/png;base64,AAAA)",
    "![x](javascript:alert(1))",
    "![x](https://evil.example/?onerror=\"alert(1))",
    "![\"onerror=alert(1)](https://evil.example/x)",
    "[x](blob:https://evil.example/1)",
    "[x](file:///etc/passwd)",
    "[x](view-source:javascript:alert(1))",
    "[x](//evil.example)",
    "[x](/\\evil.example)",
    "[x](https:javascript:alert(1))",
    "[x](http://a.example/\"onmouseover=\"alert(1))",
    "[x](http://a.example 'title\" onmouseover=\"alert(1)')",
    "[x](<http://a.example/\" onmouseover=alert(1)>)",
    "<javascript:alert(1)>",
    "<data:text/html,x>",
    "<http://a.example/\"onclick=alert(1)>",
    "https://a.example/\"onmouseover=alert(1)",
    "https://a.example/'><script>alert(1)</script>",
    "[x]: javascript:alert(1)\n\n[x]",
    "[x]: data:text/html,x\n\n![x]",
    "[<img src=x onerror=alert(1)>](http://a.example)",
    "[![x](javascript:alert(1))](data:text/html,x)",
    "`<script>alert(1)</script>`",
    "```html\" onmouseover=alert(1)\n<script>alert(1)</script>\n```",
    "``` <script>\nx\n```",
    "| <script>alert(1)</script> |\n|-|\n| <img src=x onerror=alert(1)> |",
    "||<script>alert(1)</script>||",
    "||[x](javascript:alert(1))||",
    "#news<script>alert(1)</script>",
    "#news\" onclick=alert(1)",
    "> <script>\n> alert(1)\n> </script>",
    "1. <img src=x\n   onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "\\<script>alert(1)\\</script>",
    "<a\u2028href=javascript:alert(1)>x</a>",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<span class=spoiler tabindex=0 onfocus=alert(1)>x</span>",
    "[x](mailto:a@example.org?subject=\"><script>alert(1)</script>)",
    "me@example.org\"onclick=alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("attack", [*ATTACKS, "".join(ATTACKS), "\n\n".join(ATTACKS)])
@pytest.mark.parametrize("around", ["{}", "> - {}", "**{}**", "x {} https://a.example"])
def test_nothing_that_runs_or_loads_comes_out(attack: str, around: str) -> None:
    seen = Seen()
    seen.feed(html(around.format(attack)))
    seen.close()
    for tag, attrs in seen.found:
        assert tag in TAGS
        assert attrs.keys() <= {"href", "rel", "class", "start", "tabindex"}
        assert not attrs.get("href") or re.match(r"(https?://|mailto:|/@anna/)", str(attrs["href"]))
        assert "href" not in attrs or attrs["rel"] == "noopener nofollow ugc"


def test_there_are_enough_attacks() -> None:
    assert len(ATTACKS) >= 60


SLOW = {
    "quotes": ">" * 10_000,
    "spaced quotes": "> " * 5_000,
    "quoted lists": "> - " * 2_500,
    "brackets": "[" * 10_000,
    "closed brackets": "[" * 5_000 + "]" * 5_000,
    "nested links": "[a](" * 2_500,
    "nested pictures": "![" * 5_000,
    "emphasis": "*a " * 3_333,
    "mixed emphasis": "*a_ " * 2_500,
    "strong": "a**b" * 2_500,
    "stars": "*" * 9_999 + "a",
    "spoilers": "||a " * 2_500,
    "bars": "||" * 5_000,
    "strikes": "~~a " * 2_500,
    "backticks": " ".join("`" * n for n in range(140)),
    "lists": "- " * 5_000,
    "deep list": "".join(" " * (2 * n) + "- a\n" for n in range(95)),
    "addresses": "http://a.example/(" * 555,
    "bare addresses": "a.de " * 2_000,
    "at signs": "a@" * 5_000,
    "dots": "a." * 5_000,
    "angles": "<a" * 5_000,
    "autolinks": "<http://a" * 1_111,
    "wide table": "|" * 4_900 + "\n" + "|-" * 2_400,
    "ragged table": "|a" * 300 + "\n" + "|-" * 300 + "\n" + "x\n" * 4_000,
    "references": "".join(f"[{n}]: http://x\n" for n in range(500)),
    "mentions": "#news " * 1_666,
    "hashes": "#" * 10_000,
    "entities": "&#x1;" * 2_000,
    "escapes": "\\" * 10_000,
    "breaks": "a\n" * 5_000,
    "underlines": "a\n=" * 3_333,
    "title": '[a](b "' + "x" * 9_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_hostile_texts_end_and_stay_small(name: str) -> None:
    """How long they take belongs to the benchmarks; here they only must not run away."""
    try:
        made = html(SLOW[name][:10_000])
    except Invalid:
        made = ""
    assert len(made) <= MAX_HTML_CHARS


def test_a_text_that_grows_beyond_bounds_is_refused_in_words() -> None:
    with pytest.raises(Invalid) as caught:
        html("[a]: https://x.example/" + "y" * 5_000 + "\n\n" + "[a] " * 1_200)
    assert set(caught.value.fields) == {"text"}


async def test_long_texts_are_rendered_beside_the_loop_and_alike() -> None:
    texts = ["short **text**", *("long *text* https://a.example #news " * n for n in range(200, 260, 10))]
    made = await asyncio.gather(*(in_thread(text, rooms=ROOMS) for text in texts))
    assert [one.html for one in made] == [html(text) for text in texts]


# What could tell the short way from the long one: every mark, what looks like an address, odd spaces, line beginnings.
SIGNS = " \n.,;:!?-+=/\\'\"()[]{}<>&#@*_~|^$%`0123456789„“…–é🎉²٣。\t\r\x00\x7f\x80\x85\xa0\u200b\u200d\u2028\u202e\u3000\ufeff\ufffe"
WORDS = "word Word example com http https: // www. localhost e\u0301 mailto: a.b рф --- === || 中文 xn-- (c)"
PIECES = st.sampled_from([*SIGNS, *WORDS.split(), "1. ", "2) ", "- ", "> ", "# ", "    ", "  ", "\n\n"])


@given(st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=30))
@settings(max_examples=2_000, deadline=None)
@example('Good morning.\nThe kiln is at 1,240 °C; "nobody" opens it.\n\n🎉 See you')
def test_prose_comes_out_as_the_parser_would_have_made_it(text: str) -> None:
    if is_prose(text):
        assert html(text) == _rendered(text, ROOMS).html


@pytest.mark.parametrize(
    "text", ["Plain words, and more of them.", "Zwei Zeilen\nund noch\n\nein Absatz …", "3 pots"]
)
def test_ordinary_posts_take_the_short_way(text: str) -> None:
    assert is_prose(text)


@pytest.mark.parametrize("text", ["see example.org", "a\n- b", "#news", "1. one", "a  \nb", "a & b", "x_y_"])
def test_what_means_something_goes_through_the_parser(text: str) -> None:
    assert not is_prose(text)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("# New glaze\n\nHello all", "New glaze", "New glaze – Hello all"),
        ("## New glaze! ##\nHello", "New glaze!", "New glaze! Hello"),
        ("#tour in Bern", "#tour in Bern", "#tour in Bern"),
        ("Hello\n\n# Later", "Hello Later", "Hello Later"),
        ("# The ||end|| is\n\nnear", "The ▒▒▒ is", "The ▒▒▒ is – near"),
        ("# Alone", "Alone", "Alone"),
        ("    # code", "# code", "# code"),
        ("# #\n\nHello", "Hello", "Hello"),
        ("", "", ""),
    ],
)
def test_a_text_is_called_by_its_heading(text: str, name: str, words: str) -> None:
    assert title(text) == name
    assert plain(text) == words
