"""Members: everybody who looks, and how they came to be what they are."""

from channel import invites, members
from channel.accounts import Account
from channel.invites import Invite, Seal
from channel.members import Action, Role, State, actions, joining
from channel.members.model import STAFF_RANK
from tests.cast import Scene, person
from tests.security.sights import BANNED_RANK, GOLD, STAFF, Sight, Standing
from tests.security.world.money import Money


class Members(Money):
    """The cast."""

    async def people(self) -> None:
        """Everybody who looks, and how they came to be what they are."""
        expired = await self._expiring_token()
        for role in STAFF[1:]:
            await self._seen(role.value, await self.anna.member(role.value, role=role), role=role)
        await self._seen("owner", self.anna.owner, role=Role.OWNER)
        await self._seen("gold", await self.anna.member("gold", tier=self.gold), rank=GOLD)
        await self._seen("free", await self._free(), rank=0)
        await self._lapsed()
        await self._paying()
        await self._muted()
        await self._banned()
        await self._asking()
        left = await self.anna.member("left", tier=self.gold)
        async with self.db.write() as tx:
            await joining.leave(tx, left.id, self.anna.community)
        await self._seen("left", left, state=State.LEFT)
        await self._seen("outsider", await person(self.db, "outsider"), state=None)
        await self._seen("operator", self.operator, state=None)
        zoe = Standing(Role.OWNER, State.ACTIVE, STAFF_RANK)
        await self._seen("creator", self.zoe.owner, state=None, zoe=zoe)
        await self._seen(
            "zoegold", await self._zoe_gold(), state=None, zoe=Standing(Role.MEMBER, State.ACTIVE, GOLD)
        )
        await self._without_credentials(expired)
        await self._victims()

    async def _free(self) -> Account:
        """Their name is a canary: the list of members is not for everybody."""

        def reader(sight: Sight) -> bool:
            return self._is(sight, "free") or sight.at("anna").may(Action.SEE_MEMBERS) or sight.admin

        return await self.anna.member(self._canary("membername", reader)[:40])

    async def _zoe_gold(self) -> Account:
        return await self.zoe.member("zoegold", tier=self.zoe_gold)

    async def _lapsed(self) -> None:
        account = await self.anna.member("lapsed", tier=self.gold)
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.give_tier(tx, owner, self.anna.community, [account.id], self.anna.free.id)
        await self._seen("lapsed", account, rank=0)

    async def _muted(self) -> None:
        account = await self.anna.member("muted")
        reason = self._canary("mutereason", self._of_staff_or("muted"))
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.mute(tx, owner, self.anna.community, account.id, reason=reason)
        await self._seen("muted", account, rank=0, state=State.MUTED)

    async def _banned(self) -> None:
        account = await self.anna.member("banned", tier=self.gold)
        reason = self._canary("banreason", self._of_staff_or("banned"))
        async with self.db.write() as tx:
            owner = await self.anna.by(tx, self.anna.owner)
            await actions.ban(tx, owner, self.anna.community, account.id, reason=reason)
        await self._seen("banned", account, state=State.BANNED, rank=BANNED_RANK)

    async def _asking(self) -> None:
        account = await person(self.db, "requested")
        note = self._canary("note", self._of_staff_or("requested"))
        async with self.db.write() as tx:
            await joining.join(tx, account, self.anna.community, approve=True, note=note)
        await self._seen("requested", account, state=State.REQUESTED)

    async def _victims(self) -> None:
        """Plain members on whom staff act."""
        self.victims = {"anna": await self.anna.member("vic"), "zoe": await self.zoe.member("bea")}
        self.golden = {
            "anna": await self.anna.member("gil", tier=self.gold),
            "zoe": await self.zoe.member("gia", tier=self.zoe_gold),
        }

    async def _invites(self, scene: Scene) -> Invite:
        """Two links, for the free tier and for a paid one; the first of them."""
        handle = scene.community.handle
        label = self._canary(f"{handle}label", lambda sight: sight.at(handle).may(Action.SEE_MEMBERS))
        seal = Seal(self.app.state.services.secret)
        async with self.db.write() as tx:
            by = await members.entitlement(tx, scene.community, scene.owner.id)
            invite = await invites.create(tx, by, scene.community, seal, label=label)
            grants = self.gold.id if scene is self.anna else self.zoe_gold.id
            golden = await invites.create(tx, by, scene.community, seal, tier_id=grants)
        assert invite.code
        assert golden.code
        self.canaries.watch(
            f"{handle}code", invite.code, lambda sight: sight.at(handle).may(Action.SEE_MEMBERS)
        )
        self.canaries.watch(
            f"{handle}goldcode", golden.code, lambda sight: sight.at(handle).may(Action.GIVE_TIER)
        )
        return invite
