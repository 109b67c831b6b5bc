"""Comments and reports."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {("id", "comments"): lambda: said_of(case, things)}


def said_of(case: Case, things: Things) -> str:
    """The comment that a door is about."""
    return things.paid_comment if case.paid else things.comment


BODIES: dict[str, Filled] = {
    "POST /api/v1/posts/{id}/comments": fixed(text="Hello"),
    "PUT /api/v1/posts/{id}/comments": fixed(open=True),
    "POST /api/v1/posts/{id}/approve": fixed(),
    "POST /api/v1/posts/{id}/remove": fixed(reason="Off the point"),
    "POST /api/v1/posts/{id}/report": fixed(reason="spam"),
    "POST /@{handle}/{slug}/{seq}/comments": lambda sight, things: {"text": "Hello", "key": fresh()},
    "POST /@{handle}/{slug}/{seq}/comments/{id}": fixed(do="delete"),
    "POST /@{handle}/{slug}/{seq}/thread": fixed(on="1"),
    "POST /@{handle}/{slug}/{seq}/report": fixed(reason="spam"),
    "POST /studio/{handle}/comments": fixed(do="holds", words="", link_days="0"),
}  # fmt: skip
