"""Letters and pushes about what is new."""

from tests.security.expecting.feeds import own_feed
from tests.security.expecting.rules import Rule
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _chooses_letters(sight: Sight, case: Case) -> int | None:
    """Whoever is in; who is not has nothing to choose."""
    return None if sight.at(case.handle).visible and sight.at(case.handle).role is not None else 404


MORE: dict[str, Rule] = {
    "POST /account/notices/{handle}": _chooses_letters,
    "POST /@{handle}/hello": _chooses_letters,
    "POST /account/notices/{handle}/push": _chooses_letters,
    "POST /@{handle}/tag/{tag}": _chooses_letters,
    "POST /account/notices/{handle}/limit": _chooses_letters,
    # What posts carry here is no picture. Who may load one: web_account/test_letter_pictures and test_letter_leaks.
    "GET /notices/picture/{token}": lambda sight, case: 404,
    "POST /account/notices/{handle}/topics": _chooses_letters,
    "POST /api/v1/me/push/told": lambda sight, case: 404,  # nobody was told of anything here
    **{f"POST /account/push/{{id}}/{verb}": own_feed for verb in ("remove", "text", "test")},
    "PATCH /api/v1/me/push/devices/{id}": own_feed,
    "DELETE /api/v1/me/push/devices/{id}": own_feed,
}
