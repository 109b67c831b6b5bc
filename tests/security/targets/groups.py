"""Groups: topics, and messages in them."""

from tests.security.sights import Sight, Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Fields, Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    topic, message = (things.paid_topic, things.paid_message) if case.paid else (things.topic, things.message)
    return {
        ("id", "topics"): lambda: topic.id,
        ("id", "m"): lambda: message.id,
        ("number", "t"): lambda: str(topic.number),
    }


def _moved(sight: Sight, things: Things) -> Fields:
    """Into a new topic. Nothing is named that is not in it: what a paid one holds is another message."""
    return {"post_ids": [things.message.id], "name": f"Topic {fresh()[:8]}"}


def _merged(sight: Sight, things: Things) -> Fields:
    return {"into": things.general}


def _chosen(sight: Sight, things: Things) -> Fields:
    return {"do": "move", "posts": things.message.id, "name": f"Topic {fresh()[:8]}"}


BODIES: dict[str, Filled] = {
    "POST /api/v1/rooms/{id}/topics": lambda sight, things: {"name": f"Topic {fresh()[:8]}"},
    "PATCH /api/v1/topics/{id}": fixed(name="Changed"),
    "POST /api/v1/topics/{id}/move": _moved,
    "POST /api/v1/topics/{id}/merge": _merged,
    "PUT /api/v1/topics/{id}/read": fixed(seq=1),
    "PUT /api/v1/topics/{id}/follow": fixed(level="mute", starred=True),
    "POST /@{handle}/{slug}/t": lambda sight, things: {
        "name": f"Topic {fresh()[:8]}", "text": "Hello", "key": fresh()
    },
    "POST /@{handle}/{slug}/t/{number}": lambda sight, things: {"text": "Hello", "key": fresh()},
    "POST /@{handle}/{slug}/t/{number}/change": fixed(do="name", name="Changed"),
    "POST /@{handle}/{slug}/t/{number}/mark": fixed(level="follow"),
    "POST /@{handle}/{slug}/t/{number}/choose": _chosen,
    "POST /@{handle}/{slug}/m/{id}": fixed(text="Changed", rev="1"),
    "POST /@{handle}/{slug}/m/{id}/delete": fixed(),
}  # fmt: skip
