"""What may be published, before anything is looked up."""

import pytest

from channel.errors import Invalid
from channel.posts.model import Draft, Sketch, parse_key


def problems(**fields: object) -> set[str]:
    with pytest.raises(Invalid) as caught:
        Draft.parse(**({"text": "Hello"} | fields))  # type: ignore[arg-type]
    return set(caught.value.fields)


def test_a_text_is_stripped_and_has_one_kind_of_line_break() -> None:
    assert Draft.parse("\r\n one\r\ntwo\rthree\u2028four \n").text == "one\ntwo\nthree\nfour"


@pytest.mark.parametrize("text", ["", " \n\t", "\u200b\u200d", "\u00a0\u2003"])
def test_nothing_to_see_is_nothing_written(text: str) -> None:
    assert problems(text=text) == {"text"}


@pytest.mark.parametrize("text", ["a\0b", "a\x1bb", "a\x7fb", "a\ud800b", "\x08"])
def test_what_no_page_can_hold_is_refused(text: str) -> None:
    assert problems(text=text) == {"text"}
    assert problems(teaser=text) == {"teaser"}


def test_a_post_has_10000_characters_and_no_more() -> None:
    assert len(Draft.parse(" " + "ä" * 10_000 + " ").text) == 10_000
    assert problems(text="ä" * 10_001) == {"text"}


def test_a_teaser_is_one_line_of_280_characters() -> None:
    assert Draft.parse("x", teaser=" one\n two ").teaser == "one two"
    assert Draft.parse("x", teaser="t" * 280).teaser == "t" * 280
    assert problems(teaser="t" * 281) == {"teaser"}


@pytest.mark.parametrize("min_rank", [-1, 1_000_001])
def test_a_rank_beyond_all_tiers_is_refused(min_rank: int) -> None:
    assert problems(min_rank=min_rank) == {"min_rank"}


def test_every_wrong_field_is_named_at_once() -> None:
    assert problems(text="", teaser="t" * 281, min_rank=-1, ai="maybe") == {
        "text",
        "teaser",
        "min_rank",
        "ai",
    }


@pytest.mark.parametrize("key", ["a", "A-z_09", "k" * 64])
def test_a_key_is_short_and_plain(key: str) -> None:
    assert parse_key(key) == key


@pytest.mark.parametrize("key", ["", "k" * 65, "a b", "ä", "a\n", "a/b"])
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(Invalid):
        parse_key(key)


def test_a_sketch_takes_everything_that_can_be_stored() -> None:
    sketch = Sketch.parse("half\0 a\r\nword " + "x" * 20_000, min_rank=-3, ai="maybe")
    assert sketch.text.startswith("half a\nword")
    assert (sketch.min_rank, sketch.ai) == (None, "none")
    with pytest.raises(Invalid):
        Sketch.parse("x" * 40_001)
