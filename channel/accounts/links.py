"""Links that sign in: printed by the operator, sent by mail, shown as a QR code to one's own phone.

Opening one shows a button; only pressing it (a POST) redeems it, so that link scanners use nothing up.
"""

from channel.accounts import one_time
from channel.accounts.model import Account, LinkPurpose
from channel.accounts.queries import active
from channel.storage import Tx

MINUTE_MS = 60_000
MAIL_MINUTES = 10
PHONE_MINUTES = 5


async def sign_in_link(tx: Tx, account_id: str, *, purpose: LinkPurpose = "sign_in", minutes: int) -> str:
    """The secret of a fresh link. A new phone link replaces the one before it. Raises Forbidden, NotFound."""
    await active(tx, account_id)
    return await one_time.issue(
        tx, purpose, lasts_ms=minutes * MINUTE_MS, account_id=account_id, replace=purpose == "phone"
    )


async def waiting(tx: Tx, secret: str) -> LinkPurpose:
    """Which kind of link this is, while it still opens. Uses nothing up. Raises Gone."""
    found = await one_time.look(tx, secret, "sign_in", "phone")
    return "phone" if found.purpose == "phone" else "sign_in"


async def redeem_sign_in(tx: Tx, secret: str) -> Account:
    """Whose link it was; it opens no second time. Raises Gone, Forbidden (suspended; the link stays)."""
    redeemed = await one_time.redeem(tx, secret, "sign_in", "phone")
    return await active(tx, redeemed.account_id or "")
