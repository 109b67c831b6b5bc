"""A file of a paid post: nothing of it by any variant, range or condition, and no sign that it is there."""

import pytest

from channel.media import queries
from tests.security.expecting import expected
from tests.security.sights import ON_ONE_DATABASE, World
from tests.security.table import Door, doors
from tests.security.targets.case import Case
from tests.security.targets.objects import NEVER
from tests.security.walk import sight_at
from tests.security.wire import Answer, ask

PATHS = (
    "file",
    "320.webp",
    "320.avif",
    "original",
    "%66ile",
    "FILE",
    "..%2ffile",
    "file%00",
    "1.webp",
    "stream.m3u8",
    "360.m3u8",
    "360.m4s",
    "video.mp4",
    "sound.m4a",
    "sound.weba",
    "captions-en.vtt",
    "chapters.vtt",
    "chapters.json",
    "320-1.webp",
    "320-1.avif",
    "credentials",
    "credentials.c2pa",
)
ASKED = (
    (), (("range", "bytes=0-7"),), (("range", "bytes=-8"),), (("range", "bytes=999999-"),),
    (("range", ",".join("bytes=0-0" for _ in range(1_000))),), (("if-none-match", "*"),),
    (("if-range", '"x"'), ("range", "bytes=0-7")),
)  # fmt: skip


def door(world: World) -> Door:
    return next(one for one in doors(world.app) if one.name == "GET /media/{id}/{variant}")


def told(answer: Answer) -> tuple[object, ...]:
    """All that differs between two answers, but for their numbers and the words of the page around it."""
    own = ("x-request-id", "content-length", "date")
    return answer.status, tuple(header for header in answer.headers if header[0] not in own)


@ON_ONE_DATABASE  # the plain question is asked of both, by the walk
async def test_who_may_not_read_the_post_gets_nothing_of_its_file(world: World) -> None:
    things = world.things["anna"]
    async with world.db.read() as tx:
        paid = await queries.one(tx, things.paid_medium)
    etag = (("if-none-match", f'"{paid.sha256[:32]}"'),)
    case, refused = Case(paid=True), 0
    for viewer in world.viewers.values():
        sight = sight_at(door(world), viewer)
        if 404 not in expected(door(world), sight, case):
            continue
        refused += 1
        for name in PATHS:
            for method in ("GET", "HEAD"):
                for extra in (*ASKED, etag):
                    headers = [*sight.headers, *extra]
                    there = await ask(world.app, method, f"/media/{paid.id}/{name}", headers)
                    nothing = await ask(world.app, method, f"/media/{NEVER}/{name}", headers)
                    assert there.status == 404, (viewer.name, name, extra)
                    assert told(there) == told(nothing), (viewer.name, name, extra)
                    assert not world.canaries.illegal(world.canaries.seen_in(there.text.encode()), sight)
    assert refused > 5


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "TRACE"])
async def test_files_take_no_other_method(world: World, method: str) -> None:
    address = f"/media/{world.things['anna'].medium}/file"
    answer = await ask(world.app, method, address, world.viewers["owner"].page.headers)
    assert answer.status == 405
