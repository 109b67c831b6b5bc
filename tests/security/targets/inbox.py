"""The team's inbox, and conversations with it."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "messages"): lambda: things.talk if door.path.startswith("/studio/") else things.letter,
        ("id", "conversations"): lambda: things.talk,
        ("id", "saved-answers"): lambda: things.saved,
        ("item", "inbox"): lambda: things.item,
    }


BODIES: dict[str, Filled] = {
    "POST /api/v1/communities/{handle}/messages": fixed(text="Hello"),
    "PUT /api/v1/communities/{handle}/messages/read": fixed(seq=1),
    "DELETE /api/v1/messages/{id}": fixed(),
    "PUT /api/v1/communities/{handle}/message-box": fixed(on=True),
    "POST /api/v1/conversations/{id}/messages": fixed(text="Hello"),
    "POST /api/v1/communities/{handle}/saved-answers": lambda sight, things: {"name": f"N{fresh()}", "text": "x"},
    "PATCH /api/v1/communities/{handle}/saved-answers/{id}": fixed(text="Changed"),
    "DELETE /api/v1/communities/{handle}/saved-answers/{id}": fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/done": fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/later": fixed(until="2026-06-01T00:00:00Z"),
    "POST /api/v1/communities/{handle}/inbox/{item}/reopen": fixed(),
    "POST /api/v1/communities/{handle}/inbox/{item}/assign": fixed(account_id=None),
    "POST /messages/{handle}": lambda sight, things: {"text": "Hello", "key": fresh()},
    "POST /messages/{handle}/read": fixed(seq="1"),
    "POST /messages/{handle}/delete": lambda sight, things: {"id": things.letter},
    "POST /studio/{handle}/inbox": lambda sight, things: {"do": "done", "item": things.item},
    "POST /studio/{handle}/messages": fixed(who="0"),
    "POST /studio/{handle}/messages/{id}": lambda sight, things: {"text": "Hello", "key": fresh()},
    "POST /studio/{handle}/answers": lambda sight, things: {"do": "keep", "name": f"N{fresh()}", "text": "x"},
}  # fmt: skip
