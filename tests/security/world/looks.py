"""Covers, faces and emoji."""

from collections.abc import Sequence

from channel import emotes, looks
from channel.emotes import Emote
from channel.emotes.model import CUT
from channel.looks import parse_cut
from channel.media.minting import Made
from channel.posts.model import Post
from tests.cast import Scene
from tests.media import sending
from tests.reactions import reacting
from tests.security.world.ground import Ground


class Looks(Ground):
    """What is seen of a community and of people."""

    async def _looks(self, scene: Scene) -> str:
        """A cover of its own. Where that of a private community lies is told to who knows of the community."""
        made = await self._made(sending.photo())
        async with self.db.write() as tx:
            by = await scene.by(tx, scene.owner)
            worn = (await looks.dress(tx, by, scene.community, "cover", made)).cover.removeprefix("own:")
        if scene is self.zoe:
            self.canaries.watch("zoelook", worn, self._in_zoe)
        await scene.refresh()
        return worn

    async def _emoji(self, scene: Scene, post: Post) -> Emote:
        """An emoji of its own, under the open post. Those of a private community are known inside alone."""
        name = f"{scene.community.handle}_emoji"
        async with self.app.state.services.media.mint.sheet() as sheet:
            await sheet.take(sending.pieces(sending.photo()), 1_000_000)
            made = await sheet.cut(CUT)
        async with self.db.write() as tx:
            added = await emotes.add(tx, await scene.by(tx, scene.owner), scene.community, name, made)
        await reacting.react(scene, scene.owner, post, added.shown)
        if scene is self.zoe:
            self.canaries.watch("zoeemoji", added.key, self._in_zoe)
            self.canaries.watch("zoeemojiname", name, self._in_zoe)
        return added

    async def _made(self, content: bytes) -> Sequence[Made]:
        async with self.app.state.services.media.mint.sheet() as sheet:
            await sheet.take(sending.pieces(content), 1_000_000)
            return await sheet.cut(parse_cut("cover"))
