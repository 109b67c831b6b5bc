"""Changing what is shown of a medium: the frame of a picture, the chapters of what is played."""

from collections.abc import Sequence

from sqlalchemy import delete, update

from channel.errors import Conflict, Invalid
from channel.events import MediaArrived
from channel.media import chapters as chaptering
from channel.media import framing, queries
from channel.media.desk import CROPPER
from channel.media.model import Chapter, Media
from channel.media.pictures.model import Frame
from channel.media.rights import require_owner
from channel.media.tables import media, variants
from channel.members.model import Entitlement
from channel.outbox import schedule
from channel.storage import Tx

PLAYED = ("sound", "video")


async def frame(tx: Tx, by: Entitlement, one: Media, wanted: Frame) -> Media:
    """Show this much of it. What was made before is served to nobody from now on, and made again under other addresses.

    The point that stays in sight is the middle again: where it was may be cut off.
    Raises NotFound, Invalid (crop), Conflict (original_gone).
    """
    require_framed(by, one)
    if one.frame == wanted and one.state != "failed":
        return one
    fresh = {
        "frame": framing.encoded(wanted), "version": one.version + 1, "state": "processing", "problem": "",
        "progress": 0, "placeholder": "", "width": None, "height": None, "focal_x": 50, "focal_y": 50,
    }  # fmt: skip
    await tx.run(update(media).where(media.c.id == one.id).values(**fresh))
    await tx.run(delete(variants).where(variants.c.media_id == one.id))
    await schedule(tx, MediaArrived(media_id=one.id), only=CROPPER)
    return await queries.one(tx, one.id)


def require_framed(by: Entitlement, one: Media) -> None:
    """Whether they may choose what of it is shown. Raises NotFound, Invalid (crop), Conflict (original_gone)."""
    require_owner(by, one)
    if one.kind != "picture":
        raise Invalid(crop="Only a picture can be cropped.")
    if one.state == "refused":
        raise Invalid(crop="This picture was refused by the virus scanner. Send a clean one.")
    if one.original_gone:
        raise Conflict(
            "The original was deleted, so this picture stays as it is. Send it again to crop it.",
            code="original_gone",
        )


def framable(one: Media) -> bool:
    """Whether its owner may choose what of it is shown."""
    return one.kind == "picture" and one.state != "refused" and not one.original_gone


async def chapter(tx: Tx, by: Entitlement, one: Media, given: Sequence[Chapter] | str) -> Media:
    """Its parts from now on, as they are or as the lines of a form; none takes them away. Raises NotFound, Invalid (chapters)."""
    require_owner(by, one)
    if one.kind not in PLAYED:
        raise Invalid(chapters="Only videos and recordings have chapters.")
    if isinstance(given, str):
        made = chaptering.parse_lines(given, one.duration_ms)
    else:
        made = chaptering.parse_chapters(given, one.duration_ms)
    await tx.run(update(media).where(media.c.id == one.id).values(chapters=chaptering.encoded(made)))
    return await queries.one(tx, one.id)
