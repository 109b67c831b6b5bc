"""A small shop at our own Stripe, driven through the official library as the product drives it."""

import contextlib
from collections.abc import Iterator
from typing import Any

import stripe
from stripe import StripeClient

from tests.payments.stripe_site import StripeSite

DAY = 86_400
HOUR = 3_600
TIMEOUT_S = 1
START = 1_785_499_200  # 2026-07-31 12:00 UTC: the day of the month that short months lack
RETURN = {
    "success_url": "https://channel.test/thanks?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://channel.test/no",
}


class Shop:
    """`api` is the library's v1 services with a secret key of the site's own account, in test mode."""

    def __init__(self, site: StripeSite) -> None:
        self.site = site
        self._clients: list[Any] = []
        self.key = site.account.secret_key()
        self.client = self.client_for(self.key)
        self.api: Any = self.client.v1
        self.hands = site.hands

    def client_for(self, key: str, **options: Any) -> Any:
        http = stripe.RequestsClient(timeout=TIMEOUT_S)
        self._clients.append(http)
        return StripeClient(key, base_addresses={"api": self.site.address}, http_client=http, **options)

    def close(self) -> None:
        for http in self._clients:
            http.close()

    def price(
        self,
        amount: int = 500,
        interval: str | None = "month",
        count: int = 1,
        *,
        name: str = "Gold",
        **more: Any,
    ) -> str:
        product = self.api.products.create({"name": name})
        every: Any = {"recurring": {"interval": interval, "interval_count": count}} if interval else {}
        values: Any = {"product": product.id, "unit_amount": amount, "currency": "eur", **every, **more}
        return str(self.api.prices.create(values).id)

    def checkout(self, price: str, mode: str = "subscription", **more: Any) -> Any:
        rows = [{"price": price, "quantity": 1}]
        values: Any = {"mode": mode, "line_items": rows, **RETURN, **more}
        return self.api.checkout.sessions.create(values)

    def subscribed(self, price: str, **more: Any) -> Any:
        """A paid subscription, as the library reads it."""
        done = self.hands.pay(self.checkout(price, **more).id)
        return self.subscription(done["subscription"])

    def subscription(self, identity: str) -> Any:
        return self.api.subscriptions.retrieve(identity)

    def status(self, identity: str) -> str:
        return str(self.subscription(identity).status)

    def latest(self, subscription: str) -> Any:
        """The latest invoice."""
        return self.api.subscriptions.retrieve(subscription, {"expand": ["latest_invoice"]}).latest_invoice

    def switch(self, subscription: str, price: str, **more: Any) -> Any:
        item = self.item(subscription)
        values: Any = {"items": [{"id": item, "price": price}], **more}
        return self.api.subscriptions.update(subscription, values)

    def item(self, subscription: str) -> str:
        return str(self.subscription(subscription)["items"].data[0].id)

    def told(self, start: int = 0) -> list[str]:
        """The types of the events since that many."""
        return [event["type"] for event in self.site.ledger.events[start:]]


@contextlib.contextmanager
def open_shop() -> Iterator[Shop]:
    with StripeSite(now=START) as site:
        shop = Shop(site)
        try:
            yield shop
        finally:
            shop.close()


def error_of(raised: BaseException) -> dict[str, Any]:
    """The `error` object of what the library raised."""
    assert isinstance(raised, stripe.StripeError)
    body: Any = raised.json_body
    return dict(body["error"])
