"""What one pays for and what one was given: the list, and each of them with its next charge, its receipts, its end."""

from dataclasses import dataclass
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from channel import communities, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.errors import ChannelError, NotFound
from channel.i18n import noop as N_
from channel.members.given import Given, given
from channel.payments import Holding, dues, queries, raising, receipts
from channel.payments.model import LIVE, Status
from channel.payments.provider import Abilities
from channel.payments.raising import Question
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.tiers import Tier, prices
from channel.tiers.model import Price
from channel.web import cookies
from channel.web.refusals import wait_headers
from channel.web.responses import page, problem_text

NOTHING: Final = Abilities(False, False, False, False, False, False, False, False)
# What the page may say after a form; addresses carry the key only.
SAID: Final[dict[str, str]] = {
    "cancelled": N_("Ended. Nothing more is charged."),
    "resumed": N_("It goes on, as before."),
    "paused": N_("Paused. Nothing is charged until you go on."),
    "switched": N_("Switched."),
    "agreed": N_("You agreed. Until the day you can still change your mind."),
    "declined": N_("You declined. Until the day you can still change your mind."),
    "kept": N_("Good that you stay. The next payment is less."),
}


@dataclass(frozen=True, slots=True)
class Mine:
    """A purchase with what it is of. `tier` None: it is gone, or it was no pass."""

    holding: Holding
    community: Community
    tier: Tier | None

    def live(self, now: int) -> bool:
        return self.holding.status in LIVE and not self.holding.over(now)


@dataclass(frozen=True, slots=True)
class Gift:
    """A pass one was given."""

    given: Given
    community: Community


async def holding_of(tx: Tx, request: Request, account: Account) -> Mine:
    """The purchase of `{id}`, the account's own. Raises NotFound."""
    held = await queries.holding(tx, request.path_params["id"])
    if held.account_id != account.id:
        raise NotFound("There is no such purchase.")
    return await _mine(tx, held)


async def _mine(tx: Tx, held: Holding) -> Mine:
    try:
        tier = await tiers.one(tx, held.community_id, held.tier_id) if held.tier_id else None
    except NotFound:
        tier = None
    return Mine(held, await communities.one(tx, held.community_id), tier)


async def memberships(request: Request) -> Response:
    """All of them: what runs, what was given, what is over, and what was paid besides."""
    account = account_of(request)
    async with services_of(request).db.read() as tx:
        all_mine = [await _mine(tx, one) for one in await queries.holdings_of(tx, account.id)]
        now = tx.now
        asked = await raising.asked_all(tx, [one.holding for one in all_mine])
        gifts = [
            Gift(one, await communities.one(tx, one.tier.community_id)) for one in await given(tx, account.id)
        ]
    passes = [one for one in all_mine if one.holding.kind in ("subscription", "purchase")]
    context = {
        "running": [one for one in passes if one.live(now)],
        "over": [one for one in passes if not one.live(now) and one.holding.status is not Status.PENDING],
        "gifts": gifts,
        "now": now,
        "asked": asked,
        "besides": [one for one in all_mine if one.holding.kind in ("gift", "tip", "unlock")],
    }
    response = page(request, "account/memberships.html", context)
    cookies.keep_session(request, response)
    return response


async def membership(request: Request) -> Response:
    """One of them."""
    return await show(request)


async def show(request: Request, *, error: ChannelError | None = None) -> Response:
    """The page of one purchase; with an error, what was not done and that nothing has changed."""
    services, account = services_of(request), account_of(request)
    async with services.db.read() as tx:
        mine = await holding_of(tx, request, account)
        connection = await queries.connection(tx, mine.holding.connection_id)
        context: dict[str, Any] = {
            "mine": mine,
            "holding": mine.holding,
            "community": mine.community,
            "tier": mine.tier,
            "connection": connection,
            "payments": await receipts.payments_of(tx, mine.holding),
            "asked": await _asked(tx, mine.holding),
            "next_amount": await receipts.next_amount(tx, mine.holding),
            "due": await dues.due(tx, connection, mine.holding.external_id)
            if connection.provider == "manual"
            else None,
            "now": tx.now,
        }
    provider = services.counter.providers.get(connection.provider)
    more = {
        "can": provider.abilities if provider else NOTHING,
        "said": SAID.get(request.query_params.get("said", "")),
        "problem": problem_text(request, error) if error else "",
    }
    response = page(request, "account/membership.html", context | more, status=error.status if error else 200)
    if error is not None:
        response.headers.update(wait_headers(error))
    return response


@dataclass(frozen=True, slots=True)
class Asked:
    """A new price that the payer is asked to agree to."""

    question: Question
    new: Price


async def _asked(tx: Tx, held: Holding) -> Asked | None:
    question = await raising.asked(tx, held)
    if question is None:
        return None
    return Asked(question, await prices.one(tx, held.community_id, question.change.to_price_id))


ROUTES = [
    route("/account/memberships", memberships, SIGNED_IN),
    route("/account/memberships/{id}", membership, SIGNED_IN),
]
