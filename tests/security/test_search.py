"""T19: no search tells of what its reader may not read. A secret in a locked post is as one that is nowhere.

Every viewer asks for every secret of every post, message and comment, in many ways, by page and by API; the answer must
be, byte for byte, the one that is given for a word which nothing has. So it is with the names of topics.
"""

import json
import re
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, text

from channel.comments.tables import comments
from channel.media.tables import media, post_media
from channel.posts.tables import posts
from channel.rooms.tables import rooms
from channel.search import catch_up, queries
from channel.topics.tables import topics
from tests.security.sights import Sight, Viewer, World
from tests.security.wire import Answer, ask, at_once

CANARY = re.compile(r"CNRY-([a-z]+)-([0-9a-f]{32})")
# Ways to ask for a word; {} is the word.
WAYS = (
    "{}",
    '"{}"',
    "cnry {}",
    "{} has:link",
    "{} from:anna",
    "{} after:2020 before:2030",
    "{} tier:gold",
    "{} -cnryx",
    "in:news {}",
    "is:comment {}",
    "{} has:comments",
    "{} -is",
    "topic:general {}",
    "{} from:me",
    "{} has:file",
    "{} has:media",
)
WAYS_TO_A_TOPIC = ('topic:"{}"', 'cnry topic:"{}"', "thema:{}", 'in:fresh topic:"{}" is:message')
WAITS = "heldcomment"  # its author and moderators see it under its post; no search finds it
NEWEST_PAGE = "&limit=1"


async def known_secrets(world: World) -> dict[str, list[tuple[str, str]]]:
    """By handle: the kind and the secret word of every canary in the text of a post, a message or a comment, and in
    the names and descriptions of what posts carry.
    """
    here = rooms.c.community_id, posts.c.deleted_at.is_(None)
    said = select(posts.c.text, here[0]).join(rooms, rooms.c.id == posts.c.room_id).where(here[1])
    below = select(comments.c.text, here[0]).select_from(
        comments.join(posts, posts.c.id == comments.c.thread_id).join(rooms, rooms.c.id == posts.c.room_id)
    )
    places = post_media.join(media, media.c.id == post_media.c.media_id)
    places = places.join(posts, posts.c.id == post_media.c.post_id)
    carried = [
        select(words.label("text"), posts.c.community_id).select_from(places).where(here[1])
        for words in (media.c.name, media.c.alt)
    ]
    async with world.db.read() as tx:
        rows = [row for query in (said, below.where(here[1]), *carried) for row in await tx.all(query)]
    return _by_handle(world, rows)


async def topic_secrets(world: World) -> dict[str, list[tuple[str, str]]]:
    """The same of the names of topics."""
    async with world.db.read() as tx:
        rows = await tx.all(select(topics.c.name.label("text"), topics.c.community_id))
    return _by_handle(world, rows)


def _by_handle(world: World, rows: Sequence[Any]) -> dict[str, list[tuple[str, str]]]:
    handles = {scene.community.id: scene.community.handle for scene in (world.anna, world.zoe)}
    found: dict[str, list[tuple[str, str]]] = {handle: [] for handle in handles.values()}
    for row in rows:
        found[handles[row.community_id]] += CANARY.findall(row.text)
    return found


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not about the time: what a busy machine does not find within the limit is no leak and no loss."""
    monkeypatch.setattr(queries, "BUDGET_MS", 60_000)


def finds(world: World, sight: Sight, kind: str) -> bool:
    """Whether a search of this viewer may find it."""
    return kind != WAITS and world.canaries.readers[kind](sight)


def addresses(sight: Sight, viewer: Viewer, handle: str, line: str) -> list[str]:
    """Every way to search for this sight: as a program or with pages."""
    asked = quote(line)
    if sight is viewer.page:
        return [f"/@{handle}/search?q={asked}", f"/search?q={asked}"]
    call = f"/api/v1/search?q={asked}"
    return [f"{call}&community={handle}", f"{call}&community={handle}{NEWEST_PAGE}", call]


async def answers(world: World, sight: Sight, handle: str, line: str) -> list[Answer]:
    asked = addresses(sight, world.viewers[sight.name], handle, line)
    return await at_once(ask(world.app, "GET", address, sight.headers) for address in asked)


def sights(world: World) -> list[Sight]:
    """Every viewer by both ways in."""
    return [sight for viewer in world.viewers.values() for sight in (viewer.page, viewer.program)]


def told(answer: Answer, word: str) -> tuple[int, str, tuple[tuple[str, str], ...]]:
    """All of an answer but the word that was asked for, and the number of the request that errors carry."""
    body = re.sub(r'"request_id": ?"[^"]*"', "", answer.text.replace(word, "…"))
    body = re.sub(r"[0-9a-f-]{8,40}(?=</(?:code|span|small)>)", "", body) if answer.status >= 400 else body
    headers = tuple((name, value) for name, value in answer.headers if name not in ("x-request-id", "date"))
    return answer.status, body, headers


async def test_a_word_in_a_locked_post_is_as_a_word_that_is_nowhere(world: World) -> None:
    await catch_up(world.db)
    known = await known_secrets(world)
    assert len(known["anna"]) >= 8 and known["zoe"], "the premise: there are secrets"
    kinds = {kind for some in known.values() for kind, _ in some}
    assert {WAITS, "paidcomment", "vaultcomment", "past", "annagoldtalk"} <= kinds, sorted(kinds)
    assert {"annapaidfile", "annapaidalt"} <= kinds, sorted(kinds)
    asked = refused = 0
    for sight in sights(world):
        for handle, kinds in known.items():
            for number, (kind, word) in enumerate(kinds):
                if finds(world, sight, kind):
                    continue
                refused += 1
                never = secrets.token_hex(16)
                way = WAYS[(number + refused) % len(WAYS)]
                real = await answers(world, sight, handle, way.format(word))
                none = await answers(world, sight, handle, way.format(never))
                for one, other in zip(real, none, strict=True):
                    assert told(one, word) == told(other, never), (sight.name, handle, kind, way)
                    asked += 1
    assert refused > 100 and asked > 300


async def test_a_secret_cannot_be_guessed_letter_by_letter(world: World) -> None:
    """Beginnings of a secret find nothing that another beginning would not: no list, no cursor, no length tells more."""
    await catch_up(world.db)
    known = await known_secrets(world)
    free = world.viewers["free"]
    locked = [word for kind, word in known["anna"] if not finds(world, free.page, kind)]
    readable = {word for kind, word in known["anna"] if finds(world, free.page, kind)}
    kinds = {kind for kind, _ in known["anna"]}
    assert locked and readable and {"opencomment", "paidcomment"} <= kinds
    for word in locked:
        for length in range(1, 9):
            begins = word[:length]
            address = f"/api/v1/search?q={begins}&community=anna&limit=100"
            answer = json.loads((await ask(world.app, "GET", address, free.program.headers)).text)
            found = {match[1] for item in answer["items"] for match in CANARY.findall(_text(item))}
            # What is found of the readable ones may begin so; nothing else may be there, and none is missing.
            assert found <= readable
            assert {one for one in readable if length > 1 and one.startswith(begins)} <= found
            assert answer["next_cursor"] is None


def _text(item: dict[str, Any]) -> str:
    """Of what was found."""
    if item["comment"]:
        return str(item["comment"]["text"])
    words = [item["post"]["text"], *(one[word] for one in item["post"]["media"] for word in ("alt", "name"))]
    return " ".join(words)


async def test_a_topic_of_others_is_as_a_topic_that_is_nowhere(world: World) -> None:
    """Of a group that one may not enter, and of the past of one that does not show it. Whole names and beginnings."""
    await catch_up(world.db)
    known = await topic_secrets(world)
    assert {"pasttopic", "annagoldtalktopic"} <= {kind for kind, _ in known["anna"]}
    refused = 0
    for sight in sights(world):
        for handle, kinds in known.items():
            for number, (kind, word) in enumerate(kinds):
                if finds(world, sight, kind):
                    continue
                refused += 1
                never = secrets.token_hex(16)
                length = (32, 5, 1)[(number + refused) % 3]
                way = WAYS_TO_A_TOPIC[(number + refused) % len(WAYS_TO_A_TOPIC)]
                names = [f"cnry-{kind}-{one[:length]}" for one in (word, never)]
                if length == 1 and word[0] == never[0]:
                    continue
                real = await answers(world, sight, handle, way.format(names[0]))
                none = await answers(world, sight, handle, way.format(names[1]))
                for one, other in zip(real, none, strict=True):
                    assert told(one, names[0]) == told(other, names[1]), (sight.name, handle, kind, way)
    assert refused > 40
    member = world.viewers["gold"].program
    [(kind, word)] = [one for one in known["anna"] if one[0] == "annagoldtalktopic"]
    address = f"/api/v1/search?q=topic:cnry-{kind}-{word[:9]}&community=anna"
    assert json.loads((await ask(world.app, "GET", address, member.headers)).text)["items"], "the premise"


async def test_who_may_read_it_finds_it_and_is_shown_where(world: World) -> None:
    """The premise of the first test: it is found by those whose it is, the one who bought a single post among them."""
    await catch_up(world.db)
    known = await known_secrets(world)
    found: dict[str, set[str]] = {}
    for name in ("anonymous", "free", "gold", "owner", "opener", "payer", "lapsed", "moderator", "banned"):
        viewer = world.viewers[name]
        for kind, word in known["anna"]:
            address = f"/api/v1/search?q={word}&community=anna"
            answer = await ask(world.app, "GET", address, viewer.program.headers)
            if answer.status == 200 and json.loads(answer.text)["items"]:
                found.setdefault(name, set()).add(kind)
                assert finds(world, viewer.program, kind), (name, kind)
                item = json.loads(answer.text)["items"][0]
                assert word in _text(item)
                assert not item["post"]["locked"]
                assert any(piece["found"] and word in piece["text"] for piece in item["snippet"])
    assert {"annaopenfile", "annaopenalt"} <= found["anonymous"]
    for paid in ("annapaidfile", "annapaidalt"):
        assert paid in found["gold"] & found["owner"]
        assert all(paid not in found[name] for name in ("anonymous", "free", "opener", "lapsed"))
    assert "banned" not in found
    assert {"open", "opencomment", "annatalk"} <= found["anonymous"]
    for name in ("gold", "moderator", "owner"):
        assert WAITS not in found[name]
    assert {"past", "present"} <= found["owner"] & found["moderator"]
    assert "present" in found["free"] & found["gold"] and "past" not in found["free"] | found["gold"]
    assert {"paidcomment", "closedcomment", "vaultcomment", "annagoldtalk"} <= found["gold"] & found["owner"]
    assert not {"paidcomment", "vaultcomment", "annagoldtalk"} & (
        found["free"] | found["lapsed"] | found["opener"]
    )
    assert {"open", "paid", "vault"} <= found["gold"] & found["owner"] & found["moderator"] & found["payer"]
    assert "alone" in found["opener"] and "alone" not in found["free"] | found["lapsed"]
    assert "paid" not in found["opener"] | found["free"] | found["lapsed"]


async def test_no_answer_to_a_search_holds_a_canary_of_others(world: World) -> None:
    """Whatever is asked: all that can be found, by every filter, page by page."""
    await catch_up(world.db)
    lines = (
        "cnry",
        "has:link",
        "-nothing",
        "from:anna",
        "tier:gold",
        "after:2020",
        "c* OR *",
        "in:news cnry",
        "is:comment",
        "is:message",
        "is:post has:comments",
        "has:question",
        "has:file",
        "has:media",
        "from:me",
        "topic:general",
        "topic:cnry",
    )
    for sight in sights(world):
        for line in lines:
            for answer in await answers(world, sight, "anna", line):
                illegal = world.canaries.illegal(world.canaries.seen_in(answer.text.encode()), sight)
                assert not illegal, (sight.name, line, sorted(illegal))
                assert answer.status < 500


async def test_the_index_itself_tells_a_search_of_no_one_elses_room(world: World) -> None:
    """Names of what is locked, typed as filters, are answered like names of nothing."""
    outsider = world.viewers["outsider"]
    async with world.db.read() as tx:
        slug = await tx.value(text("SELECT slug FROM rooms WHERE min_rank > 0 LIMIT 1"))
    for real, never in (
        (f"in:{slug}", "in:nowhere"),
        ("from:zoe", "from:nobody"),
        ("tier:gold", "tier:silver"),
    ):
        names = real.partition(":")[2], never.partition(":")[2]
        for sight in (outsider.page, outsider.program):
            one = await answers(world, sight, "anna", f"cnryx {real}")
            other = await answers(world, sight, "anna", f"cnryx {never}")
            for left, right in zip(one, other, strict=True):
                assert told(left, names[0])[:2] == told(right, names[1])[:2], (real, never)
