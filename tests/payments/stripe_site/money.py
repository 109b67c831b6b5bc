"""Currencies, calendars, shares of amounts. All amounts are in the currency's smallest unit."""

import calendar
import datetime
from fractions import Fraction

from .refusals import Refused
from .shapes import Wire

CURRENCIES = frozenset(
    [
        "usd",
        "aed",
        "afn",
        "all",
        "amd",
        "ang",
        "aoa",
        "ars",
        "aud",
        "awg",
        "azn",
        "bam",
        "bbd",
        "bdt",
        "bgn",
        "bhd",
        "bif",
        "bmd",
        "bnd",
        "bob",
        "brl",
        "bsd",
        "bwp",
        "byn",
        "bzd",
        "cad",
        "cdf",
        "chf",
        "clp",
        "cny",
        "cop",
        "crc",
        "cve",
        "czk",
        "djf",
        "dkk",
        "dop",
        "dzd",
        "egp",
        "etb",
        "eur",
        "fjd",
        "fkp",
        "gbp",
        "gel",
        "gip",
        "gmd",
        "gnf",
        "gtq",
        "gyd",
        "hkd",
        "hnl",
        "htg",
        "huf",
        "idr",
        "ils",
        "inr",
        "isk",
        "jmd",
        "jod",
        "jpy",
        "kes",
        "kgs",
        "khr",
        "kmf",
        "krw",
        "kwd",
        "kyd",
        "kzt",
        "lak",
        "lbp",
        "lkr",
        "lrd",
        "lsl",
        "mad",
        "mdl",
        "mga",
        "mkd",
        "mmk",
        "mnt",
        "mop",
        "mur",
        "mvr",
        "mwk",
        "mxn",
        "myr",
        "mzn",
        "nad",
        "ngn",
        "nio",
        "nok",
        "npr",
        "nzd",
        "omr",
        "pab",
        "pen",
        "pgk",
        "php",
        "pkr",
        "pln",
        "pyg",
        "qar",
        "ron",
        "rsd",
        "rub",
        "rwf",
        "sar",
        "sbd",
        "scr",
        "sek",
        "sgd",
        "shp",
        "sle",
        "sos",
        "srd",
        "std",
        "szl",
        "thb",
        "tjs",
        "tnd",
        "top",
        "try",
        "ttd",
        "twd",
        "tzs",
        "uah",
        "ugx",
        "uyu",
        "uzs",
        "vnd",
        "vuv",
        "wst",
        "xaf",
        "xcd",
        "xof",
        "xpf",
        "yer",
        "zar",
        "zmw",
    ]
)
ZERO_DECIMAL = frozenset(
    [
        "bif",
        "clp",
        "djf",
        "gnf",
        "jpy",
        "kmf",
        "krw",
        "mga",
        "pyg",
        "rwf",
        "ugx",
        "vnd",
        "vuv",
        "xaf",
        "xof",
        "xpf",
    ]
)
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# The smallest charge that Stripe's documentation names; for others that it states no figure for, 50.
MINIMUM = {"aed": 200, "chf": 50, "czk": 1500, "dkk": 250, "gbp": 30, "huf": 17500, "jpy": 50, "nok": 300, "pln": 200, "sek": 300}  # fmt: skip
LARGEST = 99_999_999
LONGEST_YEARS = 3


def currency(text: str, param: str = "currency") -> str:
    """Lower-case, or Refused."""
    low = text.lower()
    if low not in CURRENCIES:
        raise Refused(
            f"Invalid currency: {low}. Stripe currently supports these currencies: {', '.join(sorted(CURRENCIES))}",
            param=param,
        )
    return low


def shown(amount: int, code: str) -> str:
    if code in ZERO_DECIMAL:
        return f"{amount} {code}"
    digits = 3 if code in THREE_DECIMAL else 2
    return f"{amount / 10**digits:.{digits}f} {code}"


def large_enough(amount: int, code: str) -> None:
    least = MINIMUM.get(code, 50)
    if 0 < amount < least:
        raise Refused(
            f"The Checkout Session's total amount due must add up to at least {shown(least, code)}",
            code="amount_too_small",
        )
    if amount > LARGEST:
        raise Refused(
            f"The Checkout Session's total amount due must be no more than {shown(LARGEST, code)}",
            code="amount_too_large",
        )


def share(amount: int, part: int, whole: int) -> int:
    """That part of an amount, to the nearest unit, halves away from zero."""
    exact = Fraction(amount * part, whole)
    rounded = int(abs(exact) + Fraction(1, 2))
    return rounded if exact >= 0 else -rounded


def _months(moment: int, months: int) -> int:
    at = datetime.datetime.fromtimestamp(moment, datetime.UTC)
    years, month = divmod(at.month - 1 + months, 12)
    day = min(at.day, calendar.monthrange(at.year + years, month + 1)[1])
    return int(at.replace(year=at.year + years, month=month + 1, day=day).timestamp())


def after(moment: int, interval: str, count: int) -> int:
    """`count` intervals later, by the calendar (UTC): a month after the 31st is the month's last day."""
    if interval in ("month", "year"):
        return _months(moment, count * (12 if interval == "year" else 1))
    return moment + count * {"day": 86_400, "week": 604_800}[interval]


def next_end(anchor: int, start: int, recurring: Wire) -> int:
    """The end of the period that begins at `start`, of those that follow from the anchor."""
    turn = 0
    while (end := after(anchor, recurring["interval"], recurring["interval_count"] * turn)) <= start:
        turn += 1
    return end
