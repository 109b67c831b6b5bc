"""The script that a person runs on the real Stripe works, on ours."""

import pytest

from channel.storage import Database
from tests.conftest import Clock
from tests.payments.smoke_stripe import smoke
from tests.payments.stripe_site import StripeSite


async def test_the_smoke_script_goes_through(
    db: Database, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    def ticking() -> int:
        clock.forward(1)
        return clock.now_ms

    db.clock = ticking
    with StripeSite(now=clock.now_ms // 1000) as site:

        async def pay(session: str, url: str) -> None:
            site.hands.pay(session)

        await smoke(db, site.account.secret_key(), pay, address=site.address)
    said = capsys.readouterr().out
    assert "Stripe sends no messages here" in said
    assert said.endswith("- All is well.\n")


async def test_it_refuses_to_play_with_real_money(db: Database) -> None:
    async def pay(session: str, url: str) -> None:
        raise AssertionError("somebody was asked to pay")

    with pytest.raises(AssertionError, match="test mode"):
        await smoke(db, "sk_live_51abcdefghijklmn", pay)
