"""Searching in tests, as the pages do."""

from sqlalchemy import text

from channel.accounts import Account
from channel.comments import queries as comments
from channel.posts import queries as posts
from channel.search import Hit, catch_up, inside, parse, search
from channel.storage import Database, Tx
from tests.cast import Scene


async def texts(scene: Scene, line: str, viewer: Account | None = None, *, limit: int = 20) -> list[str]:
    """What of the scene's community is found by `line`, newest first, on all pages. The index is up to date."""
    await catch_up(scene.db)
    found: list[str] = []
    cursor = None
    while True:
        async with scene.db.read(heavy=True) as tx:
            by = await scene.by(tx, viewer)
            reach = await inside(tx, scene.community, by)
            page = await search(tx, reach, parse(line, scene.community.language), cursor=cursor, limit=limit)
            found += [await text_of(tx, hit) for hit in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def text_of(tx: Tx, hit: Hit) -> str:
    return (await (comments if hit.kind == "comment" else posts).one(tx, hit.id)).text


async def filed(db: Database) -> int:
    """How many documents the index holds."""
    await catch_up(db)
    async with db.read() as tx:
        words = await tx.value(text("SELECT count(*) FROM search_words"))
        docs = await tx.value(text("SELECT count(*) FROM search_docs"))
    assert words == docs
    return int(docs)
