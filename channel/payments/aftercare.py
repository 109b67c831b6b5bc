"""What staff may look after of one person's purchases: the right is asked here, the counter does the rest."""

from sqlalchemy import select

from channel.communities import Community
from channel.errors import NotFound
from channel.members import Action, Entitlement
from channel.members.rights import require
from channel.payments import queries
from channel.payments.model import Holding
from channel.payments.tables import ledger
from channel.storage import Tx


async def purchase(
    tx: Tx, by: Entitlement, community: Community, account_id: str, holding_id: str
) -> Holding:
    """What this very person bought in this very community. Raises NotFound, Forbidden."""
    require(by, community, Action.HANDLE_MONEY)
    held = await queries.holding(tx, holding_id)
    if (held.community_id, held.account_id) != (community.id, account_id):
        raise NotFound("There is no such purchase.")
    return held


async def charge(tx: Tx, held: Holding, charge_id: str) -> int:
    """What a payment of this purchase came to, in minor units. Raises NotFound for one of another."""
    query = select(ledger.c.amount).where(
        ledger.c.holding_id == held.id, ledger.c.kind == "charge", ledger.c.external_id == charge_id
    )
    amount = await tx.value(query)
    if amount is None:
        raise NotFound("There is no such payment.")
    return int(amount)
