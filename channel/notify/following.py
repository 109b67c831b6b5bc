"""What is written to addresses that want to follow without an account, and the planning of letters to those that do.

Whether an address has an account, or follows already, is told here to whoever reads its mail, and nowhere else. Secrets
are made here, just before the letter: no queue holds one.
"""

import logging
from collections.abc import Awaitable, Callable

from channel import communities, following
from channel.communities import Community
from channel.errors import NotFound
from channel.events import Event
from channel.following import Wish, actions, banning, links, queries
from channel.following.model import CONFIRM_MS, PASS_MS
from channel.notices.actions import parse_how
from channel.notify import letters
from channel.notify.sender import Mail, Sender, Undeliverable
from channel.settings import Settings
from channel.storage import Database, Tx
from channel.tasks import BannedFollows, FollowAsked, FollowersDue, PassAsked

HOURS = CONFIRM_MS // 3_600_000
MINUTES = PASS_MS // 60_000

log = logging.getLogger("channel.following")


def following_handler(
    db: Database, sender: Sender, settings: Settings, secret: bytes
) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "following". Raises what the sender raises. Without mail there is nobody to
    tell."""

    async def handle(event: Event) -> None:
        if isinstance(event, FollowersDue):
            if settings.smtp:
                await following.plan(db, event)
            return
        if isinstance(event, BannedFollows):
            async with db.write() as tx:
                await banning.put_out(tx, event.account_id, event.community_id)
            return
        async with db.write() as tx:
            mail = await _letter(tx, settings, secret, event)
        if mail is not None:
            await _hand_over(sender, mail)

    return handle


async def _hand_over(sender: Sender, mail: Mail) -> None:
    """A letter that nobody takes is dropped: anybody may type an address that there is none of, and neither should it be
    kept among the jobs that failed, nor should the operator have to look at it."""
    try:
        await sender.send(mail)
    except Undeliverable as error:
        if not error.permanent:
            raise
        log.warning("A letter to somebody who asked to follow was not taken: %s", error)


async def _letter(tx: Tx, settings: Settings, secret: bytes, event: Event) -> Mail | None:
    """None when what it is about is gone."""
    try:
        match event:
            case FollowAsked():
                asked = (
                    event.community_id,
                    event.email,
                    parse_how(event.how),
                    event.language,
                    event.zone,
                    event.tag,
                )
                wish = Wish(*asked)
                return await _answer(tx, settings, secret, wish)
            case PassAsked():
                return await _pass(tx, settings, event.follower_id)
            case _:
                raise TypeError(f"No letter tells of {event.kind}.")
    except NotFound:
        return None


async def _answer(tx: Tx, settings: Settings, secret: bytes, wish: Wish) -> Mail:
    """One letter to whoever reads this address, whatever is known of it: asking is answered in the same way always."""
    community = await communities.one(tx, wish.community_id)
    follower = await queries.of_wish(tx, wish)
    if follower is not None:
        link = f"{settings.url}/follow/by/{links.sealed(secret, follower.id)}"
        return _mail(settings, "again", community, wish.email, follower.language, link=link)
    if await queries.has_account(tx, wish.email):
        link = f"{settings.url}/sign-in?next=/follow/@{community.handle}"
        return _mail(settings, "account", community, wish.email, wish.language, link=link)
    proof = await actions.confirmation(tx, wish)
    link = f"{settings.url}/follow/yes/{proof}"
    return _mail(
        settings, "confirm", community, wish.email, wish.language, link=link, hours=HOURS, tag=wish.tag
    )


async def _pass(tx: Tx, settings: Settings, follower_id: str) -> Mail:
    follower = await following.one(tx, follower_id)
    community = await communities.one(tx, follower.community_id)
    link = f"{settings.url}/follow/pass/{await actions.pass_secret(tx, follower.id)}"
    return _mail(settings, "pass", community, follower.email, follower.language, link=link, minutes=MINUTES)


def _mail(
    settings: Settings, name: str, community: Community, to: str, language: str, **words: object
) -> Mail:
    said = {"community": community, **words}
    return letters.about_following(settings, name, said, to=to, language=language)
