"""Media: files that posts carry."""

from typing import Any

from sqlalchemy import update

from channel.media import Media
from channel.media import actions as media_actions
from channel.media.chapters import encoded
from channel.media.credentials import Credentials
from channel.media.credentials import Step as Done
from channel.media.model import Chapter, Proof
from channel.media.tables import media as media_table
from channel.posts import carrying
from channel.posts.model import Post
from channel.posts.tables import posts as post_table
from channel.storage import Tx
from tests.cast import Scene
from tests.media import sending
from tests.security.world.ground import Ground


class Files(Ground):
    """A file for each grade of a post."""

    async def _carried(self, scene: Scene, *posts: tuple[Post, Any]) -> list[str]:
        """A file for each of these posts, whose content, name and description those may know who read the post."""
        desk, handle, made = self.app.state.services.media, scene.community.handle, []
        for (post, reader), grade in zip(posts, ("open", "paid"), strict=True):
            name, alt = (self._canary(f"{handle}{grade}{part}", reader) for part in ("file", "alt"))
            # Zoe's paid one is asked for by nobody, as all her paid things.
            asked = scene is self.anna or grade == "open"
            content = self._canary(f"{handle}{grade}bytes", reader) if asked else "Hello"
            sent = await sending.send(desk, scene, content.encode(), name=name, alt=alt)
            async with self.db.write() as tx:
                await carrying.attach(tx, post.id, [sent.id])
                await tx.run(update(post_table).where(post_table.c.id == post.id).values(media_count=1))
                if asked:
                    await self._signed(tx, scene, sent, self._canary(f"{handle}{grade}signer", reader))
                    parts = encoded([Chapter(0, self._canary(f"{handle}{grade}chapter", reader))])
                    await tx.run(
                        update(media_table).where(media_table.c.id == sent.id).values(chapters=parts)
                    )
            made.append(sent.id)
        if scene is self.anna:
            upload = await desk.begin("anna", scene.owner.id, size=10, name="note.txt")
            self.own["upload"] = upload.id
        return made

    async def _signed(self, tx: Tx, scene: Scene, sent: Media, signer: str) -> None:
        """Its content credentials, which are handed out beside it: for those who may have the file."""
        said = Credentials("untrusted", "generated", signer, signer, None, signer, (Done(signer, signer),))
        await media_actions.say(tx, sent.id, Proof(said, sent.sha256, sent.size))
        by = await scene.by(tx, scene.owner)
        await media_actions.keep_credentials(tx, by, sent, kept=True)
