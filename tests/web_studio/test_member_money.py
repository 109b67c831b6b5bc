"""One person's money in the studio: what they pay, paying back, ending, giving for a time, and why they have it."""

import pytest

from channel.members import Role, State, actions
from channel.payments import Counter, Holding, queries
from channel.payments.connecting import connect
from channel.payments.model import DAY_MS, Status
from channel.payments.orders import Wish
from channel.tiers import Tier
from channel.tiers.model import Price
from channel.tiers.prices import offer
from tests.web_studio.conftest import Browser, Site, says

HOUR_MS = 3_600_000


@pytest.fixture
async def gold(site: Site) -> Tier:
    return await site.anna.tier("Gold", 10)


async def bought(site: Site, gold: Tier, name: str = "ben") -> Holding:
    """Somebody pays 5 € a month for the tier by the pretend provider."""
    price, connection_id = await _for_sale(site, gold)
    person = await site.member(name)

    async def choose(tx: object, connection: object) -> Wish:
        return Wish(
            kind="subscription", amount=500, currency="EUR", interval="month", tier=gold, price_id=price.id,
            title="Gold",
        )  # fmt: skip

    counter: Counter = site.counter
    order = await counter.order(person, connection_id, name, choose, language="en")
    async with site.db.read() as tx:
        connection = await queries.connection(tx, connection_id)
    await counter.providers["sandbox"].pay(connection, order.external_id or "")  # type: ignore[attr-defined]
    found = await counter.refresh(connection_id, order.external_id or "")
    assert found is not None
    return found


async def _for_sale(site: Site, gold: Tier) -> tuple[Price, str]:
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        made = await connect(tx, owner, site.anna.community, "sandbox", site.counter.seal, account="sandbox")
        return await offer(tx, gold, amount=500, currency="EUR", interval="month"), made.id


async def now(site: Site, held: Holding) -> Holding:
    async with site.db.read() as tx:
        return await queries.holding(tx, held.id)


async def rank(site: Site, name: str) -> int:
    async with site.db.read() as tx:
        return (await site.anna.by(tx, site.anna.people[name])).rank


async def test_the_page_says_what_somebody_pays_and_why_they_have_their_tier(
    site: Site, anna: Browser, gold: Tier
) -> None:
    held = await bought(site, gold)
    page = await anna.see(f"/members/{held.account_id}")
    for words in ("€5 a month", "Next payment 1 February 2026", "Subscription, since 1 January 2026"):
        assert words in page, words
    assert 'placeholder="5.00"' in page.answer.text, "the whole amount in the field for a part"


async def test_a_payment_is_paid_back_in_part_and_then_whole(site: Site, anna: Browser, gold: Tier) -> None:
    held = await bought(site, gold)
    where = f"/members/{held.account_id}"
    page = await anna.see(where)
    fields = {
        "do": "refund", "holding_id": held.id, "charge_id": page.hidden("charge_id"), "key": page.hidden("key"),
    }  # fmt: skip
    assert "Paid back." in await anna.send(f"{where}/money", fields | {"amount": "1,50"})
    assert "−€1.50" in await anna.see(where)
    assert await rank(site, "ben") == 10
    says(await anna.post(f"{where}/money", fields | {"amount": "9"}), 422, "That is more than was paid.")
    says(await anna.post(f"{where}/money", fields | {"amount": "x"}), 422, "Write an amount like 5")
    says(await anna.post(f"{where}/money", fields | {"key": ""}), 409, "Load the page again.")


async def test_all_of_it_paid_back_closes_the_tier(site: Site, anna: Browser, gold: Tier) -> None:
    held = await bought(site, gold)
    where = f"/members/{held.account_id}"
    page = await anna.see(where)
    fields = {"do": "refund", "holding_id": held.id, "charge_id": page.hidden("charge_id"), "key": "k"}
    await anna.send(f"{where}/money", fields)
    assert (await now(site, held)).status is Status.REFUNDED
    assert await rank(site, "ben") == 0


async def test_a_subscription_is_ended_later_or_now(site: Site, anna: Browser, gold: Tier) -> None:
    held = await bought(site, gold)
    where = f"/members/{held.account_id}"
    assert "nothing more is charged" in await anna.send(
        f"{where}/money", {"do": "cancel", "holding_id": held.id}
    )
    assert (await now(site, held)).cancelling
    assert await rank(site, "ben") == 10
    assert "Ends 1 February 2026" in await anna.see(where)
    await anna.send(f"{where}/money", {"do": "cancel_now", "holding_id": held.id})
    assert (await now(site, held)).status is Status.ENDED
    assert await rank(site, "ben") == 0
    assert "Ended by the team" in await anna.see("/money")


async def test_a_purchase_is_found_under_its_own_person_and_payment_only(
    site: Site, anna: Browser, gold: Tier
) -> None:
    held, other = await bought(site, gold), await bought(site, gold, "eve")
    fields = {"do": "refund", "holding_id": held.id, "charge_id": f"{held.external_id}.1", "key": "k"}
    assert (await anna.post(f"/members/{other.account_id}/money", fields)).status_code == 404
    foreign = fields | {"charge_id": f"{other.external_id}.1"}
    assert (await anna.post(f"/members/{held.account_id}/money", foreign)).status_code == 404
    bert = await site.another("bert")
    theirs = await site.browser(bert.owner, bert)
    assert (await theirs.post(f"/members/{held.account_id}/money", fields)).status_code == 404
    assert (await now(site, held)).status is Status.ACTIVE


async def test_a_moderator_sees_no_money_and_moves_none(site: Site, gold: Tier) -> None:
    held = await bought(site, gold)
    mo = await site.browser(await site.member("mo", role=Role.MODERATOR))
    page = await mo.see(f"/members/{held.account_id}")
    assert "€5" not in page
    fields = {"do": "cancel_now", "holding_id": held.id}
    assert (await mo.post(f"/members/{held.account_id}/money", fields)).status_code == 403
    assert (await now(site, held)).status is Status.ACTIVE


async def test_a_tier_is_given_for_a_time_and_for_a_reason(site: Site, anna: Browser, gold: Tier) -> None:
    ben = await site.member("ben")
    fields = {"do": "tier", "tier_id": gold.id, "ends_at": "week", "tier_reason": "Won the raffle"}
    await anna.send(f"/members/{ben.id}", fields)
    page = await anna.see(f"/members/{ben.id}")
    for words in ("Won the raffle", "until 8 January 2026", "Given by Anna"):
        assert words in page, words
    assert await rank(site, "ben") == 10
    site.clock.forward(7 * DAY_MS)
    assert await rank(site, "ben") == 0
    long = fields | {"tier_reason": "x" * 501}
    says(await anna.post(f"/members/{ben.id}", long), 422, "#f-tier_reason", "At most 500 characters")


async def test_a_guest_pass_opens_for_hours_beside_what_somebody_has(
    site: Site, anna: Browser, gold: Tier
) -> None:
    silver = await site.anna.tier("Silver", 5)
    ben = await site.member("ben", tier=silver)
    fields = {"do": "guest", "guest_tier": gold.id, "hours": "6"}
    assert "They have a guest pass now." in await anna.send(f"/members/{ben.id}", fields)
    assert await rank(site, "ben") == 10
    site.clock.forward(6 * HOUR_MS)
    assert await rank(site, "ben") == 0, "until the job has run, the lower one is not looked for"
    await site.work()
    assert await rank(site, "ben") == 5


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"hours": "0"}, "A guest pass is for 1 to 720 hours."),
        ({"hours": "721"}, "A guest pass is for 1 to 720 hours."),
        ({"guest_tier": ""}, "Choose the tier that the pass opens."),
    ],
)
async def test_a_wrong_guest_pass_is_named(
    site: Site, anna: Browser, gold: Tier, typed: dict[str, str], words: str
) -> None:
    ben = await site.member("ben")
    fields = {"do": "guest", "guest_tier": gold.id, "hours": "6"} | typed
    says(await anna.post(f"/members/{ben.id}", fields), 422, words)
    free = fields | {"guest_tier": site.anna.free.id, "hours": "6"}
    says(await anna.post(f"/members/{ben.id}", free), 422, "Everyone has the free tier.")


async def test_who_is_out_gets_no_guest_pass(site: Site, anna: Browser, gold: Tier) -> None:
    ben = await site.member("ben")
    async with site.db.write() as tx:
        await actions.ban(tx, await site.anna.by(tx, site.anna.owner), site.anna.community, ben.id)
    answer = await anna.post(f"/members/{ben.id}", {"do": "guest", "guest_tier": gold.id, "hours": "6"})
    says(answer, 409, "Only a member can be given a tier.")
    assert (await site.anna.standing(ben)).state is State.BANNED
