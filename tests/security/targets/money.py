"""Tiers with their prices, purchases, gifts and tips."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, fixed, fresh, named
from tests.security.targets.case import Case
from tests.security.targets.objects import NEVER, Objects


def objects(door: Door, case: Case, things: Things, world: World) -> Objects:
    return {
        ("id", "tiers"): lambda: things.spare_tier.id,
        ("tier_id", "tiers"): lambda: things.spare_tier.id,
        ("id", "memberships"): lambda: world.own["holding"],
        ("id", "purchases"): lambda: world.own["holding"],
        ("change_id", "price-changes"): lambda: NEVER,
        ("price_id", "prices"): lambda: NEVER,
        ("code", "gift"): lambda: things.gift_code,
        ("id", "gifts"): lambda: things.gift,
        ("id", "card"): lambda: world.own["gift"],
        ("order_id", "pay"): lambda: world.own["order"],
        ("id", "coupons"): lambda: NEVER,
        ("provider", "hooks"): lambda: "sandbox",
        ("id", "sandbox"): lambda: world.own["book"] if door.path.startswith("/sandbox/") else NEVER,
    }


BODIES: dict[str, Filled] = {
    "POST /api/v1/communities/{handle}/tiers": fixed(name="Silver", rank=5),
    "PATCH /api/v1/communities/{handle}/tiers/{id}": fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/tiers/{id}": fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/price-changes": fixed(
        from_price_id=NEVER, to_price_id=NEVER, from_at="2030-12-31T00:00:00Z"
    ),
    "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}": fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/orders": fixed(price_id=NEVER),
    "POST /api/v1/me/purchases/{id}/cancel": fixed(reason="So long."),
    "POST /api/v1/me/purchases/{id}/resume": fixed(),
    "POST /api/v1/me/purchases/{id}/price-change": fixed(agreed=True),
    "POST /studio/{handle}/tiers": fixed(name="Silver", rank="5", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}": fixed(name="Changed", rank="21", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}/prices": fixed(amount="5", currency="EUR", interval="month"),
    "POST /studio/{handle}/tiers/{id}/prices/retire": fixed(price_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change": fixed(to_price_id=NEVER, day="2030-12-31"),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change/off": fixed(change_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/delete": fixed(),
    "POST /studio/{handle}/members/{id}/money": fixed(do="cancel", holding_id=NEVER),
    "POST /studio/{handle}/money/connect": fixed(do="connect", provider="sandbox"),
    "POST /studio/{handle}/money/coupons": lambda sight, things: {
        "code": f"c{fresh()[:8]}", "kind": "percent", "percent": "10"
    },
    "POST /studio/{handle}/money/coupons/{id}": fixed(do="off"),
    "POST /studio/{handle}/money/owed": fixed(do="find", statement="Nothing"),
    "POST /studio/{handle}/money/gifts": lambda sight, things: {
        "tier_id": things.spare_tier.id, "count": "1", "days": "30"
    },
    "POST /studio/{handle}/money/gifts/{id}/revoke": fixed(),
    "POST /api/hooks/{provider}/{id}": fixed(id="evt_forged"),
    "POST /@{handle}/tip": fixed(amount="a lot", currency="EUR", key=NEVER),
    "POST /@{handle}/{slug}/{seq}/unlock": fixed(key=NEVER),
    "POST /gift": fixed(code="0" * 26),
    "POST /gift/{code}": named,
    "POST /@{handle}/gift": lambda sight, things: {"what": "nothing"} | named(sight, things),
    "POST /@{handle}/tiers/{tier_id}": named,
    "POST /@{handle}/tiers/{tier_id}/wait": fixed(stop="1"),
    "POST /pay/{order_id}/give-up": fixed(),
    "POST /sandbox/{id}": fixed(do="pay"),
    "POST /account/memberships/{id}/switch": fixed(price=NEVER),
    "POST /account/memberships/{id}/cancel": fixed(reason="", words="So long."),
    "POST /account/memberships/{id}/stay": fixed(),
    "POST /account/memberships/{id}/resume": fixed(),
    "POST /account/memberships/{id}/pause": fixed(),
    "POST /account/memberships/{id}/price": fixed(change_id=NEVER, agreed="yes"),
    "POST /account/memberships/{id}/portal": fixed(),
}  # fmt: skip
