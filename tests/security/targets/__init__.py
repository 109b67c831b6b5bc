"""Real addresses for the doors of the route table, and bodies that are refused for nothing but rights.

A door whose parameter has no object here, or whose write needs fields that are not here, fails the access test: whoever
adds a route adds its line, in the file of its noun.
"""

import json
from urllib.parse import urlencode

from tests.security.parts import each, whole
from tests.security.sights import Sight, Things, World
from tests.security.table import Door
from tests.security.targets import communities, posts
from tests.security.targets.bodies import SCRIPTED, Filled
from tests.security.targets.case import Case
from tests.security.targets.objects import NoObject
from tests.security.wire import Headers

# What each writing door is sent. Forms for pages, JSON for the API. Those without fields stand here too: the table is whole.
BODIES: dict[str, Filled] = whole(each(__name__, __path__, "BODIES"))
OBJECTS = each(__name__, __path__, "objects")
# What a reading door is asked that shows nothing by itself: all posts with a canary.
ASKED = {
    "GET /search": "?q=cnry",
    "GET /@{handle}/search": "?q=cnry",
    "GET /api/v1/search": "?q=cnry&limit=100&community=anna",
    "POST /api/v1/media": "?community=anna&name=note.txt",
    "GET /oembed": "?url=http%3A%2F%2Fchannel.test%2F%40anna",
}


def target(door: Door, case: Case, world: World) -> str:
    """The address of the door for a case."""
    things = world.things[case.handle]
    path = door.path
    for name in door.parameters:
        if name == "handle":
            value = case.place
        else:
            before = path.partition("{" + name)[0].rstrip("/").rpartition("/")[2]
            value = _object(name, before, door, case, things, world)
        start, _, rest = path.partition("{" + name)
        path = start + value + rest.partition("}")[2]
    return path + ASKED.get(door.name, "")


def _object(name: str, before: str, door: Door, case: Case, things: Things, world: World) -> str:
    if name == "slug":
        return communities.room_of(door, case, things).slug
    if name == "variant":
        return "file"
    if name == "key" and door.path.startswith("/linked/"):
        return things.linked_paid if case.paid else things.linked
    if name == "size":
        return "640"
    if name == "seq":
        return str(posts.post_of(case, things).seq)
    found = whole(objects(door, case, things, world) for objects in OBJECTS)
    if (name, before) not in found:
        raise NoObject(f"{door.name}: say in targets/ what {{{name}}} after /{before}/ is")
    return found[name, before]()


def body(door: Door, sight: Sight, things: Things) -> tuple[bytes, Headers]:
    """What the door is sent, and the header that says what it is."""
    if door.safe:
        return b"", ()
    if door.name not in BODIES:
        raise NoObject(f"{door.name}: say in targets/ what it is sent")
    fields = BODIES[door.name](sight, things)
    if door.api or door.name in SCRIPTED:
        return json.dumps(fields).encode(), (("content-type", "application/json"),)
    return urlencode(fields, doseq=True).encode(), (("content-type", "application/x-www-form-urlencoded"),)
