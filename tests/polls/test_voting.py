"""Voting: once for each person, exactly counted, whoever comes at the same moment."""

import asyncio
import random

import pytest
from sqlalchemy import literal_column, select
from sqlalchemy.exc import DBAPIError

from channel import polls, posts
from channel.accounts import Account
from channel.chores import janitor
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.members import actions, governing
from channel.members.tables import unlocks
from channel.members.unlocks import unlocked
from channel.outbox import claim
from channel.polls import queries
from channel.polls.model import shown_code
from channel.polls.tables import ballots, poll_options, voters
from channel.polls.tables import polls as poll_table
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.polls.asking import (
    ask,
    choose,
    counted,
    end,
    ends_told,
    recounted,
    stored,
    take_back,
    worked_off,
)
from tests.posts.writing import remove

GOLD = 20
DAY_MS = 24 * 3_600_000


async def refused(voting: object) -> str:
    """The code that a vote is refused with."""
    with pytest.raises(ChannelError) as told:
        await voting  # type: ignore[misc]
    return str(told.value.code)


async def test_a_vote_is_counted_once_and_its_code_is_in_the_tally(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna)
    cast = await choose(anna, bob, post, 2)
    assert (cast.options, cast.poll.voters) == ((2,), 1)
    assert await counted(db, post) == {1: 0, 2: 1, 3: 0}
    async with db.read() as tx:
        [line] = await queries.receipts(tx, post.id)
    assert (line.code, line.options) == (cast.receipt, (2,))


async def test_nothing_that_is_stored_of_an_anonymous_vote_leads_to_who_gave_it(db: Database) -> None:
    anna = await creator(db)
    people = [await anna.member(f"m{number}") for number in range(8)]
    post = await ask(anna)
    for number, one in enumerate(people):
        await choose(anna, one, post, number % 3 + 1)
    async with db.read() as tx:
        kept = await tx.all(select(ballots).where(ballots.c.post_id == post.id))
        known = await tx.all(select(voters).where(voters.c.post_id == post.id))
    assert {row.account_id for row in kept} == {None}
    assert {column.name for column in ballots.c} == {"post_id", "code", "choices", "account_id"}
    assert {column.name for column in voters.c} == {"post_id", "account_id"}
    assert {row.account_id for row in known} == {one.id for one in people}
    if tx.dialect == "sqlite":  # else the order of the rows would tell
        for table in (ballots, voters):
            assert not table.dialect_options["sqlite"]["with_rowid"]
            with pytest.raises(DBAPIError, match="rowid"):
                async with db.read() as other:
                    await other.all(select(literal_column("rowid")).select_from(table))


async def test_an_anonymous_vote_is_changed_and_taken_back_by_its_code_alone(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    post = await ask(anna)
    code = (await choose(anna, bob, post, 1)).receipt
    assert await refused(choose(anna, bob, post, 2)) == "receipt_needed"
    with pytest.raises(Invalid) as told:
        await choose(anna, bob, post, 2, receipt="ABCD-EFGH-JKLM")
    assert list(told.value.fields) == ["receipt"]
    changed = await choose(anna, bob, post, 2, receipt=shown_code(code).lower())
    assert (changed.receipt, await counted(db, post)) == (code, {1: 0, 2: 1, 3: 0})
    assert await refused(take_back(anna, bob, post)) == "receipt_needed"
    assert (await take_back(anna, bob, post, receipt=code)).voters == 0
    assert await counted(db, post) == {1: 0, 2: 0, 3: 0}
    assert (await take_back(anna, eve, post)).voters == 0, "who has not voted has nothing to take back"
    assert (await choose(anna, bob, post, 3)).receipt != code


async def test_in_an_open_poll_the_server_knows_whose_vote_it_is(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna, anonymous=False)
    first = await choose(anna, bob, post, 1)
    again = await choose(anna, bob, post, 3)
    assert again.receipt == first.receipt
    assert await counted(db, post) == {1: 0, 2: 0, 3: 1}
    async with db.read() as tx:
        own = (await queries.mine(tx, bob.id, [post.id]))[post.id]
        [line] = await queries.receipts(tx, post.id)
    assert (own.options, own.receipt) == ((3,), first.receipt)
    assert (line.account_id, line.name) == (bob.id, bob.name)
    await take_back(anna, bob, post)
    assert await recounted(db, post) == ({1: 0, 2: 0, 3: 0}, 0, 0)


async def test_where_votes_are_final_a_second_one_is_refused_and_the_same_is_none(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    for anonymous in (True, False):
        post = await ask(anna, may_change=False, anonymous=anonymous)
        first = await choose(anna, bob, post, 1)
        assert await refused(choose(anna, bob, post, 2)) == "already_voted"
        assert await refused(choose(anna, bob, post, 2, receipt=first.receipt)) == "already_voted"
        same = await choose(anna, bob, post, 1, receipt=first.receipt)
        assert same.receipt == first.receipt
        assert await refused(take_back(anna, bob, post, receipt=first.receipt)) == "vote_final"
        assert await recounted(db, post) == ({1: 1, 2: 0, 3: 0}, 1, 1)


async def test_several_answers_are_one_vote(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna, multiple=True)
    code = (await choose(anna, bob, post, 3, 1, 3)).receipt
    assert await counted(db, post) == {1: 1, 2: 0, 3: 1}
    await choose(anna, bob, post, 2, 3, receipt=code)
    assert await counted(db, post) == {1: 0, 2: 1, 3: 1}
    assert (await stored(db, post)).voters == 1


@pytest.mark.parametrize("options", [(), (4,), (0,), (-1,), (1, 2)])
async def test_a_choice_that_is_none_is_refused_and_nothing_is_counted(
    db: Database, options: tuple[int, ...]
) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna)
    with pytest.raises(Invalid) as told:
        await choose(anna, bob, post, *options)
    assert list(told.value.fields) == ["options"]
    assert await recounted(db, post) == ({1: 0, 2: 0, 3: 0}, 0, 0)
    await choose(anna, bob, post, 1)


async def test_who_may_vote(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", GOLD)
    bob, rich, mute, banned = [await anna.member(name) for name in ("bob", "rich", "mute", "banned")]
    stranger = await person(db)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.give_tier(tx, owner, anna.community, [rich.id], gold.id)
        await actions.mute(tx, owner, anna.community, mute.id, reason="Shouting.")
        await actions.ban(tx, owner, anna.community, banned.id)
    post = await ask(anna, poll_rank=GOLD)
    paid = await ask(anna, min_rank=GOLD)
    assert await refused(choose(anna, None, post, 1)) == "join_first"
    assert await refused(choose(anna, stranger, post, 1)) == "join_first"
    assert await refused(choose(anna, banned, post, 1)) == "not_found"
    assert await refused(choose(anna, mute, post, 1)) == "muted"
    assert await refused(choose(anna, bob, post, 1)) == "tier_too_low"
    assert await refused(choose(anna, bob, paid, 1)) == "post_locked"
    for one in (rich, anna.owner):
        await choose(anna, one, post, 1)
        await choose(anna, one, paid, 1)
    assert (await stored(db, post)).voters == 2
    with pytest.raises(Forbidden, match="Shouting"):
        await choose(anna, mute, post, 1)


async def test_nobody_votes_in_a_closed_community(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna)
    async with db.write() as tx:
        await governing.close(tx, await anna.by(tx, anna.owner), anna.community)
    assert await refused(choose(anna, bob, post, 1)) == "community_closed"


async def test_who_paid_for_the_post_alone_votes_in_it(db: Database) -> None:
    anna = await creator(db)
    await anna.tier("Gold", GOLD)
    bob = await anna.member("bob")
    post = await ask(anna, min_rank=GOLD)
    async with db.write() as tx:
        await tx.run(
            unlocks.insert().values(
                account_id=bob.id, post_id=post.id, purchase_id="p", at=tx.now, revoked_at=None
            )
        )
        assert await unlocked(tx, await anna.by(tx, bob), [post.id])
    assert (await choose(anna, bob, post, 1)).poll.voters == 1


async def test_a_poll_ends_at_its_time_and_takes_no_vote_from_then_on(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    post = await ask(anna, closes_at=clock.now_ms + DAY_MS)
    await choose(anna, bob, post, 1)
    clock.forward(DAY_MS - 1)
    await worked_off(db)
    assert (await stored(db, post)).closed_at is None, "never early"
    clock.forward(1)
    assert await refused(choose(anna, eve, post, 2)) == "poll_closed", "also before the worker has come"
    await worked_off(db)
    await worked_off(db)
    assert (await stored(db, post)).closed_at == clock.now_ms
    assert await refused(take_back(anna, bob, post)) == "poll_closed"
    assert [event.post_id for event in await ends_told(anna)] == [post.id]


async def test_two_nodes_end_a_poll_once(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    post = await ask(anna, closes_at=clock.now_ms + 1)
    async with db.write() as tx:
        tx_now = tx.now
    clock.forward(1)
    async with db.write() as tx:
        [job] = await claim(tx, ("schedule",))
    assert tx_now < clock.now_ms

    async def node() -> None:
        async with db.write() as tx:
            await polls.close_due(tx, job.event)  # type: ignore[arg-type]

    await asyncio.gather(*(node() for _ in range(5)), end(anna, post))
    assert len(await ends_told(anna)) == 1


async def test_a_clock_that_was_set_back_ends_it_later(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    post = await ask(anna, closes_at=clock.now_ms + DAY_MS)
    clock.forward(DAY_MS)
    async with db.write() as tx:
        [job] = await claim(tx, ("schedule",))
    clock.forward(-DAY_MS)
    async with db.write() as tx:
        await polls.close_due(tx, job.event)  # type: ignore[arg-type]
    assert (await stored(db, post)).closed_at is None
    clock.forward(DAY_MS)
    await worked_off(db)
    assert (await stored(db, post)).closed_at is not None


async def test_only_its_author_and_admins_end_a_poll_by_hand_and_twice_is_once(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna)
    assert await refused(end(anna, post, by=bob)) == "forbidden"
    await end(anna, post)
    await end(anna, post)
    assert len(await ends_told(anna)) == 1
    assert await refused(choose(anna, bob, post, 1)) == "poll_closed"


@pytest.mark.parametrize("ahead_ms", [0, -1, 90 * DAY_MS + 1])
async def test_an_end_that_is_past_or_too_far_is_refused(db: Database, clock: Clock, ahead_ms: int) -> None:
    anna = await creator(db)
    with pytest.raises(Invalid) as told:
        await ask(anna, closes_at=clock.now_ms + ahead_ms)
    assert list(told.value.fields) == ["poll_closes_at"]
    async with db.read() as tx:
        assert not (await posts.page(tx, anna.news.id)), "nothing is published without its poll"


async def test_a_rank_that_no_tier_has_is_refused(db: Database) -> None:
    anna = await creator(db)
    with pytest.raises(Invalid) as told:
        await ask(anna, poll_rank=7)
    assert list(told.value.fields) == ["poll_min_rank"]


async def test_deleting_the_post_deletes_every_vote(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post, other = await ask(anna), await ask(anna)
    await choose(anna, bob, post, 1)
    await choose(anna, bob, other, 2)
    await remove(anna, post)
    with pytest.raises(NotFound):
        await choose(anna, bob, await _again(db, post.id), 1)
    await Worker(db, {"janitor": janitor(db)}).work_off()
    async with db.read() as tx:
        for table in (poll_table, poll_options, voters, ballots):
            left = {row.post_id for row in await tx.all(select(table.c.post_id))}
            assert left == {other.id}, table.name
    async with db.write() as tx:
        await polls.forget(tx, other.id)
    assert (await stored(db, other)).voters == 1, "of a post that stands nothing is forgotten"


async def test_who_has_voted_in_an_anonymous_poll_is_forgotten_when_it_ends(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.polls.actions.FORGOTTEN_AT_ONCE", 2)
    anna = await creator(db)
    people = [await anna.member(f"m{number}") for number in range(5)]
    secret, named, running = await ask(anna), await ask(anna, anonymous=False), await ask(anna)
    for one in people:
        for post in (secret, named, running):
            await choose(anna, one, post, 1)
    await end(anna, secret)
    await end(anna, named)
    await Worker(db, {"janitor": janitor(db)}).work_off()
    async with db.write() as tx:
        assert not await polls.forget_voters(tx, running.id)
    assert [await recounted(db, post) for post in (secret, named, running)] == [
        ({1: 5, 2: 0, 3: 0}, 5, 0),
        ({1: 5, 2: 0, 3: 0}, 5, 5),
        ({1: 5, 2: 0, 3: 0}, 5, 5),
    ]
    assert (await stored(db, secret)).voters == 5


async def _again(db: Database, post_id: str) -> posts.queries.Post:
    async with db.read() as tx:
        return await posts.one(tx, post_id)


async def test_one_who_votes_many_times_at_once_is_counted_once(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await ask(anna, may_change=False)
    results = await asyncio.gather(
        *(choose(anna, bob, post, number % 3 + 1) for number in range(12)), return_exceptions=True
    )
    done = [one for one in results if not isinstance(one, BaseException)]
    assert len(done) == 1
    assert all(isinstance(one, Conflict) for one in results if isinstance(one, BaseException))
    tallies, cast, known = await recounted(db, post)
    assert (await counted(db, post), cast, known) == (tallies, 1, 1)


@pytest.mark.parametrize("seed", range(6))
async def test_tallies_equal_the_ballots_after_any_interleaving(db: Database, seed: int) -> None:
    dice = random.Random(seed)
    anna = await creator(db)
    people = [await anna.member(f"m{number}") for number in range(6)]
    open_poll = dice.random() < 0.5
    post = await ask(anna, multiple=True, anonymous=not open_poll)
    await asyncio.gather(*(_acts(anna, one, post, random.Random(dice.random())) for one in people))
    tallies, cast, known = await recounted(db, post)
    poll = await stored(db, post)
    assert {option.id: option.votes for option in poll.options} == tallies
    assert poll.voters == cast == known


async def _acts(scene: Scene, who: Account, post: posts.queries.Post, dice: random.Random) -> None:
    """Votes, changes, takes back, ends it now and then, in any order."""
    code = ""
    for _ in range(8):
        try:
            if dice.random() < 0.3:
                await take_back(scene, who, post, receipt=code)
            elif dice.random() < 0.02:
                await end(scene, post)
            else:
                chosen = dice.sample((1, 2, 3), dice.randint(1, 3))
                code = (await choose(scene, who, post, *chosen, receipt=code)).receipt
        except Conflict:
            return  # somebody has ended it
        except Invalid:
            pytest.fail("a code that was given is good while its vote stands")
