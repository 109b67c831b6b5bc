"""Acting out the conversation of a community, after its posts are there and read."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from channel import comments, members, messages, outbox, polls, posts, questions, reactions, rooms, topics
from channel.accounts import Account
from channel.communities import Community
from channel.demo.talk import Below, Circle, Letters, Questions, Said, Talk, Thread, Vote
from channel.events import room_stream
from channel.members import Entitlement, governing
from channel.messages import places, saved
from channel.polls import PollDraft
from channel.posts import Draft, queries
from channel.posts.model import Post
from channel.questions import Terms, Words
from channel.questions.queries import prompt
from channel.rooms import Room
from channel.storage import Database, Tx

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
REACTED_TO = 24  # of the newest posts
REACTIONS = 7  # under one of them, more or less
VOTERS_SHARE = 0.6
READERS_SHARE = 0.7


class Told(Protocol):
    """A clock that is told what time it was."""

    now_ms: int


@dataclass(slots=True)
class Company:
    """Who talks where: `people` by handle, everybody who works here or follows. `posts`: ids, in their order."""

    community: Community
    owner: Account
    people: Mapping[str, Account]
    followers: Sequence[Account]
    posts: Sequence[str]
    keyed: Mapping[str, str]  # the ids of posts by the keys of their notes
    today_ms: int


def poll_of(vote: Vote, today_ms: int) -> PollDraft:
    """What is published with its post."""
    return PollDraft.parse(
        [text for text, _ in vote.options],
        question=vote.question,
        kind=vote.kind,
        sealed=vote.sealed,
        closes_at=today_ms + vote.days * DAY_MS if vote.days else None,
        right=() if vote.right is None else (vote.right,),
        explanation=vote.explanation,
    )


def terms_of(asking: Questions, today_ms: int) -> Terms:
    """How its post asks."""
    return Terms.parse(
        today_ms, open_until=today_ms + asking.days * DAY_MS if asking.days else None, shown="all"
    )


class Talking:
    """The conversation of one community."""

    def __init__(self, db: Database, clock: Told, company: Company, talk: Talk) -> None:
        self._db = db
        self._clock = clock
        self._company = company
        self._talk = talk
        self._chance = random.Random(f"{company.community.handle}:talk")

    async def act(self) -> None:
        """Everything that people said, asked, chose and felt."""
        with self._at(self._clock.now_ms):
            for below in self._talk.below:
                await self._comment(below)
            for vote in self._talk.votes:
                await self._vote(vote)
            for asking in self._talk.questions:
                await self._ask(asking)
            for letters in self._talk.letters:
                await self._write(letters)
            await self._keep()
            for circle in self._talk.circles:
                await self._gather(circle)
            await self._react()

    @contextmanager
    def _at(self, now_ms: int) -> Iterator[None]:
        """Whatever time is told meanwhile, it is this again afterwards."""
        yield
        self._clock.now_ms = now_ms

    def _account(self, handle: str) -> Account:
        return self._company.people[handle] if handle else self._company.owner

    async def _by(self, tx: Tx, account: Account) -> Entitlement:
        return await members.entitlement(tx, self._company.community, account.id)

    async def _readers(self, tx: Tx, room: Room, post: Post) -> list[tuple[Account, Entitlement]]:
        """Followers who may read the post and say something."""
        found = []
        for account in self._company.followers:
            by = await self._by(tx, account)
            if by.reads(room.min_rank, post.min_rank) and by.belongs:
                found.append((account, by))
        return found

    async def _comment(self, below: Below) -> None:
        post_id = self._company.keyed[below.post]
        async with self._db.read() as tx:
            posted_ms = (await queries.one(tx, post_id)).created_at
        for said in below.said:
            first = await self._say(post_id, posted_ms, said, None)
            for reply in said.replies:
                await self._say(post_id, posted_ms, reply, first)

    async def _say(self, post_id: str, posted_ms: int, said: Said, above: str | None) -> str:
        self._clock.now_ms = min(posted_ms + said.after_min * MINUTE_MS, self._company.today_ms)
        rendered = await comments.prepare(said.text, rooms={})
        async with self._db.write() as tx:
            author = self._account(said.by)
            thread = await comments.thread(tx, post_id, author.id, hold=True)
            made, _ = await comments.publish(tx, thread, author, rendered, reply_to=above)
        return made.id

    async def _vote(self, vote: Vote) -> None:
        self._clock.now_ms = self._company.today_ms
        shares = [share for _, share in vote.options]
        async with self._db.write() as tx:
            post = await queries.one(tx, self._company.keyed[vote.post])
            room = await rooms.one(tx, post.room_id)
            for account, by in await self._readers(tx, room, post):
                if account.id != post.author.id and self._chance.random() < VOTERS_SHARE:
                    (choice,) = self._chance.choices(range(1, len(shares) + 1), shares)
                    await polls.vote(tx, by, post, room, [choice])

    async def _ask(self, asking: Questions) -> None:
        self._clock.now_ms = self._company.today_ms
        async with self._db.write() as tx:
            post = await queries.one(tx, self._company.keyed[asking.post])
            room, where = await rooms.one(tx, post.room_id), await prompt(tx, post.id)
            others = await self._readers(tx, room, post)
            for one in asking.asked:
                author = self._account(one.by)
                words = Words.parse(one.text, show_name=one.show_name)
                made, _ = await questions.ask(tx, await self._by(tx, author), author, where, words)
                for account, by in self._chance.sample(others, min(one.votes, len(others))):
                    if account.id != author.id:
                        await questions.vote(tx, by, made)

    async def _write(self, letters: Letters) -> None:
        """A conversation between a follower and the team."""
        began_ms = self._company.today_ms - letters.ago_h * 60 * MINUTE_MS
        for said in letters.said:
            self._clock.now_ms = began_ms + said.after_min * MINUTE_MS
            rendered = await messages.prepare(said.text, rooms={})
            author = self._account(said.by)
            async with self._db.write() as tx:
                if said is letters.said[0]:
                    owner = await self._by(tx, self._company.owner)
                    await messages.set_box(tx, owner, self._company.community, on=True)
                if said.by:
                    first, _ = await messages.write(tx, await self._by(tx, author), author, rendered)
                else:
                    found = await places.for_team(tx, first.conversation_id, author.id)
                    await messages.answer(tx, found, author, rendered)

    async def _keep(self) -> None:
        async with self._db.write() as tx:
            owner = await self._by(tx, self._company.owner)
            for name, text in self._talk.saved:
                await saved.keep(tx, owner, self._company.community, name=name, text=text)

    async def _gather(self, circle: Circle) -> None:
        """A group with all that was said in it, in the order of its times."""
        async with self._db.write() as tx:
            room = await governing.create_room(
                tx, await self._by(tx, self._company.owner), self._company.community, kind="group",
                slug=circle.slug, name=circle.name, about=circle.about, min_rank=circle.min_rank, slow_s=circle.slow_s,
            )  # fmt: skip
        said = sorted(
            (
                self._company.today_ms - thread.ago_h * 60 * MINUTE_MS + said.after_min * MINUTE_MS,
                number,
                place,
            )
            for number, thread in enumerate(circle.threads)
            for place, said in enumerate(thread.said)
        )
        started: dict[int, topics.Topic] = {}
        for at_ms, number, place in said:
            self._clock.now_ms = min(at_ms, self._company.today_ms)
            thread = circle.threads[number]
            topic = started.get(number) or await self._start(room, thread)
            started[number] = topic
            made = await self._message(room, topic, thread.said[place])
            if place == thread.best:
                async with self._db.write() as tx:
                    by = await self._by(tx, self._company.owner)
                    await topics.set_state(tx, by, room, topic, "resolved", made.id)
        await self._read(room)

    async def _start(self, room: Room, thread: Thread) -> topics.Topic:
        async with self._db.write() as tx:
            by = await self._by(tx, self._account(thread.said[0].by))
            return await topics.start(tx, by, room, thread.name)

    async def _message(self, room: Room, topic: topics.Topic, said: Said) -> Post:
        rendered = await posts.prepare(Draft.parse(said.text), rooms={})
        author = self._account(said.by)
        async with self._db.write() as tx:
            made, _ = await posts.publish(tx, await self._by(tx, author), author, room, rendered, topic=topic)
        return made

    async def _read(self, room: Room) -> None:
        """Most have read most of it."""
        async with self._db.write() as tx:
            newest = await outbox.head(tx, room_stream(room.id))
            for account in self._company.followers:
                if self._chance.random() < READERS_SHARE:
                    reached = newest - int(self._chance.expovariate(0.5))
                    await rooms.mark_read(tx, room.id, {account.id: reached})

    async def _react(self) -> None:
        self._clock.now_ms = self._company.today_ms
        emoji = self._talk.emoji.split()
        liked = [2.0**-n for n in range(len(emoji))]
        for post_id in self._company.posts[-REACTED_TO:]:
            async with self._db.write() as tx:
                post = await queries.one(tx, post_id)
                room = await rooms.one(tx, post.room_id)
                readers = await self._readers(tx, room, post)
                count = min(len(readers), int(self._chance.expovariate(1 / REACTIONS)))
                for _, by in self._chance.sample(readers, count):
                    (one,) = self._chance.choices(emoji, liked)
                    await reactions.react(tx, by, post, room, one)
