"""A Stripe of our own for tests: an HTTP server that speaks the parts of Stripe's API that the product uses.

    with StripeSite() as site:
        client = stripe.StripeClient(site.account.secret_key(), base_addresses={"api": site.address})
        …
        site.hands.pay(session_id)          # the customer's and the world's hands
        site.advance(31 * 86_400)           # its own clock: renewals, retries, trials, expiry
        await Deliverer(site.ledger, httpx_client, seed=1).deliver(HOSTILE)
        with site.trouble("lost", times=1): …

It is driven through the official library, and takes its routes, parameter names and the fields of objects from the
library that is installed (`library`): a parameter Stripe does not publish is refused as Stripe refuses it, and an
object with a field that the library's classes do not have, or without one that they promise, never leaves the site.
What Stripe knows and the site does not (a route, a parameter that nothing here reads) is answered 501 and raises
when the site is left, so that no test passes by a gap. An account (`open_account`) has keys, a test and a live
`Ledger`; a ledger has objects, events and its own clock. `Hands` does what we do not ask for; `standings` reports what
the books say is paid, for oracles to judge.

It is stricter than Stripe in that the API version must be sent and be the library's. `GET /v1/account` tells no
`livemode`, as an account has none; `GET /v1/balance` tells it.

What it leaves out, so that passing here proves nothing about it:

- Connect, subscription schedules, several items in one subscription, usage and tiers, quotes, credit notes, invoice
  items and balance transactions of customers as objects, setup intents, payouts, search, files, evidence, tax ids,
  portal configurations, `Stripe-Context`, API v2 and thin events, other API versions.
- Creating subscriptions, invoices or payment intents by API: ours come of Checkout only.
- `payment_behavior` default_incomplete and pending_if_incomplete; cancelling with `prorate` or `invoice_now`; adding a
  trial to a running subscription; resuming with the old cycle; pausing after failed payments by the account's rule.
- Bank confirmation (3-D Secure) beyond walking away from it or paying the invoice later; a declined card at a trial's
  start leaves no event, where Stripe tells of a failed setup intent.
- The tax of real places: one percentage for everything. Fees, minimum amounts and currencies are a short table.
- 409 for two requests at once with one idempotency key: they are answered one after the other.
- Smart retries: the days between attempts are fixed. Events of one action carry one second and come in an order that
  Stripe does not promise either; some that Stripe sends beside ours (`plan.*`, `invoiceitem.*`) are not sent.
- Prorations in the details: credits are for what was billed to the second, rounded to the nearest unit, and a
  discount on the new price counts as on any line.
- Names of permissions of restricted keys are Stripe's for accounts, charges, customers, invoices, prices (`plan`) and
  subscriptions, and formed alike for the rest.
"""

from .delivery import HOSTILE, LOST, Deliverer, Plan
from .hands import Hands
from .oracle import Standing, standings
from .site import StripeSite

__all__ = ["HOSTILE", "LOST", "Deliverer", "Hands", "Plan", "Standing", "StripeSite", "standings"]
