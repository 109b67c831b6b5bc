"""Naming people: whom a text means, who is told, and who learns nothing."""

from typing import Any

import pytest
from sqlalchemy import select, update

from channel import accounts, mentions
from channel.accounts import Account
from channel.accounts.tables import accounts as account_table
from channel.errors import Invalid
from channel.events import MentionsDue, MentionTold
from channel.live.frames import tell as told_frames
from channel.members import Role, joining, queries
from channel.mentions.tables import mentions as table
from channel.outbox import claim, events_since
from channel.posts import telling
from channel.posts.mentioned import of_account, unread
from channel.posts.model import Post
from channel.render import views
from channel.render.json import as_json
from channel.storage import Database
from tests.cast import Scene, creator, join_unasked
from tests.conftest import Clock
from tests.posts.writing import change, post, remove


async def known(scene: Scene, name: str, handle: str | None = None, **more: Any) -> Account:
    """A member with a handle."""
    account = await scene.member(name, **more)
    async with scene.db.write() as tx:
        await tx.run(
            update(account_table).where(account_table.c.id == account.id).values(handle=handle or name)
        )
        return await accounts.one(tx, account.id)


async def tell(scene: Scene) -> None:
    """Work off what is due, as the worker does."""
    while True:
        async with scene.db.write() as tx:
            jobs = [job for job in await claim(tx) if isinstance(job.event, MentionsDue)]
            for job in jobs:
                await telling.tell(tx, job.event)
        if not jobs:
            return


async def told(scene: Scene, account: Account) -> list[int]:
    """The seqs of the posts of which the account was told that they name it."""
    async with scene.db.read() as tx:
        logged = await events_since(tx, f"account:{account.id}", 0)
    return [one.event.seq for one in logged if isinstance(one.event, MentionTold)]


async def new(scene: Scene, account: Account) -> tuple[int, ...]:
    """The unread posts that name the account."""
    async with scene.db.read() as tx:
        found = await unread(tx, account.id, [(scene.news, await scene.by(tx, account))], {})
    return found.get(scene.news.id, ())


async def listed(scene: Scene, account: Account) -> list[str]:
    async with scene.db.read() as tx:
        belongings = await queries.entitlements(tx, account.id)
        return [one.id for one in (await of_account(tx, account.id, belongings)).items]


async def shown(scene: Scene, made: Post, reader: Account | None) -> dict[str, Any]:
    async with scene.db.read() as tx:
        (view,) = await views.post_views(tx, [made], scene.news, scene.community, await scene.by(tx, reader))
    return as_json(view)


async def test_somebody_named_by_handle_is_told_and_finds_it(db: Database) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    made = await post(anna, "Thanks, @Mara! `@bob` means nobody, and [@bob](https://x.example) neither.")
    assert f'data-who="{mara.id}">@Mara</span>' in made.html
    assert bob.id not in made.html
    await tell(anna)
    assert (await told(anna, mara), await told(anna, bob)) == ([made.seq], [])
    assert (await new(anna, mara), await new(anna, bob)) == ((made.seq,), ())
    assert (await listed(anna, mara), await listed(anna, bob)) == ([made.id], [])
    assert (await shown(anna, made, None))["mentions"] == [
        {"id": mara.id, "name": "mara", "handle": "mara", "avatar_url": None}
    ]


async def test_a_frame_about_it_says_where_and_nothing_of_what(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    made = await post(anna, "A secret for @mara")
    await tell(anna)
    async with db.read() as tx:
        stream = f"account:{mara.id}"
        frames = [
            one.event_json(-1) for one in await told_frames(tx, stream, await events_since(tx, stream, 0))
        ]
    (frame,) = [one for one in frames if one["kind"] == "mention.told"]
    assert frame["data"] == {
        "community": "anna", "room_id": anna.news.id, "post_id": made.id, "seq": made.seq
    }  # fmt: skip


async def test_whoever_may_not_read_the_post_is_neither_told_nor_counted(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    mara, rich = await known(anna, "mara"), await known(anna, "rich", tier=gold)
    made = await post(anna, "@mara @rich @everyone @gold", min_rank=10)
    await tell(anna)
    assert (await told(anna, rich), await told(anna, mara)) == ([made.seq], [])
    assert (await new(anna, rich), await new(anna, mara)) == ((made.seq,), ())
    assert (await listed(anna, rich), await listed(anna, mara)) == ([made.id], [])
    assert [one["id"] for one in (await shown(anna, made, rich))["mentions"]] == [rich.id]
    assert "mentions" not in await shown(anna, made, mara)
    async with db.write() as tx:
        rows = await tx.all(select(table.c.word).where(table.c.post_id == made.id))
    assert {row.word for row in rows} == {"mara", "rich", "everyone", "gold"}, (
        "judged when shown, not when stored"
    )


async def test_a_tier_means_it_and_those_above_and_staff_have_words_of_their_own(db: Database) -> None:
    anna = await creator(db)
    crew, gold = await anna.tier("Crew Pass", 5), await anna.tier("Gold", 10)
    free = await anna.member("free")
    ann, rich = await anna.member("crew", tier=crew), await anna.member("rich", tier=gold)
    editor, admin = await anna.member("ed", role=Role.EDITOR), await anna.member("ad", role=Role.ADMIN)
    people = (free, ann, rich, editor, admin)

    async def reached(text: str) -> list[Account]:
        made = await post(anna, text)
        await tell(anna)
        return [one for one in people if made.seq in await told(anna, one)]

    assert await reached("@crew-pass hello") == [ann, rich]
    assert await reached("@gold hello") == [rich]
    assert await reached("@admins hello") == [admin]
    assert await reached("@editors hello") == [editor]
    assert await reached("@moderators hello") == []
    assert await reached("@everyone hello") == list(people)


async def test_groups_are_for_staff(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    async with db.read() as tx:
        by = await anna.by(tx, mara)
        found = await mentions.names(tx, by, anna.community, "@everyone @admins @anna_", room=anna.news)
    assert set(found.calls) == {"anna_"}, "staff are named by their handle"


async def test_members_name_only_whom_they_can_know_to_be_here(db: Database) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    async with db.read() as tx:
        by = await anna.by(tx, mara)
        text = f"@bob @[Bob]({bob.id}) @anna_"
        found = await mentions.names(tx, by, anna.community, text, room=anna.news)
        offered = await mentions.offered(tx, by, anna.news, "")
        staff = await mentions.offered(tx, await anna.by(tx, anna.owner), anna.news, "bo")
    assert set(found.calls) == {"anna_"}
    assert [one.id for one in offered] == [anna.owner.id]
    assert [one.id for one in staff] == [bob.id]


async def test_nobody_outside_is_named(db: Database) -> None:
    anna, bert = await creator(db), await creator(db, "bert")
    made = await post(anna, f"@bert_ and @[Bert]({bert.owner.id})")
    assert made.html == "<p>@bert_ and @Bert</p>"


async def test_who_has_no_handle_is_named_by_id_under_the_name_they_have(db: Database) -> None:
    anna = await creator(db)
    mara = await anna.member("Mara Lind")
    made = await post(anna, f"Welcome @[Anna]({mara.id})!")
    assert f'data-who="{mara.id}">@Mara Lind</span>' in made.html
    await tell(anna)
    assert await told(anna, mara) == [made.seq]
    assert mentions.word_for(mara, {}) == f"@[Mara Lind]({mara.id})"


async def test_a_handle_that_changed_hands_still_means_whom_it_meant(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    made = await post(anna, "Thanks @mara")
    await tell(anna)
    async with db.write() as tx:
        await tx.run(update(account_table).where(account_table.c.id == mara.id).values(handle="lind"))
        thief = await accounts.create(tx, name="Thief", handle="mara")
        await join_unasked(tx, thief, anna.community)
    better = await change(anna, made, "Many thanks @mara")
    await tell(anna)
    assert mara.id in better.html
    assert thief.id not in better.html
    assert (await told(anna, mara), await told(anna, thief)) == ([made.seq], []), "nobody is told twice"


async def test_a_tier_keeps_its_word_from_people(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    rich, person = await anna.member("rich", tier=gold), await known(anna, "gold")
    made = await post(anna, "@gold")
    await tell(anna)
    assert (await told(anna, rich), await told(anna, person)) == ([made.seq], [])
    async with db.read() as tx:
        groups = await mentions.groups(tx, await anna.by(tx, anna.owner))
    assert mentions.word_for(person, groups.by_word) == f"@[gold]({person.id})"


async def test_an_edit_tells_those_who_are_new_and_forgets_the_others(db: Database) -> None:
    anna = await creator(db)
    mara, bob = await known(anna, "mara"), await known(anna, "bob")
    made = await post(anna, "@mara")
    await tell(anna)
    await change(anna, made, "@bob")
    await tell(anna)
    assert (await told(anna, mara), await told(anna, bob)) == ([made.seq], [made.seq])
    assert (await new(anna, mara), await new(anna, bob)) == ((), (made.seq,))


async def test_a_deleted_post_names_nobody_even_if_it_was_not_told_yet(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    made = await post(anna, "@mara")
    await remove(anna, made)
    await tell(anna)
    assert (await told(anna, mara), await new(anna, mara), await listed(anna, mara)) == ([], (), [])


async def test_many_are_told_in_pieces_and_each_once(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 2)
    anna = await creator(db)
    people = [await anna.member(f"Reader {n}") for n in range(5)]
    made = await post(anna, "@everyone and @everyone")
    await tell(anna)
    assert [await told(anna, one) for one in people] == [[made.seq]] * 5
    assert await told(anna, anna.owner) == [], "the author knows"


async def test_there_are_limits_with_words(db: Database) -> None:
    anna = await creator(db)
    people = [await anna.member(f"Reader {n}") for n in range(51)]
    with pytest.raises(Invalid) as caught:
        await post(anna, " ".join(f"@[x]({one.id})" for one in people))
    assert "at most 50 people" in caught.value.fields["text"]
    made = await post(anna, " ".join(f"@[x]({one.id})" for one in people[:50]))
    async with db.read() as tx:
        assert len(await tx.all(select(table.c.word).where(table.c.post_id == made.id))) == 50


async def test_how_many_a_group_means_is_known_before(db: Database) -> None:
    anna = await creator(db)
    gold = await anna.tier("Gold", 10)
    for n in range(3):
        await anna.member(f"Reader {n}")
    await anna.member("rich", tier=gold)
    await anna.member("mod", role=Role.MODERATOR)
    async with db.read() as tx:
        by = await anna.by(tx, anna.owner)
        groups = await mentions.groups(tx, by)
        sizes = await mentions.sizes(tx, by, anna.news, groups.by_word.values())
        calls = list(
            (await mentions.names(tx, by, anna.community, "@gold @everyone", room=None)).calls.values()
        )
        both = await mentions.told(tx, by, anna.news, calls)
    assert sizes == {"everyone": 5, "owner": 0, "admins": 0, "editors": 0, "moderators": 1, "gold": 1}
    assert both == 5, "nobody is counted twice"


async def test_what_names_one_is_paged_in_order(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    made = []
    for n in range(5):
        clock.forward(1000)
        made.append((await post(anna, f"@mara {n} @everyone")).id)
    seen: list[str] = []
    cursor = None
    async with db.read() as tx:
        belongings = await queries.entitlements(tx, mara.id)
        for _ in range(3):
            page = await of_account(tx, mara.id, belongings, cursor=cursor, limit=2)
            seen += [one.id for one in page.items]
            cursor = page.next_cursor
    assert (seen, cursor) == (made[::-1], None)


async def test_who_left_is_named_no_more(db: Database) -> None:
    anna = await creator(db)
    mara = await known(anna, "mara")
    made = await post(anna, "@mara")
    async with db.write() as tx:
        await joining.leave(tx, mara.id, anna.community)
    await tell(anna)
    assert await told(anna, mara) == []
    assert (await shown(anna, made, None))["mentions"] == []
    assert await listed(anna, mara) == []
