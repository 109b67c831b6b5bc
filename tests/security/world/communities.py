"""Communities: the two, with their tiers and rooms."""

from channel import communities, tiers
from channel.tiers import Tier
from tests.cast import Scene, creator
from tests.security.sights import GOLD, PLATINUM
from tests.security.world.accounts import Accounts
from tests.security.world.groups import Groups


class Communities(Groups, Accounts):
    """Anna's, which is public, and Zoe's, which is private."""

    async def communities(self) -> None:
        self.operator = await self._account("operator", admin=True)
        self.anna = await creator(self.db, "anna")
        self.zoe = await creator(self.db, "zoe", visibility="private")
        self.gold = await self.anna.tier("Gold", GOLD)
        self.spare = {"anna": await self.anna.tier("Platinum", PLATINUM)}
        self.circle = await self.anna.room("circle", min_rank=0)
        self.vault = await self.anna.room("vault", min_rank=GOLD)
        inside = self._in_zoe
        self.zoe_gold = await self.zoe.tier(self._canary("zoetier", inside), GOLD)
        self.spare["zoe"] = await self.zoe.tier("Zoes Platinum", PLATINUM)
        self.zoe_vault = await self.zoe.room("vault", min_rank=GOLD, name=self._canary("zoeroom", inside))
        async with self.db.write() as tx:
            await communities.update_fields(tx, self.zoe.community.id, about=self._canary("zoeabout", inside))
            for scene in (self.anna, self.zoe):
                await communities.update_fields(tx, scene.community.id, reach_shown=True)
        await self.anna.refresh()
        await self.zoe.refresh()
        await self._groups()

    async def _free_tier(self, scene: Scene) -> Tier:
        async with self.db.read() as tx:
            return await tiers.free(tx, scene.community.id)
