"""The team's inbox."""

from channel.inbox import Key
from channel.members import Action
from channel.messages import saved
from tests.cast import Scene
from tests.messages import writing as letters
from tests.security.sights import TALKERS, Sight
from tests.security.world.ground import Ground


class Inbox(Ground):
    """What a follower and the team wrote to each other."""

    async def _letters(self, scene: Scene) -> tuple[str, str, str, str]:
        """A follower writes to the team, which has answered before: their conversation, its last message, an answer that
        the team keeps, and its item in the inbox."""
        handle = scene.community.handle
        name = TALKERS[handle]
        talker = self.viewers[name].page.account
        assert talker is not None

        def team(sight: Sight) -> bool:
            return sight.at(handle).may(Action.ANSWER)

        def both(sight: Sight) -> bool:
            return team(sight) or self._is(sight, name)

        await letters.open_box(scene)
        await letters.write(scene, talker, self._canary(f"{handle}letter", both))
        await letters.answer(scene, talker, self._canary(f"{handle}reply", both))
        last = await letters.write(scene, talker, self._canary(f"{handle}lastletter", both))
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            text = self._canary(f"{handle}saved", team)
            kept = await saved.keep(tx, by, scene.community, name=f"N {text[-8:]}", text=text)
        return last.conversation_id, last.id, kept.id, str(Key("message", last.conversation_id, talker.id))
