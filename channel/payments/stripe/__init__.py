"""Stripe, through its official library: the creator's own account, Stripe's own checkout and customer portal.

`line` speaks with Stripe, `refusals` says its errors in our words, `finding` looks for what a reference is about,
`held` says what it means. docs/payments/stripe.md tells a creator how to connect it.
"""

from .adapter import Stripe

__all__ = ["Stripe"]
