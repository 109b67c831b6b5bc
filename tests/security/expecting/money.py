"""Tiers with their prices, purchases, gifts and tips."""

from channel.members import Action, Role
from tests.security.expecting.rules import DONE, Rule, Statuses, always
from tests.security.sights import GOLD, Sight
from tests.security.targets.case import Case


def _own_page(sight: Sight, case: Case) -> int:
    """The owner's, to look at: nobody else finds it, and neither do programs, whose account it is."""
    return 200 if sight.name == "owner" else 404


def _gift(sight: Sight, case: Case) -> int | Statuses:
    """Whoever holds the code may look, and the first one has it; a banned person stays out."""
    return 403 if sight.at(case.handle).banned else frozenset({200, 303, 410})


def _give(sight: Sight, case: Case) -> int | None:
    """Nothing here has a price, so nothing can be chosen."""
    return 422 if sight.at(case.handle).visible else None


def _checkout(sight: Sight, case: Case) -> int | None:
    """Nothing is sold in this world, which is said to everybody who may know of the community."""
    return 409 if sight.at(case.handle).visible else None


def _no_price(sight: Sight, case: Case) -> int | None:
    """Nothing here has a price, so no price can be changed."""
    return 422 if sight.at(case.handle).may(Action.EDIT_TIERS) else None


def _alone(sight: Sight, case: Case) -> int | None:
    """No post here is sold alone; whoever reads it is led to it."""
    standing = sight.at(case.handle)
    return 404 if case.paid and standing.visible and not standing.reads(GOLD) else None


def _tip(sight: Sight, case: Case) -> int | None:
    """Nothing is sold at Zoe's, and staff do not tip themselves; "a lot" is no amount."""
    standing = sight.at(case.handle)
    if not standing.visible:
        return None
    return 409 if case.handle == "zoe" or standing.role not in (None, Role.MEMBER) else 422


def _own_money(sight: Sight, case: Case) -> Statuses:
    """What somebody pays for is theirs alone; what the pretend provider cannot do, or nobody offers, is refused."""
    return DONE | {409} if sight.name == "owner" else frozenset({404})


def _own_purchase(sight: Sight, case: Case) -> int:
    """The owner's purchase, for the owner and for a program of theirs that may read."""
    return 200 if sight.name in ("owner", "reader") else 404


def _no_such(action: Action) -> Rule:
    """Whoever may is told that there is no such thing: what is named does not exist."""
    return lambda sight, case: 404 if sight.at(case.handle).may(action) else None


OWN_MONEY = (
    "GET /pay/{order_id}", "GET /pay/{order_id}/on", "POST /pay/{order_id}/give-up", "GET /sandbox/{id}",
    "POST /sandbox/{id}", "GET /account/memberships/{id}", "GET /account/memberships/{id}/switch",
    "GET /account/memberships/{id}/cancel",
    *(f"POST /account/memberships/{{id}}/{act}" for act in ("switch", "cancel", "stay", "resume", "pause", "price", "portal")),
    *(f"POST /api/v1/me/purchases/{{id}}/{act}" for act in ("cancel", "resume", "price-change")),
)  # fmt: skip
PRICES = tuple(
    f"{method} /studio/{{handle}}/tiers/{{id}}/prices/{{price_id}}/change{more}"
    for method, more in (("GET", ""), ("POST", ""), ("POST", "/off"))
)  # nothing here has a price
MORE: dict[str, Rule] = {
    "POST /api/hooks/{provider}/{id}": always(404),  # there is no such connection
    "GET /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/{slug}/{seq}/unlock": _alone,
    "POST /@{handle}/tip": _tip,
    "GET /gift/{code}": _gift,
    "POST /gift/{code}": _gift,
    "POST /gift": always(422),  # a made-up code
    "POST /@{handle}/gift": _give,
    "GET /gift/card/{id}": _own_page,
    "GET /gift/card/{id}.svg": _own_page,
    "GET /pay/{order_id}/transfer": _own_page,
    "GET /pay/{order_id}/transfer.svg": _own_page,
    "POST /@{handle}/tiers/{tier_id}": _checkout,
    "POST /api/v1/communities/{handle}/tiers/{id}/orders": _checkout,
    "POST /api/v1/communities/{handle}/tiers/{id}/price-changes": _no_price,
    "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}": _no_such(Action.EDIT_TIERS),
    **dict.fromkeys(OWN_MONEY, _own_money),
    "GET /api/v1/me/purchases/{id}": _own_purchase,
    "POST /studio/{handle}/tiers/{id}/prices/retire": _no_such(Action.EDIT_TIERS),
    **dict.fromkeys(PRICES, _no_such(Action.EDIT_TIERS)),
    "POST /studio/{handle}/members/{id}/money": _no_such(Action.HANDLE_MONEY),
    "POST /studio/{handle}/money/coupons/{id}": _no_such(Action.HANDLE_MONEY),
}
