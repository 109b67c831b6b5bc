"""Everything that takes an address from people takes none of those that lead nowhere, and reaches nothing inside (T31)."""

from collections.abc import Callable

import pytest

from channel.errors import Invalid
from channel.hooks import targets
from channel.hooks.model import Kind
from channel.previews.model import foreign
from channel.push.model import parse_endpoint
from channel.values import hub
from tests.outside.places import INSIDE, NOWHERE
from tests.outside.standin import world

TOKEN = "t" * 40


def _hook(kind: Kind) -> Callable[[str], None]:
    def take(url: str) -> None:
        targets.parse(kind, url=url, token=TOKEN)

    return take


def _push(url: str) -> None:
    if parse_endpoint(url, ("*.example.org", "example.org")) is None:
        raise Invalid(endpoint="no push service")


def _preview(url: str) -> None:
    if foreign([url], "channel.example.com") is None:
        raise Invalid(text="no page to ask for")


def _hub(url: str) -> None:
    if not hub(url, "https://channel.example.com", []):
        raise Invalid(websub_hub="no hub")


SINKS: dict[str, Callable[[str], None]] = {
    "webhook": _hook("webhook"),
    "mirror on a server": _hook("generic"),
    "mirror on Mastodon": _hook("mastodon"),
    "mirror on Discord": _hook("discord"),
    "push endpoint": _push,
    "preview": _preview,
    "hub": _hub,
}
# Of the parts of an address, these look at the scheme first; so each is tried as they would want it, too.
ALL = sorted(
    {*NOWHERE, *(url.replace("http://", "https://", 1) for url in NOWHERE)} - {"https://example.org:443/"}
)


@pytest.mark.parametrize("sink", SINKS)
def test_no_sink_takes_an_address_that_leads_nowhere(sink: str) -> None:
    taken = []
    for url in ALL:
        try:
            SINKS[sink](url)
        except Invalid:
            continue
        taken.append(url)
    # Of a text the part before "#" is asked for, which is no address inside.
    assert [url for url in taken if not (sink == "preview" and "#" in url)] == []
    assert len(ALL) > 150


def test_each_sink_takes_one_that_is_right() -> None:
    """The premise."""
    for sink, take in SINKS.items():
        url = (
            f"https://discord.com/api/webhooks/12345678/{'x' * 30}"
            if "Discord" in sink
            else "https://example.org/x"
        )
        take(url)


@pytest.mark.parametrize("kind", ["get", "post"])
async def test_no_name_that_leads_inside_is_connected_to(kind: str) -> None:
    """Whatever was taken is judged again by what it resolves to, at the moment of asking."""
    tried = [address for address in INSIDE if address]
    async with world(_silent) as there:
        for number, address in enumerate(tried):
            name = f"n{number}.example.org"
            there.names[name] = [[address]]
            with pytest.raises(Invalid):
                if kind == "get":
                    await there.outside.get(f"https://{name}/")
                else:
                    await there.outside.post(f"https://{name}/", b"x", {})
    assert there.connected == [] and len(there.asked) == len(tried) > 50


async def _silent(head: bytes, writer: object) -> None:
    raise AssertionError("reached")
