"""Amounts as Stripe writes them. They are ours, in minor units of ISO 4217, but for a few currencies. Pure.

https://docs.stripe.com/currencies, "Special cases" and "Three-decimal currencies".
"""

from typing import Final

from channel import money
from channel.errors import Invalid

AS_HUNDREDTHS: Final = frozenset(["ISK", "UGX"])  # have no minor unit, and are written as if they had


def theirs(amount: int, currency: str) -> int:
    """Raises Invalid for what Stripe cannot take: a thousandth."""
    if currency in AS_HUNDREDTHS:
        return amount * 100
    if money.digits(currency) == 3 and amount % 10:
        raise Invalid(amount="The last digit of an amount in this currency has to be 0. Round it.")
    return amount


def ours(amount: int, currency: str) -> int:
    """What Stripe calls an amount in this currency (upper case), in our minor units."""
    return amount // 100 if currency in AS_HUNDREDTHS else amount
