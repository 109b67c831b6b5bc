"""`python -m tests.bench.search`: searching a million posts and comments, and what the index costs those who publish.

One in ten is a comment under one of the posts. They are put into the file at once and filed by the product's own indexer, which takes some minutes. Two gigabytes
in the temporary folder; nothing is kept.
"""

import argparse
import asyncio
import itertools
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from channel.render.found import found
from channel.search import Indexer, catch_up, inside, parse, queries, search
from channel.settings import Settings
from channel.storage import Database
from channel.storage.migrate import migrate
from channel.storage.open import DATABASE_FILE, open_database
from tests.bench import machine
from tests.cast import Scene, creator
from tests.comments import saying
from tests.posts.writing import post

SYLLABLES = ("ka", "ton", "mer", "li", "schen", "ei", "bau", "gar", "ten", "wo", "ra", "ne", "st", "ul", "fi", "po",
             "da", "ver", "ge", "zu", "an", "keit", "ung", "lich")  # fmt: skip
WORDS = 30_000
POST_WORDS = 30
COMMENT_WORDS = 12
COMMENTS = 0.1  # of all that is filed
FAR_SEQ = 1_000_000_000  # beyond what the room's own stream gives out
GOLD = 20
QUERIES = 400
PUBLISHED = 600
FILED_AT_ONCE = 1_000


class Language:
    """Made-up words, as unevenly frequent as those of people."""

    def __init__(self, chance: random.Random) -> None:
        made: set[str] = set()
        while len(made) < WORDS:
            made.add("".join(chance.choices(SYLLABLES, k=chance.randint(1, 5))))
        self.words = sorted(made, key=lambda word: (len(word), word))
        self.weights = list(itertools.accumulate(1 / (n + 8) for n in range(WORDS)))
        self.chance = chance

    def said(self, count: int = POST_WORDS) -> list[str]:
        return self.chance.choices(self.words, cum_weights=self.weights, k=count)


def multiply(database: Path, room_id: str, language: Language, count: int) -> None:
    """`count` posts and comments older than what there is: seven in ten for everybody, two for members, one for gold."""
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        comments = int(count * COMMENTS)
        _copy(conn, "posts", "room_id", room_id, _older_posts(language, count - comments))
        _copy(conn, "comments", "community_id", None, _older_comments(language, comments, count - comments))
        conn.execute(
            "UPDATE posts SET comments = (SELECT count(*) FROM comments c WHERE c.thread_id = posts.id) "
            "WHERE id IN (SELECT thread_id FROM comments)"
        )
        conn.commit()


Own = Callable[[dict[str, Any]], Iterator[dict[str, Any]]]


def _copy(conn: sqlite3.Connection, table: str, column: str, value: str | None, own: Own) -> None:
    """Rows like the one there is, but for what is their own."""
    columns = [row[1] for row in conn.execute(f"PRAGMA table_info({table})")]
    where = f"WHERE {column} = ?" if value else ""
    first = conn.execute(f"SELECT * FROM {table} {where}", (value,) if value else ()).fetchone()
    model = dict(zip(columns, first, strict=True))
    rows = ([(model | each)[name] for name in columns] for each in own(model))
    conn.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", rows)


def _post_id(n: int) -> str:
    return f"01800000-0000-7000-8000-{n:012x}"


def _older_posts(language: Language, count: int) -> Own:
    def made(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for n in range(1, count + 1):
            said = " ".join(language.said())
            yield {
                "id": _post_id(n), "key": f"copy {n}", "seq": FAR_SEQ - n, "text": said, "html": f"<p>{said}</p>",
                "created_at": model["created_at"] - n * 1000,
                "min_rank": language.chance.choices((None, 0, GOLD), (7, 2, 1))[0],
            }  # fmt: skip

    return made


def _older_comments(language: Language, count: int, posts: int) -> Own:
    def made(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for n in range(1, count + 1):
            under = language.chance.randint(1, posts)
            said = " ".join(language.said(COMMENT_WORDS))
            yield {
                "id": f"01800000-0000-7000-9000-{n:012x}", "thread_id": _post_id(under), "key": f"copy {n}",
                "seq": FAR_SEQ + n, "text": said, "html": f"<p>{said}</p>",
                "created_at": model["created_at"] - under * 1000 + 500,
            }  # fmt: skip

    return made


async def asked(db: Database, scene: Scene, line: str) -> tuple[float, float]:
    """Milliseconds until the page is there, its posts and snippets included; and those of CPU."""
    began, cpu = time.perf_counter(), time.process_time()
    async with db.read(heavy=True) as tx:
        reach = await inside(tx, scene.community, await scene.by(tx, scene.owner))
        query = parse(line, "en")
        page = await search(tx, reach, query)
        await found(tx, page.items, reach, query)
    return (time.perf_counter() - began) * 1000, (time.process_time() - cpu) * 1000


def told(what: str, took: list[tuple[float, float]]) -> str:
    made = f"{what:<40}"
    for name, each in zip(
        ("p50 {:5.1f}, p95 {:5.1f}", "CPU p50 {:5.1f}, p95 {:5.1f} ms"), zip(*took, strict=True), strict=True
    ):
        ordered = sorted(each)
        made += "  " + name.format(ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)])
    return made


async def searching(db: Database, scene: Scene, language: Language) -> None:
    queries.BUDGET_MS = 60_000  # to know how long it takes, on a busy machine too
    some = language.words
    kinds: dict[str, Callable[[], str]] = {
        "two words as people write them": lambda: " ".join(language.said(2)),
        "two of the 200 most frequent words": lambda: " ".join(language.chance.choices(some[:200], k=2)),
        "two rare words": lambda: " ".join(language.chance.choices(some[3000:], k=2)),
        "one word": lambda: language.said(1)[0],
        "beginnings of two letters": lambda: " ".join(word[:2] for word in language.said(2)),
        "a phrase of two words": lambda: '"' + " ".join(language.said(2)) + '"',
        "a word of an author, without another": lambda: "{} from:anna -{}".format(*language.said(2)),
        "two words in comments alone": lambda: " ".join(language.said(2)) + " is:comment",
        "a word that is nowhere": lambda: "xyzzyplugh",
    }
    for what, line in kinds.items():
        print(told(what, [await asked(db, scene, line()) for _ in range(QUERIES)]), flush=True)


async def publishing(db: Database, scene: Scene, language: Language) -> None:
    """In turns: as it is, without the triggers, and with the indexer at work beside it."""

    async def some() -> float:
        began = time.process_time()
        for _ in range(PUBLISHED):
            await post(scene, " ".join(language.said()))
        return (time.process_time() - began) / PUBLISHED * 1e6

    file = db.engine._file._path  # type: ignore[attr-defined]
    with closing(sqlite3.connect(file)) as conn:
        triggers = dict(conn.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE 'search_post_%'"))
    took: dict[str, list[float]] = {"without": [], "with": [], "filed": []}
    for _ in range(5):
        took["with"].append(await some())
        await catch_up(db)
        took["without"].append(await _without(file, triggers, some))
        working = asyncio.ensure_future(Indexer(db).run())
        took["filed"].append(await some())
        working.cancel()
    print("CPU of a post, µs: " + ", ".join(f"{name} {statistics.median(n):.0f}" for name, n in took.items()))


async def _without(file: Path, triggers: dict[str, str], some: Callable[[], Awaitable[float]]) -> float:
    def run(statements: list[str]) -> None:
        with closing(sqlite3.connect(file, isolation_level=None)) as conn:
            for statement in statements:
                conn.execute(statement)

    run([f"DROP TRIGGER {name}" for name in triggers])
    try:
        return await some()
    finally:
        run(list(triggers.values()))


async def measure(many: int, folder: Path) -> None:
    settings = Settings(data=folder, url="http://bench.test")
    await migrate(f"sqlite+aiosqlite:///{folder / DATABASE_FILE}", folder)
    db = await open_database(settings)
    language = Language(random.Random(1))
    scene = await creator(db)
    await scene.tier("Gold", GOLD)
    await saying.say(scene, await post(scene, "the newest"), scene.owner, "the newest comment")
    multiply(folder / DATABASE_FILE, scene.news.id, language, many)
    began = time.monotonic()
    await catch_up(db, FILED_AT_ONCE)
    each = many / (time.monotonic() - began)
    print(f"filed {many:,} posts and comments, {each:,.0f} a second", flush=True)
    await searching(db, scene, language)
    await publishing(db, scene, language)
    await db.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000, help="and comments, all together")
    many = parser.parse_args().posts
    print("\n".join(machine.facts()))
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        asyncio.run(measure(many, Path(folder)))


if __name__ == "__main__":
    main()
