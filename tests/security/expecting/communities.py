"""Communities and their rooms."""

from channel.members import Action
from tests.security.expecting.rules import Rule
from tests.security.sights import Sight
from tests.security.targets.case import Case

# What strangers are shown of these is kept for the next one (web/shelf.py).
STRANGERS_PAGES = (
    "/", "/@{handle}", "/@{handle}/reach", "/@{handle}/{slug}", "/@{handle}/{slug}/{seq}", "/@{handle}/{slug}/t/{number}",
)  # fmt: skip


def _open_reach(sight: Sight, case: Case) -> int | None:
    return 404 if case.handle == "zoe" and sight.at("zoe").visible else None


def _undo(sight: Sight, case: Case) -> int | None:
    """There is nothing to undo."""
    return 409 if sight.at(case.handle).may(Action.CLOSE_COMMUNITY) else None


MORE: dict[str, Rule] = {
    # A stranger's eyes judge for everybody: nothing of a private community, to whoever is in it either.
    **{f"GET {path}": _open_reach for path in ("/@{handle}/reach", "/api/v1/communities/{handle}/reach")},
    "POST /studio/{handle}/settings/undo-delete": _undo,
}
