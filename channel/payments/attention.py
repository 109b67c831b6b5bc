"""What about money waits for the creator: payments that fail, disputes, accounts that broke, trials that end."""

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, func, select

from channel.accounts import Account
from channel.accounts.queries import COLUMNS as ACCOUNT
from channel.accounts.queries import account_of
from channel.accounts.tables import accounts
from channel.payments.model import Holding, Status
from channel.payments.queries import holding_of
from channel.payments.tables import connections, holdings
from channel.storage import Prepared, Tx
from channel.tiers.tables import tiers

MAX_SHOWN: Final = 50
_FAILING = Prepared(
    select(func.count().label("size")).where(
        holdings.c.community_id == bindparam("community_id"),
        holdings.c.status == bindparam("status"),
    )
)
_BROKEN = Prepared(
    select(func.count().label("size")).where(
        connections.c.community_id == bindparam("community_id"), connections.c.problem != ""
    )
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits: payments to follow up, and payment accounts that need a hand."""

    failing: int
    broken: int

    @property
    def all(self) -> int:
        return self.failing + self.broken


NOTHING: Final = Waiting(0, 0)


@dataclass(frozen=True, slots=True)
class Matter:
    """A purchase that somebody may want to look after, and whose it is."""

    holding: Holding
    account: Account
    tier_name: str


async def waiting(tx: Tx, community_id: str) -> Waiting:
    """For the desk and the navigation, of real and of pretend money."""
    failing = await tx.one(_FAILING, community_id=community_id, status=Status.PAST_DUE.value)
    broken = await tx.one(_BROKEN, community_id=community_id)
    return Waiting(failing.size if failing else 0, broken.size if broken else 0)


async def matters(tx: Tx, community_id: str, status: Status, *, live: bool) -> list[Matter]:
    """Purchases in this state, at most 50: what is most urgent first."""
    joined = (
        holdings.join(connections, connections.c.id == holdings.c.connection_id)
        .join(accounts, accounts.c.id == holdings.c.account_id)
        .outerjoin(tiers, tiers.c.id == holdings.c.tier_id)
    )
    # The account's columns bring its id along under the name that a holding's own column has.
    columns: list[Any] = [holdings.c[name] for name in Holding.__dataclass_fields__ if name != "account_id"]
    query = select(*columns, *ACCOUNT, tiers.c.name.label("tier_name")).select_from(joined)
    query = query.where(
        holdings.c.community_id == community_id, holdings.c.status == status, connections.c.live.is_(live)
    )
    urgent = {Status.PAST_DUE: holdings.c.access_until, Status.TRIAL: holdings.c.trial_end}
    rows = await tx.all(
        query.order_by(urgent.get(status, holdings.c.created_at), holdings.c.id).limit(MAX_SHOWN)
    )
    return [Matter(holding_of(row), account_of(row), row.tier_name or "") for row in rows]
