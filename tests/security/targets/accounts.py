"""Accounts: signing in, sessions, tokens, passkeys, and the end of an account."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, _fixed
from tests.security.targets.case import Case
from tests.security.targets.objects import Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "sessions"): lambda: world.own["session"],
        ("id", "tokens"): lambda: world.own["token"],
        ("id", "passkeys"): lambda: "AAAA",
        ("secret", "link"): lambda: world.own["link"],
        ("secret", "email"): lambda: world.own["proof"],
    }


BODIES: dict[str, Filled] = {
    "PATCH /api/v1/me": _fixed(presence=False),
    "POST /setup": _fixed(token="none", name="Intruder", handle="intruder"),
    "POST /sign-in/mail": _fixed(email="somebody@example.org"),
    "POST /sign-in/link/{secret}": _fixed(),
    "POST /sign-in/recovery": _fixed(name="anna_", code="00000-00000-00000-00000"),
    "POST /sign-in/passkey/options": _fixed(),
    "POST /sign-in/passkey": _fixed(state="none", credential={}),
    "POST /sign-out": _fixed(),
    "POST /language": _fixed(language="de", next="/"),
    "POST /theme": _fixed(theme="dark", next="/"),
    "POST /account/presence": _fixed(),
    "POST /account/profile": _fixed(name="Renamed", hue="10"),
    "POST /account/passkeys/options": _fixed(),
    "POST /account/passkeys": _fixed(state="none", credential={}),
    "POST /account/passkeys/{id}/remove": _fixed(),
    "POST /account/email": _fixed(email="another@example.org"),
    "POST /account/email/remove": _fixed(),
    "POST /account/email/{secret}": _fixed(),
    "POST /account/recovery": _fixed(),
    "POST /account/phone": _fixed(),
    "POST /account/sessions/others": _fixed(),
    "POST /account/sessions/{id}/end": _fixed(),
    "POST /account/tokens": _fixed(token_name="bot", scopes="read"),
    "POST /account/tokens/{id}/revoke": _fixed(),
    "POST /account/delete": lambda sight, things: {"typed_name": sight.account.name if sight.account else ""},
}  # fmt: skip
