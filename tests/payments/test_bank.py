"""Bank accounts, and the code that banking apps scan."""

import io

import pytest
import segno

from channel.errors import Invalid
from channel.payments.bank import checked, grouped, is_iban, transfer_code
from channel.payments.model import Options


@pytest.mark.parametrize(
    "iban",
    [
        "DE89370400440532013000",
        "AT611904300234573201",
        "CH9300762011623852957",
        "MT84MALT011000012345MTLCAST001S",
    ],
)
def test_an_iban_is_known_by_its_check_digits(iban: str) -> None:
    assert is_iban(iban)
    assert not is_iban(iban[:5] + str((int(iban[5]) + 1) % 10 if iban[5].isdigit() else 7) + iban[6:])
    assert not is_iban(iban[:-1])


def test_an_account_is_stored_as_banks_write_it() -> None:
    typed = Options(iban=" de89 3704 0044 0532 0130 00 ", bic="cobadeffxxx", payee="  Anna   Brandt ")
    stored = checked(typed)
    assert (stored.iban, stored.bic, stored.payee) == ("DE89370400440532013000", "COBADEFFXXX", "Anna Brandt")
    assert grouped(stored.iban) == "DE89 3704 0044 0532 0130 00"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (Options(), "iban"),
        (Options(iban="DE89370400440532013001", payee="Anna"), "iban"),
        (Options(iban="DE89370400440532013000"), "payee"),
        (Options(iban="DE89370400440532013000", payee="x" * 71), "payee"),
        (Options(iban="DE89370400440532013000", payee="Anna", bic="COBA"), "bic"),
        (Options(instructions="x" * 1001), "instructions"),
    ],
)
def test_a_wrong_account_is_refused_by_its_field(options: Options, field: str) -> None:
    with pytest.raises(Invalid) as raised:
        checked(options)
    assert field in raised.value.fields


def test_cash_alone_is_a_way_to_pay() -> None:
    assert checked(Options(instructions="Bring it to the Tuesday meeting.")).iban == ""


def test_the_code_holds_the_transfer_as_the_standard_has_it() -> None:
    anna = Options(iban="DE89370400440532013000", bic="COBADEFFXXX", payee="Anna Brändt")
    lines = [
        "BCD", "002", "1", "SCT", "COBADEFFXXX", "Anna Brändt", "DE89370400440532013000", "EUR12.3", "", "",
        "ABCD-2345",
    ]  # fmt: skip
    # By hand from EPC069-12: UTF-8, level M, at most version 13.
    expected = segno.make_qr("\n".join(lines).encode(), error="m", boost_error=False)
    drawn = transfer_code(anna, 1230, "ABCD-2345")
    wanted = io.BytesIO()
    expected.save(
        wanted, kind="svg", omitsize=True, border=4, dark="#000", light="#fff", svgclass=None, lineclass=None,
        xmldecl=False, nl=False,
    )  # fmt: skip
    assert drawn == wanted.getvalue().decode()
    assert "style" not in drawn
