"""Pages leave as gzip for who takes it; what only one viewer may know, in a length that tells nothing."""

import gzip

import httpx2
import pytest
from starlette.datastructures import Headers

from channel.web.packing import LEAST_BYTES, takes_gzip
from tests.web.conftest import Browser, Site

ROOM = "/@anna/news"


async def sent(browser: Browser, path: str, accepts: str) -> tuple[httpx2.Headers, bytes]:
    """The headers, and the bytes as they come."""
    async with browser.http.stream("GET", path, headers={"accept-encoding": accepts}) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join([piece async for piece in answer.aiter_raw()])


@pytest.mark.parametrize(
    ("offer", "taken"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("", False), ("br", False), ("gzip;q=0", False), ("gzip; q=0.0", False), ("gzip;q=x", True)],
)  # fmt: skip
def test_who_takes_it(offer: str, taken: bool) -> None:
    assert takes_gzip(Headers({"accept-encoding": offer})) is taken
    assert not takes_gzip(Headers({}))


async def test_a_stranger_is_sent_the_same_page_smaller(site: Site) -> None:
    await site.post("Hello")
    stranger = site.stranger()
    plain_headers, plain = await sent(stranger, ROOM, "identity")
    headers, packed = await sent(stranger, ROOM, "gzip")
    assert "content-encoding" not in plain_headers
    assert headers["content-encoding"] == "gzip"
    assert int(headers["content-length"]) == len(packed) < len(plain) / 2
    assert gzip.decompress(packed) == plain
    assert headers["etag"] != plain_headers["etag"], (
        "one tag would name two answers (RFC 9110, section 8.8.3.3)"
    )
    assert (await sent(stranger, ROOM, "gzip"))[1] == packed
    assert (await sent(stranger, ROOM, "identity"))[1] == plain, "the shelf gives to each what each takes"


async def test_a_page_of_ones_own_has_no_length_of_its_own(site: Site) -> None:
    await site.post("Hello")
    anna = await site.browser(site.anna.owner)
    _, plain = await sent(anna, ROOM, "identity")
    answers = [(await sent(anna, ROOM, "gzip"))[1] for _ in range(30)]
    assert len(plain) > LEAST_BYTES
    assert {len(gzip.decompress(one)) for one in answers} == {len(plain)}
    assert len({len(one) for one in answers}) > 5


async def test_what_answers_to_words_stays_as_it_is(site: Site) -> None:
    """Who has them search for guesses must not see in the length which one stands on the page already."""
    await site.post("Hello")
    anna = await site.browser(site.anna.owner)
    for path in ("/@anna/search?q=Hello", f"{ROOM}?before=9"):
        headers, _ = await sent(anna, path, "gzip")
        assert "content-encoding" not in headers, path
        assert "accept-encoding" in headers["vary"]
