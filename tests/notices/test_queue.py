"""What is due is found by an index, however many are due at the same moment: a crowd must not slow its own letters down."""

from typing import cast

import pytest
from sqlalchemy import Executable, text
from sqlalchemy.dialects import sqlite

from channel import following
from channel.notices.planning import _NEXT as letters_to
from channel.notices.queries import _RULES_OF as letter_rules
from channel.notices.queue import LETTERS, Claimed, Notice, Queue
from channel.push.planning import _NEXT as pushes_to
from channel.push.queries import _RULES_OF as push_rules
from channel.push.queue import PUSHES
from channel.push.queue import Queue as PushQueue
from channel.storage import Database, Prepared, Tx

GIVEN = {
    "now": 1,
    "reader": "a",
    "community": "b",
    "ids": "[]",
    "token": "t",
    "fate": "sent",
    "why": "",
    "community_id": "b",
    "room_id": "r",
    "after": "",
    "limit": 200,
    "until": 1,
}


async def plan(db: Database, prepared: Prepared) -> list[str]:
    """How SQLite goes about it."""
    made = prepared.statement("sqlite").compile(dialect=sqlite.dialect(paramstyle="named"))  # type: ignore[attr-defined]
    given = {**made.params, **{name: value for name, value in GIVEN.items() if name in made.params}}
    async with db.read() as tx:
        rows = await tx.all(text(f"EXPLAIN QUERY PLAN {made}").bindparams(**given))
    return [str(row[3]) for row in rows]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("queue", [LETTERS, following.LETTERS], ids=["members", "followers"])
async def test_the_next_letters_and_what_is_in_one_are_found_by_an_index(db: Database, queue: Queue) -> None:
    [heads] = await plan(db, queue._heads)
    assert "_state_due_at_id" in heads, "in their order, without sorting all that are due"
    [one, *_] = await plan(db, queue._due_to)
    assert "_community_id_state_due_at (" in one, "those of one reader"
    [foremost, *_] = await plan(db, queue._foremost)
    assert "_state_due_at_id" in foremost, "whose address it is changes nothing of the order"
    for few in (queue._hold, queue._mine, queue._mark, queue._settle):
        assert "(id=?)" in (await plan(db, few))[0], "those that are named, and not all that wait"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("queue", [PUSHES, following.PUSHES], ids=["members", "followers"])
async def test_the_next_notices_and_those_in_hand_are_found_by_an_index(
    db: Database, queue: PushQueue
) -> None:
    [heads] = await plan(db, queue._next)
    assert "_state_due_at_id" in heads, "in their order, without sorting all that are due"
    for few in (queue._left, queue._hold, queue._settle):
        assert "(id=?)" in (await plan(db, few))[0], "those that are named, and not all that wait"


class Overheard:
    """Takes what a queue would have written."""

    now = 1

    def __init__(self) -> None:
        self.said: list[str] = []

    async def run(self, statement: Executable) -> None:
        spelt = {"literal_binds": True, "render_postcompile": True}
        self.said.append(str(statement.compile(dialect=sqlite.dialect(), compile_kwargs=spelt)))  # type: ignore[attr-defined]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("queue", [LETTERS, following.LETTERS], ids=["members", "followers"])
async def test_what_waits_for_a_mail_server_is_put_back_by_an_index(db: Database, queue: Queue) -> None:
    letter, tx = Claimed("a", "b", "t", 1, 1, (Notice("n", "p", 1, "instant"),)), Overheard()
    writing = cast(Tx, tx)
    await queue.put_back(writing, letter, letter.ids)
    await queue.defer(writing, letter, {"n": 2})
    await queue.release(writing, letter)
    async with db.read() as reading:
        for statement in tx.said:
            [found, *_] = await reading.all(text(f"EXPLAIN QUERY PLAN {statement}"))
            assert "(id=?)" in found[3], "those that are named, and not all that wait"
    assert len(tx.said) == 3


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", [letter_rules, push_rules], ids=["letters", "pushes"])
async def test_what_a_few_chose_is_found_without_looking_at_all_of_a_community(
    db: Database, asked: Prepared
) -> None:
    [one, *_] = await plan(db, asked)
    assert "(community_id=? AND account_id=?" in one


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("asked", [letters_to, pushes_to], ids=["letters", "pushes"])
async def test_whom_a_post_is_told_to_next_is_found_without_going_through_everybody(
    db: Database, asked: Prepared
) -> None:
    steps = await plan(db, asked)
    assert "(community_id=? AND account_id>?)" in steps[0], "in their order"
    assert not [step for step in steps if "TEMP" in step], "nothing is sorted before the first is known"


def test_every_queue_has_an_index_in_the_order_in_which_it_is_taken() -> None:
    for table in (LETTERS._table, following.LETTERS._table, PUSHES._all, following.PUSHES._all):
        keys = [[column.name for column in index.columns] for index in table.indexes]
        assert ["state", "due_at", "id"] in keys, table.name
