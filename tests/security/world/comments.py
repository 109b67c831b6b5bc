"""Comments and reports."""

from channel import comments
from channel.comments import reports
from channel.comments import settings as holding
from channel.comments.model import Comment, Complaint
from channel.members import Action
from channel.posts.model import Post
from tests.cast import Scene
from tests.comments import saying
from tests.security.sights import GOLD
from tests.security.world.ground import Ground


class Comments(Ground):
    """What is said under posts, and reported."""

    async def _comments(self, opened: Post, paid: Post, closed: Post, vaulted: Post) -> None:
        """What is said under posts that are open, closed, or were closed since; what waits, and what is reported."""
        anna, say, owner = self.anna, self._canary, self.anna.owner
        anyone, gold, none = self._from(-1), self._from(GOLD), lambda sight: False
        moderates = lambda sight: sight.at("anna").may(Action.MODERATE)  # noqa: E731
        await saying.say(anna, opened, owner, say("opencomment", anyone))
        for kind, post in (("paidcomment", paid), ("closedcomment", closed), ("vaultcomment", vaulted)):
            await saying.say(anna, post, owner, say(kind, gold))
        gone = await saying.say(anna, opened, owner, say("deletedcomment", none))
        await saying.remove(anna, gone)
        words = say("holdwords", moderates)
        async with self.db.write() as tx:
            by = await anna.by(tx, owner)
            await holding.change_holds(tx, by, anna.community, words=words, link_days=300)
        author = anna.people["gold"]
        waits = say("heldcomment", lambda sight: self._is(sight, "gold") or moderates(sight))
        held = await saying.say(anna, opened, author, f"https://example.org/{waits}")
        assert held.state == "held"
        complaint = Complaint.parse("spam", say("reportwords", moderates))
        async with self.db.write() as tx:
            thread = await comments.thread(tx, paid.id, author.id)
            await reports.report(tx, thread, None, complaint)

    async def _said(self, scene: Scene, post: Post, paid: Post) -> list[Comment]:
        """By the victim under the open post, and by somebody with the tier under the paid one."""
        handle = scene.community.handle
        return [
            await saying.say(scene, post, self.victims[handle], "Hm"),
            await saying.say(scene, paid, self.golden[handle], "Hm"),
        ]
