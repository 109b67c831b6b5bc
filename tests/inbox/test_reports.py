"""Reports in the inbox: one item of each thing, however many report it."""

from channel import comments
from channel.accounts import Account
from channel.comments import reports
from channel.comments.model import Complaint
from channel.posts.model import Post
from channel.storage import Database
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.inbox.waiting import kinds, put, the
from tests.posts import writing


async def report(scene: Scene, post: Post, who: Account, words: str = "Look at this") -> None:
    async with scene.db.write() as tx:
        thread = await comments.thread(tx, post.id, who.id)
        await reports.report(tx, thread, None, Complaint.parse("spam", words))


async def settle(scene: Scene, post: Post) -> None:
    """All that was reported about the post has been looked at. Raises NotFound when nothing was."""
    async with scene.db.write() as tx:
        found = [one.id for one in await reports.waiting(tx, scene.community.id) if one.post.id == post.id]
        await reports.settle(tx, await scene.by(tx, scene.owner), scene.community, found[0] if found else "")


async def test_many_reports_of_one_thing_are_one_item(db: Database, clock: Clock) -> None:
    anna = await creator(db)
    post = await writing.post(anna)
    people = [await anna.member(f"m{number}") for number in range(4)]
    first = clock.now_ms
    for who in people[:2]:
        await report(anna, post, who)
        clock.forward(1)
    item = await the(anna, "report")
    assert (item.since, item.mark, item.key.who) == (first, 2, anna.owner.id)
    await put(anna, "done", item)
    assert await kinds(anna) == []
    await settle(anna, post)
    assert await kinds(anna, show="done") == [], "looked at, it waits no more"
    await report(anna, post, people[2])
    assert await kinds(anna) == ["report"], "one after a decision is something new"
    await writing.remove(anna, post)
    assert await kinds(anna) == []
