"""Asking those who pay an old price to pay the new one, and calling it off, by plain forms."""

from dataclasses import dataclass

import pytest

from channel.members import Role
from channel.payments import Holding, payers, raising
from channel.payments.model import DAY_MS
from channel.payments.raising import PriceChange
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.web_studio.conftest import Browser, Site, says
from tests.web_studio.test_member_money import bought, now

FIRST, LAST = "2026-01-31", "2027-01-02"  # 30 days after the start of the clock, and a year after it


@dataclass
class Raise:
    """Ben pays 5 € a month for Gold, which costs newcomers 7 €."""

    site: Site
    gold: Tier
    held: Holding
    new: Price

    @property
    def tier(self) -> str:
        return f"/tiers/{self.gold.id}"

    @property
    def path(self) -> str:
        return f"{self.tier}/prices/{self.held.price_id}/change"

    async def changes(self) -> list[PriceChange]:
        async with self.site.db.read() as tx:
            return [one.change for one in await payers.changes(tx, self.gold)]

    async def announced(self) -> PriceChange:
        async with self.site.db.write() as tx:
            owner, old = (
                await self.site.anna.by(tx, self.site.anna.owner),
                await prices.one(tx, self.gold.community_id, self.held.price_id or ""),
            )
            at = tx.now + 40 * DAY_MS
            return await raising.announce(tx, owner, self.site.anna.community, old, self.new, from_at=at)


@pytest.fixture
async def ben(site: Site) -> Raise:
    gold = await site.anna.tier("Gold", 10)
    held = await bought(site, gold)
    async with site.db.write() as tx:
        new = await offer(tx, gold, amount=700, currency="EUR", interval="month")
    return Raise(site, gold, held, new)


async def test_the_tier_says_how_many_still_pay_the_old_price_and_leads_to_asking_them(
    anna: Browser, ben: Raise
) -> None:
    page = await anna.see(ben.tier)
    assert "1 person still pays €5 a month" in page
    assert f'href="/studio/anna{ben.path}"' in page
    asking = await anna.see(ben.path)
    for words in (
        "They pay now", "€5 a month", "€7 a month", "1 person",
        "charged no more: their pass stays open to the end of what is paid",
        f'value="{FIRST}"', f'min="{FIRST}"', f'max="{LAST}"',
    ):  # fmt: skip
        assert words in asking, words


async def test_they_are_asked_and_what_they_say_is_counted(site: Site, anna: Browser, ben: Raise) -> None:
    fields = {"to_price_id": ben.new.id, "day": "2026-03-01", "message": "Clay costs more."}
    page = await anna.send(ben.path, fields)
    assert "They are being asked." in page
    assert "Asked to pay €7 a month from 1 March 2026 on." in page
    assert "1 was asked · 0 agreed · 0 declined · 1 has said nothing yet" in page
    (change,) = await ben.changes()
    assert (change.message, change.to_price_id) == ("Clay costs more.", ben.new.id)
    await site.work()
    async with site.db.write() as tx:
        await raising.answer(tx, ben.held, change, agreed=True)
    assert "1 was asked · 1 agreed · 0 declined · 0 have said nothing yet" in await anna.see(ben.tier)
    says(await anna.get(ben.path), 200, "They have been asked already.")
    says(await anna.post(ben.path, fields), 409, "call it off")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"day": "2026-01-30"}, "day", "at least 30 days' notice"),
        ({"day": "2027-01-03"}, "day", "at most a year"),
        ({"day": "soon"}, "day", "Write a day like 2030-12-31."),
        ({"message": "x" * 2001}, "message", "At most 2,000 characters"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    anna: Browser, ben: Raise, typed: dict[str, str], field: str, words: str
) -> None:
    fields = {"to_price_id": ben.new.id, "day": "2026-03-01", "message": "Clay costs more."} | typed
    says(await anna.post(ben.path, fields), 422, f"#f-{field}", words, fields["message"], fields["day"])
    assert await ben.changes() == []


async def test_a_price_that_was_replaced_meanwhile_is_not_asked_for(
    site: Site, anna: Browser, ben: Raise
) -> None:
    async with site.db.write() as tx:
        await offer(tx, ben.gold, amount=800, currency="EUR", interval="month")
    fields = {"to_price_id": ben.new.id, "day": "2026-03-01"}
    says(await anna.post(ben.path, fields), 409, "The price on offer has changed.", "€8 a month")
    assert await ben.changes() == []


async def test_without_a_price_on_offer_there_is_nothing_to_ask_for(anna: Browser, ben: Raise) -> None:
    await anna.send(f"{ben.tier}/prices/retire", {"price_id": ben.new.id})
    page = await anna.see(ben.tier)
    assert "1 person still pays €5 a month" in page
    assert f'href="/studio/anna{ben.path}"' not in page
    says(await anna.get(ben.path), 200, "Offer one first")
    says(await anna.post(ben.path, {"to_price_id": ben.new.id, "day": "2026-03-01"}), 409)


async def test_it_can_be_called_off_before_the_day(site: Site, anna: Browser, ben: Raise) -> None:
    change = await ben.announced()
    page = await anna.see(ben.tier)
    assert "Call it off" in page
    page = await anna.send(f"{ben.path}/off", {"change_id": page.hidden("change_id")})
    assert "Called off. Everybody goes on paying what they paid" in page
    assert [(one.id, one.called_off) for one in await ben.changes()] == [(change.id, True)]
    says(await anna.post(f"{ben.path}/off", {"change_id": change.id}), 409)
    assert f'href="/studio/anna{ben.path}"' in await anna.see(ben.tier), "they can be asked anew"
    site.clock.forward(41 * DAY_MS)
    await site.work()
    held = await now(site, ben.held)
    assert (held.amount, held.cancelling) == (500, False)


async def test_only_who_may_change_tiers_asks_and_only_for_this_tiers_prices(
    site: Site, anna: Browser, ben: Raise
) -> None:
    change = await ben.announced()
    editor = await site.browser(await site.member("ed", role=Role.EDITOR))
    says(await editor.get(ben.path), 403)
    says(await editor.post(ben.path, {"to_price_id": ben.new.id, "day": "2026-03-01"}), 403)
    says(await editor.post(f"{ben.path}/off", {"change_id": change.id}), 403)
    silver = await site.anna.tier("Silver", 5)
    for path in (
        f"/tiers/{silver.id}/prices/{ben.held.price_id}/change", f"{ben.tier}/prices/{ben.new.id}/change",
        f"{ben.tier}/prices/%00/change",
    ):  # fmt: skip
        says(await anna.get(path), 404)
        says(await anna.post(path, {"to_price_id": ben.new.id, "day": "2026-03-01"}), 404)
        says(await anna.post(f"{path}/off", {"change_id": change.id}), 404)
    says(await anna.post(f"{ben.path}/off", {"change_id": "\x00"}), 404)
    assert [one.done_at for one in await ben.changes()] == [None]
