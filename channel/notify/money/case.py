"""What a letter about money is made of, loaded at the moment of sending."""

from dataclasses import dataclass

from channel import communities, members, tiers
from channel.accounts import Account, one
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.payments import Connection, Holding, queries
from channel.storage import Tx
from channel.tiers import Tier


@dataclass(frozen=True, slots=True)
class Case:
    """Who is told (`by`: what they may there), of which community, and the id of what the letter is about.

    `for_at`: the moment that a planned letter tells ahead of, epoch ms; 0 for the others.
    """

    tx: Tx
    account: Account
    community: Community
    by: Entitlement
    about: str
    for_at: int = 0

    @property
    def inside(self) -> bool:
        """They are a member of a community that is there: who left, was put out or lost it is not invited back."""
        return self.by.belongs and not self.community.deleted


@dataclass(frozen=True, slots=True)
class Draft:
    """What goes into a letter. `once` tells it from a later letter of the same name about the same thing."""

    words: dict[str, object]
    once: str = ""


@dataclass(frozen=True, slots=True)
class Bought:
    """A purchase with what it is of. `tier` None: it is gone, or it was no pass."""

    holding: Holding
    connection: Connection
    tier: Tier | None

    @property
    def pretend(self) -> bool:
        """No money moved. What is paid by hand is real whatever the connection says: there is no test mode of cash."""
        return not self.connection.live and self.connection.provider != "manual"


async def case_of(tx: Tx, account_id: str, community_id: str, about: str, *, for_at: int = 0) -> Case:
    """Raises NotFound."""
    community = await communities.one(tx, community_id)
    account = await one(tx, account_id)
    by = await members.entitlement(tx, community, account.id)
    return Case(tx, account, community, by, about, for_at)


async def bought(tx: Tx, holding_id: str) -> Bought:
    """Raises NotFound."""
    held = await queries.holding(tx, holding_id)
    tier = await tier_of(tx, held)
    return Bought(held, await queries.connection(tx, held.connection_id), tier)


async def tier_of(tx: Tx, held: Holding) -> Tier | None:
    """The pass that is paid for."""
    try:
        return await tiers.one(tx, held.community_id, held.tier_id) if held.tier_id else None
    except NotFound:
        return None
