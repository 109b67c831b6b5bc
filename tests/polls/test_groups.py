"""Polls and reactions in a group that hides its past: nobody learns of what lies before their time. On both databases."""

import json
from typing import Any, cast

import pytest

from channel.errors import NotFound
from channel.live.hub import Hub
from channel.live.pulse import Counts
from channel.members.model import STAFF_RANK
from channel.storage import Database
from tests.cast import creator, member
from tests.conftest import Clock
from tests.polls.asking import ask, choose
from tests.reactions.reacting import react, take_back
from tests.topics.talking import group


class Listeners:
    """A hub that keeps what it is to tell."""

    def __init__(self, stream: str) -> None:
        self.streams = {stream: None}
        self.frame: Any = None

    def note_each(self, stream: str, frame: Any) -> None:
        self.frame = frame

    def told(self, sight: int) -> dict[str, Any]:
        return cast("dict[str, Any]", json.loads(self.frame(sight))["posts"])


async def test_who_came_later_neither_votes_nor_reacts(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    talk = await group(anna, history=0)
    there = await member(db, anna, "Theo")
    clock.forward(1)
    post = await ask(anna, room=talk)
    clock.forward(1)
    late = await member(db, anna, "Lea")
    await choose(anna, there, post, 1, room=talk)
    assert await react(anna, there, post)
    with pytest.raises(NotFound):
        await choose(anna, late, post, 1, room=talk)
    with pytest.raises(NotFound):
        await react(anna, late, post)
    assert await take_back(anna, there, post)


@pytest.mark.parametrize("history", [None, 3])
async def test_a_tally_is_told_to_those_who_see_all_of_the_room(db: Database, history: int | None) -> None:
    anna = await creator(db)
    talk = await group(anna, history=history)
    there = await member(db, anna, "Theo")
    post = await ask(anna, room=talk)
    await choose(anna, there, post, 1, room=talk)
    listeners = Listeners(f"room:{talk.id}")
    counts = Counts(db, cast(Hub, listeners))
    counts.note("counts", {"room_id": talk.id, "post_ids": [post.id]})
    await counts.beat()
    assert ("poll" in listeners.told(0)[post.id]) is (history is None)
    assert "poll" in listeners.told(STAFF_RANK)[post.id]
    assert listeners.told(0)[post.id]["views"] == 0
