"""Questions, and the posts that ask for them."""

from channel.members import Action
from channel.members.model import State
from tests.security.expecting.posts import change_post
from tests.security.expecting.rules import Rule, Statuses
from tests.security.sights import GOLD, Sight
from tests.security.targets.case import Case


def _open_prompt(sight: Sight, case: Case) -> int | None:
    """What is asked under a locked post is as closed as the post."""
    standing = sight.at(case.handle)
    return 403 if standing.visible and case.paid and not standing.reads(GOLD) else None


def _ask(sight: Sight, case: Case) -> int | None:
    """Members ask where they read, unless they are muted."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    mute = standing.role is None or standing.state is State.MUTED
    return 403 if mute else _open_prompt(sight, case)


def _about_question(then: Rule) -> Rule:
    """Whoever does not read what it was asked under is not told that it is there."""

    def rule(sight: Sight, case: Case) -> int | Statuses | None:
        standing = sight.at(case.handle)
        if not standing.visible or (case.paid and not standing.reads(GOLD)):
            return 404
        return then(sight, case)

    return rule


def _answer(sight: Sight, case: Case) -> int | None:
    return None if sight.at(case.handle).may(Action.POST) else 403


MORE: dict[str, Rule] = {
    "PUT /api/v1/posts/{id}/prompt": change_post,
    "DELETE /api/v1/posts/{id}/prompt": change_post,
    "POST /studio/{handle}/posts/{id}/prompt": change_post,
    "GET /api/v1/posts/{id}/questions": _open_prompt,
    "POST /api/v1/posts/{id}/questions": _ask,
    "POST /posts/{id}/questions": _ask,
    "POST /api/v1/communities/{handle}/questions": _ask,
    "POST /@{handle}/questions": _ask,
    "PATCH /api/v1/questions/{id}": _about_question(
        lambda sight, case: 403
    ),  # who asked is none of those who look
    "POST /questions/{id}": _about_question(lambda sight, case: 403),
    "PUT /api/v1/questions/{id}/vote": _about_question(_ask),
    "DELETE /api/v1/questions/{id}/vote": _about_question(_ask),
    "POST /questions/{id}/vote": _about_question(_ask),
    "POST /api/v1/questions/{id}/answer": _about_question(_answer),
}
