"""From what the triggers wrote down to messages for those hooks that want to hear of it.

Each change is read, handed to hooks and forgotten in one transaction, so a crash at any moment loses and doubles
nothing. It happens after the commit of the change: who publishes waits for none of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Integer, bindparam, delete, select

from channel.hooks import queries
from channel.hooks.actions import expect
from channel.hooks.closing import CLOSES, closed_rooms, shown_at_rest, shown_in, take_back
from channel.hooks.tables import changes, unpacked
from channel.invites.tables import invites
from channel.members import State
from channel.posts.tables import posts
from channel.rooms.tables import rooms
from channel.storage import Database, Prepared, Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 100
LOCK: Final = 0x68656172  # "hear"
IN: Final = (State.ACTIVE.value, State.MUTED.value)
# Events by the name they have in the log; those that are missing are told by their rows, or are nobody else's business.
RENAMED: Final[dict[str, str]] = {
    name: name
    for name in (
        "post.published", "post.edited", "post.opened", "post.deleted", "post.previewed", "poll.closed", "topic.changed",
        "room.updated", "comment.published", "comment.edited", "comment.deleted", "comment.held", "question.answered",
        "message.sent", "message.deleted", "purchase.changed", "community.deleted",
    )
} | {
    "post.pinned": "post.pinned", "posts.moved": "post.moved", "comment.shown": "comment.approved",
    "tier.ends": "member.tier_ends",
}  # fmt: skip
_NEXT = Prepared(select(changes).order_by(changes.c.id).limit(bindparam("most", type_=Integer)))
_ANY = Prepared(select(changes.c.id).limit(1))


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened. `source`: ids and primitives, of which the message is made when it is sent."""

    kind: str
    source: Mapping[str, Any]
    community_id: str = ""
    room_id: str | None = None
    stream: str = ""  # which says the community where it is not known yet


class Turns:
    """Moments (epoch ms) of which none comes twice, so that what happened in one of them keeps its order."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: int) -> int:
        self._last = max(now, self._last + 1)
        return self._last


async def hear(db: Database, turns: Turns) -> int:
    """Hand on some of what happened, and return how much of it there was."""
    async with db.read(single=True) as tx:
        if await tx.one(_ANY) is None:
            return 0
    async with db.write() as tx:
        if not await tx.value(only_one(tx.dialect, LOCK)):
            return 0
        rows = await tx.all(_NEXT, most=AT_ONCE)
        found = await _placed(tx, [told for row in rows for told in _told(row)])
        hearing = await queries.active(tx, {told.community_id for told in found})
        for told in _once(found):
            turn_ms = turns.next(tx.now)
            for hook in hearing.get(told.community_id, ()):
                if hook.hears(told.kind, told.room_id):
                    await expect(tx, hook.id, told.kind, dict(told.source), turn_ms=turn_ms)
        await _take_back(tx, found)
        await tx.run(delete(changes).where(changes.c.id.in_([row.id for row in rows])))
    return len(rows)


async def _take_back(tx: Tx, found: Sequence[Told]) -> None:
    """Mirrors look again at what they show of what strangers read no more."""
    for community_id in sorted({told.community_id for told in found if told.kind in CLOSES}):
        if await queries.mirrors(tx, community_id):
            await take_back(tx, await shown_in(tx, await closed_rooms(tx, community_id)))
    # The others are told of it as of every change.
    gone = [told.source["post_id"] for told in found if told.kind == "post.deleted"]
    await take_back(tx, await shown_at_rest(tx, gone) if gone else [])


def _once(found: Sequence[Told]) -> list[Told]:
    """An answer is told to each who asked; a hook hears of it once."""
    seen: dict[tuple[str, str], Told] = {}
    for number, told in enumerate(found):
        key = told.source["question_id"] if told.kind == "question.answered" else str(number)
        seen.setdefault((told.kind, key), told)
    return list(seen.values())


def _told(row: Any) -> Iterator[Told]:
    if row.about in ("INSERT", "UPDATE", "DELETE"):
        yield from _of_row(row.kind, *unpacked(row.kind, row.data))
        return
    kind, data = RENAMED.get(row.kind), msgspec.json.decode(row.data)
    if kind is None:
        return
    if kind == "post.pinned" and data["position"] is None:
        kind = "post.unpinned"
    yield Told(kind, data, data.get("community_id", ""), data.get("room_id"), row.about)


def _of_row(table: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> Iterator[Told]:
    there = new or old or {}
    match table:
        case "memberships":
            names = _member_kinds(old, there)
            source = {"account_id": there["account_id"]}
            if old is not None:
                source["before"] = {name: old[name] for name in ("role", "state", "tier_id")}
        case "communities":
            names, source = _community_kinds(old or {}, there), {}
        case "invites":
            names, source = _invite_kinds(old, there), {"invite_id": there["id"]}
        case "invite_uses":
            yield Told("invite.used", there, stream=f"invite:{there['invite_id']}")
            return
        case "questions":
            names, source = ["question.asked"], {"question_id": there["id"], "post_id": there["prompt_id"]}
        case "reports":
            wanted = ("post_id", "comment_id", "reason")
            names, source = ["comment.reported"], {name: there[name] for name in wanted}
        case "rooms" | "tiers":
            names, source = (
                _thing_kinds(table[:-1], old, new),
                {f"{table[:-1]}_id": there["id"], "name": there["name"]},
            )
        case _:
            return
    community_id = there["id"] if table == "communities" else there["community_id"]
    room_id = there["id"] if table == "rooms" else None
    for name in names:
        yield Told(name, source, community_id, room_id)


def _thing_kinds(word: str, old: dict[str, Any] | None, new: dict[str, Any] | None) -> list[str]:
    if old == new:
        return []
    return [f"{word}.{'created' if old is None else 'deleted' if new is None else 'updated'}"]


def _member_kinds(old: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    """What a change of a membership is called. Several things may change at once."""
    before, now = (old or {}).get("state", "left"), new["state"]
    found = []
    if before != now:
        names = {"requested": "requested", "banned": "banned", "muted": "muted"}
        if now in names:
            found.append(f"member.{names[now]}")
        elif before in ("muted", "banned") and now in ("active", "left"):
            gone = before == "muted" and now == "left"
            found.append("member.left" if gone else f"member.un{before}")
        elif now == "active":
            found.append("member.joined")
        elif now == "left":
            found.append("member.refused" if before == "requested" else "member.left")
    if old is not None and before in IN and now in IN:
        found += ["member.role_changed"] if old["role"] != new["role"] else []
        found += ["member.tier_changed"] if old["tier_id"] != new["tier_id"] else []
    return found


def _community_kinds(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    if old.get("state") != new["state"]:
        return ["community.closed" if new["state"] == "closed" else "community.reopened"]
    return ["community.updated"] if old != new else []


def _invite_kinds(old: dict[str, Any] | None, new: dict[str, Any]) -> list[str]:
    if old is None:
        return ["invite.created"]
    names = {"open": "invite.opened", "paused": "invite.paused", "revoked": "invite.revoked"}
    return [names[new["state"]]] if old["state"] != new["state"] else []


async def _placed(tx: Tx, found: Sequence[Told]) -> list[Told]:
    """With their communities. What is of none any more is left out."""
    ids: dict[str, set[str]] = {"room": set(), "thread": set(), "invite": set()}
    for told in found:
        word, _, name = told.stream.partition(":")
        if not told.community_id and word in ids:
            ids[word].add(name)
    known = await _communities(tx, ids)
    placed = []
    for told in found:
        community_id, room_id = known.get(told.stream, (told.community_id, told.room_id))
        if community_id:
            placed.append(Told(told.kind, told.source, community_id, room_id or told.room_id))
    return placed


async def _communities(tx: Tx, ids: Mapping[str, set[str]]) -> dict[str, tuple[str, str | None]]:
    """Community and room of each stream that is named here."""
    known: dict[str, tuple[str, str | None]] = {}
    for row in await tx.all(
        select(rooms.c.id, rooms.c.community_id).where(rooms.c.id.in_(sorted(ids["room"])))
    ):
        known[f"room:{row.id}"] = (row.community_id, row.id)
    query = select(posts.c.id, posts.c.community_id, posts.c.room_id).where(
        posts.c.id.in_(sorted(ids["thread"]))
    )
    for row in await tx.all(query):
        known[f"thread:{row.id}"] = (row.community_id, row.room_id)
    mine = select(invites.c.id, invites.c.community_id).where(invites.c.id.in_(sorted(ids["invite"])))
    for row in await tx.all(mine):
        known[f"invite:{row.id}"] = (row.community_id, None)
    return known
