"""The mail consumer: turns facts into letters, and looks at the state of things again when it does.

The secret of a link is made here, in a transaction of its own, just before the mail: no queue and no log ever holds
one. If the server dies between sending and settling, the mail goes out twice; both links work, each once. For letters
about money see money/desk.
"""

from collections.abc import Awaitable, Callable

from channel.accounts import emails, links, one
from channel.errors import NotFound
from channel.events import EmailProofAsked, Event, LetterDue, LetterPlanned, SignInLinkAsked
from channel.notify import letters, money
from channel.notify.hooked.letter import stopped
from channel.notify.sender import Mail, Sender
from channel.payments import Seal
from channel.settings import Settings
from channel.storage import Database
from channel.tasks import HookStopped

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

    return handle


async def _letter_for(db: Database, settings: Settings, event: Event) -> Mail | None:
    match event:
        case SignInLinkAsked():
            return await _sign_in(db, settings, event)
        case EmailProofAsked():
            return await _email_proof(db, settings, event)
        case HookStopped():
            return await stopped(db, settings, event)
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
    """None when the account is gone or suspended, has proven this address already, or it was erased from the log."""
    async with db.write() as tx:
        try:
            account = await one(tx, asked.account_id)
        except NotFound:
            return None
        if account.state != "active" or not asked.email or account.email == asked.email:
            return None
        secret = await emails.email_proof(tx, account.id, asked.email)
    language = account.language or asked.language
    return letters.email_proof(
        settings, to=asked.email, language=language, secret=secret, minutes=PROOF_MINUTES
    )
