"""Posts: each way in which a text can be closed to somebody."""

from dataclasses import dataclass

from channel.accounts import Account
from channel.events import PostOpens, PreviewDue
from channel.members import governing
from channel.outbox import jobs
from channel.posts import drafts, pins
from channel.posts.model import Post, Sketch
from channel.posts.steps import Step
from channel.previews.actions import fill
from channel.previews.model import Found, Pictures
from tests.media import sending
from tests.polls.asking import ask, end
from tests.posts import writing
from tests.reactions import reacting
from tests.security.sights import DAY_MS, GOLD, PLATINUM
from tests.security.world.looks import Looks

LINK = " https://example.org/market"


@dataclass(frozen=True)
class Written:
    """Those that other things are about: Anna's, and then Zoe's."""

    opened: Post
    paid: Post
    closed: Post
    vaulted: Post
    inside: Post
    zoe_paid: Post


class Posts(Looks):
    """What is to be read, and by whom."""

    async def _posts(self) -> Written:
        """Each way in which a text can be closed to somebody."""
        anyone, member, gold, none = self._from(-1), self._from(0), self._from(GOLD), lambda sight: False
        say, anna, new = self._canary, self.anna, writing.post
        opened = await ask(anna, text=say("open", anyone) + LINK, options=[say("polled", anyone), "No"])
        await new(anna, say("members", member), min_rank=0, teaser=say("memberteaser", anyone))
        paid = await ask(
            anna, text=say("paid", gold) + LINK, options=[say("polledpaid", gold), "No"], question=say("askedpaid", gold),
            min_rank=GOLD, teaser=say("paidteaser", anyone),
        )  # fmt: skip
        # Nobody answers it, and it does not end: nobody is told why.
        riddle = {"kind": "quiz", "right": [1], "explanation": say("explained", none)}
        await ask(anna, text=say("riddle", anyone), options=["Yes", "No"], **riddle)
        gone = await new(anna, say("deleted", none), min_rank=GOLD, teaser=say("deletedteaser", none))
        await writing.remove(anna, gone)
        edited = await new(anna, say("olderpaid", gold), min_rank=GOLD)
        await writing.change(anna, edited, say("newerpaid", gold), min_rank=GOLD)
        freed = await new(anna, say("freedpast", gold), min_rank=GOLD)
        await writing.change(anna, freed, say("freednow", anyone))
        closed = await new(anna, say("closedpast", gold))
        await writing.change(anna, closed, say("closednow", gold), min_rank=GOLD)
        await new(anna, say("quoting", anyone), quote_id=paid.id)
        await new(anna, say("paidquoting", gold), min_rank=GOLD, quote_id=paid.id)
        pinned = await new(
            anna, f"[{say('paidlink', gold)}](https://example.org/{say('paidaddress', gold)})", min_rank=GOLD
        )
        await self._pin(pinned)
        editor = anna.people["editor"]
        await new(anna, say("editors", gold), author=editor, min_rank=GOLD)
        await new(anna, say("circle", member), room=self.circle)
        await new(
            anna, say("circlepaid", gold), room=self.circle, min_rank=GOLD, teaser=say("circleteaser", member)
        )
        vaulted = await new(anna, say("vault", gold), room=self.vault)
        await new(anna, say("platinum", self._from(PLATINUM)), room=self.vault, min_rank=PLATINUM,
                  teaser=say("vaultteaser", gold))  # fmt: skip
        await new(anna, say("quotingvault", anyone), quote_id=vaulted.id)
        await self._waterfalls()
        await self._drafts(editor)
        zoe_gold = self._in_zoe  # everybody in it who looks has the tier
        inside = await ask(
            self.zoe, text=say("zoeopen", zoe_gold) + LINK, options=[say("zoepolled", zoe_gold), "No"]
        )
        zoe_paid = await ask(self.zoe, text=say("zoepaid", zoe_gold) + LINK, min_rank=GOLD)
        for post in (inside, zoe_paid):
            await end(self.zoe, post)
        for post, kind, reader in (
            (opened, "linked", anyone),
            (paid, "linkedpaid", gold),
            (inside, "zoelinked", zoe_gold),
            (zoe_paid, "zoelinkedpaid", zoe_gold),
        ):
            await self._linked(post, say(kind, reader), say(f"{kind}words", reader))
            self.canaries.watch(f"{kind}picture", self.pictures[post.id], reader)
        await self._reactor(paid)
        return Written(opened, paid, closed, vaulted, inside, zoe_paid)

    async def _waterfalls(self) -> None:
        """One that is still to come, and one that opened: its words of then, not those from before."""
        anyone, gold, now = self._from(-1), self._from(GOLD), self.clock.now_ms
        say, anna, new = self._canary, self.anna, writing.post
        to_come = [Step(now + 300 * DAY_MS, 0), Step(now + 301 * DAY_MS, None)]
        await new(anna, say("waiting", gold), min_rank=GOLD, opens=to_come, teaser=say("waitteaser", anyone))
        first = await new(anna, say("fallpast", gold), min_rank=GOLD, opens=[Step(now + 1, None)])
        second = await writing.change(anna, first, say("fallnow", anyone), min_rank=GOLD)
        self.clock.forward(1)
        await writing.open_by_itself(anna, second)
        async with self.db.write() as tx:  # the worker has nothing to do for it while the doors are tried
            await tx.run(jobs.delete().where(jobs.c.kind == PostOpens.kind, jobs.c.due_at <= tx.now))

    async def _linked(self, post: Post, title: str, words: str) -> None:
        """What came of the page that the post links to, with a picture like no other."""
        (made, *_) = await self._made(sending.photo(320, 180 + len(self.pictures)))
        self.pictures[post.id] = made.sha256
        async with self.db.write() as tx:
            due = PreviewDue(post_id=post.id, room_id=post.room_id)
            link, kept = LINK.strip(), Pictures(made.sha256, made.size)
            await fill(tx, due, [link], link, link, Found(title, words), kept=kept)

    async def _reactor(self, paid: Post) -> None:
        """Rooms that show who reacted, and somebody who reacted to what the free tier may not read."""
        gold = self._from(GOLD)
        name = self._canary(
            "reactor", lambda sight: gold(sight) or sight.admin
        )  # who has a list of all accounts
        rich = await self.anna.member(name[:60], tier=self.gold)
        for scene in (self.anna, self.zoe):
            async with self.db.write() as tx:
                by = await scene.by(tx, scene.owner)
                scene.news = await governing.edit_room(
                    tx, by, scene.community, scene.news, reactors_shown=True
                )
        await reacting.react(self.anna, rich, paid)

    async def _pin(self, post: Post) -> None:
        async with self.db.write() as tx:
            await pins.pin(tx, await self.anna.by(tx, self.anna.owner), post, 1)

    async def _drafts(self, editor: Account) -> None:
        for name, account in (("owner", self.anna.owner), ("editor", editor)):
            own = self._only(name)
            text, teaser = self._canary(f"{name}draft", own), self._canary(f"{name}draftteaser", own)
            sketch = Sketch.parse(text, room_id=self.anna.news.id, teaser=teaser, min_rank=GOLD)
            async with self.db.write() as tx:
                saved = await drafts.save_draft(tx, await self.anna.by(tx, account), sketch)
            self.own[f"{name}_draft"] = saved.id
