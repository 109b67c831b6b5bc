"""The epoch: of which history the data is. Whoever knows a number of another one is told to begin afresh.

PostgreSQL may be moved under a running server: a replica takes over that lacks what was acknowledged last, and gives the
same numbers to other events. So an epoch begins with the history that it is of: the cluster, its timeline (which changes
when a replica is promoted, or a recovery ends earlier) and the database (which changes when a dump is loaded). A new
connection compares before anything else is done on it, and the first one that finds another history begins a new epoch.
Files that were put back as they were a moment ago have the same timeline; what was told to listeners shows it.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

from channel.errors import Unavailable
from channel.ids import new_token

# Asked of a PostgreSQL that has just been connected to.
_WHO: Final = """
SELECT epoch, pg_is_in_recovery(), pg_postmaster_start_time()::text,
       CASE WHEN pg_is_in_recovery() THEN ''
            ELSE (SELECT system_identifier FROM pg_control_system()) || '/'
                 || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/'
                 || (SELECT oid FROM pg_database WHERE datname = current_database()) END
FROM (SELECT 1) AS one LEFT JOIN instance ON true
"""
# Of one that is only like PostgreSQL and does not tell: its operator has to see to the epoch.
_WHO_AT_LEAST: Final = "SELECT epoch, false, '', '' FROM (SELECT 1) AS one LEFT JOIN instance ON true"
_DOES_NOT_TELL: Final = ("42883", "42501", "0A000")  # SQLSTATE: no such function, not allowed, not supported
_RENEW: Final = "UPDATE instance SET epoch = $1 WHERE epoch = $2"
_HEADS: Final = "SELECT stream, seq FROM streams WHERE stream = ANY($1::text[])"

log = logging.getLogger("channel.storage")


class Epoch:
    """What this process knows of it. `history` is empty where it cannot change, or is not told.

    `on_change` is called when the data turns out to be of another history than before, before anything of it is read.
    `told` gives the newest seq that this process has told of each stream that somebody listens to.
    """

    def __init__(self) -> None:
        self.now = ""
        self.history = ""
        self.on_change: Callable[[], None] = lambda: None
        self.told: Callable[[], Mapping[str, int]] = dict
        self._started = ""

    def fresh(self) -> str:
        """A new one for the data as it is."""
        return f"{self.history}.{new_token(12)}" if self.history else new_token(12)

    def learn(self, epoch: str) -> None:
        """The data is of `epoch`."""
        before, self.now = self.now, epoch
        if before and before != epoch:
            log.warning("The data is of another history now: whoever listens begins afresh.")
            self.on_change()

    def meet(self, connection: Any) -> None:
        """Get to know what a new connection to PostgreSQL leads to; a DB-API connection, in a greenlet of SQLAlchemy's.

        Raises Unavailable for a replica, where nothing could be acknowledged.
        """
        connection.autocommit = True  # each statement stands for itself: fewer round trips
        try:
            self._meet(connection)
        finally:
            connection.autocommit = False

    def _meet(self, connection: Any) -> None:
        epoch, standby, started, history = _who(connection)
        if standby:
            raise Unavailable("The database is a replica that only reads. Nothing was saved; try again.")
        self.history = _short(history) if history else ""
        # Where the epoch is not the one we know, somebody has begun another already, and `told` is of the one before.
        back = epoch == self.now and self._went_back(connection, started)
        if epoch is not None and (back or self._another(epoch)):
            _ask(connection, _RENEW, (self.fresh(), epoch))  # one of all processes does it
            epoch = _ask(connection, _WHO_AT_LEAST)[0][0]
        self._started = started
        if epoch is not None:
            self.learn(epoch)

    def _another(self, epoch: str) -> bool:
        return bool(self.history) and epoch.partition(".")[0] != self.history

    def _went_back(self, connection: Any, started: str) -> bool:
        """Whether a server that was started again lacks what was told before."""
        told = self.told() if self._started not in ("", started) else {}
        heads = dict(_ask(connection, _HEADS, ([*told],))) if told else {}
        return any(heads.get(stream, 0) < seq for stream, seq in told.items())


def _who(connection: Any) -> tuple[str | None, bool, str, str]:
    try:
        [found] = _ask(connection, _WHO)
    except Exception as error:
        if getattr(error, "sqlstate", None) not in _DOES_NOT_TELL:
            raise
        [found] = _ask(connection, _WHO_AT_LEAST)
    epoch, standby, started, history = found
    return epoch, standby, started, history


def _ask(connection: Any, statement: str, values: tuple[object, ...] = ()) -> Any:
    cursor = connection.cursor()
    try:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else ()
    finally:
        cursor.close()


def _short(history: str) -> str:
    """Clients are told the epoch; what the database calls itself is not their business."""
    return hashlib.blake2b(history.encode(), digest_size=6).hexdigest()
