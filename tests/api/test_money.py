"""Buying, what one pays for, new prices and the ledger, as programs meet them."""

from dataclasses import dataclass
from typing import Any

import pytest

from channel import communities
from channel.members import entitlement
from channel.payments import Connection, queries
from channel.payments.connecting import connect
from channel.storage import Tx
from tests.api.conftest import EVERY_SCOPE, Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
DAY_MS = 24 * 3600 * 1000
MONEY = (*EVERY_SCOPE, "money")
NEVER = "0198d000-0000-7000-8000-000000000000"


@dataclass
class Shop:
    """Anna sells Gold for 5 € a month by the pretend provider; Bob is a stranger with a program."""

    site: Site
    anna: Caller
    bob: Caller
    gold: dict[str, Any]
    connection: Connection

    @property
    def tier(self) -> str:
        return f"/communities/anna/tiers/{self.gold['id']}"

    @property
    def price(self) -> str:
        return str(self.gold["prices"][0]["id"])

    async def order(self, caller: Caller | None = None, **more: Any) -> Any:
        return await (caller or self.bob).made(f"{self.tier}/orders", {"price_id": self.price} | more)

    async def pay(self, order: dict[str, Any]) -> None:
        counter = self.site.app.state.services.counter
        async with self.site.db.read() as tx:
            found = await queries.order(tx, order["id"])
        await counter.providers["sandbox"].pay(self.connection, found.external_id)
        await counter.refresh(self.connection.id, found.external_id)

    async def buy(self) -> Any:
        """Bob's purchase."""
        await self.pay(await self.order())
        return (await self.bob.found("/me/purchases"))["items"][0]

    async def offer(self, amount: int) -> str:
        """Another price for newcomers; its id."""
        price = {"amount": amount, "currency": "EUR", "interval": "month"}
        answer = await self.anna.patch(self.tier, {"prices": [price]})
        return str(answer.json()["prices"][0]["id"])

    async def ask(self, **more: Any) -> Any:
        """Everybody who pays 5 € is asked to pay 7 €."""
        body = {
            "from_price_id": self.price,
            "to_price_id": await self.offer(700),
            "from_at": "2026-02-20T00:00:00Z",
        }
        return await self.anna.made(f"{self.tier}/price-changes", body | more)


@pytest.fixture
async def shop(site: Site) -> Shop:
    owner = await site.creator("anna")
    assert owner.account is not None
    anna = await site.program(owner.account, scopes=MONEY)
    prices = [{"amount": 500, "currency": "EUR", "interval": "month"}]
    gold = await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10, "prices": prices})
    async with site.db.write() as tx:
        connection = await _connected(tx, site, owner)
    return Shop(site, anna, await site.caller("Bob", scopes=MONEY), gold, connection)


async def _connected(tx: Tx, site: Site, owner: Caller) -> Connection:
    assert owner.account is not None
    community = await communities.by_handle(tx, "anna")
    by = await entitlement(tx, community, owner.account.id)
    return await connect(
        tx, by, community, "sandbox", site.app.state.services.counter.seal, account="sandbox"
    )


async def test_a_program_buys_a_tier_and_is_told_where_to_pay(shop: Shop) -> None:
    order = await shop.order()
    assert order["state"] == "open"
    assert order["url"].startswith("http://channel.test/sandbox/")
    assert (await shop.bob.found("/me"))["memberships"][0]["tier"] == "Free", (
        "joined, and nothing is open yet"
    )
    assert (await shop.bob.found("/me/purchases"))["items"] == []
    await shop.pay(order)
    assert (await shop.bob.found("/me"))["memberships"][0]["tier"] == "Gold"
    (bought,) = (await shop.bob.found("/me/purchases"))["items"]
    assert bought == await shop.bob.found(f"/me/purchases/{bought['id']}")
    assert bought["community"]["handle"] == "anna"
    assert bought["tier"] == {"id": shop.gold["id"], "name": "Gold", "rank": 10}
    told = {name: bought[name] for name in ("kind", "status", "amount", "currency", "interval", "cancelling")}
    assert told == {
        "kind": "subscription", "status": "active", "amount": 500, "currency": "EUR", "interval": "month",
        "cancelling": False,
    }  # fmt: skip
    assert (bought["period_end"], bought["access_until"]) == ("2026-02-01T00:00:00.000Z", None)
    assert bought["price_change"] is None
    again = await shop.bob.post(f"{shop.tier}/orders", {"price_id": shop.price})
    assert code_of(again) == (409, "paying")


async def test_the_same_key_is_the_same_order_and_another_one_takes_its_place(shop: Shop) -> None:
    path, body = f"{shop.tier}/orders", {"price_id": shop.price}
    first = await shop.bob.post(path, body, key="one")
    assert first.status_code == 201, first.text
    assert (await shop.bob.post(path, body, key="one")).json() == first.json()
    assert code_of(await shop.bob.post(path, body | {"coupon": "X"}, key="one")) == (
        422,
        "idempotency_mismatch",
    )
    second = await shop.bob.post(path, body, key="two")
    assert second.json()["id"] != first.json()["id"]
    async with shop.site.db.read() as tx:
        assert (await queries.order(tx, first.json()["id"])).state == "abandoned", "it holds nothing any more"


async def test_what_cannot_be_bought_says_why_and_nobody_joins(shop: Shop) -> None:
    path = f"{shop.tier}/orders"
    assert fields_of(await shop.bob.post(path, {"price_id": NEVER})) == {"price_id"}
    for more, field in (
        ({"coupon": "NONE"}, "coupon"),
        ({"provider": "stripe"}, "provider"),
        ({"amount": 9}, "amount"),
    ):
        assert fields_of(await shop.bob.post(path, {"price_id": shop.price} | more)) == {field}
    assert code_of(await shop.anna.post(path, {"price_id": shop.price})) == (409, "staff")
    lost = f"/communities/anna/tiers/{NEVER}/orders"
    assert code_of(await shop.bob.post(lost, {"price_id": shop.price})) == (404, "not_found")
    assert (await shop.bob.found("/me"))["memberships"] == []


async def test_buying_and_ending_ask_for_the_scope_money(shop: Shop) -> None:
    bought = await shop.buy()
    assert shop.bob.account is not None
    reader = await shop.site.program(shop.bob.account, scopes=("read",))
    assert (await reader.get(f"/me/purchases/{bought['id']}")).status_code == 200
    for path, body in (
        (f"{shop.tier}/orders", {"price_id": shop.price}), (f"/me/purchases/{bought['id']}/cancel", {}),
        (f"/me/purchases/{bought['id']}/resume", None),
        (f"/me/purchases/{bought['id']}/price-change", {"agreed": True}),
    ):  # fmt: skip
        assert code_of(await reader.post(path, body)) == (403, "scope")
    owner = await shop.site.program(shop.anna.account, scopes=EVERY_SCOPE)  # type: ignore[arg-type]
    assert code_of(await owner.get("/communities/anna/ledger")) == (403, "scope")


async def test_a_subscription_is_ended_once_for_one_key_and_goes_on_when_asked(shop: Shop) -> None:
    path = f"/me/purchases/{(await shop.buy())['id']}"
    ended = await shop.bob.post(f"{path}/cancel", {"reason": "too dear"}, key="end")
    assert (ended.json()["cancelling"], ended.json()["access_until"]) == (True, "2026-02-01T00:00:00.000Z")
    assert (await shop.bob.post(f"{path}/cancel", {})).json() == ended.json()
    assert (await shop.bob.post(f"{path}/resume")).json()["cancelling"] is False
    repeated = await shop.bob.post(f"{path}/cancel", {"reason": "too dear"}, key="end")
    assert repeated.json() == ended.json()
    assert (await shop.bob.found(path))["cancelling"] is False, "a call that comes twice happens once"


async def test_a_purchase_is_nobody_elses(shop: Shop) -> None:
    path = f"/me/purchases/{(await shop.buy())['id']}"
    for other in (shop.anna, await shop.site.caller("Eve", scopes=MONEY)):
        assert (await other.found("/me/purchases"))["items"] == []
        assert code_of(await other.get(path)) == (404, "not_found")
        for act, body in (("cancel", {}), ("resume", None), ("price-change", {"agreed": True})):
            assert code_of(await other.post(f"{path}/{act}", body)) == (404, "not_found")
    assert (await shop.bob.found(path))["cancelling"] is False


async def test_a_new_price_is_asked_for_answered_and_counted(shop: Shop) -> None:
    path = f"/me/purchases/{(await shop.buy())['id']}"
    made = await shop.ask(message="Clay costs more.")
    assert (made["state"], made["asked"], made["silent"]) == ("running", 1, 1)
    asked = (await shop.bob.found(path))["price_change"]
    assert asked == {
        "id": made["id"], "amount": 700, "currency": "EUR", "interval": "month",
        "from_at": "2026-02-20T00:00:00.000Z", "message": "Clay costs more.", "agreed": None,
    }  # fmt: skip
    said = await shop.bob.post(f"{path}/price-change", {"agreed": True, "change_id": made["id"]})
    assert said.json()["price_change"]["agreed"] is True
    assert code_of(await shop.bob.post(f"{path}/price-change", {"agreed": True, "change_id": NEVER})) == (
        409, "price_change_over",
    )  # fmt: skip
    found = await shop.anna.found(f"{shop.tier}/price-changes")
    assert [(one["agreed"], one["declined"], one["silent"]) for one in found["items"]] == [(1, 0, 0)]
    assert [(one["price"]["amount"], one["payers"]) for one in found["old_prices"]] == [(500, 1)]
    answer = await shop.anna.post(f"{shop.tier}/price-changes", {
        "from_price_id": shop.price, "to_price_id": made["to_price_id"], "from_at": "2026-03-01T00:00:00Z",
    })  # fmt: skip
    assert code_of(answer) == (409, "price_change_runs")


async def test_a_new_price_is_called_off(shop: Shop) -> None:
    path = f"/me/purchases/{(await shop.buy())['id']}"
    made = await shop.ask()
    change = f"{shop.tier}/price-changes/{made['id']}"
    assert code_of(await shop.bob.delete(change)) == (403, "forbidden")
    assert (await shop.anna.delete(change)).status_code == 204
    assert code_of(await shop.anna.delete(change)) == (409, "price_change_over")
    assert (await shop.bob.found(path))["price_change"] is None
    assert code_of(await shop.bob.post(f"{path}/price-change", {"agreed": True})) == (
        409,
        "price_change_over",
    )
    assert [one["state"] for one in (await shop.anna.found(f"{shop.tier}/price-changes"))["items"]] == [
        "called_off"
    ]


async def test_what_is_wrong_with_a_new_price_is_named_by_field(shop: Shop) -> None:
    new = await shop.offer(700)
    body = {"from_price_id": shop.price, "to_price_id": new, "from_at": "2026-02-20T00:00:00Z"}
    for wrong, field in (
        ({"from_at": "2026-01-20T00:00:00Z"}, "from_at"), ({"to_price_id": NEVER}, "to_price_id"),
        ({"from_price_id": "\x00"}, "from_price_id"), ({"to_price_id": shop.price}, "to_price_id"),
    ):  # fmt: skip
        assert fields_of(await shop.anna.post(f"{shop.tier}/price-changes", body | wrong)) == {field}


async def test_changes_of_price_come_in_pages(shop: Shop) -> None:
    await shop.buy()
    ids = []
    for _ in range(3):
        ids.append((await shop.ask())["id"])
        await shop.anna.delete(f"{shop.tier}/price-changes/{ids[-1]}")
        shop.site.clock.forward(1)
    first = await shop.anna.found(f"{shop.tier}/price-changes", limit=2)
    rest = await shop.anna.found(f"{shop.tier}/price-changes", limit=2, cursor=first["next_cursor"])
    assert [one["id"] for one in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next_cursor"] is None


async def test_the_ledger_tells_every_fact_newest_first_to_whoever_handles_money(shop: Shop) -> None:
    bought = await shop.buy()
    shop.site.clock.forward(DAY_MS)
    await shop.bob.post(f"/me/purchases/{bought['id']}/cancel", {"reason": "too dear"})
    whole = await shop.anna.found("/communities/anna/ledger")
    kinds = [line["kind"] for line in whole["items"]]
    assert set(kinds) >= {"charge", "started"}
    assert [line["at"] for line in whole["items"]] == sorted(
        (line["at"] for line in whole["items"]), reverse=True
    )
    charge = next(line for line in whole["items"] if line["kind"] == "charge")
    assert (charge["amount"], charge["currency"], charge["tier"], charge["live"]) == (
        500,
        "EUR",
        "Gold",
        False,
    )
    assert (charge["purchase_id"], charge["account_id"]) == (bought["id"], shop.bob.account.id)  # type: ignore[union-attr]
    pages, cursor = [], None
    while True:
        page = await shop.anna.found(
            "/communities/anna/ledger", limit=1, **({"cursor": cursor} if cursor else {})
        )
        pages += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == whole["items"]
    assert code_of(await shop.bob.get("/communities/anna/ledger")) == (403, "forbidden")
    assert fields_of(await shop.anna.get("/communities/anna/ledger", cursor="no")) == {"cursor"}
