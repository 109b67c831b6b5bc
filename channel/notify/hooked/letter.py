"""The letter that tells the owner of a hook that it was switched off."""

from sqlalchemy import select

from channel import communities
from channel.accounts import one
from channel.errors import NotFound
from channel.hooks.queries import hook_of
from channel.hooks.tables import hooks
from channel.i18n import translate_error
from channel.notify import letters
from channel.notify.sender import Mail
from channel.settings import Settings
from channel.storage import Database
from channel.tasks import HookStopped

FALLBACK = "en"


async def stopped(db: Database, settings: Settings, event: HookStopped) -> Mail | None:
    """None when it is gone or on again, and for an owner without a proven address, who sees it in the studio."""
    async with db.read() as tx:
        row = await tx.one(select(hooks).where(hooks.c.id == event.hook_id, hooks.c.state == "stopped"))
        if row is None:
            return None
        hook = hook_of(row)
        try:
            owner = await one(tx, hook.owner_id)
            community = await communities.one(tx, hook.community_id)
        except NotFound:
            return None
    if owner.state != "active" or not owner.email:
        return None
    language = owner.language or FALLBACK
    words = {"hook": hook, "community": community, "problem": translate_error(language, hook.problem)}
    tag = f"hook-{hook.id}"
    return letters.about_hooks(settings, "stopped", words, to=owner.email, language=language, tag=tag)
