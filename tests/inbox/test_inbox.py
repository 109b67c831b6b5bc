"""The inbox of those who run a community: what comes in, what leaves by itself, what comes back, who has it."""

import asyncio

import pytest

from channel import inbox, messages
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.inbox import Key, contents
from channel.inbox.model import DAY_MS, MOST_COUNTED, WINDOW_MS
from channel.inbox.queries import team
from channel.members import Role, actions, joining
from channel.questions.actions import withdraw
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.comments import saying
from tests.conftest import Clock
from tests.inbox.test_reports import report
from tests.inbox.waiting import ask_in, counted, kinds, put, the, waiting
from tests.messages import writing as writing_to
from tests.posts import writing
from tests.questions import asking

HOUR_MS = 3_600_000


async def full(db: Database, clock: Clock) -> Scene:
    """One of each kind, an hour apart."""
    anna = await creator(db)
    bob = await anna.member("bob")
    post = await writing.post(anna)
    await saying.say(anna, post, bob)
    clock.forward(HOUR_MS)
    await saying.rule(anna, comment_first_held=True)
    await saying.say(anna, post, await anna.member("eve"))
    clock.forward(HOUR_MS)
    await writing_to.open_box(anna)
    await writing_to.write(anna, bob)
    clock.forward(HOUR_MS)
    await asking.ask(anna, bob, await asking.box(anna))
    clock.forward(HOUR_MS)
    await report(anna, post, bob)
    clock.forward(HOUR_MS)
    await ask_in(anna, await person(db, "Ida"))
    return anna


async def test_everything_that_waits_stands_in_one_list_longest_first(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    six = ["comment", "held", "message", "question", "report", "request"]
    assert await kinds(anna) == six
    assert await kinds(anna, limit=2) == six, "page by page"
    assert await counted(anna) == dict.fromkeys(six, 1) | {"mention": 0}


async def test_each_sees_what_is_their_business(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    editor, bob = await anna.member("edi", role=Role.EDITOR), anna.people["bob"]
    assert await kinds(anna, editor) == ["comment", "message", "question"]
    assert await counted(anna, editor) == {"comment": 1, "mention": 0, "message": 1, "question": 1}
    held = await the(anna, "held")
    with pytest.raises(NotFound):
        await put(anna, "done", held, by=editor)
    for who in (bob, await person(db)):
        with pytest.raises(Forbidden):
            await waiting(anna, who)
        with pytest.raises(Forbidden):
            await put(anna, "done", held, by=who)


async def test_what_waits_elsewhere_is_nobodys_business_here(db: Database, clock: Clock) -> None:
    anna, zoe = await full(db, clock), await creator(db, "zoe")
    assert await waiting(zoe) == []
    for item in await waiting(anna):
        with pytest.raises(NotFound):
            await put(zoe, "done", item.key)


async def test_what_is_answered_elsewhere_leaves_by_itself(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    bob = anna.people["bob"]
    comment, question = await the(anna, "comment"), await the(anna, "question")
    post_comment = await _comment(anna, comment.key.what)
    await saying.say(anna, post_comment[0], anna.owner, reply_to=comment.key.what)
    await writing_to.answer(anna, bob)
    async with db.read() as tx:
        asked = await asking.queries.one(tx, question.key.what)
    await asking.answer(anna, asked)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.approve(tx, owner, anna.community, [(await the(anna, "request")).key.who])
    assert await kinds(anna) == ["held", "report"]
    with pytest.raises(NotFound) as gone:
        await put(anna, "done", comment)
    assert gone.value.code == "left_inbox"


async def _comment(scene: Scene, comment_id: str) -> tuple[object, object]:
    """The post and the comment."""
    async with scene.db.read() as tx:
        found = await saying.reading.queries.one(tx, comment_id)
        return await saying.posts.one(tx, found.thread_id), found


async def test_an_answer_to_one_branch_answers_no_other(db: Database) -> None:
    anna = await creator(db)
    bob, eve = await anna.member("bob"), await anna.member("eve")
    post = await writing.post(anna)
    one, other = await saying.say(anna, post, bob), await saying.say(anna, post, eve)
    await saying.say(anna, post, eve, "I, too", reply_to=one.id)
    assert {(item.key.what, item.key.who) for item in await waiting(anna)} == {
        (one.id, bob.id), (other.id, eve.id), (one.id, eve.id)
    }  # fmt: skip
    await saying.say(anna, post, anna.owner, "Yes", reply_to=one.id)
    assert [(item.key.what, item.key.who) for item in await waiting(anna)] == [(other.id, eve.id)]
    await saying.say(anna, post, bob, "Thanks, but", reply_to=one.id)
    assert {(item.key.what, item.key.who) for item in await waiting(anna)} == {
        (other.id, eve.id), (one.id, bob.id)
    }  # fmt: skip


async def test_an_answer_stays_one_when_who_gave_it_runs_the_community_no_more(db: Database) -> None:
    anna = await creator(db)
    bob, mia = await anna.member("bob"), await anna.member("mia", role=Role.MODERATOR)
    post = await writing.post(anna)
    asked = await saying.say(anna, post, bob)
    await saying.say(anna, post, mia, "Sure", reply_to=asked.id)
    async with db.write() as tx:
        await actions.give_role(tx, await anna.by(tx, anna.owner), anna.community, mia.id, Role.MEMBER)
    assert await waiting(anna) == []
    await saying.say(anna, post, mia, "Now I only ask")
    assert [item.key.who for item in await waiting(anna)] == [mia.id]


async def test_nobody_waits_for_ever_for_an_answer_to_a_comment(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    clock.forward(WINDOW_MS)
    assert await kinds(anna) == ["held", "message", "question", "report", "request"]


async def test_done_is_gone_until_the_same_person_says_more(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    bob = anna.people["bob"]
    for kind in ("comment", "held", "message", "question", "report", "request"):
        await put(anna, "done", await the(anna, kind))
    assert await kinds(anna) == []
    assert len(await waiting(anna, show="done")) == 6
    assert set((await counted(anna)).values()) == {0}
    await writing_to.write(anna, bob, "One more thing")
    assert await kinds(anna) == ["message"]
    comment = await the(anna, "comment", show="done")
    post, _ = await _comment(anna, comment.key.what)
    await saying.rule(anna, comment_first_held=False)
    await saying.say(anna, post, bob, "And another", reply_to=comment.key.what)
    assert await kinds(anna) == ["comment", "message"]
    await report(anna, post, await anna.member("rita"))
    assert await kinds(anna) == ["comment", "message", "report"]


async def test_what_comes_while_somebody_presses_done_is_not_put_away_with_it(
    db: Database, clock: Clock
) -> None:
    anna = await full(db, clock)
    seen = await the(anna, "message")
    await writing_to.write(anna, anna.people["bob"], "Wait, one more thing")
    after = await put(anna, "done", seen)
    assert after.show(clock.now_ms) == "open"
    assert (await the(anna, "message")).mark == seen.mark + 1


async def test_later_comes_back_at_its_time_or_with_news(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    message, question = await the(anna, "message"), await the(anna, "question")
    tomorrow = clock.now_ms + DAY_MS
    for item in (message, question):
        await put(anna, "later", item, until=tomorrow)
    assert await kinds(anna, show="later") == ["message", "question"]
    await writing_to.write(anna, anna.people["bob"], "Urgent")
    assert await kinds(anna, show="later") == ["question"]
    clock.forward(DAY_MS)
    assert await kinds(anna, show="later") == []
    assert "question" in await kinds(anna)
    for wrong in (None, clock.now_ms, clock.now_ms + 400 * DAY_MS):
        with pytest.raises(Invalid) as refused:
            await put(anna, "later", message.key, until=wrong)
        assert refused.value.fields.keys() == {"until"}


async def test_what_was_put_away_is_taken_back(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    done = await put(anna, "done", await the(anna, "question"))
    assert done.by_id == anna.owner.id
    await put(anna, "reopen", done)
    assert "question" in await kinds(anna)
    await put(anna, "later", await the(anna, "question"), until=clock.now_ms + DAY_MS)
    await put(anna, "done", await the(anna, "question", show="later"))
    assert await kinds(anna, show="later") == []


async def test_things_are_given_to_those_who_may_deal_with_them(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    mia, edi = await anna.member("mia", role=Role.MODERATOR), await anna.member("edi", role=Role.EDITOR)
    await put(anna, "assign", await the(anna, "message"), to=edi.id)
    await put(anna, "assign", await the(anna, "held"), to=mia.id)
    assert await kinds(anna, edi, whose="mine") == ["message"]
    assert await kinds(anna, whose="unassigned") == ["comment", "question", "report", "request"]
    assert (await counted(anna, edi, None))["message"] == 1, (
        "what is given to others is not counted as one's own"
    )
    assert (await counted(anna, mia, None))["message"] == 0
    async with db.read() as tx:
        assert [(one.name, role) for one, role in await team(tx, anna.community.id)] == [
            ("Anna", Role.OWNER), ("edi", Role.EDITOR), ("mia", Role.MODERATOR)
        ]  # fmt: skip
    report_item = await the(anna, "report")
    for wrong in (edi.id, anna.people["bob"].id, (await person(db)).id, "\x00", "x"):
        with pytest.raises(Invalid) as refused:
            await put(anna, "assign", report_item, to=wrong)
        assert refused.value.fields.keys() == {"assigned_to"}
    await put(anna, "assign", await the(anna, "held"), to=None)
    assert await kinds(anna, mia, whose="mine") == []


async def test_who_runs_the_community_no_more_holds_nothing(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    mia = await anna.member("mia", role=Role.MODERATOR)
    await put(anna, "assign", await the(anna, "report"), to=mia.id)
    async with db.write() as tx:
        await actions.give_role(tx, await anna.by(tx, anna.owner), anna.community, mia.id, Role.EDITOR)
    assert (await the(anna, "report")).assigned_to is None
    assert "report" in await kinds(anna, whose="unassigned")
    await put(anna, "assign", await the(anna, "report"), to=anna.owner.id)
    assert await kinds(anna, whose="mine") == ["report"]


async def test_two_of_the_team_do_not_lose_each_others_acts(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    mia = await anna.member("mia", role=Role.MODERATOR)
    seen = await the(anna, "message")
    await put(anna, "assign", seen, to=mia.id)
    later = await put(anna, "later", seen, by=mia, until=clock.now_ms + DAY_MS)
    assert (later.assigned_to, later.later_until) == (mia.id, clock.now_ms + DAY_MS), "both stand"
    with pytest.raises(Conflict) as refused:
        await put(anna, "done", seen)
    assert refused.value.code == "acted_meanwhile"
    with pytest.raises(Conflict):
        await put(anna, "assign", seen, by=mia, to=anna.owner.id)
    assert (await put(anna, "assign", seen, to=mia.id)).assigned_to == mia.id, "the same again is fine"
    done = await put(anna, "done", later)
    assert (await put(anna, "done", later, by=mia)).rev == done.rev, "so is done again"


async def test_acts_at_the_very_same_moment_are_all_kept_or_told(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    mia = await anna.member("mia", role=Role.MODERATOR)
    seen = await the(anna, "question")
    done = await asyncio.gather(
        put(anna, "done", seen),
        put(anna, "later", seen, by=mia, until=clock.now_ms + DAY_MS),
        put(anna, "assign", seen, by=mia, to=mia.id),
        put(anna, "assign", seen, to=anna.owner.id),
        return_exceptions=True,
    )
    assert [isinstance(one, Conflict) for one in done].count(True) == 2
    assert not [one for one in done if isinstance(one, Exception) and not isinstance(one, Conflict)]
    put_away, given = [one for one in done[:2] if not isinstance(one, Conflict)], done[2:]
    async with db.read() as tx:
        now = await inbox.one(tx, await anna.by(tx, anna.owner), anna.community, seen.key)
    (won,) = put_away
    assert (now.done_at, now.later_until) == (won.done_at, won.later_until)  # type: ignore[union-attr]
    assert now.assigned_to == next(one.assigned_to for one in given if not isinstance(one, Conflict))  # type: ignore[union-attr]


async def test_who_is_banned_or_has_left_waits_for_no_answer(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    bob = anna.people["bob"]
    async with db.write() as tx:
        await actions.ban(tx, await anna.by(tx, anna.owner), anna.community, bob.id)
    assert "message" not in await kinds(anna)
    assert "comment" not in await kinds(anna)


async def test_a_page_of_items_has_its_words(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    items = await waiting(anna)
    async with db.read() as tx:
        page = await contents.load(tx, anna.community.id, items)
    said = {key.kind: one for key, one in page.contents.items()}
    assert {kind: one.text for kind, one in said.items()} == {
        "comment": "Well said", "held": "Well said", "message": "Hello there", "question": "Why?",
        "report": "Hello", "request": "Please",
    }  # fmt: skip
    assert (said["report"].reason, said["report"].reports) == ("spam", 1)
    assert said["comment"].post is not None
    assert page.people[items[0].key.who].name == "bob"


async def test_what_a_person_leaves_behind_is_forgotten_with_them(db: Database, clock: Clock) -> None:
    anna = await full(db, clock)
    mia, bob = await anna.member("mia", role=Role.MODERATOR), anna.people["bob"]
    await put(anna, "assign", await the(anna, "question"), by=mia, to=mia.id)
    await put(anna, "done", await the(anna, "held"), by=mia)
    for who in (bob, mia):
        async with db.write() as tx:
            await joining.erase_account(tx, who.id)
            await messages.forget(tx, who.id)
            await inbox.forget(tx, who.id)
    (held,) = await waiting(anna, show="done")
    assert held.by_id is None
    assert (await the(anna, "question")).assigned_to is None


async def test_numbers_end_at_a_hundred(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    box = await asking.box(anna)
    for number in range(11):
        asker = await anna.member(f"m{number}")
        for _ in range(10):
            last = await asking.ask(anna, asker, box)
    assert (await counted(anna))["question"] == MOST_COUNTED
    async with db.write() as tx:
        await withdraw(tx, await anna.by(tx, last.author), last)
    assert len(await waiting(anna, limit=100)) == 109


async def test_other_names_of_items_are_none(db: Database) -> None:
    for text in ("", "x", "comment", "comment.x.y", "mood.a.b", "comment." + "\x00", "held..", "held.a"):
        with pytest.raises(NotFound):
            Key.parse(text)
    anna = await creator(db)
    async with db.read() as tx:
        owner = await anna.by(tx, anna.owner)
        for cursor in ("x", "MTIzLng", "MTIzLmhlbGQuYS5i"):
            with pytest.raises(Invalid):
                await inbox.listing(tx, owner, anna.community, cursor=cursor)
