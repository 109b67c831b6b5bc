"""The mail consumer: turns facts into letters, and looks at the state of things again when it does.

The secret of a link is made here, in a transaction of its own, just before the mail: no queue and no log ever holds
one. If the server dies between sending and settling, the mail goes out twice; both links work, each once. For letters
about money see money/desk.
"""

from collections.abc import Awaitable, Callable

from channel import communities
from channel.accounts import emails, links, one
from channel.errors import NotFound
from channel.events import EmailProofAsked, Event, LetterDue, LetterPlanned, SignInLinkAsked
from channel.incoming import replies
from channel.notices.queries import refused
from channel.notify import letters, money
from channel.notify.hooked.letter import stopped
from channel.notify.sender import Mail, Sender
from channel.payments import Seal
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.rooms import one as one_room
from channel.settings import Settings
from channel.storage import Database, Tx
from channel.tasks import HookStopped, ReplyRefused

PROOF_MINUTES = emails.PROOF_MS // 60_000


def mail_handler(
    db: Database, sender: Sender, settings: Settings, seal: Seal
) -> Callable[[Event], Awaitable[None]]:
    """The handler for events routed to "mail". Raises what the sender raises."""

    async def handle(event: Event) -> None:
        if isinstance(event, LetterDue | LetterPlanned):
            mail = await money.write(db, seal, settings, event)
            if mail is not None:
                await sender.send(mail)
                await money.left(db, event)
            return
        mail = await _letter_for(db, settings, event)
        if mail is not None:
            await sender.send(mail)
        if isinstance(event, ReplyRefused):
            async with db.write() as tx:
                await replies.refusal_told(tx, event.refusal_id)

    return handle


async def _letter_for(db: Database, settings: Settings, event: Event) -> Mail | None:
    match event:
        case SignInLinkAsked():
            return await _sign_in(db, settings, event)
        case EmailProofAsked():
            return await _email_proof(db, settings, event)
        case HookStopped():
            return await stopped(db, settings, event)
        case ReplyRefused():
            return await _refusal(db, settings, event)
        case _:
            raise TypeError(f"No letter tells of {event.kind}.")


async def _sign_in(db: Database, settings: Settings, asked: SignInLinkAsked) -> Mail | None:
    """None when the account is gone, suspended, or has another address by now (or never was)."""
    async with db.write() as tx:
        try:
            account = await one(tx, asked.account_id)
        except NotFound:
            return None
        if account.state != "active" or not account.email or account.email != asked.email:
            return None
        secret = await links.sign_in_link(tx, account.id, minutes=links.MAIL_MINUTES)
    language = account.language or asked.language
    return letters.sign_in(
        settings, to=account.email, language=language, secret=secret, minutes=links.MAIL_MINUTES
    )


async def _email_proof(db: Database, settings: Settings, asked: EmailProofAsked) -> Mail | None:
    """None when the account is gone or suspended, has proven this address already, or it was erased from the log.

    An address to which letters are paused is proven once more: that is how its owner says that it works.
    """
    async with db.write() as tx:
        try:
            account = await one(tx, asked.account_id)
        except NotFound:
            return None
        if account.state != "active" or not asked.email:
            return None
        if account.email == asked.email and not await refused(tx, account.id, account.email):
            return None
        secret = await emails.email_proof(tx, account.id, asked.email)
    language = account.language or asked.language
    return letters.email_proof(
        settings, to=asked.email, language=language, secret=secret, minutes=PROOF_MINUTES
    )


async def _refusal(db: Database, settings: Settings, told: ReplyRefused) -> Mail | None:
    """None when it was told already, or nobody is there to be told. To the proven address, whoever sent the mail."""
    async with db.read() as tx:
        refusal = await replies.refusal(tx, told.refusal_id)
        if refusal is None:
            return None
        account = await one(tx, refusal.account_id)
        if account.state != "active" or not account.email or await refused(tx, account.id, account.email):
            return None
        what: letters.Refused
        if refusal.drafted_in:
            what, link = "pictures", await _drafts(tx, refusal.drafted_in)
        else:
            what, link = await _place(tx, refusal.post_id)
    return letters.refused(
        settings, what, to=account.email, language=account.language or "en", reason=refusal.reason,
        text=refusal.text, link=settings.url + link,
    )  # fmt: skip


async def _drafts(tx: Tx, community_id: str) -> str:
    """Where the drafts of a community are, as a path; "/" when it is gone."""
    try:
        return f"/studio/{(await communities.one(tx, community_id)).handle}/drafts"
    except NotFound:
        return "/"


async def _place(tx: Tx, post_id: str | None) -> tuple[letters.Refused, str]:
    """What was to be an answer to it, or (None) a draft; and where it stands, as a path: "/" where it does not any more."""
    if post_id is None:
        return "draft", "/"
    try:
        post = await posts.one(tx, post_id)
        return "answer" if post.topic_id is None else "message", await _path(tx, post)
    except NotFound:
        return "answer", "/"


async def _path(tx: Tx, post: Post) -> str:
    room = await one_room(tx, post.room_id)
    community = await communities.one(tx, post.community_id)
    return f"/@{community.handle}/{room.slug}/{post.seq}"
