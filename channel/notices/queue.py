"""The letters that are due: taken in hand by one worker at a time, marked before they leave, and settled.

A letter that is marked ("handed") is never sent again, whatever happens: bulk mail comes once or not at all. What a mail
server has certainly not taken goes back to those that wait.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, and_, bindparam, delete, or_, select, update

from channel.accounts.tables import accounts
from channel.ids import new_id, new_token
from channel.notices.pace import RELAY, Due, Pace, Reached, host_of, sort
from channel.notices.tables import mail_hosts, notices
from channel.posts.model import Post
from channel.storage import Prepared, Tx
from channel.storage.dialect import only_one

AT_ONCE: Final = 8  # letters in one hand
FOREMOST: Final = 32  # rows that are looked through for them, where some have to wait for their host
LEASE_MS: Final = 15 * 60_000  # longer than so many letters take, each until its mail server is given up
FIRST_RETRY_MS: Final = 60_000
LONGEST_RETRY_MS: Final = 3_600_000
GIVEN_UP_MS: Final = 3 * 24 * 3_600_000  # an old letter tells nothing new
FEWEST_TRIES: Final = 12  # before it is given up, however long it stood in the line for its host
DIGEST_MS: Final = 8 * 24 * 3_600_000  # how old the first post in one may be, which nobody calls late
AT_ONCE_KINDS: Final = ("instant", "important")
KEPT_MS: Final = 30 * 24 * 3_600_000
MOST_SWEPT: Final = 5_000
CLAIM_LOCK: Final = 0x6C657474  # "lett"
PACE_LOCK: Final = 0x70616365  # "pace"
MAIL: Final = "mail"
IN_LINE: Final = "Its mail server takes no more at the moment."  # of one that has got its turn
NOT_WANTED: Final = "Its mail server asked for less, for days."


@dataclass(frozen=True, slots=True)
class Notice:
    """One post of which one reader is to be told."""

    id: str
    post_id: str
    seq: int
    how: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What goes into one letter: all that is due at one moment to one reader of one community, oldest first.

    `reader_id`: of an account, or of whatever else the queue's table names its readers by.
    """

    reader_id: str
    community_id: str
    claim: str
    tries: int
    created_at: int  # of the oldest
    notices: tuple[Notice, ...]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.notices]


class Queue:
    """The letters of one table. `reader` names the column of whom they are for, and `people` the table in which these
    have their `id` and `email`; `lock` is the queue's own number."""

    def __init__(self, table: Table, reader: str, people: Table, lock: int) -> None:
        self._table = table
        self._reader = table.c[reader]
        self._waiting = table.c.state == "waiting"
        # Spelt so that no index is asked for it: SQLite would look at all that wait, to find the few that are named.
        self._state = table.c.state + ""
        self._lock = lock
        self._prepare_taking()
        self._prepare_sorting(people)
        self._prepare_marking()

    def _prepare_taking(self) -> None:
        """What every commit asks, and each letter that is taken in hand."""
        table, reader, of = self._table, self._reader, self._table.c
        due = (self._waiting, of.due_at <= bindparam("now"))
        self._any_due = Prepared(select(of.id).where(*due).limit(1))
        self._heads = Prepared(
            select(reader.label("reader_id"), of.community_id)
            .where(*due, of.way == MAIL)
            .order_by(of.due_at, of.id)
            .limit(AT_ONCE)
        )
        self._due_to = Prepared(
            select(table)
            .where(
                *due, of.way == MAIL, reader == bindparam("reader"), of.community_id == bindparam("community")
            )
            .order_by(of.created_at, of.id)
        )
        self._hold = Prepared(
            lambda words: (
                update(table)
                .where(words.among(of.id, "ids"))
                .values(claim=bindparam("token"), due_at=bindparam("until"), tries=of.tries + 1)
            )
        )

    def _prepare_sorting(self, people: Table) -> None:
        """What is asked where some have to wait for their host, and only there."""
        table, of = self._table, self._table.c
        due = (self._waiting, of.due_at <= bindparam("now"))
        # As a column, so that whose address it is changes nothing of the order in which they are looked at.
        address = select(people.c.email).where(people.c.id == self._reader).scalar_subquery()
        self._foremost = Prepared(
            select(
                self._reader.label("reader_id"),
                of.community_id,
                of.problem,
                of.how,
                of.created_at,
                address.label("address"),
            )
            .where(*due, of.way == MAIL)
            .order_by(of.due_at, of.id)
            .limit(FOREMOST)
        )
        letter = (
            *due,
            of.way == MAIL,
            self._reader == bindparam("reader"),
            of.community_id == bindparam("community"),
        )
        self._wait = update(table).where(*letter).values(due_at=bindparam("until"), problem=IN_LINE)
        self._give_up = (
            update(table)
            .where(*letter)
            .values(state="failed", problem=NOT_WANTED, settled_at=bindparam("now"))
        )

    def _prepare_marking(self) -> None:
        """What each letter in hand asks."""
        table, of = self._table, self._table.c
        held = of.claim == bindparam("token")
        state = self._state
        self._mine = Prepared(
            lambda words: select(of.id).where(words.among(of.id, "ids"), held, state == "waiting")
        )
        self._mark = Prepared(
            lambda words: (
                update(table)
                .where(words.among(of.id, "ids"), held, state == "waiting")
                .values(state="handed")
            )
        )
        self._settle = Prepared(
            lambda words: (
                update(table)
                .where(words.among(of.id, "ids"), held, or_(state == "waiting", state == "handed"))
                .values(state=bindparam("fate"), problem=bindparam("why"), settled_at=bindparam("now"))
            )
        )

    async def add(self, tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
        """Those that are there already stay as they are. What a row is: see `fresh`."""
        if rows:
            await tx.run_many(tx.insert(self._table).on_conflict_do_nothing(), rows)

    def fresh(self, tx: Tx, post: Post, reader_id: str, how: str, at: int) -> dict[str, Any]:
        """The row of a letter about `post` that is due `at` (epoch ms)."""
        return {
            "id": new_id(tx.now), "post_id": post.id, self._reader.name: reader_id, "community_id": post.community_id,
            "way": MAIL, "how": how, "seq": post.seq, "state": "waiting", "problem": "", "tries": 0, "claim": "",
            "due_at": at, "created_at": tx.now, "settled_at": None,
        }  # fmt: skip

    async def any_due(self, tx: Tx) -> bool:
        """Whether there is a letter to take."""
        return await tx.one(self._any_due, now=tx.now) is not None

    async def claim(self, tx: Tx, pace: Pace | None = None) -> list[Claimed]:
        """The letters that have waited longest, at most 8, for LEASE_MS. Empty when another process takes some just
        now, or all that were looked at have to wait for their host: `pace` counts those that go."""
        if not await tx.value(only_one(tx.dialect, self._lock)):
            return []
        if pace is not None and pace.binds(tx.now):
            # Members and followers have a queue each, and share what goes to a host.
            if pace.is_bounded and not await tx.value(only_one(tx.dialect, PACE_LOCK)):
                return []
            pairs = await self._sort(tx, pace)
        else:
            heads = await tx.all(self._heads, now=tx.now)
            pairs = list(dict.fromkeys((row.reader_id, row.community_id) for row in heads))
        found = []
        for reader_id, community_id in pairs:
            rows = await tx.all(self._due_to, now=tx.now, reader=reader_id, community=community_id)
            found.append(await self._take(tx, reader_id, community_id, rows))
        return found

    async def _sort(self, tx: Tx, pace: Pace) -> list[tuple[str, str]]:
        """The next ones whose hosts are open. Those that stand before them get turns of their own, so that nobody stands
        behind them."""
        found: dict[tuple[str, str], Due] = {}
        for row in await tx.all(self._foremost, now=tx.now):
            key = (row.reader_id, row.community_id)
            old = row.created_at < tx.now - GIVEN_UP_MS - _wanted_wait(row.how)
            found.setdefault(key, Due(key, row.address or "", row.problem == IN_LINE, old))
        async with _counted_by_all(tx, pace, {host_of(one.address) for one in found.values()} - {RELAY}):
            done = sort(found.values(), pace, tx.now, AT_ONCE)
        waiting = [{**_named(key), "now": tx.now, "until": at} for key, at in done.turns.items()]
        await tx.run_many(self._wait, waiting)
        await tx.run_many(self._give_up, [{**_named(key), "now": tx.now} for key in done.over])
        return done.first

    async def _take(self, tx: Tx, reader_id: str, community_id: str, rows: Sequence[Any]) -> Claimed:
        token = new_token(12)
        ids = [row.id for row in rows]
        await tx.run(self._hold, ids=ids, token=token, until=tx.now + LEASE_MS)
        of_letter = tuple(Notice(row.id, row.post_id, int(row.seq), row.how) for row in rows)
        tries, oldest = max(row.tries for row in rows) + 1, min(row.created_at for row in rows)
        return Claimed(reader_id, community_id, token, tries, oldest, of_letter)

    async def mark(self, tx: Tx, letter: Claimed, ids: Sequence[str]) -> bool:
        """These leave now. False, and nothing is marked, when somebody else has taken the letter over, or it is
        gone."""
        if len(await tx.all(self._mine, ids=list(ids), token=letter.claim)) != len(ids):
            return False
        await tx.run(self._mark, ids=list(ids), token=letter.claim)
        return True

    async def settle(
        self, tx: Tx, letter: Claimed, ids: Sequence[str], state: str, problem: str = ""
    ) -> None:
        """It is over with these: sent, cancelled or failed."""
        given = {"fate": state, "why": problem[:200], "now": tx.now}
        await tx.run(self._settle, ids=list(ids), token=letter.claim, **given)

    async def put_back(
        self, tx: Tx, letter: Claimed, ids: Sequence[str], problem: str = "", *, at: int | None = None
    ) -> None:
        """The mail server has certainly not taken these: try again (1 min · 2ⁿ, at most an hour apart), or at `at`;
        after three days and 12 tries give up."""
        too_old = tx.now - letter.created_at > GIVEN_UP_MS + max(
            _wanted_wait(one.how) for one in letter.notices
        )
        if at is None and too_old and letter.tries >= FEWEST_TRIES:
            await self.settle(tx, letter, ids, "failed", problem)
            return
        wait_ms = min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** min(letter.tries - 1, 10))
        due_at = tx.now + wait_ms if at is None else at
        values = {"state": "waiting", "problem": problem[:200], "due_at": due_at}
        await tx.run(update(self._table).where(*self._in_hand(letter, ids)).values(**values))

    async def defer(
        self, tx: Tx, letter: Claimed, when: Mapping[str, int], *, how: str | None = None
    ) -> None:
        """Not now, but then (epoch ms, by id); `how`: from now on they are of that kind, and of this letter no more: what
        becomes of the rest of it, a mail server that is away included, brings them no earlier."""
        for at in sorted(set(when.values())):
            ids = [one for one, moment in when.items() if moment == at]
            values = {"state": "waiting", "due_at": at} | ({"how": how, "claim": ""} if how else {})
            await tx.run(update(self._table).where(*self._in_hand(letter, ids)).values(**values))

    def _in_hand(self, letter: Claimed, ids: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
        of = self._table.c
        return (of.id.in_(ids), of.claim == letter.claim, self._state.in_(("waiting", "handed")))

    async def release(self, tx: Tx, letter: Claimed, *, at: int | None = None) -> None:
        """Whoever comes next may have it at once, or `at` that moment, as if it had not been tried; but for what is
        marked."""
        of = self._table.c
        mine = (of.id.in_(letter.ids), of.claim == letter.claim, self._state == "waiting")
        due_at = tx.now if at is None else at
        await tx.run(update(self._table).where(*mine).values(due_at=due_at, tries=self._table.c.tries - 1))

    async def forsake(self, tx: Tx) -> None:
        """Give up what is due and too old to tell anything new: said while a mail server takes none for long."""
        of, known = self._table.c, tx.now - GIVEN_UP_MS
        old = or_(of.created_at < known - DIGEST_MS, and_(of.how.in_(AT_ONCE_KINDS), of.created_at < known))
        some = select(of.id).where(self._waiting, of.due_at <= tx.now, of.way == MAIL, old).limit(MOST_SWEPT)
        given = {"state": "failed", "problem": NOT_WANTED, "settled_at": tx.now}
        await tx.run(update(self._table).where(of.id.in_(some)).values(**given))

    async def sweep(self, tx: Tx) -> None:
        """Forget what was settled long ago; and what was marked when a server died, just as long ago."""
        table = self._table
        old = (
            select(table.c.id)
            .where(
                table.c.state.in_(("handed", "sent", "cancelled", "failed")),
                table.c.due_at < tx.now - KEPT_MS,
            )
            .limit(MOST_SWEPT)
        )
        await tx.run(delete(table).where(table.c.id.in_(old)))
        past = tx.now - GIVEN_UP_MS
        await tx.run(delete(mail_hosts).where(mail_hosts.c.next_at < past, mail_hosts.c.line_at < past))


@asynccontextmanager
async def _counted_by_all(tx: Tx, pace: Pace, hosts: Collection[str]) -> AsyncIterator[None]:
    """What goes to these hosts meanwhile is counted on from what all processes sent, and written down for them. Whoever asks
    holds PACE_LOCK."""
    if not pace.is_bounded:
        yield
        return
    rows = await tx.all(select(mail_hosts).where(mail_hosts.c.host.in_(sorted(hosts))))
    before = dict.fromkeys(hosts, Reached()) | {row.host: Reached(row.next_at, row.line_at) for row in rows}
    for host, reached in before.items():
        pace.recall(host, reached, tx.now)
    yield
    moved = [(host, pace.reached(host)) for host in sorted(hosts) if pace.reached(host) != before[host]]
    insert = tx.insert(mail_hosts)
    more = {"next_at": insert.excluded.next_at, "line_at": insert.excluded.line_at}
    await tx.run_many(
        insert.on_conflict_do_update(index_elements=["host"], set_=more),
        [{"host": host, "next_at": at.next_at, "line_at": at.line_at} for host, at in moved],
    )


def _wanted_wait(how: str) -> int:
    """A digest is as old as its oldest post, by the reader's own wish."""
    return 0 if how in AT_ONCE_KINDS else DIGEST_MS


def _named(key: tuple[str, str]) -> dict[str, str]:
    return {"reader": key[0], "community": key[1]}


LETTERS: Final = Queue(notices, "account_id", accounts, CLAIM_LOCK)
