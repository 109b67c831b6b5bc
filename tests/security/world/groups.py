"""Groups: topics and messages in them."""

from channel import topics
from tests.security.sights import GOLD
from tests.security.world.ground import Ground
from tests.topics import talking


class Groups(Ground):
    """Open ones and paid ones, and what is said there."""

    async def _groups(self) -> None:
        """Open ones and paid ones; and one with a past that those who come later do not see."""
        self.groups = {
            scene.community.handle: (
                await talking.group(scene, "talk"),
                await talking.group(scene, "goldtalk", min_rank=GOLD),
            )
            for scene in (self.anna, self.zoe)
        }
        self.fresh = await talking.group(self.anna, "fresh", min_rank=0, history=0)
        staff = self._canary("pasttopic", self._of_staff), self._canary("past", self._of_staff)
        topic = await talking.start(self.anna, self.fresh, staff[0])
        self.past = await talking.say(self.anna, self.fresh, staff[1], topic=topic)
        self.clock.forward(1)

    async def _conversations(self) -> None:
        """A topic and a message in each group, by its owner."""
        self.talks = {}
        for scene in (self.anna, self.zoe):
            handle, (open_group, paid_group) = scene.community.handle, self.groups[scene.community.handle]
            anyone = self._from(-1) if scene is self.anna else self._in_zoe
            gold = self._from(GOLD) if scene is self.anna else self._in_zoe
            made = []
            for group, kind, reader in ((open_group, "talk", anyone), (paid_group, "goldtalk", gold)):
                topic = await talking.start(scene, group, self._canary(f"{handle}{kind}topic", reader))
                said = await talking.say(scene, group, self._canary(f"{handle}{kind}", reader), topic=topic)
                made.append((topic, said))
            async with self.db.read() as tx:
                self.generals[handle] = (await topics.by_number(tx, open_group.id, 1)).id
            self.talks[handle] = (made[0][0], made[1][0], made[0][1], made[1][1])
        await talking.say(self.anna, self.fresh, self._canary("present", self._from(0)), quote=self.past)
