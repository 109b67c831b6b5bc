"""The letter that brings a gift to somebody who may never have been here."""

from channel import communities, tiers
from channel.accounts.queries import by_email
from channel.communities import Community
from channel.errors import Conflict, NotFound
from channel.notify.money.case import Draft
from channel.notify.sender import Undeliverable
from channel.payments import Seal, giving, vouchers
from channel.payments.codes import shown
from channel.storage import Tx


async def gift(tx: Tx, seal: Seal, voucher_id: str) -> tuple[Draft, str, str] | None:
    """The letter, to which address, and in which language. None when it has left, or the gift opens nothing any more.

    Raises Undeliverable when the code cannot be read.
    """
    voucher = await vouchers.one(tx, voucher_id)
    community = await communities.one(tx, voucher.community_id)
    over = voucher.expires_at is not None and voucher.expires_at <= tx.now
    if not voucher.to_email or voucher.sent_at is not None or voucher.state != "open" or over:
        return None
    if community.deleted:
        return None
    try:
        code = await giving.code_of(tx, voucher, seal)
    except Conflict as error:
        raise Undeliverable(
            "The code of this gift was sealed with another secret.key.", permanent=True
        ) from error
    tier = await tiers.one(tx, community.id, voucher.tier_id)
    words: dict[str, object] = {
        "gift": voucher, "tier": tier, "community": community, "code": code, "printed": shown(code),
    }  # fmt: skip
    return Draft(words), voucher.to_email, await _language(tx, voucher.to_email, community)


async def _language(tx: Tx, email: str, community: Community) -> str:
    try:
        account = await by_email(tx, email)
    except NotFound:
        return community.language
    return account.language or community.language
