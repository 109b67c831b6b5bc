"""Naming people in comments: who is told, once, and who learns nothing."""

import random
from typing import Any

import pytest
from sqlalchemy import select

from channel.accounts import Account
from channel.comments import Comment, named, settings, telling
from channel.comments import thread as thread_of
from channel.comments.tables import comments as comment_table
from channel.errors import ChannelError, Invalid
from channel.events import MentionsDue, MentionTold
from channel.inbox import queries as inbox
from channel.live import catchup
from channel.live.frames import tell as told_frames
from channel.members import Role, joining, queries, unlocks
from channel.mentions.tables import comment_mentions, comment_told
from channel.naming import tag_of
from channel.outbox import claim, events_since
from channel.posts import telling as post_telling
from channel.posts.missed import Missed
from channel.render.comments import as_json, comment_views
from channel.storage import Database
from channel.tags.tables import comment_tags
from tests.cast import Scene, creator, join_unasked
from tests.comments.saying import approve, change, remove, say
from tests.conftest import Clock
from tests.posts.test_mentions import known
from tests.posts.writing import post
from tests.posts.writing import remove as remove_post


async def tell(scene: Scene) -> None:
    """Work off what is due, as the worker does."""
    while True:
        async with scene.db.write() as tx:
            jobs = [job for job in await claim(tx) if isinstance(job.event, MentionsDue)]
            for job in jobs:
                await telling.tell(tx, job.event)
        if not jobs:
            return


async def told(scene: Scene, account: Account) -> list[str | None]:
    """The comments of which the account was told that they name it."""
    await tell(scene)
    async with scene.db.read() as tx:
        logged = await events_since(tx, f"account:{account.id}", 0)
    return [one.event.comment_id for one in logged if isinstance(one.event, MentionTold)]


async def listed(scene: Scene, account: Account, **more: Any) -> list[str]:
    async with scene.db.read() as tx:
        belongings = await queries.entitlements(tx, account.id)
        return [one.comment.id for one in (await named.of_account(tx, account.id, belongings, **more)).items]


async def missed(scene: Scene, account: Account) -> list[tuple[str, tuple[str, ...]]]:
    """Texts of the comments that the account missed, and why they are for it."""
    async with scene.db.read() as tx:
        belongings = await queries.entitlements(tx, account.id)
        page = await catchup.missed_by(tx, account.id, belongings, upto=tx.now, cursor=None, limit=100)
    return [(one.comment.text, one.why) for one in page.items if not isinstance(one, Missed)]


async def tagged(scene: Scene, tag: str, reader: Account | None) -> list[str]:
    async with scene.db.read() as tx:
        by = await scene.by(tx, reader)
        return [one.comment.id for one in (await named.tagged(tx, scene.community, by, tag)).items]


async def shown(scene: Scene, made: Comment, reader: Account | None) -> list[str]:
    """The ids of whom a comment says it names."""
    async with scene.db.read() as tx:
        thread = await thread_of(tx, made.thread_id, reader.id if reader else None)
        (view,) = await comment_views(tx, [made], thread)
    return [one["id"] for one in as_json(view)["mentions"]]


async def hold(scene: Scene, words: str) -> None:
    async with scene.db.write() as tx:
        await settings.change_holds(
            tx, await scene.by(tx, scene.owner), scene.community, words=words, link_days=0
        )


async def test_members_name_staff_and_those_who_wrote_under_the_post(db: Database) -> None:
    anna = await creator(db)
    mara, bob, eve = await known(anna, "mara"), await known(anna, "bob"), await known(anna, "eve")
    under, elsewhere = await post(anna), await post(anna)
    await say(anna, under, bob, "First")
    await say(anna, elsewhere, eve, "Elsewhere")
    made = await say(anna, under, mara, "@bob and @eve and @anna_ and @everyone #Tour")
    assert f'data-who="{bob.id}">@bob</span>' in made.html
    assert 'href="/@anna/tag/tour"' in made.html
    assert eve.id not in made.html, "who did not write here may not be found out"
    assert 'mention">@everyone' not in made.html
    assert (await told(anna, bob), await told(anna, anna.owner), await told(anna, eve)) == (
        [made.id], [made.id], [],
    )  # fmt: skip
    assert (await listed(anna, bob), await listed(anna, eve)) == ([made.id], [])
    assert set(await shown(anna, made, None)) == {bob.id, anna.owner.id}
    assert await tagged(anna, "tour", None) == [made.id]


async def test_a_frame_says_where_and_nothing_of_what(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    under = await post(anna)
    made = await say(anna, under, anna.owner, "A secret for @mara")
    await tell(anna)
    async with db.read() as tx:
        stream = f"account:{mara.id}"
        frames = [
            one.event_json(-1) for one in await told_frames(tx, stream, await events_since(tx, stream, 0))
        ]
    (frame,) = [one for one in frames if one["kind"] == "mention.told"]
    assert frame["data"] == {
        "community": "anna", "room_id": anna.news.id, "post_id": under.id, "seq": under.seq,
        "comment_id": made.id,
    }  # fmt: skip


async def test_in_a_comment_of_a_locked_post_nobody_without_the_tier_is_named(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    mara, rich, buyer = (
        await known(anna, "mara"),
        await known(anna, "rich", tier=gold),
        await known(anna, "buyer"),
    )
    under = await post(anna, "Locked", min_rank=10)
    async with db.write() as tx:
        await unlocks.unlock(tx, buyer.id, under.id, "bought")
    made = await say(anna, under, anna.owner, "@mara @rich @buyer @everyone #reunion")
    assert [await told(anna, one) for one in (mara, rich, buyer)] == [[], [made.id], [made.id]]
    assert [await listed(anna, one) for one in (mara, rich, buyer)] == [[], [made.id], [made.id]]
    assert [await missed(anna, one) for one in (mara, rich)] == [[], [(made.text, ("mention",))]]
    assert [await tagged(anna, "reunion", one) for one in (None, mara, rich, buyer)] == [
        [], [], [made.id], [made.id],
    ]  # fmt: skip
    assert set(await shown(anna, made, rich)) == {rich.id, buyer.id}


async def test_a_held_comment_tells_nobody_until_it_is_approved(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    under = await post(anna)
    await say(anna, under, bob, "Here")
    await hold(anna, "casino")
    held = await say(anna, under, mara, "@bob casino #tour")
    assert held.state == "held"
    assert (await told(anna, bob), await listed(anna, bob), await missed(anna, bob)) == ([], [], [])
    assert await tagged(anna, "tour", bob) == []
    clock.forward(60_000)
    async with db.write() as tx:
        await named.mark(tx, bob.id, await queries.entitlements(tx, bob.id), tx.now - 1)
    await approve(anna, held)
    assert (await told(anna, bob), await listed(anna, bob)) == ([held.id], [held.id])
    assert await missed(anna, bob) == [("@bob casino #tour", ("mention",))], "it is new since it is shown"
    assert await tagged(anna, "tour", bob) == [held.id]


async def test_nobody_is_told_twice_of_one_comment(db: Database) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    under = await post(anna)
    made = await say(anna, under, anna.owner, "@mara")
    await tell(anna)
    for text in ("@bob", "@mara @bob", f"@everyone @[x]({mara.id})"):
        await change(anna, made, text)
        await tell(anna)
    assert (await told(anna, mara), await told(anna, bob)) == ([made.id], [made.id])
    await change(anna, made, "@bob")
    assert (await listed(anna, mara), await listed(anna, bob)) == ([], [made.id])
    await remove(anna, made)
    assert (await listed(anna, bob), await missed(anna, bob)) == ([], [])


async def test_a_deleted_comment_or_post_names_nobody_even_if_it_was_not_told_yet(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    under = await post(anna)
    gone = await say(anna, under, anna.owner, "@mara #tour")
    await remove(anna, gone)
    await say(anna, under, anna.owner, "@mara again #tour")
    await remove_post(anna, under)
    assert (await told(anna, mara), await listed(anna, mara), await missed(anna, mara)) == ([], [], [])
    assert await tagged(anna, "tour", mara) == []


async def test_staff_call_groups_and_each_is_told_once_in_pieces(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post_telling, "AT_ONCE", 2)
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    people = [await anna.member(f"Reader {n}") for n in range(3)]
    rich, mod = await anna.member("rich", tier=gold), await anna.member("mod", role=Role.MODERATOR)
    made = await say(anna, await post(anna), anna.owner, "@everyone @gold")
    assert [await told(anna, one) for one in [*people, rich, mod]] == [[made.id]] * 5
    assert await told(anna, anna.owner) == []
    locked = await post(anna, "Locked", min_rank=10)
    only = await say(anna, locked, mod, "@everyone")
    assert [await told(anna, one) for one in [*people, rich]] == [[made.id]] * 3 + [[made.id, only.id]]


async def test_one_catches_up_on_answers_and_mentions_until_one_answers_or_marks_them(
    db: Database, clock: Clock
) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    under = await post(anna)
    mine = await say(anna, under, mara, "My question")
    clock.forward(1000)
    await say(anna, under, bob, "An answer for @mara", reply_to=mine.id)
    clock.forward(1000)
    await say(anna, under, anna.owner, "And another", reply_to=mine.id)
    assert await missed(anna, mara) == [
        ("An answer for @mara", ("mention", "answer")), ("And another", ("answer",)),
    ]  # fmt: skip
    clock.forward(1000)
    await say(anna, under, mara, "Thanks", reply_to=mine.id)
    assert await missed(anna, mara) == [], "who answered has seen it"
    clock.forward(1000)
    await say(anna, under, anna.owner, "You are welcome", reply_to=mine.id)
    assert await missed(anna, mara) == [("You are welcome", ("answer",))]
    async with db.write() as tx:
        belongings = await queries.entitlements(tx, mara.id)
        await catchup.read_all(tx, mara.id, belongings, tx.now)
        await catchup.read_all(tx, mara.id, belongings, tx.now - 5000)
    assert await missed(anna, mara) == []
    clock.forward(31 * 24 * 3_600_000)
    assert await missed(anna, bob) == []


async def test_posts_and_comments_come_in_one_order_page_by_page(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    expected = []
    under = await post(anna, "@mara 0")
    expected.append(under.id)
    for n in range(1, 6):
        clock.forward(1000)
        made = await say(anna, under, anna.owner, f"@mara {n}") if n % 2 else await post(anna, f"@mara {n}")
        expected.append(made.id)
    seen: list[str] = []
    cursor = None
    async with db.read() as tx:
        belongings = await queries.entitlements(tx, mara.id)
        for _ in range(3):
            page = await catchup.missed_by(tx, mara.id, belongings, upto=tx.now, cursor=cursor, limit=2)
            seen += [one.post.id if isinstance(one, Missed) else one.comment.id for one in page.items]
            cursor = page.next_cursor
    assert (seen, cursor) == (expected, None)


async def test_too_many_names_and_tags_are_refused_with_words(db: Database) -> None:
    anna = await creator(db)
    under = await post(anna)
    with pytest.raises(Invalid, match="at most 10 #tags"):
        await say(anna, under, anna.owner, " ".join(f"#t{n}" for n in range(11)))


async def test_a_comment_that_names_the_team_waits_once_in_the_inbox(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    await say(anna, await post(anna), mara, "@anna_ please")
    async with db.read() as tx:
        found = await inbox.listing(tx, await anna.by(tx, anna.owner), anna.community)
    assert [one.key.kind for one in found.items] == ["comment"]


@pytest.mark.parametrize("seed", range(3))
async def test_what_is_kept_is_what_the_comments_say_whatever_happened(db: Database, seed: int) -> None:
    """Random comments, edits, deletions, holds, approvals, leaving and coming back; against a fresh reckoning."""
    dice = random.Random(seed)
    anna = await creator(db)
    await anna.tier("Gold", 10)
    people = {name: await known(anna, name) for name in ("mara", "bob", "eve")}
    authors = [anna.owner, *people.values()]
    posts = [await post(anna, "Open"), await post(anna, "Locked", min_rank=10)]
    for one in people.values():
        await say(anna, posts[0], one, "Here")
    await hold(anna, "casino")
    made: dict[str, Comment] = {}
    away: set[str] = set()
    words = ["@mara", "@bob", "@eve", "@everyone", "@gold", "#one", "#two", "casino", "text"]
    for _ in range(40):
        text = " ".join(dice.sample(words, dice.randint(1, 4)))
        try:
            match dice.choice(["say", "say", "edit", "edit", "delete", "approve", "leave", "join"]):
                case "say":
                    one = await say(anna, dice.choice(posts), dice.choice(authors), text)
                    made[one.id] = one
                case "edit" if made:
                    await change(anna, dice.choice([*made.values()]), text)
                case "delete" if made:
                    await remove(anna, dice.choice([*made.values()]), by=anna.owner)
                case "approve" if made:
                    await approve(anna, dice.choice([*made.values()]))
                case "leave":
                    one_of = dice.choice([*people.values()])
                    async with db.write() as tx:
                        await joining.leave(tx, one_of.id, anna.community)
                    away.add(one_of.id)
                case "join" if away:
                    back = away.pop()
                    async with db.write() as tx:
                        await join_unasked(
                            tx, next(p for p in people.values() if p.id == back), anna.community
                        )
        except ChannelError:
            pass
        if dice.random() < 0.3:
            await tell(anna)
        await _holds(anna, people)
    await tell(anna)
    async with db.read() as tx:
        for account in people.values():
            logged = await events_since(tx, f"account:{account.id}", 0)
            about = [one.event.comment_id for one in logged if isinstance(one.event, MentionTold)]
            assert len(about) == len(set(about)), "nobody is told twice"
            rows = await tx.all(
                select(comment_told.c.comment_id).where(comment_told.c.account_id == account.id)
            )
            assert {row.comment_id for row in rows} == set(about)


async def _holds(scene: Scene, people: dict[str, Account]) -> None:
    """What is kept, and what each is shown, follows from the comments' own HTML."""
    async with scene.db.read() as tx:
        said = {row.id: row for row in await tx.all(select(comment_table))}
        kept = await tx.all(select(comment_mentions))
        tags = {(row.comment_id, row.tag) for row in await tx.all(select(comment_tags))}
        by = {account.id: await scene.by(tx, account) for account in people.values()}
        posts = {row.thread_id for row in said.values()}
        open_to = {}
        for post_id in posts:
            from channel.comments import reading

            open_to[post_id] = await reading.sights(tx, post_id, [*by])
    for row in said.values():
        mine = {one.word for one in kept if one.comment_id == row.id}
        in_html = {name for name, one in people.items() if f'data-who="{one.id}"' in row.html}
        in_html |= {word for word in ("everyone", "gold") if f'class="mention">@{word}</span>' in row.html}
        assert mine == in_html, (row.state, row.text)
        at_tags = {tag_of(word[1:]) for word in row.text.split() if word.startswith("#")}
        assert {tag for comment_id, tag in tags if comment_id == row.id} == at_tags
        if row.state == "shown":
            assert all(one.at == row.shown_at for one in kept if one.comment_id == row.id)
    for account in people.values():
        expected = {
            row.id
            for row in said.values()
            if row.state == "shown" and row.author_id != account.id and by[account.id].belongs
            and account.id in open_to[row.thread_id]
            and (f'data-who="{account.id}"' in row.html or 'class="mention">@everyone</span>' in row.html)
        }  # fmt: skip
        assert set(await listed(scene, account, limit=100)) == expected
