"""Accounts: signing in, sessions, tokens, passkeys, and the end of an account."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed
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
    "PATCH /api/v1/me": fixed(presence=False),
    "POST /setup": fixed(token="none", name="Intruder", handle="intruder"),
    "POST /sign-in/mail": fixed(email="somebody@example.org"),
    "POST /sign-in/link/{secret}": fixed(),
    "POST /sign-in/recovery": fixed(name="anna_", code="00000-00000-00000-00000"),
    "POST /sign-in/passkey/options": fixed(),
    "POST /sign-in/passkey": fixed(state="none", credential={}),
    "POST /sign-out": fixed(),
    "POST /language": fixed(language="de", next="/"),
    "POST /theme": fixed(theme="dark", next="/"),
    "POST /account/presence": fixed(),
    "POST /account/profile": fixed(name="Renamed", hue="10"),
    "POST /account/passkeys/options": fixed(),
    "POST /account/passkeys": fixed(state="none", credential={}),
    "POST /account/passkeys/{id}/remove": fixed(),
    "POST /account/email": fixed(email="another@example.org"),
    "POST /account/email/remove": fixed(),
    "POST /account/email/{secret}": fixed(),
    "POST /account/recovery": fixed(),
    "POST /account/phone": fixed(),
    "POST /account/sessions/others": fixed(),
    "POST /account/sessions/{id}/end": fixed(),
    "POST /account/tokens": fixed(token_name="bot", scopes="read"),
    "POST /account/tokens/{id}/revoke": fixed(),
    "POST /account/delete": lambda sight, things: {"typed_name": sight.account.name if sight.account else ""},
}  # fmt: skip
