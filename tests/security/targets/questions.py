"""Questions, and the posts that ask for them."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, fresh
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "questions"): lambda: things.paid_question if case.paid else things.question,
    }


BODIES: dict[str, Filled] = {
    "PUT /api/v1/posts/{id}/prompt": fixed(),
    "DELETE /api/v1/posts/{id}/prompt": fixed(),
    "PUT /api/v1/communities/{handle}/question-box": fixed(on=True),
    "POST /api/v1/posts/{id}/questions": fixed(text="Why?"),
    "POST /api/v1/communities/{handle}/questions": fixed(text="Why?"),
    "PATCH /api/v1/questions/{id}": fixed(text="Changed"),
    "PUT /api/v1/questions/{id}/vote": fixed(),
    "DELETE /api/v1/questions/{id}/vote": fixed(),
    "POST /api/v1/questions/{id}/answer": lambda sight, things: {"room_id": things.room.id, "text": "Because."},
    "POST /posts/{id}/questions": fixed(text="Why?", hide_name="1"),
    "POST /@{handle}/questions": fixed(text="Why?", hide_name="1"),
    "POST /questions/{id}/vote": fixed(do="vote"),
    "POST /questions/{id}": fixed(do="reword", text="Changed"),
    "POST /studio/{handle}/posts/{id}/prompt": fixed(do="ask", prompt_votes="1"),
    "POST /studio/{handle}/questions": lambda sight, things: {"do": "spam", "ids": things.question},
    "POST /studio/{handle}/questions/box": fixed(on="1"),
    "POST /studio/{handle}/questions/{id}/answer": lambda sight, things: {
        "room": things.room.id, "text": "Because.", "key": fresh()
    },
}  # fmt: skip
