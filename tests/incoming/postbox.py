"""Letters that go out with return paths of their own, and mail that comes in to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from channel import inbox, incoming, messages, rooms
from channel.accounts import Account, one
from channel.comments import queries as comments
from channel.comments.model import Comment
from channel.errors import TooMany
from channel.incoming import bounces, incoming_handler
from channel.incoming.addresses import Addresses
from channel.media import Desk as MediaDesk
from channel.media import Limits
from channel.members import governing
from channel.messages import queries as talks
from channel.notices import queries
from channel.notify import Desk, Postman, mail_handler
from channel.payments import Seal
from channel.posts.model import Post
from channel.worker import Handler, Worker
from tests.media.sending import LIMITS, cut
from tests.media.sending import desk as media_desk
from tests.notices.mailroom import SECRET, SITE, Mailroom
from tests.notify.relay import plain
from tests.posts.writing import post

REPORTS = Path(__file__).parent / "reports"
PATTERN = "mail+*@in.example.org"
LARGEST = 25 * 1024**2
OPEN = replace(SITE, incoming_address=PATTERN)


def report(name: str, to: str) -> bytes:
    """One of the files, as a report of a letter whose return path was `to`."""
    return (REPORTS / f"{name}.eml").read_bytes().replace(b"mail+x@in.example.org", to.encode())


def written(text: str, *, sender: str = "bob@example.net", name: str = "1", **more: str) -> bytes:
    """A mail of a person."""
    heads = {
        "From": f"Bob <{sender}>",
        "To": "x@in.example.org",
        "Subject": "Re: Kiln",
        "Message-ID": f"<{name}@example.net>",
    }
    lines = [f"{key.replace('_', '-')}: {value}" for key, value in (heads | more).items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + text).encode()


@dataclass
class Postbox:
    """`told`: rooms and posts that have a comment more. `busy`: accounts that answered too often. `folder`: of its media."""

    room: Mailroom
    folder: Path
    limits: Limits = LIMITS
    told: list[tuple[str, str]] = field(default_factory=list)
    busy: set[str] = field(default_factory=set)
    read: int = 0

    @property
    def addresses(self) -> Addresses:
        return Addresses(SECRET, PATTERN)

    @property
    def desk(self) -> MediaDesk:
        return media_desk(self.room.db, self.folder, self.limits)

    @property
    def ground(self) -> incoming.Ground:
        return incoming.Ground(self.room.db, self.desk, self.folder / "scratch", LARGEST, SITE.url)

    async def take(self, raw: bytes, recipient: str) -> bool:
        """A mail comes in and is worked off. False: it was no news."""
        kept = await self.keep(raw, recipient)
        await self.work()
        return kept

    async def keep(self, raw: bytes, recipient: str) -> bool:
        """A mail comes in."""
        now = self.room.clock()
        with incoming.Spool(self.addresses, self.ground.scratch, recipient, now=now, most=LARGEST) as spool:
            for piece in cut(raw):
                spool.feed(piece)
            arrived = spool.end()
            return arrived is not None and await incoming.take_in(self.room.db, self.desk.blobs, arrived)

    async def work(self) -> None:
        mail = mail_handler(self.room.db, self.room.sender(), OPEN, Seal(SECRET))
        await Worker(self.room.db, {"incoming": self.handler(), "mail": mail}).work_off()

    def handler(self) -> Handler:
        def allow(account_id: str) -> None:
            if account_id in self.busy:
                raise TooMany("Wait.", retry_after_s=1)

        return incoming_handler(
            self.ground, self.addresses, allow=allow, told=lambda *place: self.told.append(place)
        )

    async def answers(self) -> Sequence[str]:
        """What is told by mail of mails that were not taken: the text of each, fresh ones only."""
        await self.work()
        fresh = [mail for mail in self.room.relay.mails[self.read :] if mail["X-Auto-Response-Suppress"]]
        self.read = len(self.room.relay.mails)
        return [f"{mail['To']}\n{plain(mail)}" for mail in fresh]

    def postman(self) -> Postman:
        return Postman(self.room.db, self.room.sender().line, Desk(OPEN, SECRET), rate=1000)

    async def letter(self, text: str = "The kiln is hot.", *, min_rank: int | None = None) -> Post:
        """A post, and its letters are out."""
        made = await post(self.room.scene, text, min_rank=min_rank)
        await self.room.brought(self.postman())
        return made

    def return_path(self) -> str:
        """Of the last letter."""
        return str(self.room.relay.envelopes[-1].mail_from)

    def reply_to(self) -> str:
        """Of the last letter; "" where none is taken."""
        return str(self.room.relay.mails[-1]["Reply-To"] or "")

    async def answerable(self, on: bool = True, to: str = "comment") -> None:
        async with self.room.db.write() as tx:
            scene = self.room.scene
            news = await rooms.one(tx, scene.news.id)
            by = await scene.by(tx, scene.owner)
            await governing.edit_room(tx, by, scene.community, news, mail_replies=on, mail_to=to)

    async def box(self, on: bool = True, min_rank: int = 0) -> None:
        """Members write to the team, from this rank on."""
        async with self.room.db.write() as tx:
            scene = self.room.scene
            by = await scene.by(tx, scene.owner)
            await messages.set_box(tx, by, scene.community, on=on, min_rank=min_rank)

    async def messages(self, of: Account) -> list[str]:
        """What somebody wrote to the team: the text of each message, oldest first."""
        async with self.room.db.read() as tx:
            conversation = await talks.find(tx, self.room.scene.community.id, of.id)
            if conversation is None:
                return []
            found, _ = await talks.page(tx, conversation.id, before=None, limit=50)
        return [one.text for one in sorted(found, key=lambda one: one.seq)]

    async def waiting(self) -> list[str]:
        """The kinds of what waits in the inbox."""
        async with self.room.db.read() as tx:
            scene = self.room.scene
            found = await inbox.listing(tx, await scene.by(tx, scene.owner), scene.community)
        return [one.key.kind for one in found.items]

    async def paused(self, account: Account) -> str:
        async with self.room.db.read() as tx:
            now = await one(tx, account.id)
            why = await bounces.why(tx, now)
            assert bool(why) == await queries.refused(tx, account.id, now.email)
            return why

    async def said(self, made: Post) -> list[Comment]:
        """All that stands under a post, whatever its state."""
        async with self.room.db.read() as tx:
            return list(await comments.page(tx, made.id, (self.room.scene.owner.id, True)))
