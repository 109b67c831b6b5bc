"""What counts as public, and what a written address means: however it is written, nothing inside is reached."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channel.errors import Invalid
from channel.outside import Target, is_public

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.0.3", "168.63.129.16",
    "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.0.9", "192.0.2.1", "192.88.99.1",
    "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "100::1", "2001::1", "2001:db8::1", "2001:10::1",
    "2001:0:7f00:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:a00:1::", "3fff::1", "5f00::1", "fc00::1",
    "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2a00::5efe:127.0.0.1", "2a00::200:5efe:a00:1",
    "localhost", "", "1", "127.1", "0x7f.0.0.1",
]  # fmt: skip
OUTSIDE = [
    "93.184.215.14",
    "1.1.1.1",
    "2606:2800:21f:cb07::1",
    "::ffff:1.1.1.1",
    "64:ff9b::101:101",
    "2002:101:101::1",
]
NOWHERE = [
    "http://localhost/", "http://localhost./", "http://LOCALHOST", "http://a.localhost/", "http://printer/",
    "http://nas.local/", "http://metadata.google.internal/", "http://router.lan", "http://1.0.0.127.in-addr.arpa",
    "http://127.0.0.1/", "http://127.0.0.1./", "http://127.1/", "http://127.0.1/", "http://0/", "http://0.0.0.0/",
    "http://2130706433/", "http://0x7f000001/", "http://0x7f.0.0.1/", "http://0X7F.1/", "http://017700000001/",
    "http://0177.0.0.1/", "http://127.0.0.01/", "http://127.0.0.0x1/", "http://00000177.1/", "http://4294967297/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://１２７.0.0.1/", "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://lOcALhoSt%00.example.org/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1%25lo]/",
    "http://[fe80::1%lo]/", "http://[fec0::1]", "http://[fd00:ec2::254]/", "http://[::127.0.0.1]/", "http://[v1.x]/",
    "http://169.254.169.254/latest/meta-data/", "http://100.64.0.1/", "http://192.168.0.1/", "http://10.1/",
    "http://user@example.org/", "http://user:word@example.org/", "http://@example.org/", "http://example.org@127.0.0.1/",
    "http://127.0.0.1#@example.org/", "http://127.0.0.1\\@example.org/", "http://example.org\\@127.0.0.1/",
    "http://example.org:22/", "http://example.org:25/", "http://example.org:6379/", "http://example.org:11211/",
    "http://example.org:8080/", "https://example.org:80/", "http://example.org:443/", "http://example.org:0/",
    "http://example.org:99999/", "http://example.org:x/", "gopher://example.org/", "file:///etc/passwd", "file://example.org/x",
    "ftp://example.org/", "data:text/html,x", "javascript:alert(1)", "//example.org/", "example.org", "", "http://", "http:///x",
    "https://?x", "http://ex ample.org/", "http://example.org/a b", "http://example.org/\r\nX: y", "http://-example.org/",
    "http://example..org/", "http://.org/", "http://..", "http://[::1", "http://::1/", "http://" + "a" * 300 + ".org/",
    "http://example.org/" + "x" * 2_100, "http://xn--a.org./\u202e\ud800", "http://ex%61mple.org/", "http://a.b.1/", "http://a.0x/",
]  # fmt: skip


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
