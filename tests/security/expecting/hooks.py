"""Webhooks, and ways by which programs and letters come in."""

from tests.security.expecting.rules import Rule, always

MORE: dict[str, Rule] = {
    "POST /mail/incoming": always(403),  # nobody here knows the secret
}
