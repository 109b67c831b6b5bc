"""Adding, renaming and removing. The picture was made, and is in the store, before `add` is called.

What is removed is gone at once wherever it was shown: who takes a picture away (a face, a brand, something stolen) wants
nobody to see it again. Reactions with it were people's own and keep their count; they show its name, as in Slack. The
name given to another picture brings them back to life.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select, update

from channel import rooms
from channel.communities import Community
from channel.communities.actions import hold
from channel.emoji import MAX_CHARS, own_in
from channel.emotes import queries
from channel.emotes.model import MAX_EMOTES, Emote, parse_name, unknown
from channel.emotes.tables import custom_emoji
from channel.errors import Conflict, Invalid, NotFound
from channel.ids import new_id
from channel.media.minting import Made
from channel.members import governing
from channel.members.model import Entitlement
from channel.rooms.actions import update_fields
from channel.rooms.model import FIRST_OFFERED, MAX_OFFERED
from channel.storage import Tx

MOST_CHARS = MAX_OFFERED * MAX_CHARS
TAKEN = "There is an emoji of this name already. Choose another name, or remove that one first."
STILL_SHOWN = "A removed emoji of this name still stands under posts. Choose another name."
REMOVED = "This emoji was removed. Choose another one."


async def add(
    tx: Tx, by: Entitlement, community: Community, name: str, made: Sequence[Made], *, anew: bool = False
) -> Emote:
    """`:name:` is this picture from now on; `anew`: also where it was another one.

    Raises NotFound, Forbidden, Invalid (name), Conflict (code too_many_emoji) at MAX_EMOTES.
    """
    governing.require_look(by, community)
    good = parse_name(name)
    await hold(tx, community.id)
    there = await queries.by_name(tx, community.id, good)
    if there is not None and not there.gone and not anew:
        raise Invalid(name=TAKEN)
    if there is None or there.gone:
        await _require_space(tx, community.id)
    picture = made[-1]
    # Random rather than the hash of what is in it: whoever has the same picture could ask whether it is used here.
    row = {"key": secrets.token_hex(16), "sha256": picture.sha256, "size": picture.size, "created_at": tx.now}
    if there is None:
        place = {"id": new_id(tx.now), "community_id": community.id, "name": good, "used": False}
        await tx.run(custom_emoji.insert().values(**place, **row))
    else:
        await tx.run(update(custom_emoji).where(custom_emoji.c.id == there.id).values(**row))
    return await _one(tx, community.id, good)


async def _require_space(tx: Tx, community_id: str) -> None:
    if len(await queries.of_community(tx, community_id)) >= MAX_EMOTES:
        raise Conflict("A community has at most 200 emoji. Remove one first.", code="too_many_emoji")


async def rename(
    tx: Tx, by: Entitlement, community: Community, name: str, wanted: str, *, field: str = "name"
) -> Emote:
    """Call it `wanted` everywhere: under posts, and in what rooms offer. Raises NotFound, Forbidden, Invalid (`field`)."""
    governing.require_look(by, community)
    await hold(tx, community.id)
    emote = await _one(tx, community.id, name)
    good = parse_name(wanted, field)
    if good == emote.name:
        return emote
    other = await queries.by_name(tx, community.id, good)
    if other is not None:
        raise Invalid({field: STILL_SHOWN if other.gone else TAKEN})
    await tx.run(update(custom_emoji).where(custom_emoji.c.id == emote.id).values(name=good))
    await _change_rooms(tx, community.id, emote.shown, f":{good}:")
    return await _one(tx, community.id, good)


async def remove(tx: Tx, by: Entitlement, community: Community, name: str) -> None:
    """Its picture is served no more, and no room offers it. Raises NotFound, Forbidden."""
    governing.require_look(by, community)
    await hold(tx, community.id)
    emote = await _one(tx, community.id, name)
    it = custom_emoji.c.id == emote.id
    # In one statement each: somebody may use it for the first time in this moment.
    if not await tx.run(delete(custom_emoji).where(it, custom_emoji.c.used.is_(False))):
        await tx.run(update(custom_emoji).where(it).values(key="", sha256="", size=0))
    await _change_rooms(tx, community.id, emote.shown, None)


async def use(tx: Tx, emote: Emote) -> None:
    """A reaction is going to name it: its row stays from now on. Raises Invalid (emoji) when it has just gone."""
    it = custom_emoji.c.id == emote.id
    if not emote.used:
        await tx.run(update(custom_emoji).where(it, custom_emoji.c.used.is_(False)).values(used=True))
    if emote.gone or await tx.one(select(custom_emoji.c.id).where(it)) is None:
        raise Invalid(emoji=REMOVED)


async def require_known(tx: Tx, community_id: str, room: Mapping[str, Any]) -> None:
    """Raises Invalid (reaction_set, reaction_default) where these fields of a room offer what the community has not."""
    problems = {}
    for field in ("reaction_set", "reaction_default"):
        given = room.get(field, "")
        typed = (
            given if isinstance(given, str) else " ".join(given) if isinstance(given, list | tuple) else ""
        )
        named = own_in(typed[:MOST_CHARS])  # what is longer is refused by the room
        there = await queries.pictures(tx, community_id, named)
        if missing := [one for one in named if one not in there]:
            problems[field] = unknown(missing[0])
    if problems:
        raise Invalid(problems)


async def _one(tx: Tx, community_id: str, name: str) -> Emote:
    found = await queries.by_name(tx, community_id, name)
    if found is None or found.gone:
        raise NotFound("There is no such emoji.")
    return found


async def _change_rooms(tx: Tx, community_id: str, old: str, new: str | None) -> None:
    """What rooms offer names it: by its new name, or not at all. One that offered nothing else offers the usual ones."""
    for room in await rooms.of_community(tx, community_id):
        offered = room.reaction_set.split()
        if old not in (*offered, room.reaction_default):
            continue
        swapped = (new if one == old else one for one in offered)
        left = [one for one in swapped if one]
        quick = room.reaction_default if room.reaction_default != old else new or "❤️"
        changed = {"reaction_set": " ".join(left) or FIRST_OFFERED, "reaction_default": quick}
        await update_fields(tx, room, **changed)
