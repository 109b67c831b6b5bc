"""What is not said yet, kept on the server: the same on the phone and at the desk, and nobody else's."""

import json
from typing import Any

from sqlalchemy import Row, false, func, select, update

from channel.errors import Conflict, NotFound
from channel.ids import is_id, new_id
from channel.members.model import Entitlement
from channel.money import Money
from channel.posts import carrying, teasing
from channel.posts.model import MAX_DRAFTS, SavedDraft, Sketch
from channel.posts.rights import require_writer
from channel.posts.tables import drafts, posts
from channel.rooms.tables import rooms
from channel.storage import Tx


async def save_draft(
    tx: Tx, by: Entitlement, sketch: Sketch, draft_id: str | None = None, *, begun: str | None = None
) -> SavedDraft:
    """Keep a new draft, or overwrite one's own. A room or quote that is not of this community is left out.

    `begun`: the id that who writes gave a new one, so that saving it twice keeps one. Raises NotFound, Forbidden,
    Conflict (code too_many_drafts).
    """
    account_id = require_writer(by)
    values = await _values(tx, by, sketch)
    wanted = draft_id or (begun if is_id(begun or "") else None) or new_id(tx.now)
    change = update(drafts).where(*_own(by, wanted)).values(**values)
    kept = bool(draft_id or begun) and await tx.run(change)
    if not kept and draft_id is None:
        await require_space(tx, by)
        owner = {"id": wanted, "account_id": account_id, "community_id": by.community_id}
        fresh = tx.insert(drafts).values(**owner, **values).on_conflict_do_nothing()
        kept = await tx.run(fresh) or await tx.run(change)
    if not kept:
        raise NotFound("This draft is gone. Save it as a new one.")
    return await one_draft(tx, by, wanted)


async def one_draft(tx: Tx, by: Entitlement, draft_id: str) -> SavedDraft:
    """One's own draft. Raises NotFound, Forbidden."""
    require_writer(by)
    row = await tx.one(select(drafts).where(*_own(by, draft_id)))
    if row is None:
        raise NotFound("There is no such draft.")
    return _saved(row)


async def own_drafts(tx: Tx, by: Entitlement) -> list[SavedDraft]:
    """One's drafts in this community, the last touched first. Raises NotFound, Forbidden."""
    require_writer(by)
    query = select(drafts).where(*_own(by)).order_by(drafts.c.updated_at.desc(), drafts.c.id.desc())
    return [_saved(row) for row in await tx.all(query.limit(MAX_DRAFTS))]


async def delete_draft(tx: Tx, by: Entitlement, draft_id: str) -> bool:
    """Throw one's own draft away; False when it was gone already. Raises NotFound, Forbidden."""
    require_writer(by)
    return bool(await tx.run(drafts.delete().where(*_own(by, draft_id))))


def _own(by: Entitlement, draft_id: str | None = None) -> list[Any]:
    mine = [drafts.c.account_id == by.account_id, drafts.c.community_id == by.community_id]
    if draft_id is None:
        return mine
    return [*mine, drafts.c.id == draft_id if is_id(draft_id) else false()]


async def _values(tx: Tx, by: Entitlement, sketch: Sketch) -> dict[str, Any]:
    community_id = by.community_id
    room = select(rooms.c.id).where(rooms.c.id == sketch.room_id, rooms.c.community_id == community_id)
    quote = select(posts.c.id).where(posts.c.id == sketch.quote_id, posts.c.community_id == community_id)
    return {
        "room_id": await tx.value(room) if sketch.room_id else None,
        "quote_id": await tx.value(quote) if is_id(sketch.quote_id or "") else None,
        "text": sketch.text,
        "teaser": sketch.teaser,
        "min_rank": sketch.min_rank,
        "opens": sketch.opens,
        "silent": sketch.silent,
        "ai": sketch.ai,
        "unlock_amount": sketch.unlock.amount if sketch.unlock else None,
        "unlock_currency": sketch.unlock.currency if sketch.unlock else None,
        "media": " ".join(await carrying.own(tx, by, sketch.media)),
        "alts": json.dumps(sketch.alts, ensure_ascii=False) if sketch.alts else "",
        "teaser_picture": await teasing.kept(tx, by, sketch.teaser_picture),
        "updated_at": tx.now,
    }


async def require_space(tx: Tx, by: Entitlement) -> None:
    """Raises NotFound, Forbidden, Conflict (code too_many_drafts)."""
    mine = (drafts.c.account_id == require_writer(by), drafts.c.community_id == by.community_id)
    if int(await tx.value(select(func.count()).select_from(drafts).where(*mine))) >= MAX_DRAFTS:
        raise Conflict(
            "You have 100 drafts here. Publish or delete one of them first.", code="too_many_drafts"
        )


def _saved(row: Row[Any]) -> SavedDraft:
    unlock = None if row.unlock_amount is None else Money(row.unlock_amount, row.unlock_currency)
    sketch = Sketch(
        row.text, row.room_id, row.teaser, row.min_rank, row.opens, row.ai, row.silent, row.quote_id, unlock,
        tuple(row.media.split()), teasing.read(row.teaser_picture), json.loads(row.alts) if row.alts else {},
    )  # fmt: skip
    return SavedDraft(row.id, row.community_id, sketch, row.updated_at)
