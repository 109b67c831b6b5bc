"""Webhooks, and addresses by which programs post."""

from channel import hooks
from channel.hooks import incoming
from channel.members import Action
from tests.cast import Scene
from tests.security.sights import Sight
from tests.security.world.ground import Ground


class Hooks(Ground):
    """Ways out and in, for programs."""

    async def _hooks(self, scene: Scene) -> tuple[str, str]:
        """A webhook, of what never happens here, and an address by which a program posts. Both are for admins alone."""
        handle, secret = scene.community.handle, self.app.state.services.secret

        def admins(sight: Sight) -> bool:
            return sight.at(handle).may(Action.EDIT_COMMUNITY)

        given = {
            "name": self._canary(f"{handle}hook", admins)[:60], "kinds": ("community.reopened",),
            "url": f"https://{handle}.friend.org/in",
        }  # fmt: skip
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            made, signs = await hooks.create(tx, by, scene.community, secret, given)
            way = await incoming.create(
                tx, by, scene.community, hooks.Seal(secret), name="Weather", room_id=scene.news.id
            )
        assert signs
        assert way.secret
        self.canaries.watch(f"{handle}hooksecret", signs, admins)
        self.canaries.watch(f"{handle}incomingsecret", way.secret, admins)
        if scene is self.anna:
            self.own["incoming_secret"] = way.secret
        return made.id, way.id
