"""How long a gift lasts, in the words that people use."""

from gettext import NullTranslations

from channel.payments.giving import DAYS, Offer


def lasting(days: int, say: NullTranslations) -> str:
    """ "3 months", "a year", "10 days", "for good"; `days` as a voucher has it."""
    if not days:
        return say.gettext("for good")
    if days % DAYS["year"] == 0:
        return _many(say, "%(num)s year", "%(num)s years", days // DAYS["year"])
    if days % DAYS["quarter"] == 0:
        return _many(say, "%(num)s month", "%(num)s months", 3 * days // DAYS["quarter"])
    if days % DAYS["month"] == 0:
        return _many(say, "%(num)s month", "%(num)s months", days // DAYS["month"])
    return _many(say, "%(num)s day", "%(num)s days", days)


def offered(offer: Offer, say: NullTranslations) -> str:
    """The same for what is on offer: days that are sold as days stay days."""
    if offer.price.recurs or not offer.days:
        return lasting(offer.days, say)
    return _many(say, "%(num)s day", "%(num)s days", offer.days)


def _many(say: NullTranslations, one: str, many: str, count: int) -> str:
    return say.ngettext(one, many, count) % {"num": count}
