"""Who sees what of a post, in every form it is printed in."""

import json as plain_json
from dataclasses import fields, replace

import pytest

from channel import accounts, communities
from channel.errors import Forbidden, NotFound
from channel.members import Role, actions
from channel.members.model import OUTSIDER_RANK, STAFF_RANK
from channel.posts import queries
from channel.posts.model import Post
from channel.posts.steps import DAY_MS, Step
from channel.render import html, json, views
from channel.render import versions as wordings
from channel.rooms import Room
from channel.storage import Database
from tests.cast import Scene, creator, person
from tests.conftest import Clock
from tests.posts.writing import change, post, remove

CANARY = "Zimtstern-4711"
RANKS = (OUTSIDER_RANK, 0, 10, 20, STAFF_RANK)


async def tiered(db: Database) -> Scene:
    """A community with a silver (10) and a gold (20) tier."""
    anna = await creator(db)
    await anna.tier("Silver", 10)
    await anna.tier("Gold", 20)
    return anna


async def facts(scene: Scene, *found: Post, room: Room | None = None) -> list[views.PostFacts]:
    async with scene.db.read() as tx:
        community = await communities.one(tx, scene.community.id)
        return await views.facts(tx, [await queries.one(tx, one.id) for one in found], room, community)


def printed(fact: views.PostFacts, rank: int) -> str:
    """Everything that leaves the server about a post for viewers of `rank`."""
    view = views.show(fact, rank)
    told = plain_json.dumps(json.as_json(view), ensure_ascii=False)
    return "\n".join(
        [told, html.fragment(view, "en"), html.fragment(view, "de"), views.line(view), repr(view)]
    )


async def test_a_paid_post_opens_at_its_rank_and_not_below(db: Database) -> None:
    anna = await tiered(db)
    [fact] = await facts(anna, await post(anna, CANARY, min_rank=10, teaser="What it is about"))
    shapes = [views.show(fact, rank).shape for rank in RANKS]
    assert shapes == ["locked", "locked", "open", "open", "open"]
    locked = views.show(fact, 0)
    assert isinstance(locked, views.LockedView)
    assert (locked.tier and locked.tier.name, locked.teaser) == ("Silver", "What it is about")


async def test_a_room_above_the_viewer_locks_all_and_tells_no_teaser(db: Database) -> None:
    anna = await tiered(db)
    inner = await anna.room("inner", min_rank=20)
    [fact] = await facts(anna, await post(anna, "Hi", room=inner, teaser="Psst"))
    assert [views.show(fact, rank).shape for rank in RANKS] == ["locked", "locked", "locked", "open", "open"]
    locked = views.show(fact, 10)
    assert isinstance(locked, views.LockedView)
    assert (locked.tier and locked.tier.name, locked.teaser) == ("Gold", "")


async def test_a_locked_post_tells_each_rank_when_it_opens_for_that_rank_and_no_more(
    db: Database, clock: Clock
) -> None:
    anna = await tiered(db)
    silver, members = clock.now_ms + DAY_MS, clock.now_ms + 3 * DAY_MS
    planned = [Step(silver, 10), Step(members, 0)]
    [fact] = await facts(anna, await post(anna, "Early", min_rank=20, opens=planned))
    told = {rank: views.show(fact, rank) for rank in (OUTSIDER_RANK, 0, 10)}
    assert [view.shape for view in told.values()] == ["locked"] * 3
    assert [getattr(view, "opens_at", "") for view in told.values()] == [None, members, silver]
    assert "data-countdown" not in html.fragment(told[OUTSIDER_RANK], "en")
    assert "2026-01-02" not in printed(fact, 0), "when others get it is nothing to a member"
    assert "2 January 2026, 00:00 UTC" in html.fragment(told[10], "en")
    assert "2. Januar 2026, 00:00" in html.fragment(told[10], "de")


async def test_a_post_in_a_closed_room_opens_to_nobody_who_may_not_be_there(
    db: Database, clock: Clock
) -> None:
    anna = await tiered(db)
    inner = await anna.room("inner", min_rank=10)
    tomorrow = clock.now_ms + DAY_MS
    made = await post(anna, "Early", room=inner, min_rank=20, opens=[Step(tomorrow, None)])
    [fact] = await facts(anna, made, room=inner)
    told = [views.show(fact, rank) for rank in (OUTSIDER_RANK, 0, 10)]
    assert [getattr(view, "opens_at", "") for view in told] == [None, None, tomorrow]


def test_a_locked_view_has_nowhere_to_put_what_is_locked() -> None:
    names = {field.name for field in fields(views.LockedView)} | set(dir(views.LockedView))
    assert not names & {"text", "html", "body", "quote", "post", "media", "poll", "edited_at", "views"}
    assert not hasattr(views.LockedView, "__dict__") or "__dict__" not in dir(views.LockedView)
    quote = {field.name for field in fields(views.LockedQuoteView)}
    assert quote == {"id", "seq", "href", "author", "tier"}


async def test_no_form_of_a_locked_post_holds_a_word_of_it(db: Database) -> None:
    anna = await tiered(db)
    first = await post(anna, f"Before {CANARY}", min_rank=20)
    secret = await change(
        anna, first, f"**{CANARY}** ||{CANARY}|| https://{CANARY}.example #news", min_rank=20
    )
    quoting = await post(anna, "As I said", quote_id=secret.id)
    for fact in await facts(anna, secret, quoting):
        for rank in (OUTSIDER_RANK, 0, 10):
            assert CANARY.lower() not in printed(fact, rank).lower()
        assert CANARY in printed(fact, 20), "or the test could pass by accident"


async def test_a_quote_of_a_locked_post_is_locked_for_whom_it_is_locked(db: Database) -> None:
    anna = await tiered(db)
    inner = await anna.room("inner", min_rank=10)
    secret = await post(anna, f"The {CANARY}", room=inner)
    [fact] = await facts(anna, await post(anna, "Look", quote_id=secret.id), room=anna.news)
    below, above = views.show(fact, 0), views.show(fact, 10)
    assert isinstance(below, views.PostView)
    assert isinstance(above, views.PostView)
    assert isinstance(below.quote, views.LockedQuoteView)
    assert isinstance(above.quote, views.QuoteView)
    assert below.quote.tier is not None
    assert below.quote.tier.name == "Silver"
    assert above.quote.text == f"The {CANARY}"
    assert json.as_json(below)["quote"].keys() == {"id", "seq", "author", "locked", "tier"}
    assert "For Silver" in html.fragment(below, "en")


async def test_a_deleted_quote_leaves_only_its_place(db: Database) -> None:
    anna = await tiered(db)
    quoted = await post(anna, CANARY)
    quoting = await post(anna, "Look", quote_id=quoted.id)
    await remove(anna, quoted)
    [fact] = await facts(anna, quoting)
    assert CANARY not in printed(fact, STAFF_RANK)
    assert json.as_json(views.show(fact, 0))["quote"] == {"id": quoted.id, "seq": quoted.seq, "deleted": True}
    assert "The quoted post was deleted." in html.fragment(views.show(fact, 0), "en")


async def test_a_trace_is_the_same_for_everybody(db: Database) -> None:
    anna = await tiered(db)
    [fact] = await facts(anna, await remove(anna, await post(anna, CANARY, min_rank=20, teaser=CANARY)))
    assert len({views.show(fact, rank) for rank in RANKS}) == 1
    assert CANARY not in printed(fact, STAFF_RANK)
    told = json.as_json(views.show(fact, 0))
    assert told.keys() == {"id", "room_id", "seq", "deleted", "deleted_at"}
    assert "data-gone" in html.fragment(views.show(fact, 0), "en")


async def test_a_post_above_every_tier_is_for_nobody_at_the_moment(db: Database) -> None:
    anna = await tiered(db)
    [fact] = await facts(anna, await post(anna, CANARY, min_rank=20))
    without = replace(fact, tiers=tuple(tier for tier in fact.tiers if tier.rank < 20))
    locked = views.show(without, 10)
    assert isinstance(locked, views.LockedView)
    assert locked.tier is None
    assert "no tier opens it at the moment" in html.fragment(locked, "en")


async def test_json_says_exactly_what_the_contract_says(db: Database, clock: Clock) -> None:
    anna = await tiered(db)
    tomorrow = [Step(clock.now_ms + DAY_MS, None)]
    made = await post(anna, "*Hi*", min_rank=10, opens=tomorrow, teaser="Soon", ai="generated")
    [fact] = await facts(anna, made)
    author = {"id": anna.owner.id, "name": "Anna", "handle": "anna_", "avatar_url": None}
    assert json.as_json(views.show(fact, 10)) == {
        "id": made.id,
        "room_id": anna.news.id,
        "seq": made.seq,
        "author": author,
        "text": "*Hi*",
        "html": "<p><em>Hi</em></p>",
        "created_at": "2026-01-01T00:00:00.000Z",
        "edited_at": None,
        "rev": 1,
        "min_rank": 10,
        "opens": [{"at": "2026-01-02T00:00:00.000Z", "min_rank": None}],
        "locked": False,
        "teaser": "Soon",
        "teaser_picture": None,
        "pinned": None,
        "silent": False,
        "important": False,
        "ai": "generated",
        "quote": None,
        "mentions": [],
        "media": [],
        "preview": None,
        "poll": None,
        "unlock": None,
        "prompt": None,
        "counts": {"reactions": {}, "comments": 0, "views": 0},
    }
    silver = fact.tiers[1]
    assert json.as_json(views.show(fact, 0)) == {
        "id": made.id,
        "room_id": anna.news.id,
        "seq": made.seq,
        "author": author,
        "created_at": "2026-01-01T00:00:00.000Z",
        "min_rank": 10,
        "locked": True,
        "tier": {"id": silver.id, "name": "Silver", "rank": 10},
        "teaser": "Soon",
        "teaser_picture": None,
        "kinds": ["text"],
        "carries": {},
        "duration_ms": {},
        "opens_at": "2026-01-02T00:00:00.000Z",
        "unlock": None,
    }


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_767_225_600_007, "2026-01-01T00:00:00.007Z"),
        (1, "1970-01-01T00:00:00.001Z"),
    ],
)
def test_moments_are_rfc_3339_with_milliseconds(epoch_ms: int, text: str) -> None:
    assert json.iso(epoch_ms) == text


async def test_of_a_deleted_account_no_name_is_left(db: Database) -> None:
    anna = await tiered(db)
    berta = await anna.member("berta", role=Role.EDITOR)
    made = await post(anna, "I was here", author=berta)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        await actions.give_role(
            tx, owner, await communities.one(tx, anna.community.id), berta.id, Role.MEMBER
        )
        await accounts.delete_account(tx, berta.id, [])
    [fact] = await facts(anna, made)
    assert "berta" not in printed(fact, 0).lower()
    assert "Former member" in html.fragment(views.show(fact, 0), "en")
    assert json.as_json(views.show(fact, 0))["author"] == {
        "id": berta.id,
        "name": "Former member",
        "handle": None,
        "avatar_url": None,
    }


async def test_views_are_loaded_with_few_queries(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = await tiered(db)
    inner = await anna.room("inner", min_rank=0)
    quoted = [await post(anna, f"Old {n}", room=inner) for n in range(5)]
    made = [await post(anna, f"New {n}", quote_id=one.id) for n, one in enumerate(quoted)]
    async with db.read() as tx:
        found = await queries.page(tx, anna.news.id)
        asked = 0

        def counted(name: str) -> None:
            real = getattr(tx, name)

            async def counting(self: object, *args: object, **values: object) -> object:
                nonlocal asked
                asked += 1
                return await real(*args, **values)

            monkeypatch.setattr(type(tx), name, counting)

        for way in ("all", "one", "run"):
            counted(way)
        by = await anna.by(tx, anna.owner)
        community = await communities.one(tx, anna.community.id)
        asked = 0
        shown = await views.post_views(tx, found, anna.news, community, by)
    assert asked <= 8  # the last one: whom they name
    assert [view.seq for view in shown] == [one.seq for one in found]
    assert len(shown) == len(made)


async def test_who_may_not_know_the_community_sees_no_post(db: Database) -> None:
    anna = await creator(db, visibility="private")
    await post(anna, CANARY)
    stranger = await person(db)
    async with db.read() as tx:
        by = await anna.by(tx, stranger)
        found = await queries.page(tx, anna.news.id)
        with pytest.raises(NotFound):
            await views.post_views(tx, found, anna.news, await communities.one(tx, anna.community.id), by)
        with pytest.raises(NotFound):
            views.sight(by, anna.news)


async def test_a_sight_is_a_rank_and_a_closed_room_has_none(db: Database) -> None:
    anna = await tiered(db)
    bob = await anna.member("bob")
    inner = await anna.room("inner", min_rank=10)
    async with db.read() as tx:
        assert views.sight(await anna.by(tx, None), anna.news) == OUTSIDER_RANK
        assert views.sight(await anna.by(tx, bob), anna.news) == 0
        assert views.sight(await anna.by(tx, anna.owner), inner) == STAFF_RANK
        with pytest.raises(Forbidden):
            views.sight(await anna.by(tx, bob), inner)


async def test_opening_a_post_does_not_open_its_past(db: Database) -> None:
    anna = await tiered(db)
    paid = await post(anna, f"The recipe: {CANARY}", min_rank=20)
    teased = await change(anna, paid, "The recipe is in the book", min_rank=20)
    free = await change(anna, teased, "The recipe is in the book, from today for all", min_rank=None)
    async with db.read() as tx:
        versions = await queries.history(tx, await queries.one(tx, free.id))
    told = wordings.version_views(versions, free, anna.news, 0)
    assert [one.rev for one in told] == [3, 2, 1]
    assert [one.changes is None for one in told] == [False, True, True]
    assert CANARY not in repr(told)
    full = wordings.version_views(versions, free, anna.news, 20)
    assert full[0].changes == (("same", "The recipe is in the book"), ("new", ", from today for all"))
    assert CANARY in repr(full)
