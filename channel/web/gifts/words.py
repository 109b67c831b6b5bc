"""How long a gift lasts, in the words that people use."""

from gettext import NullTranslations

from channel.payments.giving import DAYS, Offer


def lasting(days: int, say: NullTranslations) -> str:
    """ "3 months", "1 year", "10 days", "for good"; `days` as a voucher has it."""
    if not days:
        return say.gettext("for good")
    years, months = days // DAYS["year"], 0
    if days % DAYS["year"] == 0:
        return say.ngettext("%(num)s year", "%(num)s years", years) % {"num": years}
    if days % DAYS["quarter"] == 0:
        months = 3 * days // DAYS["quarter"]
    elif days % DAYS["month"] == 0:
        months = days // DAYS["month"]
    if months:
        return say.ngettext("%(num)s month", "%(num)s months", months) % {"num": months}
    return _days(days, say)


def offered(offer: Offer, say: NullTranslations) -> str:
    """The same for what is on offer: days that are sold as days stay days."""
    if offer.price.recurs or not offer.days:
        return lasting(offer.days, say)
    return _days(offer.days, say)


def _days(days: int, say: NullTranslations) -> str:
    return say.ngettext("%(num)s day", "%(num)s days", days) % {"num": days}
