"""Who gets through which door: every route, every kind of viewer, every kind of thing, against policy and matrix."""

from collections import Counter
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from channel.accounts.tables import accounts
from channel.routing import Who
from tests.security.expecting import MORE, expected
from tests.security.expecting.money import PRICES
from tests.security.expecting.rules import DONE
from tests.security.sights import ON_ONE_DATABASE, World
from tests.security.table import Door, doors
from tests.security.targets import BODIES, target
from tests.security.targets.case import Case, any_word, crossed
from tests.security.targets.objects import MALFORMED, NEVER
from tests.security.walk import Seen, Walk, knock, sight_at, walk_everything
from tests.security.wire import ask, at_once

METHODS = frozenset({"TRACE", "CONNECT", "PROPFIND", "GET", "POST", "PUT", "PATCH", "DELETE"})
GUESSES = frozenset(
    {
        "POST /sign-in/link/{secret}",
        "POST /sign-in/recovery",
        "POST /sign-in/passkey",
        "POST /gift/{code}",
        "POST /gift",
    }
)

# Where a buyer comes back to: it asks the provider, and writes down what is true.
ASKS = "GET /pay/{order_id}"


def faults(seen: list[Seen]) -> str:
    """One line for each, for a person to read."""
    return "\n".join(map(str, seen[:60])) + f"\n{len(seen)} in all"


async def test_everybody_is_answered_as_policy_and_matrix_say(walk: Walk) -> None:
    tried = [seen for seen in walk.seen if not seen.case.under]
    assert len(tried) > (900 if walk.second else 1800), "the walk is too short"
    wrong = [seen for seen in tried if seen.status not in expected(seen.door, seen.sight, seen.case)]
    assert not wrong, faults(wrong)


async def test_every_door_was_opened_by_somebody_and_every_guarded_one_refused_somebody(walk: Walk) -> None:
    """Else the matrix would prove nothing about it."""
    opened, refused = Counter[str](), Counter[str]()
    for seen in walk.seen:
        opened[seen.door.name] += seen.status in DONE
        asked_to_sign_in = seen.header("location").startswith("/sign-in")
        refused[seen.door.name] += seen.status in (401, 403, 404) or asked_to_sign_in
    never_open = {"POST /setup", "POST /account/passkeys", "POST /account/passkeys/{id}/remove", "POST /sign-in/passkey",
                  "POST /sign-in/recovery", "GET /live/sse", "GET /looks/{look}/app-{kind}.png", "POST /api/v1/me/push/told", "POST /studio/{handle}/settings/undo-delete",
                  "POST /@{handle}/tiers/{tier_id}", "POST /account/memberships/{id}/switch",
                  "POST /account/memberships/{id}/portal", "POST /@{handle}/tip", "POST /gift", "POST /@{handle}/gift",
                  "POST /api/hooks/{provider}/{id}", "POST /mail/incoming", "POST /studio/{handle}/tiers/{id}/prices/retire",
                  "POST /studio/{handle}/members/{id}/money", "POST /studio/{handle}/money/coupons/{id}",
                  "POST /account/memberships/{id}/price", "POST /api/v1/me/purchases/{id}/price-change",
                  "POST /api/v1/communities/{handle}/tiers/{id}/price-changes",
                  "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}",
                  "POST /api/v1/communities/{handle}/tiers/{id}/orders", "PATCH /api/v1/questions/{id}", "POST /questions/{id}",
                  "PATCH /api/v1/media/uploads/{id}", "GET /m/{token}", "GET /notices/picture/{token}",
                  "DELETE /api/v1/media/uploads/{id}", "POST /studio/{handle}/media", "POST /account/face", "POST /studio/{handle}/icon",
                  "POST /studio/{handle}/cover", "PUT /api/v1/me/avatar", "PUT /api/v1/communities/{handle}/avatar",
                  "PUT /api/v1/communities/{handle}/cover", "POST /studio/{handle}/emoji", "PUT /api/v1/communities/{handle}/emoji/{name}", "POST /studio/{handle}/posts/{id}/media",
                  "POST /studio/{handle}/library", "POST /studio/{handle}/library/{id}/replace",
                  "POST /studio/{handle}/library/{id}/original", "POST /studio/{handle}/library/{id}/crop",
                  "POST /studio/{handle}/library/{id}/chapters",
                  "PUT /api/v1/media/{id}/replacement", *(name for name in PRICES if name.startswith("POST"))}  # fmt: skip
    assert {seen.door.name for seen in walk.seen if not opened[seen.door.name]} == never_open
    guarded = {
        seen.door.name for seen in walk.seen if seen.door.policy.who in (Who.SIGNED_IN, Who.ROLE, Who.ADMIN)
    }
    assert not {name for name in guarded if not refused[name]}


@pytest.mark.full
async def test_everybody_is_answered_so_at_every_door(world: World) -> None:
    """The same without the short cut: all viewers at all doors."""
    walk = await walk_everything(world, all_of_them=True)
    tried = [seen for seen in walk.seen if not seen.case.under]
    wrong = [
        seen for seen in tried if seen.crash or seen.status not in expected(seen.door, seen.sight, seen.case)
    ]
    assert not wrong, faults(wrong)


async def test_nothing_ever_breaks(walk: Walk) -> None:
    broken = [seen for seen in walk.seen if seen.status >= 500 or seen.crash]
    assert not broken, faults(broken)


async def test_reading_changes_nothing(walk: Walk) -> None:
    assert walk.before == walk.after_reading
    wrote = [seen for seen in walk.seen if seen.door.safe and seen.wrote and seen.door.name != ASKS]
    assert not wrote, faults(wrote)


async def test_who_is_refused_has_written_nothing(walk: Walk) -> None:
    """Counted guesses are the exception: a failed one must be remembered."""
    assert walk.after_reading == walk.after_writing, "a rehearsal left something behind"
    refused = [
        seen for seen in walk.seen if seen.status in (401, 403, 404, 405) and seen.door.name not in GUESSES
    ]
    wrote = [seen for seen in refused if seen.wrote]
    assert len(refused) > (400 if walk.second else 1000)
    assert not wrote, faults(wrote)


async def test_a_child_of_another_community_is_not_found_under_ones_own(walk: Walk) -> None:
    """Named below one's own community, the things of the other one are not there; below the other one nothing is."""
    tried = [seen for seen in walk.seen if seen.case.under]
    assert len(tried) > 80
    shared = "/rooms/{slug}"  # both have a room of that name: the address means the one in the path
    draft = "/drafts/{id}/delete"  # throwing away what is not there is as good as done
    named = "PUT /api/v1/communities/{handle}/emoji/{name}"  # what is not there is made: a name is anybody's to give
    for seen in tried:
        if seen.door.path.endswith(draft) or (seen.door.name == named and not seen.wrote):
            continue
        own = seen.sight.name == ("owner" if seen.case.place == "anna" else "creator")
        if shared in seen.door.path:
            right = expected(seen.door, seen.sight, Case(seen.case.place))
            assert seen.status in right | ({409, 422} if own else set()), str(seen)
        else:
            allowed = {404} if own or seen.case.place == "zoe" else {403, 404}
            assert seen.status in allowed, str(seen)
        assert seen.status in DONE or not seen.wrote, str(seen)


async def test_what_is_no_id_and_what_is_nobodys_is_not_found(world: World) -> None:
    """The same as for things that one may not know of: no door tells them apart, and none breaks."""
    knocks = []
    for door in doors(world.app):
        if not door.parameters or door.method == "WS" or door.path.startswith(("/static", "/covers")):
            continue
        name = "operator" if door.policy.who is Who.ADMIN else "owner"
        spellings = ("%00", "%ed%a0%80") if world.second or any_word(door) else (*MALFORMED, NEVER)
        for odd in spellings:
            address = odd_address(door, world, odd)
            knocks.append(knock(world, door, Case(), sight_at(door, world.viewers[name]), address))
    tried = await at_once(knocks)
    assert len(tried) > (100 if world.second else 400)
    wrong = [seen for seen in tried if seen.status in DONE - {303} or seen.status >= 500 or seen.crash]
    assert not wrong, faults(wrong)


def odd_address(door: Door, world: World, odd: str) -> str:
    """The door's address with its last parameter replaced."""
    start, _, rest = door.path.partition("{" + door.parameters[-1])
    segments = target(door, Case(), world).split("/")[: start.count("/")]
    return "/".join(segments) + "/" + start.rpartition("/")[2] + odd + rest.partition("}")[2]


@ON_ONE_DATABASE
async def test_other_spellings_of_an_address_open_nothing(world: World) -> None:
    """A slash more, capitals, encoded slashes: not found, or sent to the one address there is."""
    free = world.viewers["free"]
    for door in doors(world.app):
        if door.method != "GET" or door.policy.who not in (Who.ROLE, Who.ADMIN):
            continue
        real = target(door, Case(), world)
        spellings = (real + "/", "/" + real, real.replace("/", "//"), real.upper(), real + "%2f", real + ".json",
                     real.replace("/", "%2f"), real + "/..", real + ";x", real + "%00")  # fmt: skip
        for seen in await at_once(
            knock(world, door, Case(), sight_at(door, free), address) for address in spellings
        ):
            assert seen.status in (403, 404, 307, 303, 405) and not seen.crash, str(seen)
            if seen.status == 307:
                assert expected(door, sight_at(door, free), Case()) <= {403, 404}


@ON_ONE_DATABASE
async def test_head_is_answered_like_get(world: World) -> None:
    for door in doors(world.app):
        if door.method != "GET" or door.path in ("/live/sse", "/ready"):
            continue
        sight = sight_at(door, world.viewers["free"])
        got, head = await at_once(
            knock(world, door, Case(), sight, method=method) for method in ("GET", "HEAD")
        )
        assert head.status == got.status, str(head)


def taken(world: World, address: str) -> set[str]:
    """The methods of all routes that an address fits, in whichever of two ways it can be read."""
    fitting = (route for route in world.app.routes if route.path_regex.match(address.partition("?")[0]))  # type: ignore[attr-defined]
    return {method for route in fitting for method in getattr(route, "methods", None) or ()}


@ON_ONE_DATABASE
async def test_a_method_that_a_door_does_not_take_is_405_and_does_nothing(world: World) -> None:
    owner = world.viewers["owner"]
    addresses = {target(door, Case(), world): door for door in doors(world.app) if door.method != "WS"}
    for address, door in addresses.items():
        sight = sight_at(door, owner)
        others = METHODS - taken(world, address)
        for seen in await at_once(knock(world, door, Case(), sight, method=method) for method in others):
            assert seen.status == 405 and not seen.wrote and not seen.crash, str(seen)


@ON_ONE_DATABASE
async def test_no_header_turns_a_method_into_another_one(world: World) -> None:
    owner = world.viewers["owner"]
    names = ("x-http-method-override", "x-method-override", "x-http-method")
    for door in doors(world.app):
        if door.method != "GET" or door.path in ("/live/sse", "/ready") or door.name == ASKS:
            continue
        method = "DELETE" if door.api else "POST"
        sight, override = sight_at(door, owner), [(name, method) for name in names]
        plain, seen = await at_once(
            knock(world, door, Case(), sight, extra=extra) for extra in ((), override)
        )
        assert seen.status == plain.status and not seen.wrote, str(seen)


async def test_a_form_changes_no_column_that_it_has_no_field_for(world: World) -> None:
    """Every column of the table sent along with one's own profile: what one is, and since when, stays."""
    outsider = world.viewers["outsider"].page
    assert outsider.account
    mine = select(accounts).where(accounts.c.id == outsider.account.id)
    async with world.db.read() as tx:
        before = (await tx.all(mine))[0]._asdict()
    sent = {column.name: "1" for column in accounts.c} | {
        "name": outsider.account.name,
        "hue": "7",
        "state": "deleted",
    }
    sent |= {
        "handle": "",
        "language": "",
        "avatar": "",
        "email": "evil@example.org",
        "role": "owner",
        "rank": "99",
    }
    kind = ("content-type", "application/x-www-form-urlencoded")
    answer = await ask(
        world.app, "POST", "/account/profile", [*outsider.headers, kind], urlencode(sent).encode()
    )
    assert answer.status == 303
    async with world.db.read() as tx:
        after = (await tx.all(mine))[0]._asdict()
    assert after == before | {"hue": 7}


async def test_every_line_of_the_tables_is_about_a_door_that_exists(world: World) -> None:
    known = {door.name for door in doors(world.app)}
    assert set(BODIES) <= known
    assert set(MORE) <= known
    assert any(crossed(door) for door in doors(world.app))
