"""Whatever happens in whatever order: the inbox is what the sources say, less what was put away."""

import contextlib
import random
import secrets

import pytest

from channel.accounts import Account
from channel.comments import Comment
from channel.errors import ChannelError, NotFound
from channel.inbox import Item, Key
from channel.inbox.model import DAY_MS, KINDS, SHOWS, Show
from channel.members import Role, actions
from channel.messages.model import Message
from channel.posts.model import Post
from channel.questions import Question
from channel.questions.actions import reword, withdraw
from channel.questions.model import Words
from channel.questions.moderating import set_spam
from channel.storage import Database
from tests.cast import Scene, creator, join_unasked, person
from tests.comments import saying
from tests.conftest import Clock
from tests.inbox.test_reports import report, settle
from tests.inbox.waiting import ask_in, counted, fresh, put, waiting
from tests.messages import writing as writing_to
from tests.posts import writing
from tests.questions import asking

STEPS = 60


class Life:
    """A random one. `put` and `given` are what the team did, as it is remembered here."""

    def __init__(self, scene: Scene, clock: Clock, seed: int) -> None:
        self.scene, self.clock, self.chance = scene, clock, random.Random(seed)
        self.followers: list[Account] = []
        self.staff: list[Account] = [scene.owner]
        self.posts: list[Post] = []
        self.said: list[Comment] = []
        self.asked: list[Question] = []
        self.sent: list[Message] = []
        self.put: dict[Key, tuple[str, int | None, int]] = {}
        self.given: dict[Key, str | None] = {}

    async def begin(self) -> None:
        self.followers = [await self.scene.member(name) for name in ("bob", "eve", "tim")]
        self.staff.append(await self.scene.member("mia", role=Role.MODERATOR))
        await writing_to.open_box(self.scene)
        self.box = await asking.box(self.scene)
        await self.publish()
        for who in self.followers:
            self.sent.append(await writing_to.write(self.scene, who))
            self.asked.append(await asking.ask(self.scene, who, self.box))

    async def step(self) -> None:
        self.clock.forward(self.chance.choice((1, 1, 5, 1_000, DAY_MS, 4 * DAY_MS)))
        act = self.chance.choice(
            (
                self.publish, self.comment, self.comment, self.comment, self.answer_comment, self.unsay, self.hold,
                self.ask, self.settle_question, self.complain, self.look_at, self.write, self.write, self.answer,
                self.unsend, self.knock, self.ban, self.done, self.done, self.later, self.reopen, self.assign,
            )
        )  # fmt: skip
        with contextlib.suppress(ChannelError):  # some of it is not possible at the moment, which is fine
            await act()

    async def publish(self) -> None:
        if len(self.posts) > 3:
            await writing.remove(self.scene, self.posts.pop(0))
        self.posts.append(await writing.post(self.scene))

    async def comment(self, who: Account | None = None) -> None:
        post, who = self.chance.choice(self.posts), who or self.chance.choice(self.followers)
        branches = [one for one in self.said if one.thread_id == post.id]
        above = self.chance.choice([None, *branches])
        said = await saying.say(
            self.scene, post, who, secrets.token_hex(4), reply_to=above.id if above else None
        )
        self.said.append(said)

    async def answer_comment(self) -> None:
        await self.comment(self.chance.choice(self.staff))

    async def unsay(self) -> None:
        one = self.said.pop(self.chance.randrange(len(self.said))) if self.said else None
        if one is not None:
            await saying.remove(self.scene, one, by=self.scene.owner)

    async def hold(self) -> None:
        """First comments wait, or do no more; what waits is reworded or shown."""
        await saying.rule(self.scene, comment_first_held=self.chance.choice((True, False)))
        held = [one for one in self.said if one.state == "held"]
        if held:
            one = self.chance.choice(held)
            again = self.chance.choice((True, False))
            if again:
                await saying.change(self.scene, one, secrets.token_hex(4))
            else:
                self.said.remove(one)
                self.said.append(await saying.approve(self.scene, one))

    async def ask(self) -> None:
        where = self.box
        if self.chance.random() < 0.4:
            where = await asking.prompt(self.scene)
        self.asked.append(await asking.ask(self.scene, self.chance.choice(self.followers), where))

    async def settle_question(self) -> None:
        one = self.chance.choice(self.asked)
        what = self.chance.choice(("answer", "withdraw", "spam", "reword"))
        if what == "answer":
            await asking.answer(self.scene, one, anyway=True)
            return
        async with self.scene.db.write() as tx:
            by = await self.scene.by(tx, self.scene.owner if what == "spam" else one.author)
            if what == "spam":
                await set_spam(tx, by, one, spam=self.chance.choice((True, False)))
            elif what == "withdraw":
                await withdraw(tx, by, one)
            else:
                await reword(tx, by, one, Words.parse(secrets.token_hex(4), show_name=True))

    async def complain(self) -> None:
        await report(self.scene, self.chance.choice(self.posts), self.chance.choice(self.followers))

    async def look_at(self) -> None:
        await settle(self.scene, self.chance.choice(self.posts))

    async def write(self) -> None:
        self.sent.append(await writing_to.write(self.scene, self.chance.choice(self.followers)))

    async def answer(self) -> None:
        to, by = self.chance.choice(self.followers), self.chance.choice(self.staff)
        self.sent.append(await writing_to.answer(self.scene, to, by=by))

    async def unsend(self) -> None:
        await writing_to.remove(self.scene, self.chance.choice(self.sent))

    async def knock(self) -> None:
        """Somebody asks to be let in; and somebody who asked is let in or turned down."""
        await ask_in(self.scene, await person(self.scene.db))
        requests = [one for one in await waiting(self.scene) if one.key.kind == "request"]
        act = self.chance.choice((actions.approve, actions.refuse, None))
        if act is not None and requests:
            async with self.scene.db.write() as tx:
                by = await self.scene.by(tx, self.scene.owner)
                await act(tx, by, self.scene.community, [self.chance.choice(requests).key.who])

    async def ban(self) -> None:
        who = self.chance.choice(self.followers)
        async with self.scene.db.write() as tx:
            by = await self.scene.by(tx, self.scene.owner)
            if self.chance.random() < 0.5:
                await actions.ban(tx, by, self.scene.community, who.id)
            else:
                await actions.unban(tx, by, self.scene.community, who.id)
                await join_unasked(tx, who, self.scene.community)

    async def some(self) -> Item:
        show: Show = self.chance.choice(SHOWS)
        found = await waiting(self.scene, show=show) or await waiting(self.scene)
        if not found:
            raise NotFound("Nothing waits at all.")
        return self.chance.choice(found)

    async def done(self) -> None:
        item = await put(self.scene, "done", await self.some(), by=self.chance.choice(self.staff))
        self.put[item.key] = "done", None, item.mark

    async def later(self) -> None:
        until = self.clock.now_ms + self.chance.choice((2_000, DAY_MS, 3 * DAY_MS))
        item = await put(self.scene, "later", await self.some(), until=until)
        self.put[item.key] = "later", until, item.mark

    async def reopen(self) -> None:
        item = await put(self.scene, "reopen", await self.some())
        self.put.pop(item.key, None)

    async def assign(self) -> None:
        to = self.chance.choice((None, *(one.id for one in self.staff)))
        item = await put(self.scene, "assign", await self.some(), to=to)
        self.given[item.key] = to

    def shown(self, key: Key, mark: int) -> str:
        """The list in which it must stand."""
        put_away, until, seen = self.put.get(key, ("open", None, -1))
        if mark > seen or (until is not None and until <= self.clock.now_ms):
            return "open"
        return put_away

    async def check(self) -> None:
        async with self.scene.db.read() as tx:
            there = await fresh(tx, self.scene)
        for show in SHOWS:
            right = {key: one for key, one in there.items() if self.shown(key, one[1]) == show}
            for whose in ("all", "mine", "unassigned"):
                mine = {"all": lambda _: True, "unassigned": lambda to: to is None}.get(
                    whose, lambda to: to == self.scene.owner.id
                )
                wanted = {key: one for key, one in right.items() if mine(self.given.get(key))}
                found = await waiting(
                    self.scene, show=show, whose=whose, limit=self.chance.choice((1, 3, 50))
                )  # type: ignore[arg-type]
                assert {one.key: (one.since, one.mark) for one in found} == wanted, (show, whose)
                assert len(found) == len(wanted)
                assert found == sorted(found, key=lambda one: (one.since, one.key))
                if show == "open":
                    numbers = await counted(self.scene, whose=whose)  # type: ignore[arg-type]
                    kinds = [key.kind for key in wanted]
                    assert numbers == {kind: kinds.count(kind) for kind in KINDS}


@pytest.mark.parametrize("seed", range(4))
async def test_the_inbox_is_what_the_sources_say(db: Database, clock: Clock, seed: int) -> None:
    life = Life(await creator(db), clock, seed)
    await life.begin()
    for number in range(STEPS):
        await life.step()
        if number % 3 == 0:
            await life.check()
    await life.check()
