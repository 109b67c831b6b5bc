"""Tiers with their prices, purchases, gifts and tips."""

from tests.security.sights import Things, World
from tests.security.table import Door
from tests.security.targets.bodies import Filled, _fixed, _fresh, _named
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
    "POST /api/v1/communities/{handle}/tiers": _fixed(name="Silver", rank=5),
    "PATCH /api/v1/communities/{handle}/tiers/{id}": _fixed(name="Changed"),
    "DELETE /api/v1/communities/{handle}/tiers/{id}": _fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/price-changes": _fixed(
        from_price_id=NEVER, to_price_id=NEVER, from_at="2030-12-31T00:00:00Z"
    ),
    "DELETE /api/v1/communities/{handle}/tiers/{id}/price-changes/{change_id}": _fixed(),
    "POST /api/v1/communities/{handle}/tiers/{id}/orders": _fixed(price_id=NEVER),
    "POST /api/v1/me/purchases/{id}/cancel": _fixed(reason="So long."),
    "POST /api/v1/me/purchases/{id}/resume": _fixed(),
    "POST /api/v1/me/purchases/{id}/price-change": _fixed(agreed=True),
    "POST /studio/{handle}/tiers": _fixed(name="Silver", rank="5", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}": _fixed(name="Changed", rank="21", shared_colour="1"),
    "POST /studio/{handle}/tiers/{id}/prices": _fixed(amount="5", currency="EUR", interval="month"),
    "POST /studio/{handle}/tiers/{id}/prices/retire": _fixed(price_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change": _fixed(to_price_id=NEVER, day="2030-12-31"),
    "POST /studio/{handle}/tiers/{id}/prices/{price_id}/change/off": _fixed(change_id=NEVER),
    "POST /studio/{handle}/tiers/{id}/delete": _fixed(),
    "POST /studio/{handle}/members/{id}/money": _fixed(do="cancel", holding_id=NEVER),
    "POST /studio/{handle}/money/connect": _fixed(do="connect", provider="sandbox"),
    "POST /studio/{handle}/money/coupons": lambda sight, things: {
        "code": f"c{_fresh()[:8]}", "kind": "percent", "percent": "10"
    },
    "POST /studio/{handle}/money/coupons/{id}": _fixed(do="off"),
    "POST /studio/{handle}/money/owed": _fixed(do="find", statement="Nothing"),
    "POST /studio/{handle}/money/gifts": lambda sight, things: {
        "tier_id": things.spare_tier.id, "count": "1", "days": "30"
    },
    "POST /studio/{handle}/money/gifts/{id}/revoke": _fixed(),
    "POST /api/hooks/{provider}/{id}": _fixed(id="evt_forged"),
    "POST /@{handle}/tip": _fixed(amount="a lot", currency="EUR", key=NEVER),
    "POST /@{handle}/{slug}/{seq}/unlock": _fixed(key=NEVER),
    "POST /gift": _fixed(code="0" * 26),
    "POST /gift/{code}": _named,
    "POST /@{handle}/gift": lambda sight, things: {"what": "nothing"} | _named(sight, things),
    "POST /@{handle}/tiers/{tier_id}": _named,
    "POST /@{handle}/tiers/{tier_id}/wait": _fixed(stop="1"),
    "POST /pay/{order_id}/give-up": _fixed(),
    "POST /sandbox/{id}": _fixed(do="pay"),
    "POST /account/memberships/{id}/switch": _fixed(price=NEVER),
    "POST /account/memberships/{id}/cancel": _fixed(reason="", words="So long."),
    "POST /account/memberships/{id}/stay": _fixed(),
    "POST /account/memberships/{id}/resume": _fixed(),
    "POST /account/memberships/{id}/pause": _fixed(),
    "POST /account/memberships/{id}/price": _fixed(change_id=NEVER, agreed="yes"),
    "POST /account/memberships/{id}/portal": _fixed(),
}  # fmt: skip
