"""Amounts of money: whole minor units of an ISO 4217 currency, and how each language writes them. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from channel.errors import Invalid

MAX_AMOUNT = 99_999_999  # minor units: what the card networks take at once
# Currencies without a minor unit, and those with a thousandth; all others have hundredths (ISO 4217).
_WHOLE: Final = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THOUSANDTHS: Final = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
_HUNDREDTHS: Final = frozenset(
    [
        "AED",
        "ALL",
        "AMD",
        "ARS",
        "AUD",
        "AWG",
        "AZN",
        "BAM",
        "BBD",
        "BDT",
        "BGN",
        "BMD",
        "BND",
        "BOB",
        "BRL",
        "BSD",
        "BWP",
        "BZD",
        "CAD",
        "CDF",
        "CHF",
        "CNY",
        "COP",
        "CRC",
        "CVE",
        "CZK",
        "DKK",
        "DOP",
        "DZD",
        "EGP",
        "ETB",
        "EUR",
        "FJD",
        "FKP",
        "GBP",
        "GEL",
        "GIP",
        "GMD",
        "GTQ",
        "GYD",
        "HKD",
        "HNL",
        "HTG",
        "HUF",
        "IDR",
        "ILS",
        "INR",
        "JMD",
        "KES",
        "KGS",
        "KHR",
        "KYD",
        "KZT",
        "LAK",
        "LBP",
        "LKR",
        "LRD",
        "LSL",
        "MAD",
        "MDL",
        "MKD",
        "MMK",
        "MNT",
        "MOP",
        "MUR",
        "MVR",
        "MWK",
        "MXN",
        "MYR",
        "MZN",
        "NAD",
        "NGN",
        "NIO",
        "NOK",
        "NPR",
        "NZD",
        "PAB",
        "PEN",
        "PGK",
        "PHP",
        "PKR",
        "PLN",
        "QAR",
        "RON",
        "RSD",
        "SAR",
        "SBD",
        "SCR",
        "SEK",
        "SGD",
        "SHP",
        "SOS",
        "SRD",
        "STN",
        "SZL",
        "THB",
        "TJS",
        "TOP",
        "TRY",
        "TTD",
        "TWD",
        "TZS",
        "UAH",
        "USD",
        "UYU",
        "UZS",
        "WST",
        "XCD",
        "YER",
        "ZAR",
        "ZMW",
    ]
)
CURRENCIES: Final = _WHOLE | _THOUSANDTHS | _HUNDREDTHS
COMMON: Final = ("EUR", "USD", "GBP", "CHF")  # offered first
_SIGNS: Final = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥"}
_TYPED = re.compile(r"(\d{1,9})(?:[.,](\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of a currency."""

    amount: int
    currency: str

    @classmethod
    def parse(cls, amount: int, currency: str, *, field: str) -> "Money":
        """Raises Invalid naming `field`."""
        return cls(check_amount(amount, field=field), parse_currency(currency, field=field))


def digits(currency: str) -> int:
    """How many decimal places the currency has."""
    return 0 if currency in _WHOLE else 3 if currency in _THOUSANDTHS else 2


def parse_currency(text: str, *, field: str = "currency") -> str:
    """A currency by its code, upper case. Raises Invalid."""
    currency = text.strip().upper()
    if currency not in CURRENCIES:
        raise Invalid({field: "Write a currency by its three letters, like EUR."})
    return currency


def parse_amount(text: str, currency: str, *, field: str = "amount") -> int:
    """What somebody typed ("5", "5.50", "5,50"), in minor units. Raises Invalid: nothing is rounded."""
    typed = _TYPED.fullmatch(text.strip())
    places = digits(currency)
    if not typed or len(typed[2] or "") > places:
        raise Invalid({field: "Write an amount like 5 or 5.50."})
    amount = int(typed[1]) * 10**places + int((typed[2] or "").ljust(places, "0") or 0)
    return check_amount(amount, field=field)


def check_amount(amount: int, *, field: str = "amount", least: int = 1) -> int:
    """An amount in minor units within what can be paid. Raises Invalid."""
    if isinstance(amount, bool) or not isinstance(amount, int) or not least <= amount <= MAX_AMOUNT:
        raise Invalid({field: "An amount is more than nothing, and less than a million."})
    return amount


def plain(amount: int, currency: str) -> str:
    """The number alone with a point, for files and for form fields: "5.50"."""
    places = digits(currency)
    whole, part = divmod(abs(amount), 10**places)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{part:0{places}d}" if places else f"{sign}{whole}"


def shown(amount: int, currency: str, language: str) -> str:
    """The amount as people write it: "€5.50", "5,50 €"; a whole one without zeros behind it."""
    places = digits(currency)
    whole, part = divmod(abs(amount), 10**places)
    grouped = f"{whole:,}"
    rest = f".{part:0{places}d}" if part else ""
    sign = "−" if amount < 0 else ""
    symbol = _SIGNS.get(currency, currency)
    if language == "de":
        swapped = (grouped + rest).translate(str.maketrans(",.", ".,"))
        return f"{sign}{swapped}\u00a0{symbol}"
    return f"{sign}{symbol}{grouped}{rest}" if currency in _SIGNS else f"{sign}{symbol}\u00a0{grouped}{rest}"
