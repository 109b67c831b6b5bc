"""Making hooks, changing them, giving them new secrets, and having messages sent again."""

from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update

from channel import invites, rooms
from channel.communities import Community
from channel.communities.actions import hold
from channel.errors import Conflict, Invalid, NotFound
from channel.hooks import targets
from channel.hooks.closing import edited_since
from channel.hooks.model import (
    AT_ONCE,
    CONTENTS,
    KIND_WORDS,
    LOOK_AGAIN,
    MAX_HOOKS,
    MIRRORED,
    MIRRORS,
    OVERLAP_MS,
    SIGNED,
    TEST,
    Hook,
    parse_kinds,
    parse_name,
)
from channel.hooks.queries import one, require_hooks, row_of
from channel.hooks.seal import Seal
from channel.hooks.signing import new_secret
from channel.hooks.tables import deliveries, hooks
from channel.ids import is_id, new_id
from channel.members import Action, Entitlement
from channel.storage import Tx


async def create(
    tx: Tx, by: Entitlement, community: Community, secret: bytes, given: dict[str, Any]
) -> tuple[Hook, str | None]:
    """A hook of `given` {kind, name, url?, token?, chat?, kinds?, room_id?, content?}, and what it signs with, if it does.

    A mirror gets a named link of its own, by which who comes from there is counted. `secret` is the installation's.
    Raises Invalid (kind, name, url, token, chat, kinds, room_id, content), NotFound, Forbidden, Conflict at 20.
    """
    require_hooks(by, community)
    kind = given.get("kind", "webhook")
    if kind not in KIND_WORDS:
        raise Invalid(kind="Choose webhook, telegram, discord, mastodon or generic.")
    target = targets.parse(kind, **{name: given.get(name) or "" for name in ("url", "token", "chat")})
    mirrors = kind in MIRRORS
    row = await _fields(
        tx, community, {"name": "", "room_id": None, "content": "full"} | given, mirrors=mirrors
    )
    kinds = MIRRORED if mirrors else parse_kinds(given.get("kinds", ("*",)))
    await _room_for_one_more(tx, community)
    hook_id, seal = new_id(tx.now), Seal(secret)
    signs = new_secret() if kind in SIGNED else None
    row |= {
        "id": hook_id, "community_id": community.id, "owner_id": by.account_id, "kind": kind,
        "target_sealed": seal.close_target(target, hook_id), "place": targets.host(kind, target),
        "kinds": _listed(kinds), "secret_sealed": seal.close(signs, hook_id) if signs else None,
        "state": "active", "created_at": tx.now,
    }  # fmt: skip
    if mirrors and by.may(Action.INVITE):
        link = await invites.create(tx, by, community, invites.Seal(secret), label=row["name"])
        row["invite_id"] = link.id
    await tx.run(hooks.insert().values(**row))
    return await one(tx, by, community, hook_id), signs


async def _fields(tx: Tx, community: Community, given: dict[str, Any], *, mirrors: bool) -> dict[str, Any]:
    row: dict[str, Any] = {}
    if "name" in given:
        row["name"] = parse_name(given["name"])
    if "content" in given:
        if given["content"] not in CONTENTS:
            raise Invalid(content="Choose full or teaser.")
        row["content"] = given["content"]
    if "room_id" in given:
        row["room_id"] = await _own_room(tx, community, given["room_id"], mirrors=mirrors)
    return row


async def _own_room(tx: Tx, community: Community, room_id: str | None, *, mirrors: bool) -> str | None:
    if not room_id:
        return None
    known = {room.id: room for room in await rooms.of_community(tx, community.id)}
    if room_id not in known:
        raise Invalid(room_id="There is no such room in this community.")
    if mirrors and (known[room_id].is_group or known[room_id].min_rank is not None):
        raise Invalid(
            room_id="Only what everybody may read is mirrored: choose a channel that is open to all."
        )
    return room_id


async def _room_for_one_more(tx: Tx, community: Community) -> None:
    await hold(tx, community.id)
    many = select(func.count()).select_from(hooks).where(hooks.c.community_id == community.id)
    if await tx.value(many) >= MAX_HOOKS:
        raise Conflict("A community has at most 20 hooks. Delete one first.", code="too_many_hooks")


async def change(
    tx: Tx, by: Entitlement, community: Community, secret: bytes, hook_id: str, given: dict[str, Any]
) -> Hook:
    """What of `given` is there: name, kinds, room_id, content, state (active or paused), and where it goes (url, token, chat).

    Whoever makes a stopped or paused one active is its owner from then on. Raises as `create`.
    """
    row = await row_of(tx, by, community, hook_id)
    mirrors = row.kind in MIRRORS
    fresh = await _fields(tx, community, given, mirrors=mirrors)
    if "kinds" in given and not mirrors:
        fresh["kinds"] = _listed(parse_kinds(given["kinds"]))
    if any(given.get(name) for name in ("url", "token", "chat")):
        target = targets.parse(row.kind, **{name: given.get(name) or "" for name in ("url", "token", "chat")})
        fresh |= {
            "target_sealed": Seal(secret).close_target(target, hook_id),
            "place": targets.host(row.kind, target),
        }
    fresh |= _switched(by, row.state, given["state"]) if "state" in given else {}
    if fresh:
        await tx.run(update(hooks).where(hooks.c.id == hook_id).values(**fresh))
    now = await one(tx, by, community, hook_id)
    if mirrors and row.state != "active" and now.state == "active":
        for post_id in await edited_since(tx, now):
            await expect(tx, hook_id, LOOK_AGAIN, {"post_id": post_id})
    return now


def _switched(by: Entitlement, before: str, state: str) -> dict[str, Any]:
    if state not in ("active", "paused"):
        raise Invalid(state="Choose active or paused.")
    if state == "active" and before != "active":
        return {"state": state, "owner_id": by.account_id, "problem": "", "failing_since": None}
    return {"state": state}


def _listed(kinds: tuple[str, ...]) -> str:
    return msgspec.json.encode(kinds).decode()


async def rotate(
    tx: Tx, by: Entitlement, community: Community, secret: bytes, hook_id: str
) -> tuple[Hook, str]:
    """A new secret. For a day both sign, so that the receiver changes over when it likes.

    Raises NotFound, Forbidden, Conflict (code unsigned) for a hook that signs nothing.
    """
    row = await row_of(tx, by, community, hook_id)
    if row.secret_sealed is None:
        raise Conflict("This hook signs nothing, so it has no secret.", code="unsigned")
    fresh = new_secret()
    values = {
        "secret_sealed": Seal(secret).close(fresh, hook_id), "old_sealed": row.secret_sealed,
        "old_until": tx.now + OVERLAP_MS,
    }  # fmt: skip
    await tx.run(update(hooks).where(hooks.c.id == hook_id).values(**values))
    return await one(tx, by, community, hook_id), fresh


async def remove(tx: Tx, by: Entitlement, community: Community, hook_id: str) -> None:
    """It goes, with its log; what it put elsewhere stays there. Raises NotFound, Forbidden."""
    await row_of(tx, by, community, hook_id)
    await tx.run(delete(hooks).where(hooks.c.id == hook_id))


async def test(tx: Tx, by: Entitlement, community: Community, hook_id: str) -> str:
    """Have a test event sent, and return its id. Raises NotFound, Forbidden, Conflict (code untestable, not_active)."""
    row = await row_of(tx, by, community, hook_id)
    if row.kind not in SIGNED:
        raise Conflict("A mirror of this kind has no test: it would stand there for all.", code="untestable")
    if row.state != "active":
        raise Conflict("Switch the hook on first.", code="not_active")
    return await expect(tx, hook_id, TEST, {})


async def expect(
    tx: Tx, hook_id: str, kind: str, source: dict[str, Any], *, turn_ms: int | None = None
) -> str:
    """Queue a message, and return its id. Those of a hook go in the order of their ids: `turn_ms` is when it was its turn."""
    message_id = new_id(turn_ms or tx.now)
    told = msgspec.json.encode(source).decode()
    await tx.run(
        deliveries.insert().values(
            id=message_id, hook_id=hook_id, kind=kind, source=told, state="waiting", due_at=tx.now, created_at=tx.now
        )
    )  # fmt: skip
    return message_id


async def replay(tx: Tx, by: Entitlement, community: Community, hook_id: str, message_id: str | None) -> int:
    """Send a message again, under the same id; None: all that failed, up to 1,000. Returns how many.

    Raises NotFound, Forbidden, Conflict (code not_active).
    """
    row = await row_of(tx, by, community, hook_id)
    if row.state != "active":
        raise Conflict("Switch the hook on first.", code="not_active")
    mine = [deliveries.c.hook_id == hook_id]
    if message_id is None:
        failed = select(deliveries.c.id).where(*mine, deliveries.c.state == "failed")
        mine.append(deliveries.c.id.in_(failed.order_by(deliveries.c.id).limit(AT_ONCE)))
    else:
        mine.append(deliveries.c.id == (message_id if is_id(message_id) else ""))
    fresh = {"state": "waiting", "tries": 0, "due_at": tx.now, "claim": "", "problem": "", "settled_at": None}
    many = await tx.run(update(deliveries).where(*mine).values(**fresh))
    if message_id is not None and not many:
        raise NotFound("There is no such message.")
    return many
