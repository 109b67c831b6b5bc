"""The people of the tests and their community, made through the doors that the product uses."""

from dataclasses import dataclass, field, replace

from channel import accounts, communities, members, rooms, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.members import Entitlement, Role, actions, governing, joining, queries
from channel.members.model import Standing
from channel.rooms import Room
from channel.storage import Database, Tx
from channel.tiers import Tier


@dataclass
class Scene:
    """A creator's community: who plays in it is in `people`, by name."""

    db: Database
    owner: Account
    community: Community
    news: Room
    free: Tier
    people: dict[str, Account] = field(default_factory=dict)

    async def by(self, tx: Tx, account: Account | None) -> Entitlement:
        """What `account` (None: nobody signed in) may do here now."""
        community = await communities.one(tx, self.community.id)
        return await members.entitlement(tx, community, account.id if account else None)

    async def refresh(self) -> Community:
        """The community as it is now."""
        async with self.db.read() as tx:
            self.community = await communities.one(tx, self.community.id)
        return self.community

    async def tier(self, name: str, rank: int) -> Tier:
        """A tier of the community, made by its owner."""
        async with self.db.write() as tx:
            return await governing.create_tier(
                tx, await self.by(tx, self.owner), self.community, name=name, rank=rank
            )

    async def room(self, slug: str, *, min_rank: int | None = None, name: str = "") -> Room:
        """A room of the community, made by its owner."""
        async with self.db.write() as tx:
            owner = await self.by(tx, self.owner)
            made = {"slug": slug, "name": name or slug.title(), "min_rank": min_rank}
            return await governing.create_room(tx, owner, self.community, **made)  # type: ignore[arg-type]

    async def member(self, name: str, *, tier: Tier | None = None, role: Role = Role.MEMBER) -> Account:
        """Somebody who joined, with a tier and a role given by the owner."""
        async with self.db.write() as tx:
            account = await accounts.create(tx, name=name)
            await join_unasked(tx, account, self.community)
            owner = await self.by(tx, self.owner)
            if tier is not None:
                await actions.give_tier(tx, owner, self.community, [account.id], tier.id)
            if role is not Role.MEMBER:
                await actions.give_role(tx, owner, self.community, account.id, role)
        self.people[name] = account
        return account

    async def standing(self, account: Account) -> Standing:
        """How the account stands in the community, as stored."""
        async with self.db.read() as tx:
            found = await queries.standing(tx, self.community.id, account.id)
        assert found is not None, "a stranger"
        return found


async def join_unasked(tx: Tx, account: Account, community: Community) -> None:
    """Join whatever the community asks of newcomers."""
    await joining.join(tx, account, replace(community, visibility="public", approval=False))


async def person(db: Database, name: str = "Somebody") -> Account:
    """An account that is in no community."""
    async with db.write() as tx:
        return await accounts.create(tx, name=name)


async def creator(
    db: Database, name: str = "anna", *, handle: str | None = None, visibility: str = "public"
) -> Scene:
    """Somebody with a community of their own, at @`handle` (default: their name)."""
    async with db.write() as tx:
        owner = await accounts.create(tx, name=name.title(), handle=f"{name}_"[:30])
        community = await members.found(
            tx, owner, handle=handle or name, name=f"{name.title()}s world", visibility=visibility
        )
        news = await rooms.by_slug(tx, community.id, "news")
        free = await tiers.free(tx, community.id)
    return Scene(db, owner, community, news, free, {name: owner})


async def member(
    db: Database, scene: Scene, name: str, *, tier: Tier | None = None, role: Role = Role.MEMBER
) -> Account:
    """Somebody in the community of `scene`."""
    assert scene.db is db
    return await scene.member(name, tier=tier, role=role)
