"""An answer to a letter becomes a comment of whom the letter went to, a message of theirs in the topic, or one to the team,
by the rules of the page; or they are told why not.

A letter says which of them. What it called private never becomes public, whatever the room chose meanwhile; where nobody
writes under the post any more, what was to be a comment is a message to the team, if its writer may send one. What was to
be said in a topic is said there or nowhere.

The address that is answered to decides who writes, and where: it is sealed and went to one mailbox. The mail's From has
to be the account's own mailbox besides. It proves nothing, since anybody can write it; but letters are passed on with
their headers, and whoever answers such a copy in good faith must not speak as somebody else.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update

from channel import comments, messages, posts, rooms
from channel.accounts import Account
from channel.accounts.queries import active
from channel.comments import names
from channel.errors import ChannelError, Conflict, Forbidden, NotFound, TooMany
from channel.ids import new_id
from channel.incoming import keeping, words
from channel.incoming.addresses import Reply
from channel.incoming.ground import Ground
from channel.incoming.keeping import Kept
from channel.incoming.places import Place, Talk, place_of
from channel.incoming.reading import Letter, same_mailbox
from channel.incoming.tables import mail_refusals
from channel.messages import queries as talks
from channel.messages.rights import refusal as no_message
from channel.notices.tables import notices
from channel.outbox import schedule
from channel.posts.linking import Links, links
from channel.posts.model import Draft, addresses
from channel.storage import Tx
from channel.tasks import ReplyRefused

ONE_AN_HOUR_MS: Final = 3_600_000
MOST_WAITING: Final = 5
MAX_KEPT_CHARS: Final = 20_000  # of what could not be taken
NOT_ALLOWED: Final = "Answers by mail are not taken in this room. Write on its page."
OTHER_SENDER: Final = "Your answer came from another address than that of your account. Send it from there, or write in the room."
EMPTY: Final = "There were no words of your own in it."
TOO_MANY: Final = "You have sent many answers by mail within an hour. Wait a while, or write in the room."

log = logging.getLogger("channel.incoming")


@dataclass(frozen=True, slots=True)
class Answered:
    """Whose answer, and to which post or message."""

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


@dataclass(frozen=True, slots=True)
class Said:
    """What a mail says, and in whose name it does."""

    sender: str
    text: str


Allow = Callable[[str], None]  # raises TooMany for an account that answers too often
Told = Callable[[str, str], None]  # after the commit: the room and the post that has a comment more


async def take(ground: Ground, mail: Kept, reply: Reply, letter: Letter, *, allow: Allow, told: Told) -> None:
    """Make of it what it is to be, or keep why not. What a program wrote (holiday notes, reports) is dropped unanswered."""
    db = ground.db
    async with db.read() as tx:
        answered = None if letter.automatic else await whose(tx, reply.notice_id)
    if answered is None:
        async with db.write() as tx:
            await keeping.done(tx, mail.id)
        return
    text = words.said(letter, ground.url)
    try:
        place = await _said(ground, mail, answered, reply, Said(letter.sender, text), allow)
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


async def _said(
    ground: Ground, mail: Kept, answered: Answered, reply: Reply, said: Said, allow: Allow
) -> str | None:
    """The room in which there is a comment more; None when there is none. Raises what the page's form does."""
    account = answered.account
    async with ground.db.read() as tx:
        place = await place_of(tx, answered.post_id, account.id)
        if not place.room.mail_replies:
            raise Forbidden(NOT_ALLOWED)
        if not same_mailbox(said.sender, account.email or ""):
            raise Forbidden(OTHER_SENDER)
        private = reply.private or await _is_private(tx, place)
        if place.refusal is not None and not private:
            raise place.refusal
        if not said.text:
            raise Forbidden(EMPTY)
        found = None if private else await _links(tx, place, said.text)
    try:
        allow(account.id)
    except TooMany as error:
        raise Forbidden(TOO_MANY) from error
    if found is None:
        await _to_team(ground, mail, answered, place, said.text)
        return None
    if isinstance(place, Talk):
        await _message(ground, mail, answered, found, said.text)
        return None
    rendered = await comments.prepare(said.text, rooms=found.rooms, known=found.known)
    async with ground.db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return None
        thread = await comments.thread(tx, answered.post_id, account.id, hold=True)
        await comments.publish(tx, thread, account, rendered, f"mail-{mail.id}")
    return thread.room.id


async def _is_private(tx: Tx, place: Place) -> bool:
    """Whether an answer to a letter that said nothing of the kind goes to the team all the same."""
    if place.room.mail_to == "inbox":
        return True
    if place.refusal is None or isinstance(place, Talk):
        return False
    return no_message(place.by, await talks.box(tx, place.community.id)) is None


async def _links(tx: Tx, place: Place, text: str) -> Links:
    if isinstance(place, Talk):
        return await links(tx, place.by, place.community, text, room=place.room)
    return await names.links(tx, place, text)


async def _message(ground: Ground, mail: Kept, answered: Answered, found: Links, text: str) -> None:
    """In the topic, which is asked for again: who was banned meanwhile says nothing there. Raises what the page's form
    does."""
    rendered = await posts.prepare(Draft.parse(text), rooms=found.rooms, known=found.known)
    async with ground.db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return
        place = await place_of(tx, answered.post_id, answered.account.id)
        assert isinstance(place, Talk)
        by, author, key = place.by, answered.account, f"mail-{mail.id}"
        await posts.publish(tx, by, author, place.room, rendered, key, topic=place.topic)


async def _to_team(ground: Ground, mail: Kept, answered: Answered, place: Place, text: str) -> None:
    """To the team of the community, with the way to the post that it answers. Raises what the page's form does."""
    community, room, seq = place.community, place.room, place.post.seq
    about = f"[↩ {room.slug} · {seq}]({ground.url}/@{community.handle}/{room.slug}/{seq})"
    async with ground.db.read() as tx:
        links = addresses(community.handle, await rooms.of_community(tx, community.id))
    rendered = await messages.prepare(f"{about}\n\n{text}", rooms=links)
    async with ground.db.write() as tx:
        if not await keeping.done(tx, mail.id):
            return
        # Asked again: who was banned meanwhile, or lost the tier of the post, says nothing about it.
        place = await place_of(tx, answered.post_id, answered.account.id)
        await messages.write(tx, place.by, answered.account, rendered, f"mail-{mail.id}")


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
