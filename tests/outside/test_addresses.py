"""What counts as public, and what a written address means: however it is written, nothing inside is reached."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.errors import Invalid
from channel.outside import Target, is_public
from tests.outside.places import INSIDE, NOWHERE, OUTSIDE


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_or_none_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_anybody_may_mean_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("url", NOWHERE)
def test_an_address_that_leads_nowhere_public_is_refused_when_it_is_written(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Target.parse(url, field="endpoint")
    assert set(refused.value.fields) == {"endpoint"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org.:443/a?b=c#d", "https://example.org/a?b=c"),
        ("https://bücher.de/ä?ö=%20", "https://xn--bcher-kva.de/%C3%A4?%C3%B6=%20"),
        ("https://faß.de", "https://xn--fa-hia.de/"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:2800:21f:cb07:0::1]/x", "http://[2606:2800:21f:cb07::1]/x"),
        ("https://example.org/\"<'>", "https://example.org/%22%3C'%3E"),
    ],
)
def test_two_ways_to_write_one_address_are_one(written: str, meant: str) -> None:
    assert Target.parse(written).url == meant
    assert Target.parse(meant).url == meant


def ways(number: int) -> list[str]:
    """How a resolver lets an IPv4 address be written."""
    parts = [number >> shift & 255 for shift in (24, 16, 8, 0)]
    low = number & 0xFFFF
    return [
        ".".join(map(str, parts)), str(number), hex(number), f"0{number:o}", ".".join(map(hex, parts)),
        ".".join(f"0{part:o}" for part in parts), f"{parts[0]}.{number & 0xFFFFFF}", f"{parts[0]}.{parts[1]}.{low}",
        f"{hex(parts[0])}.0{parts[1]:o}.{low}", ".".join(map(str, parts)) + ".",
        ".".join(map(str, parts)).translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)}),
    ]  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.integers(0, 10))
def test_no_way_to_write_a_number_gets_past_the_test_of_what_it_means(number: int, way: int) -> None:
    written = ways(number)[way]
    try:
        target = Target.parse(f"http://{written}/")
    except Invalid:
        return
    assert target.host == str(ipaddress.IPv4Address(number))
    assert is_public(target.host)


@given(st.sampled_from([one for one in INSIDE if one.count(".") == 3 and ":" not in one and "x" not in one]))
def test_what_wraps_an_inner_address_is_no_more_public_than_that(inner: str) -> None:
    number = int(ipaddress.IPv4Address(inner))
    teredo = f"2001:0:{number >> 16:x}:{number & 0xFFFF:x}::1"
    sixtofour = f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"
    for wrapped in (
        f"::ffff:{inner}",
        f"::{inner}",
        f"64:ff9b::{inner}",
        sixtofour,
        teredo,
        f"2a00::5efe:{inner}",
    ):
        assert not is_public(wrapped)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_refused_in_words_or_means_a_public_name(text: str) -> None:
    for url in (text, f"http://{text}", f"https://{text}/", f"http://[{text}]/"):
        try:
            target = Target.parse(url)
        except Invalid:
            continue
        assert Target.parse(target.url) == target
        assert target.url.isascii()
        assert is_public(target.host) or "." in target.host
