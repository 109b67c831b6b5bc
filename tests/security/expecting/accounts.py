"""Accounts: signing in, sessions, tokens, passkeys, and the end of an account."""

from channel.members import Role
from tests.security.expecting.rules import Rule, always
from tests.security.sights import Sight
from tests.security.targets.case import Case


def _own(sight: Sight, case: Case) -> int:
    """It belongs to the owner: nobody else finds it, and neither do programs, whose account it is."""
    return 303 if sight.name == "owner" else 404


def _erase(sight: Sight, case: Case) -> int:
    """Owners hand over first, and the last admin stays."""
    owns = any(standing.role is Role.OWNER for standing in sight.standings.values())
    return 409 if owns or sight.admin else 303


MORE: dict[str, Rule] = {
    "POST /account/sessions/{id}/end": _own,
    "POST /account/tokens/{id}/revoke": _own,
    "POST /account/passkeys/{id}/remove": always(404),  # nobody here has one
    "POST /account/passkeys": always(410, 422),  # a made-up proof, whoever sends it
    "POST /sign-in/passkey": always(410, 422),
    "POST /sign-in/recovery": always(422),  # a made-up code
    "GET /setup": always(410, 303),  # over, since there is an admin; who is signed in is sent home
    "POST /setup": always(410),
    "POST /account/delete": _erase,
}
