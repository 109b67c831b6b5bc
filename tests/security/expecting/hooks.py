"""Webhooks, and ways by which programs and letters come in."""

from tests.security.expecting.rules import Rule, _always

MORE: dict[str, Rule] = {
    "POST /mail/incoming": _always(403),  # nobody here knows the secret
}
