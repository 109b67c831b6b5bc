"""Lines that are kept while there is more to ask: one for many questions, and no way round what is checked of each."""

import asyncio
from collections.abc import Sequence

import pytest

from channel.errors import Invalid, Unavailable
from channel.outside import kept

from .standin import PUBLIC, World, says, world

TAKEN = says(b"taken")


async def _ask(there: World, times: int) -> list[bytes]:
    answers = [await there.outside.post("http://example.org/", b"words", {}, keep=True) for _ in range(times)]
    return [answer.body for answer in answers]


async def test_one_line_is_used_for_many_questions_until_there_is_nothing_more_to_ask() -> None:
    async with world(TAKEN, turns=100) as there:
        assert await _ask(there, 5) == [b"taken"] * 5
        assert there.connected == [(PUBLIC, 80)]
        assert not any(b"Connection: close" in head for head in there.heard)
        await there.outside.rest()
        await there.outside.rest()
        assert await _ask(there, 2) == [b"taken"] * 2
        assert len(there.connected) == 2, "after a rest a fresh one"
        await there.outside.rest()


async def test_at_once_no_more_lines_are_open_than_are_allowed() -> None:
    async with world(TAKEN, turns=100) as there:
        await asyncio.gather(*(_ask(there, 1) for _ in range(3 * kept.MOST_LINES)))
        assert len(there.connected) <= kept.MOST_LINES
        await there.outside.rest()


async def test_a_server_that_hangs_up_after_each_answer_is_asked_again_on_another_line() -> None:
    async with world(TAKEN, turns=1) as there:
        assert await _ask(there, 4) == [b"taken"] * 4
        await there.outside.rest()


async def test_one_that_hangs_up_without_an_answer_is_asked_twice_and_then_given_up() -> None:
    async def nothing(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with world(nothing) as there:
        with pytest.raises(Unavailable):
            await _ask(there, 1)
        assert len(there.connected) == 2
        await there.outside.rest()


@pytest.mark.parametrize("addresses", [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], []])
async def test_each_line_that_is_opened_leads_to_a_public_address_or_nowhere(
    addresses: Sequence[str],
) -> None:
    async with world(TAKEN, turns=100) as there:
        there.names["example.org"] = [[PUBLIC], addresses]
        assert await _ask(there, 2) == [b"taken"] * 2, "the line that is open goes where it went"
        await there.outside.rest()
        with pytest.raises(Invalid):
            await _ask(there, 1)
        assert there.connected == [(PUBLIC, 80)]


async def test_a_line_that_has_said_too_much_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_BYTES", 1_000)
    async with world(says(b"x" * 300), turns=100) as there:
        assert await _ask(there, 10) == [b"x" * 300] * 10
        assert 3 < len(there.connected) < 10
        await there.outside.rest()
