"""`python -m tests.bench.search`: searching a million posts, and what the index costs those who publish.

The posts are put into the file at once and filed by the product's own indexer, which takes some minutes. Two gigabytes
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

from channel.render.found import found
from channel.search import Indexer, catch_up, inside, parse, queries, search
from channel.settings import Settings
from channel.storage import Database
from channel.storage.migrate import migrate
from channel.storage.open import DATABASE_FILE, open_database
from tests.bench import machine
from tests.cast import Scene, creator
from tests.posts.writing import post

SYLLABLES = ("ka", "ton", "mer", "li", "schen", "ei", "bau", "gar", "ten", "wo", "ra", "ne", "st", "ul", "fi", "po",
             "da", "ver", "ge", "zu", "an", "keit", "ung", "lich")  # fmt: skip
WORDS = 30_000
POST_WORDS = 30
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
    """`count` posts that are older than the one there is: seven in ten for everybody, two for members, one for gold."""
    with closing(sqlite3.connect(database)) as conn:
        conn.execute("PRAGMA synchronous=OFF")
        columns = [row[1] for row in conn.execute("PRAGMA table_info(posts)")]
        first = conn.execute("SELECT * FROM posts WHERE room_id = ?", (room_id,)).fetchone()
        model = dict(zip(columns, first, strict=True))

        def older() -> Iterator[list[object]]:
            for n in range(1, count + 1):
                said = " ".join(language.said())
                own = {
                    "id": f"01800000-0000-7000-8000-{n:012x}", "key": f"copy {n}", "seq": -n, "text": said,
                    "html": f"<p>{said}</p>", "created_at": model["created_at"] - n * 1000,
                    "min_rank": language.chance.choices((None, 0, GOLD), (7, 2, 1))[0],
                }  # fmt: skip
                yield [(model | own)[column] for column in columns]

        conn.executemany(f"INSERT INTO posts VALUES ({', '.join('?' * len(columns))})", older())
        conn.commit()


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
    await post(scene, "the newest")
    multiply(folder / DATABASE_FILE, scene.news.id, language, many)
    began = time.monotonic()
    await catch_up(db, FILED_AT_ONCE)
    print(f"filed {many:,} posts, {many / (time.monotonic() - began):,.0f} a second", flush=True)
    await searching(db, scene, language)
    await publishing(db, scene, language)
    await db.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.search", description=__doc__)
    parser.add_argument("--posts", type=int, default=1_000_000)
    many = parser.parse_args().posts
    print("\n".join(machine.facts()))
    with tempfile.TemporaryDirectory(prefix="channel-bench-") as folder:
        asyncio.run(measure(many, Path(folder)))


if __name__ == "__main__":
    main()
