"""Tiers with prices, seats and states, by plain forms."""

import pytest

from channel.members import Role
from channel.tiers import Tier, of_community, prices
from channel.tiers.model import Price
from tests.web_studio.conftest import Browser, Site, says

PRICE = {"amount": "5,50", "currency": "EUR", "interval": "month", "days": "0"}


@pytest.fixture
async def gold(site: Site) -> Tier:
    return await site.anna.tier("Gold", 10)


async def offered(site: Site, tier: Tier) -> list[Price]:
    async with site.db.read() as tx:
        return await prices.of_tier(tx, tier.id)


async def test_a_price_is_typed_as_people_write_it(site: Site, anna: Browser, gold: Tier) -> None:
    page = await anna.send(f"/tiers/{gold.id}/prices", PRICE)
    assert "On offer now." in page
    assert "€5.50 a month" in page
    (price,) = await offered(site, gold)
    assert (price.amount, price.currency, price.interval, price.open) == (550, "EUR", "month", False)
    assert "€5.50 a month" in await anna.see("/tiers")


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"amount": "five"}, "amount", "Write an amount like 5 or 5.50."),
        ({"amount": "0"}, "amount", "An amount is more than nothing"),
        ({"currency": "XXX"}, "currency", "Write a currency by its three letters"),
        ({"interval": "week"}, "interval", "Choose month, quarter, year or once."),
        ({"interval": "once", "days": "4000"}, "days", "at most 3,660"),
    ],
)
async def test_a_wrong_price_keeps_what_was_typed_and_names_the_field(
    site: Site, anna: Browser, gold: Tier, typed: dict[str, str], field: str, words: str
) -> None:
    answer = await anna.post(f"/tiers/{gold.id}/prices", PRICE | {"amount": "7.77"} | typed)
    says(answer, 422, f"#f-{field}", words, (PRICE | {"amount": "7.77"} | typed)["amount"])
    says(answer, 422, 'name="name" type="text" value="Gold"')
    assert await offered(site, gold) == []


async def test_a_new_price_takes_the_place_of_the_old_one_and_another_interval_stands_beside_it(
    site: Site, anna: Browser, gold: Tier
) -> None:
    await anna.send(f"/tiers/{gold.id}/prices", PRICE)
    await anna.send(f"/tiers/{gold.id}/prices", PRICE | {"amount": "6"})
    await anna.send(
        f"/tiers/{gold.id}/prices", PRICE | {"amount": "60", "interval": "once", "days": "30", "open": "1"}
    )
    page = await anna.see(f"/tiers/{gold.id}")
    assert "€6 a month" in page
    assert "from €60 once, for 30 days" in page
    assert "€5.50" not in page
    assert len(await offered(site, gold)) == 2


async def test_a_retired_price_is_offered_no_more(site: Site, anna: Browser, gold: Tier) -> None:
    await anna.send(f"/tiers/{gold.id}/prices", PRICE)
    (price,) = await offered(site, gold)
    page = await anna.send(f"/tiers/{gold.id}/prices/retire", {"price_id": price.id})
    assert "It has no price yet" in page
    assert await offered(site, gold) == []


async def test_a_price_of_another_tier_is_not_retired_by_this_ones_address(
    site: Site, anna: Browser, gold: Tier
) -> None:
    silver = await site.anna.tier("Silver", 5)
    await anna.send(f"/tiers/{gold.id}/prices", PRICE)
    (price,) = await offered(site, gold)
    answer = await anna.post(f"/tiers/{silver.id}/prices/retire", {"price_id": price.id})
    assert answer.status_code == 404
    assert await offered(site, gold) == [price]


async def test_the_free_tier_takes_no_price_and_its_page_offers_none(site: Site, anna: Browser) -> None:
    free = site.anna.free
    assert "/prices" not in await anna.see(f"/tiers/{free.id}")
    says(await anna.post(f"/tiers/{free.id}/prices", PRICE), 422, "The free tier is free.")


async def test_a_tier_is_hidden_numbered_and_tried_for_nothing(site: Site, anna: Browser, gold: Tier) -> None:
    typed = {
        "name": "Gold", "rank": "10", "shared_colour": "1", "state": "hidden", "position": "3", "capacity": "12",
        "trial_days": "7", "welcome": "Come in.",
    }  # fmt: skip
    await anna.send(f"/tiers/{gold.id}", typed)
    async with site.db.read() as tx:
        now = (await of_community(tx, site.anna.community.id))[1]
    assert (now.state, now.position, now.capacity) == ("hidden", 3, 12)
    assert (now.trial_days, now.welcome) == (7, "Come in.")
    page = await anna.see(f"/tiers/{gold.id}")
    assert "Come in.</textarea>" in page
    assert f"/@anna/tiers/{gold.id}" in page
    await site.member("ben", tier=now)
    assert "1 of 12 seats taken" in await anna.see("/tiers")


async def test_a_tier_form_names_wrong_seats_and_trials(site: Site, anna: Browser, gold: Tier) -> None:
    typed = {
        "name": "Gold",
        "rank": "10",
        "shared_colour": "1",
        "capacity": "0",
        "trial_days": "91",
        "state": "sold",
    }
    says(
        await anna.post(f"/tiers/{gold.id}", typed), 422, "#f-capacity", "#f-trial_days", "#f-state",
        'value="91"',
    )  # fmt: skip


async def test_an_editor_sets_no_prices(site: Site, gold: Tier) -> None:
    eda = await site.browser(await site.member("eda", role=Role.EDITOR))
    assert (await eda.post(f"/tiers/{gold.id}/prices", PRICE)).status_code == 403
    assert await offered(site, gold) == []
