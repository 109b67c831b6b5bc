"""The walk: every door, on every kind of thing, by everybody. What came back is kept for all tests to look at."""

from dataclasses import dataclass, field

from channel.routing import Who
from tests.security.sights import Sight, Viewer, World
from tests.security.state import checksum, rehearsing
from tests.security.table import Door, doors
from tests.security.targets import body, target
from tests.security.targets.case import Case, cases, crossed
from tests.security.wire import Answer, Headers, ask, at_once

# Zoe's community is private: to all but its own two its answers must be those of nothing at all.
AT_HOME = frozenset({"creator", "zoegold"})
AT_ZOES = frozenset({"owner", "free", "anonymous", "operator", "reader"})
# Who differs from others only in what they may read is tried at every door that shows something; at the others, where
# they are all the same stranger, three of them in turn. `make test-full` tries everybody everywhere.
ALIKE = ("lapsed", "muted", "left", "zoegold", "creator", "expired", "suspended", "requested", "gold", "outsider", "revoked",
         "reader", "writer")  # fmt: skip
PLAIN = frozenset({"owner", "free", "operator", "anonymous"})
OF_ANNA = frozenset({"admin", "editor", "moderator", "banned"})
SECOND = frozenset({"owner", "editor", "moderator", "gold", "free", "banned", "anonymous", "creator"})


@dataclass(frozen=True)
class Seen:
    """One answer, without its body but with the canaries that were in it."""

    door: Door
    case: Case
    sight: Sight
    address: str
    status: int
    headers: tuple[tuple[str, str], ...]
    canaries: frozenset[str]
    size: int
    wrote: bool
    crash: str

    def __str__(self) -> str:
        return f"{self.sight.name}: {self.door.method} {self.address} -> {self.status} {self.crash}"

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)


@dataclass
class Walk:
    """Everything that came back, and what was stored before, between and after."""

    seen: list[Seen] = field(default_factory=list)
    before: dict[str, str] = field(default_factory=dict)
    after_reading: dict[str, str] = field(default_factory=dict)
    after_writing: dict[str, str] = field(default_factory=dict)
    kinds: frozenset[str] = frozenset()  # of all canaries that were there
    second: bool = False  # the shorter one, on the other database


async def walk_everything(world: World, *, all_of_them: bool = False) -> Walk:
    """All reads, then all writes as rehearsals."""
    walk = Walk(before=await checksum(world.db), kinds=frozenset(world.canaries.readers), second=world.second)
    everybody = frozenset(world.viewers) if all_of_them else frozenset()
    table = [door for door in doors(world.app) if door.method != "WS"]
    for number, door in enumerate(table):
        if door.safe:
            await _try(world, walk, door, everybody or chosen(door, number, world))
    walk.after_reading = await checksum(world.db)
    for number, door in enumerate(table):
        if not door.safe:
            await _try(world, walk, door, everybody or chosen(door, number, world))
    walk.after_writing = await checksum(world.db)
    return walk


async def _try(world: World, walk: Walk, door: Door, names: frozenset[str]) -> None:
    """One door, by all of them at once: each in a task of its own."""
    tries: list[tuple[Case, str]] = []
    for case in cases(door):
        there = names if case.handle == "anna" else AT_HOME | (names & AT_ZOES)
        tries += [(case, name) for name in world.viewers if name in there]
    if crossed(door):
        pairs = (Case("zoe", under="anna"), Case("anna", under="zoe"))
        tries += [(case, name) for case in pairs for name in ("owner", "creator")]
    knocks = (knock(world, door, case, sight_at(door, world.viewers[name])) for case, name in tries)
    walk.seen += await at_once(knocks)


def chosen(door: Door, number: int, world: World) -> frozenset[str]:
    """Who tries this door in the short walk."""
    about_somebody = any(
        part in door.path for part in ("{handle}", "/rooms/", "/posts/", "/streams/", "/questions/", "{code}")
    )
    if world.second:
        return SECOND if about_somebody else frozenset({"owner", "free", "operator", "anonymous"})
    if door.policy.who is Who.VIEWER and door.safe:
        return frozenset(world.viewers)
    some = {ALIKE[(number * 3 + step) % len(ALIKE)] for step in range(3)}
    return frozenset(PLAIN | some | (OF_ANNA if about_somebody else set()))


def sight_at(door: Door, viewer: Viewer) -> Sight:
    """Files are for pages and for programs: who has no cookie comes with what they have."""
    program = door.api or (door.file and not viewer.page.signed)
    return viewer.program if program else viewer.page


async def knock(
    world: World,
    door: Door,
    case: Case,
    sight: Sight,
    address: str = "",
    *,
    method: str = "",
    extra: Headers = (),
) -> Seen:
    """One request at one door."""
    address = address or target(door, case, world)
    content, kind = body(door, sight, world.things[case.handle])
    headers = [*sight.headers, ("accept", "*/*"), *kind, *extra]
    with rehearsing() as rehearsal:
        answer = await ask(world.app, method or door.method, address, headers, content)
    return _note(world, door, case, sight, address, answer, wrote=rehearsal.changes > 0)


def _note(
    world: World, door: Door, case: Case, sight: Sight, address: str, answer: Answer, *, wrote: bool
) -> Seen:
    told = "\n".join(f"{name}: {value}" for name, value in answer.headers).encode()
    known = world.canaries.seen_in(address.encode())  # who shows a code is told nothing by seeing it again
    return Seen(
        door, case, sight, address, answer.status, answer.headers,
        world.canaries.seen_in(told + b"\n" + answer.text.encode()) - known,
        len(answer.body), wrote, repr(answer.crash) if answer.crash else "",
    )  # fmt: skip
