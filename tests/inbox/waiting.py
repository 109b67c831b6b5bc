"""The inbox in tests: what waits, in short words, and acts on it by those who run the community."""

from sqlalchemy import select

from channel import inbox
from channel.accounts import Account
from channel.comments.tables import comments, reports
from channel.inbox import Item, Key, Seen, queries
from channel.inbox.model import WINDOW_MS, Show, Whose
from channel.members import joining
from channel.members.tables import memberships
from channel.messages.tables import conversations, messages
from channel.posts.tables import posts
from channel.questions.tables import questions
from channel.storage import Tx
from tests.cast import Scene


async def waiting(
    scene: Scene, by: Account | None = None, *, whose: Whose = "all", show: Show = "open", limit: int = 50
) -> list[Item]:
    """All pages of a list, for the owner unless told otherwise."""
    found: list[Item] = []
    cursor = None
    async with scene.db.read() as tx:
        viewer = await scene.by(tx, by or scene.owner)
        while True:
            page = await inbox.listing(
                tx, viewer, scene.community, whose=whose, show=show, cursor=cursor, limit=limit
            )
            found += page.items
            assert len(page.items) <= limit
            if page.next_cursor is None:
                return found
            cursor = page.next_cursor


async def kinds(scene: Scene, by: Account | None = None, **more: object) -> list[str]:
    """The kinds of what waits, longest first."""
    return [item.key.kind for item in await waiting(scene, by, **more)]  # type: ignore[arg-type]


async def the(scene: Scene, kind: str, **more: object) -> Item:
    """The one item of a kind."""
    (found,) = [one for one in await waiting(scene, **more) if one.key.kind == kind]  # type: ignore[arg-type]
    return found


async def put(scene: Scene, do: str, item: Item | Key, *, by: Account | None = None, seen: bool = True, **more: object) -> Item:  # fmt: skip
    """done, later, reopen or assign; `seen`: as somebody who has the item before their eyes."""
    key = item.key if isinstance(item, Item) else item
    looked = Seen(item.mark, item.rev) if seen and isinstance(item, Item) else Seen()
    async with scene.db.write() as tx:
        who = await scene.by(tx, by or scene.owner)
        return await getattr(inbox, do)(tx, who, scene.community, key, seen=looked, **more)


async def ask_in(scene: Scene, who: Account, note: str = "Please") -> None:
    """Somebody asks to be let in."""
    async with scene.db.write() as tx:
        await joining.join(tx, who, scene.community, approve=True, note=note)


async def counted(scene: Scene, by: Account | None = None, whose: Whose | None = "all") -> dict[str, int]:
    """How many of each kind."""
    async with scene.db.read() as tx:
        return dict(await queries.counts(tx, await scene.by(tx, by or scene.owner), whose=whose))


async def fresh(tx: Tx, scene: Scene) -> dict[Key, tuple[int, int]]:
    """What waits by the rows of the sources, reckoned without the inbox: since when, and its mark."""
    here = {
        row.account_id: row
        for row in await tx.all(select(memberships).where(memberships.c.community_id == scene.community.id))
    }
    there = {row.id for row in await tx.all(select(posts).where(posts.c.deleted_at.is_(None)))}
    member = {key for key, row in here.items() if row.state in ("active", "muted")}
    found: dict[Key, tuple[int, int]] = {}
    for row in await tx.all(select(questions)):
        if row.state == "open" and (row.prompt_id is None or row.prompt_id in there):
            found[Key("question", row.id, row.author_id)] = row.created_at, row.edited_at or row.created_at
    found |= await _said(tx, there, member)
    found |= await _reported(tx, there)
    for account_id, row in here.items():
        if row.state == "requested":
            found[Key("request", account_id, account_id)] = row.joined_at, row.joined_at
    for row in await tx.all(select(conversations)):
        if row.account_id in member:
            found |= await _unanswered(tx, row)
    return found


async def _said(tx: Tx, there: set[str], member: set[str]) -> dict[Key, tuple[int, int]]:
    found: dict[Key, tuple[int, int]] = {}
    rows = [row for row in await tx.all(select(comments)) if row.thread_id in there]
    for row in rows:
        if row.state == "held":
            found[Key("held", row.id, row.author_id)] = row.created_at, row.rev
        branch = row.reply_to or row.id
        later = [
            one.id
            for one in rows
            if one.reply_to == branch and one.by_staff and one.state == "shown" and one.seq > row.seq
        ]
        fits = row.state == "shown" and not row.by_staff and row.author_id in member
        if fits and not later and row.created_at > tx.now - WINDOW_MS:
            key = Key("comment", branch, row.author_id)
            since, mark = found.get(key, (row.created_at, row.seq))
            found[key] = min(since, row.created_at), max(mark, row.seq)
    return found


async def _reported(tx: Tx, there: set[str]) -> dict[Key, tuple[int, int]]:
    rows = await tx.all(select(reports))
    authors = {row.id: row.author_id for row in await tx.all(select(posts))}
    authors |= {row.id: row.author_id for row in await tx.all(select(comments))}
    found: dict[Key, tuple[int, int]] = {}
    for row in rows:
        if not row.done and row.post_id in there:
            same = [one for one in rows if one.about == row.about]
            since = min(one.created_at for one in same if not one.done)
            found[Key("report", row.about, authors[row.about])] = since, len(same)
    return found


async def _unanswered(tx: Tx, talk: object) -> dict[Key, tuple[int, int]]:
    query = select(messages).where(messages.c.conversation_id == talk.id, messages.c.deleted_at.is_(None))  # type: ignore[attr-defined]
    rows = await tx.all(query)
    answered = max((row.seq for row in rows if row.side == "team"), default=0)
    open_ones = [row for row in rows if row.side == "follower" and row.seq > answered]
    if not open_ones:
        return {}
    key = Key("message", talk.id, talk.account_id)  # type: ignore[attr-defined]
    return {key: (min(row.created_at for row in open_ones), max(row.seq for row in open_ones))}
