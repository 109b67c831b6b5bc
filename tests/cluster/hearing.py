"""What a follower of one node hears."""

import pytest

from tests.live.site import Follower

ELSEWHERE_S = 5.0  # P10 and P12: how late a node may be that no hint reaches
BOTH = pytest.mark.parametrize("with_nats", [True, False], ids=["nats", "no-nats"])


async def seqs(live: Follower, count: int) -> list[int]:
    return [(await live.next("event"))["seq"] for _ in range(count)]


async def nothing_more(live: Follower) -> None:
    """Whatever is still under way comes before the answer."""
    await live.say(type="ping", id=99)
    assert (await live.next("event", "pong"))["type"] == "pong"
