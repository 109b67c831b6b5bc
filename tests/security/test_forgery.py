"""What a foreign page can make a browser send: refused, whatever it is, before anything happens."""

from dataclasses import replace

import pytest

from channel.routing import Who
from tests.security.sights import ON_ONE_DATABASE, World
from tests.security.state import checksum
from tests.security.table import Door, doors
from tests.security.targets import body, target
from tests.security.targets.bodies import SCRIPTED
from tests.security.targets.case import Case
from tests.security.targets.objects import NEVER
from tests.security.walk import knock
from tests.security.wire import HERE, Headers, ask, at_once, event_stream, websocket

FOREIGN: dict[str, Headers] = {
    "another site": [("origin", "https://evil.test")],
    "a page without origin": [("origin", "null")],
    "an empty origin": [("origin", "")],
    "a longer name": [("origin", HERE + ".evil.test")],
    "a longer beginning": [("origin", "http://evilchannel.test")],
    "our name as a user": [("origin", "http://channel.test@evil.test")],
    "another port": [("origin", HERE + ":8080")],
    "another scheme": [("origin", "https://channel.test")],
    "a sibling": [("origin", "http://other.channel.test")],
    "cross-site": [("sec-fetch-site", "cross-site")],
    "same-site": [("sec-fetch-site", "same-site")],
    "cross-site with our origin": [("origin", HERE), ("sec-fetch-site", "cross-site")],
    "a cookie and nothing else": [],
    "basic credentials of a proxy": [("origin", "https://evil.test"), ("authorization", "Basic YTpi")],
    "a token of nobody": [("origin", "https://evil.test"), ("authorization", "Bearer ch_none")],
}

# Those who ask in this world are none of those who look: the owner gets further where there is nothing.
# Asked by mail servers with a secret; no page of ours leads there.
OF_PROGRAMS = ("POST /mail/incoming",)
OF_NOBODY_HERE = {"POST /questions/{id}": f"/questions/{NEVER}"}
# A file in one piece: its type is what its bytes are, whatever is said.
OF_ANY_TYPE = (
    "POST /api/v1/media", "PUT /api/v1/me/avatar", "PUT /api/v1/communities/{handle}/avatar",
    "PUT /api/v1/communities/{handle}/cover", "PUT /api/v1/communities/{handle}/emoji/{name}",
)  # fmt: skip
FELT = ("another site", "cross-site", "a cookie and nothing else")  # one of each kind: these at every door


def turn(number: int) -> list[str]:
    """Five of the others, so that each is tried at every third door or so."""
    others = sorted(set(FOREIGN) - set(FELT))
    return [others[(number * 5 + step) % len(others)] for step in range(5)]


def writing(world: World) -> list[Door]:
    return [door for door in doors(world.app) if not door.safe]


def whose(world: World, door: Door) -> tuple[str, str]:
    """The cookie of somebody who may do it: that is what is being abused."""
    viewer = world.viewers["operator" if door.policy.who is Who.ADMIN else "owner"]
    return next(pair for pair in viewer.page.headers if pair[0] == "cookie")


async def test_no_form_of_a_foreign_page_does_anything(world: World) -> None:
    """Every door that writes, with the cookie of its master, from everywhere but here. For real: nothing is rehearsed."""
    before = await checksum(world.db)
    tried = 0
    for number, door in enumerate(writing(world)):
        owner = world.viewers["owner"].page
        content, kind = body(door, owner, world.things["anna"])
        address, cookie = target(door, Case(), world), whose(world, door)
        ways = {name: FOREIGN[name] for name in (FELT if world.second else [*FELT, *turn(number)])}
        answers = await at_once(
            ask(world.app, door.method, address, [cookie, *headers, *kind], content)
            for headers in ways.values()
        )
        for name, answer in zip(ways, answers, strict=True):
            assert answer.status == 403, (door.name, name, answer.status, answer.text[:200])
            assert not answer.header("set-cookie"), (door.name, name)
            tried += 1
    assert tried > (200 if world.second else 600)
    assert await checksum(world.db) == before


async def test_nobody_is_signed_in_by_a_foreign_page(world: World) -> None:
    """Without a cookie there is nothing to abuse, but a victim could be made to act in the attacker's name."""
    before = await checksum(world.db)
    for door in writing(world):
        if door.policy.who not in (Who.ANYONE, Who.VIEWER):
            continue
        anonymous = world.viewers["anonymous"].page
        content, kind = body(door, anonymous, world.things["anna"])
        for name in ("another site", "a page without origin", "cross-site", "same-site"):
            answer = await ask(
                world.app, door.method, target(door, Case(), world), [*FOREIGN[name], *kind], content
            )
            assert answer.status == 403, (door.name, name, answer.status)
            assert not answer.header("set-cookie")
    assert await checksum(world.db) == before


@ON_ONE_DATABASE
async def test_our_own_pages_are_let_through(world: World) -> None:
    """The premise: with our origin the same requests get further."""
    ours: list[Headers] = [
        [("origin", HERE)],
        [("origin", HERE), ("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "same-origin")],
        [("sec-fetch-site", "none")],
    ]
    for door in writing(world):
        if door.api or door.policy.who is Who.ADMIN or door.name in OF_PROGRAMS:
            continue
        sight = world.viewers["owner"].page
        bare = replace(sight, headers=[sight.headers[0]])
        address = OF_NOBODY_HERE.get(door.name, "")
        for seen in await at_once(
            knock(world, door, Case(), bare, address, extra=headers) for headers in ours
        ):
            assert seen.status != 403, str(seen)


@ON_ONE_DATABASE
async def test_a_call_that_only_looks_like_a_form_is_refused_for_its_type(world: World) -> None:
    """JSON as text/plain is what a foreign form can send without being asked first: no call takes it, from anywhere."""
    owner = world.viewers["owner"]
    for door in writing(world):
        if not door.api and door.name not in SCRIPTED:
            continue
        content, _ = body(door, owner.page, world.things["anna"])
        plain = [whose(world, door), ("origin", "https://evil.test"), ("content-type", "text/plain")]
        answer = await ask(world.app, door.method, target(door, Case(), world), plain, content)
        assert answer.status == 403, door.name
        if door.api and content != b"{}" and door.name not in OF_ANY_TYPE:
            by_token = [*owner.program.headers, ("content-type", "text/plain")]
            told = await ask(world.app, door.method, target(door, Case(), world), by_token, content)
            assert told.status == 415, (door.name, told.status)


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "name", sorted(set(FOREIGN) - {"cross-site", "same-site", "cross-site with our origin"})
)
async def test_no_foreign_page_listens_with_our_cookie(world: World, name: str) -> None:
    """Refused before it is accepted; a connection without Origin is no page, and the cookie counts for nothing there."""
    cookie = world.viewers["owner"].page.headers[0]
    async with websocket(world.app, [cookie, *FOREIGN[name]]) as line:
        first = await line.next()
        if first["type"] == "websocket.accept":
            assert name in ("a cookie and nothing else",) or "authorization" in dict(FOREIGN[name])
            welcome = await line.frame()
            if welcome is None:
                assert name == "a token of nobody"  # is told that it is none
            else:
                assert welcome["account"] is None
        else:
            assert first["status"] == 403


@ON_ONE_DATABASE
async def test_our_own_page_listens_with_its_cookie(world: World) -> None:
    owner = world.viewers["owner"].page
    assert owner.account
    async with websocket(world.app, owner.headers) as line:
        assert (await line.next())["type"] == "websocket.accept"
        welcome = await line.frame()
        assert welcome is not None
        assert welcome["account"] == owner.account.id


@ON_ONE_DATABASE
async def test_a_foreign_page_cannot_read_events_that_it_makes_a_browser_ask_for(world: World) -> None:
    """The browser keeps an answer from a page of another origin unless we say otherwise. We never do."""
    cookie = world.viewers["owner"].page.headers[0]
    address = f"/live/sse?stream=room:{world.anna.news.id}"
    async with event_stream(world.app, [cookie, ("origin", "https://evil.test")], address) as line:
        start = await line.next()
    names = {name.decode().lower() for name, _ in start["headers"]}
    assert not [name for name in names if name.startswith("access-control")]
    assert (b"cross-origin-resource-policy", b"same-origin") in start["headers"]


@ON_ONE_DATABASE
async def test_what_a_link_scanner_fetches_uses_nothing_up(world: World) -> None:
    """Five times each, as mail gateways do: the invite, the sign-in link and the proof of an address stay good."""
    before = await checksum(world.db)
    for address in (f"/sign-in/link/{world.own['link']}", f"/account/email/{world.own['proof']}",
                    f"/follow/by/{world.own['follow']}", f"/follow/by/{world.own['follow']}/off",
                    f"/follow/on/{world.own['follow_device']}",
                    f"/api/v1/follow/{world.own['follow']}", f"/follow/yes/{world.own['follow_yes']}", f"/follow/pass/{world.own['follow_pass']}",
                    f"/join/{world.things['anna'].invite.code}"):  # fmt: skip
        for method in ("GET", "HEAD", "GET", "HEAD", "GET"):
            answer = await ask(world.app, method, address)
            assert answer.status == 200, address
            assert not answer.header("set-cookie"), address
    assert await checksum(world.db) == before
