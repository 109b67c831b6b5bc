"""An answer to a letter becomes a comment of whom the letter went to, by the rules of the page; or they are told why not.

The address that is answered to decides who writes and under which post: it is sealed and went to one mailbox. The
mail's From has to be the account's own address besides. It proves nothing, since anybody can write it; but letters are
passed on with their headers, and whoever answers such a copy in good faith must not speak as somebody else.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update

from channel import comments
from channel.accounts import Account
from channel.accounts.queries import active
from channel.comments import names
from channel.errors import ChannelError, Conflict, Forbidden, NotFound, TooMany
from channel.ids import new_id
from channel.incoming import keeping, words
from channel.incoming.keeping import Kept
from channel.incoming.reading import Letter
from channel.incoming.tables import mail_refusals
from channel.notices.tables import notices
from channel.outbox import schedule
from channel.storage import Database, Tx
from channel.tasks import ReplyRefused

ONE_AN_HOUR_MS: Final = 3_600_000
MOST_WAITING: Final = 5
MAX_KEPT_CHARS: Final = 20_000  # of what could not be taken
NOT_ALLOWED: Final = "Answers by mail are not taken in this room. Open the post to comment."
OTHER_SENDER: Final = "Your answer came from another address than that of your account. Send it from there, or comment in the room."
EMPTY: Final = "There were no words of your own in it."
TOO_MANY: Final = "You have answered many posts by mail within an hour. Wait a while, or comment in the room."

log = logging.getLogger("channel.incoming")


@dataclass(frozen=True, slots=True)
class Answered:
    """Whose answer, and to which post."""

    account: Account
    post_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that was not taken, with its words; or a draft without some of its pictures, in a community."""

    id: str
    account_id: str
    post_id: str | None  # None: it was to be a draft
    reason: str  # in sentences of ours, a line each
    text: str
    drafted_in: str


async def whose(tx: Tx, notice_id: str) -> Answered | None:
    """Whom the letter of a notice went to. None when it is forgotten (30 days after it went), or its reader is gone."""
    row = await tx.one(
        select(notices.c.account_id, notices.c.post_id).where(
            notices.c.id == notice_id, notices.c.state.in_(("handed", "sent"))
        )
    )
    if row is None:
        return None
    try:
        return Answered(await active(tx, row.account_id), row.post_id)
    except (NotFound, Forbidden):
        return None


Allow = Callable[[str], None]  # raises TooMany for an account that answers too often
Told = Callable[[str, str], None]  # after the commit: the room and the post that has a comment more


async def take(db: Database, mail: Kept, notice_id: str, letter: Letter, *, allow: Allow, told: Told) -> None:
    """Make a comment of it, or keep why not. What a program wrote (holiday notes, reports) is dropped unanswered."""
    async with db.read() as tx:
        answered = None if letter.automatic else await whose(tx, notice_id)
    if answered is None:
        async with db.write() as tx:
            await keeping.done(tx, mail.id)
        return
    text = words.said(letter)
    try:
        place = await _comment(db, mail, answered, letter.sender, text, allow)
    except ChannelError as error:
        if passes(error):
            raise
        async with db.write() as tx:
            if await keeping.done(tx, mail.id):
                kept = text or words.body(letter)
                await refuse(tx, answered.account.id, answered.post_id, reason_of(error), kept)
        return
    if place is not None:
        told(place, answered.post_id)


async def _comment(
    db: Database, mail: Kept, answered: Answered, sender: str, text: str, allow: Allow
) -> str | None:
    """The room in which there is a comment more; None when it was there before. Raises what the page's form does."""
    account = answered.account
    async with db.read() as tx:
        thread = await comments.thread(tx, answered.post_id, account.id)
        if not thread.room.mail_replies:
            raise Forbidden(NOT_ALLOWED)
        if sender != (account.email or ""):
            raise Forbidden(OTHER_SENDER)
        if thread.refusal is not None:
            raise thread.refusal
        if not text:
            raise Forbidden(EMPTY)
        found = await names.links(tx, thread, text)
    try:
        allow(account.id)
    except TooMany as error:
        raise Forbidden(TOO_MANY) from error
    rendered = await comments.prepare(text, rooms=found.rooms, known=found.known)
    async with db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return None
        thread = await comments.thread(tx, answered.post_id, account.id, hold=True)
        await comments.publish(tx, thread, account, rendered, f"mail-{mail.id}")
    return thread.room.id


def reason_of(error: ChannelError) -> str:
    """In one English sentence of ours, which is translated when the letter is written."""
    fields = getattr(error, "fields", None)
    return next(iter(fields.values())) if fields else error.detail


def passes(error: ChannelError) -> bool:
    """Whether it is about this moment, so that the mail is to be tried again."""
    return error.status >= 500 or (isinstance(error, Conflict) and error.code == Conflict.code)


async def refuse(
    tx: Tx, account_id: str, post_id: str | None, reason: str, text: str, *, drafted_in: str = ""
) -> None:
    """Have the writer of a mail told why it was not taken, at the address of their account and no other; one such letter
    an hour, whatever comes in: others wait for theirs, five at most. `post_id` None: it was to be a draft. `drafted_in`:
    it is one, in this community, and the reason is why some of its pictures are not."""
    mine = mail_refusals.c.account_id == account_id
    newest = await tx.value(select(func.max(mail_refusals.c.created_at)).where(mine))
    at = tx.now if newest is None else max(tx.now, int(newest) + ONE_AN_HOUR_MS)
    if at > tx.now + MOST_WAITING * ONE_AN_HOUR_MS:
        log.warning("An account sends so many mails that are not taken that it is told no more of them")
        return
    refusal_id = new_id(tx.now)
    row = {
        "id": refusal_id,
        "account_id": account_id,
        "post_id": post_id,
        "drafted_in": drafted_in,
        "created_at": at,
    }  # when it is told
    await tx.run(mail_refusals.insert().values(**row, reason=reason, text=text[:MAX_KEPT_CHARS]))
    await schedule(tx, ReplyRefused(refusal_id=refusal_id), at)


async def refusal(tx: Tx, refusal_id: str) -> Refusal | None:
    """None when it was told already, or its writer is gone."""
    row = await tx.one(select(mail_refusals).where(mail_refusals.c.id == refusal_id))
    if row is None or not row.reason:
        return None
    return Refusal(row.id, row.account_id, row.post_id, row.reason, row.text, row.drafted_in)


async def refusal_told(tx: Tx, refusal_id: str) -> None:
    """Its words are gone from here; that there was one is known for an hour and longer."""
    await tx.run(update(mail_refusals).where(mail_refusals.c.id == refusal_id).values(reason="", text=""))
