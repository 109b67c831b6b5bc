"""A bank account that one transfers to: its numbers, and the code that a banking app scans. Pure."""

import io
import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from channel.errors import Invalid
from channel.payments.model import Options

MAX_PAYEE_CHARS: Final = 70  # as the code allows
MAX_INSTRUCTIONS_CHARS: Final = 1_000
CODE_CURRENCY: Final = "EUR"  # the code knows no other
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


def checked(options: Options) -> Options:
    """The bank account as it is stored. Raises Invalid naming every wrong field; without an account there are words."""
    iban, bic = _plain(options.iban), _plain(options.bic)
    payee, words = " ".join(options.payee.split()), options.instructions.strip()
    problems: dict[str, str] = {}
    if iban and not is_iban(iban):
        problems["iban"] = "This is no IBAN: a digit is wrong or missing. Copy it from your bank once more."
    if bic and not _BIC.fullmatch(bic):
        problems["bic"] = "A BIC has 8 or 11 letters and digits. Leave it empty within Europe."
    if iban and not payee:
        problems["payee"] = "Say whose account it is, as the bank knows the name."
    if len(payee) > MAX_PAYEE_CHARS or not payee.isprintable():
        problems["payee"] = "A name has at most 70 characters. Write less."
    if len(words) > MAX_INSTRUCTIONS_CHARS:
        problems["instructions"] = "At most 1,000 characters fit here. Write less."
    if not iban and not words:
        problems["iban"] = "Enter an IBAN, or say below how else one can pay you."
    if problems:
        raise Invalid(problems)
    return replace(options, iban=iban, bic=bic, payee=payee, instructions=words)


def _plain(typed: str) -> str:
    return "".join(typed.split()).upper()


def is_iban(text: str) -> bool:
    """ISO 13616: four signs moved to the end, letters as numbers, and 1 is left when divided by 97."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(char, 36)) for char in text[4:] + text[:4])) % 97 == 1


def grouped(iban: str) -> str:
    """In fours, as banks print it."""
    return " ".join(iban[at : at + 4] for at in range(0, len(iban), 4))


def transfer_code(options: Options, amount: int, text: str) -> str:
    """The SVG of a transfer in euros (`amount` in cents): EPC069-12, version 002, which the trade calls GiroCode.

    Dark on white whatever the theme, with its quiet zone, without inline styles.
    """
    from segno import helpers  # most servers draw none for days

    code = helpers.make_epc_qr(
        name=options.payee, iban=options.iban, amount=Decimal(amount) / 100, text=text, bic=options.bic or None,
        encoding="utf-8",
    )  # fmt: skip
    drawn = io.BytesIO()
    code.save(
        drawn, kind="svg", omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None,
        xmldecl=False, nl=False,
    )  # fmt: skip
    return drawn.getvalue().decode()
