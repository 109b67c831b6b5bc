"""What a webhook's message says: made just before it is sent, as the hook's owner may see things then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from channel import invites, rooms
from channel.accounts.queries import one as account
from channel.comments import queries as comments
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.members.queries import standing
from channel.posts import queries as posts
from channel.render import comments as comment_views
from channel.render import json
from channel.render.people import author_view
from channel.render.views import post_views
from channel.storage import Tx
from channel.tiers.tables import tiers

HIDDEN: Final = ("community_id", "account_id")  # who asks may have asked without a name


@dataclass(frozen=True, slots=True)
class Ground:
    """What telling works with: our public address, and the installation's key."""

    base: str
    secret: bytes


async def told(
    tx: Tx, ground: Ground, by: Entitlement, community: Community, kind: str, source: Mapping[str, Any]
) -> dict[str, Any]:
    """`data` of the message. Raises NotFound when there is nothing of it any more, and nothing is to be told.

    What was deleted is told by its ids.
    """
    base = ground.base
    match kind.partition(".")[0]:
        case "post" | "poll":
            return await _post(tx, base, by, community, source)
        case "comment":
            return await _comment(tx, base, by, community, source)
        case "member":
            return await _member(tx, community, source)
        case "room" if not kind.endswith(".deleted"):
            return {"room": json.room(await rooms.one(tx, source["room_id"]))}
        case "tier" if not kind.endswith(".deleted"):
            return {"tier": await _tier(tx, community, source["tier_id"])}
        case "invite":
            return await _invite(tx, ground, by, community, source)
        case "community":
            return {"name": community.name, "visibility": community.visibility, "about": community.about}
        case _:
            hidden = HIDDEN if kind.startswith("question.") else HIDDEN[:1]
            return {name: value for name, value in source.items() if name not in hidden}


async def _post(
    tx: Tx, base: str, by: Entitlement, community: Community, source: Mapping[str, Any]
) -> dict[str, Any]:
    ids = source.get("post_ids") or [source["post_id"]]
    found = await posts.many(tx, list(ids))
    if not found:
        raise NotFound("There is no such post.")
    views = await post_views(tx, found, None, community, by)
    if "post_ids" in source:
        return {"posts": [json.as_json(view) for view in views], "topic_id": source["topic_id"]}
    room = await rooms.one(tx, found[0].room_id)
    place = "m/" + found[0].id if found[0].topic_id else str(found[0].seq)
    url = f"{base}/@{community.handle}/{room.slug}/{place}"
    return {
        "post": json.as_json(views[0]),
        "room": {"id": room.id, "slug": room.slug, "name": room.name},
        "url": url,
    }


async def _comment(
    tx: Tx, base: str, by: Entitlement, community: Community, source: Mapping[str, Any]
) -> dict[str, Any]:
    reason = {"reason": source["reason"]} if "reason" in source else {}
    if not source.get("comment_id"):
        return reason | await _post(tx, base, by, community, source)
    comment = await comments.one(tx, source["comment_id"])
    post = await posts.one(tx, source["post_id"])
    room = await rooms.one(tx, post.room_id)
    [facts] = await comment_views.facts(tx, [comment], post, room, community)
    view = comment_views.show(facts, by.rank)
    if view is None:
        raise NotFound("There is no such comment.")
    return reason | {"comment": comment_views.as_json(view), "url": f"{base}{view.href}"}


async def _member(tx: Tx, community: Community, source: Mapping[str, Any]) -> dict[str, Any]:
    who = await account(tx, source["account_id"])
    stands = await standing(tx, community.id, who.id)
    if stands is None:
        raise NotFound("There is no such member.")
    tier = {"id": stands.tier_id, "name": stands.tier_name, "rank": stands.rank}
    told: dict[str, Any] = {
        "member": json.author_json(author_view(who)),
        "role": stands.role.value, "state": stands.state.value, "tier": tier,
    }  # fmt: skip
    if "before" in source:
        told["before"] = source["before"]
    if "at" in source:
        told["ends_at"] = json.iso(source["at"])
    return told


async def _tier(tx: Tx, community: Community, tier_id: str) -> dict[str, Any]:
    wanted = select(tiers).where(tiers.c.id == tier_id, tiers.c.community_id == community.id)
    row = await tx.one(wanted)
    if row is None:
        raise NotFound("There is no such tier.")
    return {"id": row.id, "name": row.name, "rank": row.rank, "state": row.state}


async def _invite(
    tx: Tx, ground: Ground, by: Entitlement, community: Community, source: Mapping[str, Any]
) -> dict[str, Any]:
    """Never its code: who reads along must not be able to come by it."""
    seal = invites.Seal(ground.secret)
    invite = await invites.one(tx, by, community, source["invite_id"], seal=seal)
    told: dict[str, Any] = {
        "invite": {"id": invite.id, "label": invite.label, "state": invite.state, "uses": invite.uses}
    }
    if source.get("account_id"):
        told["member"] = json.author_json(author_view(await account(tx, source["account_id"])))
    return told
