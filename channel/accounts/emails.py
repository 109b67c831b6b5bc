"""Mail addresses: asking for a link by mail, and proving that one reads an address before it counts.

No answer here tells whether an account exists: asking costs the same work and says the same for everybody. The secret
is made when the mail is made (notify/), so that no queue holds one.
"""

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from channel import outbox
from channel.accounts import guesses, one_time
from channel.accounts.model import Account, parse_email, parse_language
from channel.accounts.queries import active
from channel.accounts.tables import accounts
from channel.errors import Conflict
from channel.events import EmailProofAsked, SignInLinkAsked, account_stream
from channel.storage import Tx

PROOF_MS = 60 * 60_000
HOUR_MS = 60 * 60_000
# Stands in for the account that an unknown address does not have. Nobody can listen to its stream, and it holds no
# address; the mail handler finds no account and sends nothing.
NOBODY = "00000000-0000-0000-0000-000000000000"


async def ask_sign_in_mail(tx: Tx, email: str, language: str | None, *, network: str | None = None) -> None:
    """Have a sign-in link sent, if an account has proven this address.

    Raises Invalid for what is no address, and TooMany after 3 an hour for an address or 100 a quarter of an hour from
    a network, whether or not there is an account.
    """
    address = parse_email(email)
    await _spend(tx, address, network)
    known = select(accounts.c.id).where(accounts.c.email == address, accounts.c.state == "active")
    account_id = await tx.value(known)
    asked = SignInLinkAsked(
        account_id=account_id or NOBODY,
        email=address if account_id else "",
        language=parse_language(language) or "en",
    )
    await outbox.emit(tx, asked)


async def _spend(tx: Tx, address: str, network: str | None) -> None:
    await guesses.spend(tx, guesses.by_name("mail", address), guesses.PER_ADDRESS)
    if network:
        await guesses.spend(tx, f"mail:network:{network}", guesses.PER_NETWORK)


async def ask_email_proof(tx: Tx, account_id: str, email: str, language: str | None) -> None:
    """Send a link to `email` that makes it the account's. Raises Invalid, TooMany, Forbidden, NotFound.

    Whether another account has the address is told only to somebody who reads its mail.
    """
    address = parse_email(email)
    await active(tx, account_id)
    await guesses.spend(tx, f"proof:account:{account_id}", guesses.PER_ACCOUNT)
    await _spend(tx, address, None)
    await outbox.emit(
        tx, EmailProofAsked(account_id=account_id, email=address, language=parse_language(language) or "en")
    )


async def email_proof(tx: Tx, account_id: str, email: str) -> str:
    """The secret for the mail that proves `email`; an earlier one of the account stops working."""
    return await one_time.issue(
        tx, "email", lasts_ms=PROOF_MS, account_id=account_id, data=parse_email(email), replace=True
    )


async def proof_waiting(tx: Tx, secret: str) -> str:
    """The address that the secret would prove, while it still does. Uses nothing up. Raises Gone."""
    return (await one_time.look(tx, secret, "email")).data


async def prove_email(tx: Tx, secret: str) -> Account:
    """Make the proven address the account's own. Signs nobody in. Raises Gone, Conflict when another account has it."""
    redeemed = await one_time.redeem(tx, secret, "email")
    account = await active(tx, redeemed.account_id or "")
    try:
        await tx.run(update(accounts).where(accounts.c.id == account.id).values(email=redeemed.data))
    except IntegrityError as error:
        raise Conflict(
            "Another account uses this address. Sign in with it instead.", code="email_taken"
        ) from error
    return await active(tx, account.id)


async def remove_email(tx: Tx, account_id: str) -> None:
    """The account has no address any more; mail signs nobody in."""
    await tx.run(update(accounts).where(accounts.c.id == account_id).values(email=None))


async def sweep(tx: Tx) -> None:
    """Forget that unknown addresses were asked for."""
    log = outbox.events
    await tx.run(delete(log).where(log.c.stream == account_stream(NOBODY), log.c.at < tx.now - HOUR_MS))
