"""Groups: topics, and messages in them."""

from tests.security.sights import Sight, Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Fields, Filled, _fixed, _fresh
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
    return {"post_ids": [things.message.id], "name": f"Topic {_fresh()[:8]}"}


def _merged(sight: Sight, things: Things) -> Fields:
    return {"into": things.general}


def _chosen(sight: Sight, things: Things) -> Fields:
    return {"do": "move", "posts": things.message.id, "name": f"Topic {_fresh()[:8]}"}


BODIES: dict[str, Filled] = {
    "POST /api/v1/rooms/{id}/topics": lambda sight, things: {"name": f"Topic {_fresh()[:8]}"},
    "PATCH /api/v1/topics/{id}": _fixed(name="Changed"),
    "POST /api/v1/topics/{id}/move": _moved,
    "POST /api/v1/topics/{id}/merge": _merged,
    "PUT /api/v1/topics/{id}/read": _fixed(seq=1),
    "PUT /api/v1/topics/{id}/follow": _fixed(level="mute", starred=True),
    "POST /@{handle}/{slug}/t": lambda sight, things: {
        "name": f"Topic {_fresh()[:8]}", "text": "Hello", "key": _fresh()
    },
    "POST /@{handle}/{slug}/t/{number}": lambda sight, things: {"text": "Hello", "key": _fresh()},
    "POST /@{handle}/{slug}/t/{number}/change": _fixed(do="name", name="Changed"),
    "POST /@{handle}/{slug}/t/{number}/mark": _fixed(level="follow"),
    "POST /@{handle}/{slug}/t/{number}/choose": _chosen,
    "POST /@{handle}/{slug}/m/{id}": _fixed(text="Changed", rev="1"),
    "POST /@{handle}/{slug}/m/{id}/delete": _fixed(),
}  # fmt: skip
