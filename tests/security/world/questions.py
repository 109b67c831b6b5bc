"""Questions, and who asked them."""

from typing import Any

from channel import looks
from channel.members import Action
from channel.posts.model import Post
from channel.questions import Terms, prompts
from channel.questions import queries as question_queries
from tests.cast import Scene
from tests.media import sending
from tests.questions import asking
from tests.security.sights import GOLD, Sight
from tests.security.world.looks import Looks


class Questions(Looks):
    """What is asked, and who does not want to be named."""

    async def _questions(self, scene: Scene, *posts: Post) -> list[str]:
        """Both posts ask for questions, and the box is open. Who asked in them does not want to be named."""
        handle = scene.community.handle
        inside: Any = self._from(-1) if scene is self.anna else self._in_zoe
        gold: Any = self._from(GOLD) if scene is self.anna else self._in_zoe

        def team(sight: Sight) -> bool:
            return sight.at(handle).may(Action.SEE_STUDIO) or sight.admin

        tier = self.gold if scene is self.anna else self.zoe_gold
        asker = await scene.member(self._canary(f"{handle}asker", team)[:40], tier=tier)
        face = await self._made(sending.photo())
        async with self.db.write() as tx:
            worn = (await looks.wear(tx, asker.id, face)).avatar
        self.canaries.watch(f"{handle}askerface", worn.removeprefix("own:"), team)
        await asking.box(scene)
        found = []
        for kind, post, reader in (("open", posts[0], inside), ("paid", posts[1], gold)):
            async with self.db.write() as tx:
                by = await scene.by(tx, scene.owner)
                where = await prompts.ask_for(tx, by, post, Terms.parse(tx.now), fresh=True)
            text = self._canary(f"{handle}asked{kind}", reader)
            found.append((await asking.ask(scene, asker, where, text, show_name=False)).id)
        boxed = self._canary(f"{handle}boxed", team)
        async with self.db.read() as tx:
            box = await question_queries.box(tx, scene.community.id)
        await asking.ask(scene, asker, box, boxed, show_name=False)
        return found
