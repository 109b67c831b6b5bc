"""Who may comment and why not, what waits for approval, what is reported."""

import contextlib

import pytest

from channel import comments, communities
from channel.comments import queries, reading, reports, settings
from channel.comments.model import DAY_MS, Complaint, Holds
from channel.errors import Forbidden, Invalid, NotFound
from channel.members import Role, actions
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.comments.saying import approve, change, counted, log, remove, rule, say
from tests.conftest import Clock
from tests.posts.writing import post


async def refused(scene: Scene, under: Post, name: str = "ben") -> str | None:
    """The code by which somebody is kept from commenting, as the page is told it; the verb says the same."""
    account = scene.people[name]
    async with scene.db.read() as tx:
        thread = await comments.thread(tx, under.id, account.id)
    said = thread.refusal.code if thread.refusal else None
    with contextlib.nullcontext() if said is None else pytest.raises(Forbidden) as told:
        await say(scene, under, account)
    assert said is None or told.value.code == said
    return said


async def test_members_comment_in_a_channel_unless_the_room_or_the_post_says_no(db: Database) -> None:
    anna = await creator(db)
    await anna.member("ben")
    under = await post(anna)
    assert await refused(anna, under) is None
    await rule(anna, comments=False)
    assert await refused(anna, under) == "comments_off"
    assert await refused(anna, under, "anna") == "comments_off"
    await rule(anna, comments=True)
    async with db.write() as tx:
        await settings.switch(tx, await anna.by(tx, anna.owner), under, on=False)
    assert await refused(anna, under) == "comments_off"
    async with db.write() as tx:
        now = await posts.one(tx, under.id)
        with pytest.raises(Forbidden):
            await settings.switch(tx, await anna.by(tx, anna.people["ben"]), now, on=True)
        await settings.switch(tx, await anna.by(tx, anna.owner), now, on=True)
    assert await refused(anna, under) is None


async def test_strangers_read_and_are_asked_to_join(db: Database) -> None:
    anna = await creator(db)
    anna.people["sam"] = await person(db)
    assert await refused(anna, await post(anna), "sam") == "join_first"


async def test_rank_age_and_day_keep_members_out_and_staff_never(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    gold = await anna.tier("gold", 10)
    await anna.member("ben")
    await anna.member("zoe", tier=gold)
    await anna.member("mia", role=Role.MODERATOR)
    under = await post(anna)
    await rule(anna, comment_rank=10)
    assert [await refused(anna, under, name) for name in ("ben", "zoe", "mia")] == [
        "rank_too_low",
        None,
        None,
    ]
    await rule(anna, comment_rank=None, comment_age_days=3)
    assert [await refused(anna, under, name) for name in ("ben", "mia")] == ["too_new", None]
    clock.forward(3 * DAY_MS - 1)
    assert await refused(anna, under) == "too_new"
    clock.forward(1)
    assert await refused(anna, under) is None
    await rule(anna, comment_days=4)
    assert await refused(anna, under) is None
    clock.forward(DAY_MS)
    assert [await refused(anna, under, name) for name in ("ben", "mia")] == ["comments_closed", None]


async def test_who_is_muted_is_told_until_when_and_why(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    under = await post(anna)
    mine = await say(anna, under, ben)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.mute(tx, owner, anna.community, ben.id, until=clock.now_ms + DAY_MS, reason="Shouting")
    assert await refused(anna, under) == "muted"
    with pytest.raises(Forbidden, match=r"until 2026-01-02 00:00 UTC: .* Reason: Shouting"):
        await change(anna, mine, "LOUDER")
    clock.forward(DAY_MS)
    assert await refused(anna, under) is None


async def seen_by(scene: Scene, under: Post, name: str) -> list[str]:
    """The texts that somebody is shown under a post."""
    account = scene.people.get(name)
    async with scene.db.read() as tx:
        thread = await comments.thread(tx, under.id, account.id if account else None)
        return [one.text for one in await queries.page(tx, under.id, thread.viewer)]


async def test_a_first_comment_waits_and_is_seen_by_its_author_and_moderators(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    await anna.member("cem")
    under = await post(anna)
    await rule(anna, comment_first_held=True)
    first = await say(anna, under, ben, "My first")
    assert first.state == "held"
    assert [await seen_by(anna, under, name) for name in ("ben", "anna", "cem", "nobody")] == [
        ["My first"], ["My first"], [], [],
    ]  # fmt: skip
    assert await counted(anna, under) == (0, 0)
    await say(anna, under, anna.owner, "Between")
    shown = await approve(anna, first)
    assert (shown.state, shown.seq) == ("shown", 3)
    assert await seen_by(anna, under, "cem") == ["Between", "My first"]
    assert (await say(anna, under, ben, "My second")).state == "shown"
    assert [kind for _, kind in await log(anna, under)][-2:] == ["comment.shown", "comment.published"]


async def test_a_held_comment_is_nothing_to_others(db: Database) -> None:
    anna = await creator(db)
    ben, cem = await anna.member("ben"), await anna.member("cem")
    under = await post(anna)
    await rule(anna, comment_first_held=True)
    first = await say(anna, under, ben)
    with pytest.raises(NotFound):
        await remove(anna, first, by=cem)
    with pytest.raises(Invalid):
        await say(anna, under, anna.owner, reply_to=first.id)
    with pytest.raises(Forbidden):
        await approve(anna, first, by=ben)
    refused_one = await remove(anna, first, by=anna.owner, reason="No")
    assert refused_one.state == "refused"
    assert await seen_by(anna, under, "cem") == []
    assert await seen_by(anna, under, "anna") == []
    async with db.read() as tx:
        thread = await comments.thread(tx, under.id, ben.id)
        [own] = await queries.page(tx, under.id, thread.viewer)
    assert (own.text, own.reason) == ("", "No")


@pytest.mark.parametrize(
    ("text", "caught"),
    [("Buy   CRYPTO now", True), ("Visit shop.example/x", True), ("A fine day. Truly", False), ("", False)],
)
def test_words_and_links_are_caught(text: str, caught: bool) -> None:
    holds = Holds("crypto NOW\n\n", link_days=7)
    assert holds.catches(text, 0, DAY_MS) is caught


def test_links_of_those_who_are_here_for_long_are_not_caught() -> None:
    assert not Holds("", link_days=7).catches("https://example.org", 0, 7 * DAY_MS)
    assert not Holds("", link_days=0).catches("https://example.org", 0, 0)


async def test_a_word_in_an_edit_takes_the_comment_back_until_it_is_approved(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    under = await post(anna)
    async with db.write() as tx:
        await settings.change_holds(
            tx, await anna.by(tx, anna.owner), anna.community, words="crypto", link_days=0
        )
        with pytest.raises(Forbidden):
            await settings.change_holds(tx, await anna.by(tx, ben), anna.community, words="", link_days=0)
    made = await say(anna, under, ben, "Harmless")
    edited = await change(anna, made, "Buy crypto")
    assert edited.state == "held"
    assert await counted(anna, under) == (0, 0)
    assert (await say(anna, under, anna.owner, "crypto")).state == "shown"
    await approve(anna, edited)
    assert await counted(anna, under) == (2, 2)


async def test_one_person_reports_one_thing_once(db: Database) -> None:
    anna = await creator(db)
    ben, cem = await anna.member("ben"), await anna.member("cem")
    under = await post(anna)
    made = await say(anna, under, cem)

    async def tell(account_id: str | None, about: str | None) -> bool:
        async with db.write() as tx:
            thread = await comments.thread(tx, under.id, account_id)
            found = await comments.one(tx, about) if about else None
            return await reports.report(tx, thread, found, Complaint.parse("spam", "Look"))

    assert [await tell(ben.id, made.id), await tell(ben.id, made.id), await tell(ben.id, None)] == [
        True, False, True,
    ]  # fmt: skip
    with pytest.raises(Forbidden):
        await tell((await person(db)).id, None)
    async with db.read() as tx:
        community = await communities.one(tx, anna.community.id)
        found = await reports.waiting(tx, community.id)
        assert await reports.count_waiting(tx, community.id) == 2
    assert {(one.comment.id if one.comment else None, one.reason) for one in found} == {
        (made.id, "spam"),
        (None, "spam"),
    }
    async with db.write() as tx:
        await reports.settle(tx, await anna.by(tx, anna.owner), community, found[0].id)
        with pytest.raises(Forbidden):
            await reports.settle(tx, await anna.by(tx, ben), community, found[1].id)
        for wrong in ("x\0", "0198d000-0000-7000-8000-000000000000"):
            with pytest.raises(NotFound):
                await reports.settle(tx, await anna.by(tx, anna.owner), community, wrong)
    async with db.read() as tx:
        assert await reports.count_waiting(tx, community.id) == 1


async def test_what_is_deleted_is_no_longer_reported(db: Database) -> None:
    anna = await creator(db)
    ben = await anna.member("ben")
    made = await say(anna, await post(anna), ben)
    async with db.write() as tx:
        thread, found = await reading.of_comment(tx, made.id, anna.owner.id, hold=True)
        await reports.report(tx, thread, found, Complaint.parse("other"))
    await remove(anna, made, by=anna.owner)
    async with db.read() as tx:
        assert await reports.waiting(tx, anna.community.id) == []


def test_a_report_needs_a_reason() -> None:
    with pytest.raises(Invalid):
        Complaint.parse("because")
