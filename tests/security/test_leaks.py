"""Nothing that is paid for, private or personal in any answer to anybody who may not have it. All else may."""

import base64
from collections import defaultdict
from urllib.parse import quote

from sqlalchemy import select

from channel.posts import page
from channel.posts.tables import posts
from channel.rooms.tables import rooms
from channel.web.shelf import ASK_AGAIN
from tests.security.canaries import kinds_in
from tests.security.expecting.communities import STRANGERS_PAGES
from tests.security.expecting.feeds import EMBEDS, FEEDS
from tests.security.sights import FEED_OF, ON_ONE_DATABASE, Sight, World
from tests.security.table import doors
from tests.security.targets import target
from tests.security.targets.case import Case
from tests.security.walk import Seen, Walk, knock, sight_at
from tests.security.wire import HERE, ask, at_once

# Whoever holds an invite may read what they would join, a private community's own words too; no link card has them.
BY_INVITE = frozenset({"zoeabout", "zoelook"})
QUERIES = (
    "?before=99",
    "?after=0",
    "?from=3",
    "?at=2026-01-01",
    "?around=4&limit=100",
    "?after=0&limit=100",
    "?limit=1",
)


def told(seen: Seen, kinds: frozenset[str]) -> str:
    return f"{seen} tells {sorted(kinds)}"


def eyes(world: World, seen: Seen) -> Sight:
    """Who looks: whoever asks for a feed looks with a guest's eyes, or with those of the member whose secret it is."""
    if seen.address.startswith("/feeds/"):
        return world.viewers[FEED_OF].page
    public = seen.door.path.startswith("/@") and seen.door.path.endswith(FEEDS)
    public = public or seen.door.path in (*EMBEDS, "/oembed")
    return world.viewers["anonymous"].page if public else seen.sight


def check(world: World, walk: Walk) -> list[str]:
    found = []
    for seen in walk.seen:
        illegal = world.canaries.illegal(seen.canaries, eyes(world, seen))
        illegal -= BY_INVITE if "{code}" in seen.door.path else frozenset()
        if illegal:
            found.append(told(seen, illegal))
    return found


async def test_no_answer_holds_what_its_reader_may_not_read(world: World, walk: Walk) -> None:
    """Bodies and headers of every answer of the walk, refusals too."""
    assert len(walk.seen) > (1000 if walk.second else 2000)
    leaks = check(world, walk)
    assert not leaks, "\n".join(leaks[:40])


async def test_who_may_read_it_finds_it(world: World, walk: Walk) -> None:
    """The premise: each canary stands somewhere, and each viewer comes upon all that is theirs by one way or another."""
    found: dict[str, set[str]] = defaultdict(set)
    for seen in walk.seen:
        found[seen.sight.name] |= seen.canaries
    elsewhere = {
        "closedpast",
        "freedpast",
        "olderpaid",
        "fallpast",
    }  # in the past of posts: the test of every post finds them
    nobodys = {
        "deleted",
        "deletedcomment",
        "deletedteaser",
        "ownerdraftteaser",
        "editordraftteaser",
        "explained",
        "followmail",
    }
    hidden = walk.kinds - set().union(*found.values())
    hidden = {
        kind for kind in hidden if not kind.startswith("live")
    }  # of test_live_leaks, when that came first
    unvisited = {
        "zoegoldtalk",
        "zoegoldtalktopic",
        "past",
        "pasttopic",
        "present",
    }  # groups the walk does not enter
    assert hidden <= elsewhere | nobodys | unvisited | {"circle", "circleteaser"}, sorted(hidden)
    assert hidden >= nobodys
    for name, at_least in {
        "anonymous": {"open", "memberteaser", "paidteaser", "freednow", "quoting", "quotingvault"},
        "free": {"open", "members", "membername", "paidteaser"},
        "gold": {"paid", "newerpaid", "closednow", "vault", "vaultteaser",
                 "circlepaid", "paidlink", "paidaddress", "editors", "paidquoting"},
        "owner": {"platinum", "ownerdraft", "annalabel", "annacode", "annagoldcode", "banreason", "mutereason", "mail",
                  "tokenname", "members"},
        "editor": {"editordraft", "paid", "annaletter", "annareply", "annasaved"},
        "zoegold": {"zoeletter", "zoereply", "zoelastletter"},
        "moderator": {"annacode", "annalabel", "membername", "paid"},
        "banned": {"banreason"},
        "creator": {"zoeopen", "zoepaid", "zoeabout", "zoetier", "zoeroom", "open"},
    }.items():  # fmt: skip
        assert at_least <= found[name], (name, sorted(at_least - found[name]))


async def test_the_search_finds_canaries_in_disguise() -> None:
    """The premise of the premise: encodings that the search has to see through."""
    plain = b"text CNRY-paid-0123456789abcdef"
    everything = "".join(f"%{byte:02X}" for byte in plain)
    assert kinds_in(plain) == kinds_in(plain.lower()) == kinds_in(everything.encode()) == {"paid"}
    assert kinds_in(quote(plain).encode()) == {"paid"}
    for pad in range(3):
        for coded in (base64.b64encode(b"x" * pad + plain), base64.urlsafe_b64encode(b"x" * pad + plain)):
            assert kinds_in(b'{"cursor":"' + coded.rstrip(b"=") + b'"}') == {"paid"}, pad
    assert not kinds_in(b"canary CNR paid")


async def test_a_mark_that_was_cut_short_counts_as_all_it_could_be(world: World) -> None:
    free, gold = world.viewers["free"].page, world.viewers["gold"].page
    assert world.canaries.illegal(frozenset({"pai"}), free) == {"pai"}
    assert world.canaries.illegal(frozenset({"open"}), free) == frozenset()
    assert world.canaries.illegal(frozenset({"unknown"}), gold) == {"unknown"}


async def test_every_page_of_a_feed_is_cut_to_its_reader(world: World) -> None:
    """By whatever stretch of a room somebody asks for it: pages, fragments, API and the log."""
    fed = [door for door in doors(world.app) if door.name in (
        "GET /@{handle}/{slug}", "GET /rooms/{id}/posts", "GET /api/v1/rooms/{id}/posts")]  # fmt: skip
    assert len(fed) == 3
    for door in fed:
        for name in (
            ("free", "banned") if world.second else ("anonymous", "free", "banned", "lapsed", "reader")
        ):
            sight = sight_at(door, world.viewers[name])
            for case in (Case(), Case(paid=True)):
                queries = QUERIES + ("?pinned=true",) * door.api
                addresses = [target(door, case, world) + query for query in queries]
                for seen in await at_once(knock(world, door, case, sight, address) for address in addresses):
                    illegal = world.canaries.illegal(seen.canaries, sight)
                    assert not illegal, told(seen, illegal)
                    assert seen.status < 500, str(seen)


async def test_every_post_by_every_of_its_addresses_is_cut_to_its_reader(world: World) -> None:
    """Not only the ones of the walk: each post of both communities, its page, its past, in the API and in the studio."""
    async with world.db.read() as tx:
        rows = await tx.all(
            select(posts.c.id, posts.c.seq, rooms.c.slug, rooms.c.community_id).join(
                rooms, rooms.c.id == posts.c.room_id
            )
        )
    assert len(rows) >= 18
    handles = {scene.community.id: scene.community.handle for scene in (world.anna, world.zoe)}
    by_gold: set[str] = set()
    for row in rows:
        link = f"/@{handles[row.community_id]}/{row.slug}/{row.seq}"
        call = f"/api/v1/posts/{row.id}"
        thread = f"/api/v1/streams/thread:{row.id}/events"
        for address in (link, f"{link}/history", call, f"{call}/revisions", f"{call}/comments", thread):
            for name in ("anonymous", "free", "gold"):
                viewer = world.viewers[name]
                sight = viewer.program if address.startswith("/api") else viewer.page
                answer = await ask(world.app, "GET", address, sight.headers)
                seen = world.canaries.seen_in(repr(answer.headers).encode() + answer.text.encode())
                illegal = world.canaries.illegal(seen, sight)
                assert not illegal, (name, address, sorted(illegal))
                by_gold |= seen if name == "gold" else set()
    assert {"closedpast", "freedpast", "olderpaid", "fallpast", "waiting"} <= by_gold
    assert {"paidcomment", "closedcomment", "vaultcomment", "heldcomment"} <= by_gold


async def test_of_a_private_community_an_outsider_learns_not_even_that_it_is_there(
    world: World, walk: Walk
) -> None:
    """The answers are those of an address that never was, but for what the address itself says."""
    gold = world.viewers["gold"]
    for door in doors(world.app):
        if "{handle}" not in door.path or not door.safe or door.method == "WS":
            continue
        real = target(door, Case("zoe"), world)
        never = real.replace("zoe", "yve")
        sight = sight_at(door, gold)
        one = await ask(world.app, "GET", real, sight.headers)
        other = await ask(world.app, "GET", never, sight.headers)
        assert one.status == other.status == 404, (real, one.status, other.status)
        said, unsaid = one.text.replace("zoe", "yve"), other.text
        if not door.api:  # the request's number is the only thing that differs
            assert said == unsaid, real
        else:
            told_one, told_other = one.json() | {"request_id": ""}, other.json() | {"request_id": ""}
            assert told_one == told_other, real
        names = {name for name, _ in one.headers}
        assert names == {name for name, _ in other.headers}


async def test_heads_of_pages_tell_outsiders_no_more_than_outsiders_see(world: World) -> None:
    """A link card that a reader's device makes is seen by all to whom they send it."""
    gold = world.viewers["gold"].page
    anonymous = world.viewers["anonymous"].page
    async with world.db.read() as tx:
        found = await page(tx, world.anna.news.id, limit=50)
    for post in found:
        address = f"/@anna/news/{post.seq}"
        for_gold = (await ask(world.app, "GET", address, gold.headers)).text
        head = for_gold.partition("<head")[2].partition("</head>")[0]
        assert head, address
        illegal = world.canaries.illegal(world.canaries.seen_in(head.encode()), anonymous)
        assert not illegal, (address, sorted(illegal))
    invite = world.things["zoe"].invite.code
    card = (await ask(world.app, "GET", f"/join/{invite}", gold.headers)).text.partition("</head>")[0]
    assert "og:title" in card
    assert not world.canaries.seen_in(card.encode()) & BY_INVITE, (
        "a card is for whoever sees the message it is in"
    )
    home = (await ask(world.app, "GET", "/@anna/vault", gold.headers)).text
    assert "og:" not in home.partition("</head>")[0], "a closed room has no card"
    assert HERE in for_gold


@ON_ONE_DATABASE
async def test_what_is_kept_for_strangers_was_made_for_none_of_the_others(world: World) -> None:
    """Whoever may read most asks first, then a stranger twice: the second time the page comes from the shelf."""
    for door in doors(world.app):
        if door.path not in STRANGERS_PAGES or door.method != "GET":
            continue
        for case in (Case(), Case(paid=True), Case("zoe")):
            address = target(door, case, world)
            for name in ("owner", "gold", "creator"):
                await ask(world.app, "GET", address, sight_at(door, world.viewers[name]).headers)
                sight = sight_at(door, world.viewers["anonymous"])
                for _ in range(2):
                    seen = await knock(world, door, case, sight, address)
                    illegal = world.canaries.illegal(seen.canaries, sight)
                    assert not illegal, told(seen, illegal)
                    kept = seen.header("cache-control") == ASK_AGAIN
                    assert kept == (seen.status == 200), str(seen)
                own = await ask(world.app, "GET", address, sight_at(door, world.viewers[name]).headers)
                assert own.status >= 400 or own.header("cache-control") == "private, no-store", (
                    name,
                    address,
                )
