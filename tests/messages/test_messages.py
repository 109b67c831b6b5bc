"""Writing to the team of a community: who may, what they are told when they may not, and what is left of it."""

import asyncio
import contextlib
import random

import pytest
from sqlalchemy import func, select

from channel import messages
from channel.errors import ChannelError, Conflict, Forbidden, Invalid, NotFound
from channel.events import MessageDeleted, MessageSent, account_stream
from channel.members import Role, actions, governing, joining
from channel.messages import places, queries, saved
from channel.messages.model import MAX_SAVED, MAX_TEXT_CHARS, MAX_WAITING, Message
from channel.messages.tables import messages as table
from channel.outbox import events_since
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.messages.writing import answer, open_box, remove, said, talk, write, write_once

DAY_MS = 24 * 3_600_000


async def told(scene: Scene, who: object) -> list[tuple[str, str]]:
    """The kinds of news on somebody's own stream about messages, and which message each is about."""
    async with scene.db.read() as tx:
        logged = await events_since(tx, account_stream(who.id), 0)  # type: ignore[attr-defined]
    about = [row.event for row in logged if isinstance(row.event, MessageSent | MessageDeleted)]
    return [(event.kind, event.message_id) for event in about]


async def test_a_follower_writes_and_the_team_answers(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    first = await write(anna, bob, "When is the *next* show?")
    second = await answer(anna, bob, "On Friday")
    assert (first.seq, second.seq) == (1, 2)
    assert "<em>next</em>" in first.html
    assert await said(anna, bob) == ["When is the *next* show?", "On Friday"]
    assert await told(anna, bob) == [("message.sent", first.id), ("message.sent", second.id)]
    assert await told(anna, anna.owner) == [], "a team may be many: it looks into its inbox"


async def test_nobody_writes_before_the_creator_wants_it(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    with pytest.raises(Forbidden) as refused:
        await write(anna, bob)
    assert refused.value.code == "messages_off"
    await open_box(anna)
    await write(anna, bob)
    await open_box(anna, on=False)
    with pytest.raises(Forbidden):
        await write(anna, bob, "Again")
    await answer(anna, bob, "The team still answers")
    assert await said(anna, bob) == ["Hello there", "The team still answers"]


async def test_a_tier_may_be_asked_for(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    bob, rich = await anna.member("bob"), await anna.member("rich", tier=gold)
    await open_box(anna, min_rank=10)
    await write(anna, rich)
    with pytest.raises(Forbidden) as refused:
        await write(anna, bob)
    assert refused.value.code == "tier_too_low"
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.give_tier(tx, owner, anna.community, [rich.id], anna.free.id)
    with pytest.raises(Forbidden):
        await write(anna, rich, "Once more")
    assert await said(anna, rich) == ["Hello there"], "what was said stays"


async def test_who_is_muted_is_told_until_when_and_why(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    await write(anna, bob)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.mute(tx, owner, anna.community, bob.id, until=clock.now_ms + DAY_MS, reason="Too loud")
    with pytest.raises(Forbidden) as refused:
        await write(anna, bob, "But")
    assert refused.value.code == "muted"
    assert refused.value.detail == (
        "You are muted here until 2026-01-02 00:00 UTC: you can read, and nothing else. Reason: Too loud"
    )
    clock.forward(DAY_MS)
    await write(anna, bob, "Sorry")


async def test_outsiders_the_banned_and_the_team_itself_do_not_write(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    async with db.write() as tx:
        await actions.ban(tx, await anna.by(tx, anna.owner), anna.community, bob.id)
    for who, kind, code in (
        (bob, NotFound, "not_found"),
        (await person(db), Forbidden, "join_first"),
        (await anna.member("mia", role=Role.MODERATOR), Conflict, "own_team"),
    ):
        with pytest.raises(ChannelError) as refused:
            await write(anna, who)
        assert (type(refused.value), refused.value.code) == (kind, code)
    async with db.write() as tx:
        await governing.close(tx, await anna.by(tx, anna.owner), anna.community)
    await anna.refresh()
    with pytest.raises(Forbidden) as refused:
        await write(anna, await _quietly_in(anna))
    assert refused.value.code == "community_closed"


async def _quietly_in(scene: Scene) -> object:
    """Somebody who joined before the community closed."""
    async with scene.db.write() as tx:
        await governing.reopen(tx, await scene.by(tx, scene.owner), scene.community)
    await scene.refresh()
    late = await scene.member("late")
    async with scene.db.write() as tx:
        await governing.close(tx, await scene.by(tx, scene.owner), scene.community)
    await scene.refresh()
    return late


async def test_what_cannot_be_sent_is_refused_with_its_remedy(db: Database) -> None:
    for text, words in (
        ("", "Write something first."),
        (" \n ", "Write something first."),
        ("a\x00b", "Leave out invisible control characters."),
        ("x" * (MAX_TEXT_CHARS + 1), "A message has at most 4,000 characters; this has 4,001."),
    ):
        with pytest.raises(Invalid) as refused:
            await messages.prepare(text, rooms={})
        assert refused.value.fields["text"].startswith(words)
    assert (await messages.prepare("x" * MAX_TEXT_CHARS, rooms={})).text


async def test_the_same_form_twice_is_one_message(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    first, _ = await write_once(anna, bob, "Once", key="k")
    again, created = await write_once(anna, bob, "Once", key="k")
    assert (again.id, created) == (first.id, False)
    answered = await answer(anna, bob, "Yes", key="k")
    assert (await answer(anna, bob, "Yes", key="k")).id == answered.id
    assert await said(anna, bob) == ["Once", "Yes"]


async def test_twenty_wait_and_then_one_has_to_wait(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    sent = [await write(anna, bob, f"{number}") for number in range(MAX_WAITING)]
    with pytest.raises(Conflict) as refused:
        await write(anna, bob, "Too many")
    assert refused.value.code == "too_many_messages"
    await remove(anna, sent[0])
    await write(anna, bob, "In its place")
    await answer(anna, bob)
    await write(anna, bob, "And on")


async def test_only_the_two_sides_know_of_a_conversation(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    bob, eve = await anna.member("bob"), await anna.member("eve")
    await open_box(anna)
    mine = await write(anna, bob)
    conversation = await talk(anna, bob)
    async with db.read() as tx:
        for stranger in (eve, bob, zoe.owner, await _banned(anna)):
            with pytest.raises(NotFound):
                await places.for_team(tx, conversation.id, stranger.id)
        for stranger in (eve, zoe.owner):
            with pytest.raises(NotFound):
                await places.of_message(tx, mine.id, stranger.id)
        with pytest.raises(NotFound):
            await places.for_team(tx, conversation.id, None)
        for text in ("x", "\x00", mine.id):
            with pytest.raises(NotFound):
                await places.for_team(tx, text, anna.owner.id)


async def _banned(scene: Scene) -> object:
    """One who ran the community, and was put out."""
    late = await scene.member("late", role=Role.EDITOR)
    async with scene.db.write() as tx:
        await actions.ban(tx, await scene.by(tx, scene.owner), scene.community, late.id)
    return late


async def test_one_deletes_ones_own_and_nobody_elses(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    mine, theirs = await write(anna, bob, "Oops"), await answer(anna, bob, "Pardon?")
    for message, who in ((theirs, bob), (mine, anna.owner)):
        with pytest.raises(Forbidden):
            await remove(anna, message, by=who)
    gone = await remove(anna, mine)
    assert (gone.text, gone.html, gone.there) == ("", "", False)
    await remove(anna, mine)
    assert await said(anna, bob) == ["", "Pardon?"]
    assert (await told(anna, bob))[2:] == [("message.deleted", mine.id)], "twice is told once"


async def test_how_far_a_follower_has_read_only_grows(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    await write(anna, bob)
    answers = [await answer(anna, bob, f"{number}") for number in range(3)]
    assert await _unread(anna, bob) == 3
    for seq, left in ((answers[1].seq, 1), (1, 1), (99, 1), (answers[2].seq, 0)):
        conversation = await talk(anna, bob)
        async with db.write() as tx:
            await messages.mark_read(tx, conversation, seq)
        assert await _unread(anna, bob) == left, seq
    await answer(anna, bob, "More")
    more = await answer(anna, bob, "Taken back")
    await remove(anna, more)
    assert await _unread(anna, bob) == 1, "what was deleted is nothing to read"


async def _unread(scene: Scene, who: object) -> int:
    conversation = await talk(scene, who)  # type: ignore[arg-type]
    async with scene.db.read() as tx:
        (one,) = await queries.own(tx, who.id)  # type: ignore[attr-defined]
        assert one.unread == await queries.unread(tx, conversation)
    return one.unread


async def test_who_leaves_or_is_erased_takes_the_conversation_along(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    await open_box(anna)
    for who in (bob, eve):
        await write(anna, who)
        await answer(anna, who)
    async with db.write() as tx:
        await joining.leave(tx, bob.id, anna.community)
        await messages.forget(tx, bob.id, anna.community.id)
    async with db.read() as tx:
        assert await queries.find(tx, anna.community.id, bob.id) is None
        assert await tx.value(select(func.count()).select_from(table)) == 2, "of the other one"
    async with db.write() as tx:
        await joining.erase_account(tx, eve.id)
        await messages.forget(tx, eve.id)
    async with db.read() as tx:
        assert await tx.value(select(func.count()).select_from(table)) == 0


async def test_messages_sent_at_once_are_numbered_one_after_the_other(db: Database) -> None:
    anna = await creator(db)
    bob = await anna.member("bob")
    await open_box(anna)
    await asyncio.gather(*(write(anna, bob, f"{number}") for number in range(8)))
    await asyncio.gather(*(answer(anna, bob, f"a{number}") for number in range(4)), write(anna, bob, "8"))
    async with db.read() as tx:
        found, _ = await queries.page(tx, (await talk(anna, bob)).id)
    assert [one.seq for one in found] == list(range(1, 14))


@pytest.mark.parametrize("seed", range(3))
async def test_what_waits_follows_from_the_messages(db: Database, clock: Clock, seed: int) -> None:
    """Whatever is written, answered and deleted in whatever order."""
    chance = random.Random(seed)
    anna = await creator(db)
    people = [await anna.member("bob"), await anna.member("eve")]
    await open_box(anna)
    sent: list[Message] = [await write(anna, who) for who in people]
    for _ in range(40):
        clock.forward(chance.choice((0, 1, 1_000)))
        who = chance.choice(people)
        act = chance.choice(("write", "answer", "delete"))
        if act == "write":
            with contextlib.suppress(Conflict):  # as many as may wait
                sent.append(await write(anna, who))
        elif act == "answer":
            sent.append(await answer(anna, who))
        else:
            await remove(anna, chance.choice(sent))
        for one in people:
            await _waits_rightly(anna, one)


async def _waits_rightly(scene: Scene, who: object) -> None:
    conversation = await talk(scene, who)  # type: ignore[arg-type]
    async with scene.db.read() as tx:
        found, _ = await queries.page(tx, conversation.id, limit=100)
    there = [one for one in found if one.there]
    answered = max((one.seq for one in there if one.side == "team"), default=0)
    waiting = [one for one in there if one.side == "follower" and one.seq > answered]
    assert conversation.waits_from == (waiting[0].created_at if waiting else None)
    assert conversation.waits_seq == (waiting[-1].seq if waiting else None)
    assert (conversation.last_seq, conversation.last_at) == (found[-1].seq, found[-1].created_at)


async def test_saved_answers_are_kept_renamed_and_dropped(db: Database) -> None:
    anna = await creator(db)
    mia, bob = await anna.member("mia", role=Role.MODERATOR), await anna.member("bob")
    async with db.write() as tx:
        by = await anna.by(tx, mia)
        one = await saved.keep(tx, by, anna.community, name=" Refund ", text="You get it back.")
        await saved.keep(tx, by, anna.community, name="address", text="We live here.")
        assert [kept.name for kept in await saved.listing(tx, by, anna.community)] == ["address", "Refund"]
        changed = await saved.change(tx, by, anna.community, one.id, name="Money", text=None)
        assert (changed.name, changed.text) == ("Money", "You get it back.")
    for name, text, fields in (
        ("", "x", {"name"}),
        ("x" * 61, "y" * 2_001, {"name", "text"}),
        ("x", " ", {"text"}),
        ("Money", "x", {"name"}),
    ):
        with pytest.raises(Invalid) as refused:
            async with db.write() as tx:
                await saved.keep(tx, await anna.by(tx, mia), anna.community, name=name, text=text)
        assert refused.value.fields.keys() == fields
    with pytest.raises(Invalid):
        async with db.write() as tx:
            await saved.change(tx, await anna.by(tx, mia), anna.community, one.id, name="address", text=None)
    with pytest.raises(Forbidden):
        async with db.read() as tx:
            await saved.listing(tx, await anna.by(tx, bob), anna.community)
    async with db.write() as tx:
        by = await anna.by(tx, mia)
        await saved.drop(tx, by, anna.community, one.id)
        with pytest.raises(NotFound):
            await saved.drop(tx, by, anna.community, one.id)


async def test_fifty_saved_answers_are_enough_also_for_two_at_once(db: Database) -> None:
    anna, zoe = await creator(db), await creator(db, "zoe")
    async with db.write() as tx:
        by = await anna.by(tx, anna.owner)
        kept = [
            await saved.keep(tx, by, anna.community, name=f"{number}", text="x")
            for number in range(MAX_SAVED - 1)
        ]
        with pytest.raises(NotFound):
            await saved.drop(tx, await zoe.by(tx, zoe.owner), zoe.community, kept[0].id)

    async def keep(name: str) -> object:
        async with db.write() as tx:
            return await saved.keep(tx, await anna.by(tx, anna.owner), anna.community, name=name, text="x")

    done = await asyncio.gather(*(keep(f"at once {n}") for n in range(3)), return_exceptions=True)
    assert sorted(isinstance(one, Conflict) for one in done) == [False, True, True]
