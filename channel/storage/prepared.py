"""Statements put together once. What runs thousands of times a second must not be assembled and compiled each time.

A statement costs SQLAlchemy 30 to 100 µs to build and look up in its cache, and SQLite 5 to run.
"""

import json
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any, TypeVar, cast

from sqlalchemy import (
    Dialect,
    Executable,
    LargeBinary,
    Select,
    Table,
    Text,
    TypeDecorator,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql import ClauseElement, ColumnElement
from sqlalchemy.sql.compiler import SQLCompiler

T = TypeVar("T")
Row = Any  # a named tuple with the names of the statement's columns

_SQLITE = sqlite.dialect(paramstyle="qmark")


class _JsonList(TypeDecorator[list[Any]]):
    """A list as the text that json_each reads."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json.dumps(list(value))


class Words:
    """How one of the databases says what they say differently."""

    def __init__(self, dialect: str) -> None:
        self._sqlite = dialect == "sqlite"

    def insert(self, table: Table) -> sqlite.Insert | postgresql.Insert:
        """An INSERT that knows ON CONFLICT, which both databases spell alike but SQLAlchemy keeps apart."""
        return sqlite.insert(table) if self._sqlite else postgresql.insert(table)

    def locking(self, statement: Select[Any], *, key_share: bool = False) -> Select[Any]:
        """Hold the rows until the end of the transaction. SQLite needs no words: its writer is alone.

        `key_share`: whoever only refers to them need not wait, as publishing in a room or quoting a post does.
        """
        return statement if self._sqlite else statement.with_for_update(key_share=key_share)

    def skipping(self, statement: Select[Any]) -> Select[Any]:
        """Take rows that no other worker holds. On SQLite BEGIN IMMEDIATE has already serialised the workers."""
        return statement if self._sqlite else statement.with_for_update(skip_locked=True)

    def among(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """`column` is one of a list that comes as the value `name`: IN, for lists of any length in one text."""
        if self._sqlite:
            given = func.json_each(bindparam(name, type_=_JsonList())).table_valued("value")
            return column.in_(select(given.c.value))
        return column == any_(bindparam(name, type_=postgresql.ARRAY(column.type)))

    def beyond_ascii(self, column: ColumnElement[str]) -> ColumnElement[bool]:
        """The text has more than the letters and signs of ASCII: it takes more bytes than characters."""
        octets = func.length(sql_cast(column, LargeBinary)) if self._sqlite else func.octet_length(column)
        return octets > func.length(column)


_WORDS = {name: Words(name) for name in ("sqlite", "postgresql")}


def words_of(dialect: str) -> Words:
    return _WORDS[dialect]


class Prepared:
    """A statement with `bindparam`s, whose values come with each call: `tx.one(BY_ID, id=…)`.

    Made of the statement itself, or of a function of Words for one that the databases say differently.
    """

    __slots__ = ("_by_dialect", "_make", "_ready")

    def __init__(self, make: Executable | Callable[[Words], Executable]) -> None:
        self._make = make
        self._by_dialect: dict[str, Executable] = {}
        self._ready: _Ready | None = None

    def statement(self, dialect: str) -> Executable:
        """The statement as SQLAlchemy runs it; the same object each time, so its cache key is kept."""
        found = self._by_dialect.get(dialect)
        if found is None:
            make = self._make
            found = make if isinstance(make, Executable) else make(words_of(dialect))
            self._by_dialect[dialect] = found
        return found

    def on_sqlite(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> "Cursor":
        """Run it, in the calling thread. Raises SQLAlchemy's errors, as any other statement does."""
        ready = self._ready
        if ready is None:
            ready = self._ready = _Ready(self.statement("sqlite"))
        return ready.run(connection, values)


def database_error(statement: str, error: sqlite3.Error) -> BaseException:
    """The driver's error as SQLAlchemy would have raised it."""
    return DBAPIError.instance(statement, None, error, sqlite3.Error, hide_parameters=True, dialect=_SQLITE)


class Cursor:
    """What a prepared statement found; it asks for its rows once."""

    __slots__ = ("_cursor", "_row")

    def __init__(self, cursor: sqlite3.Cursor, row: Callable[[Any], Row] | None) -> None:
        self._cursor = cursor
        self._row = row

    def all(self) -> list[Row]:
        rows = self._cursor.fetchall()
        return rows if self._row is None else [self._row(row) for row in rows]

    def first(self) -> Row | None:
        row = self._cursor.fetchone()
        self._cursor.close()
        return row if row is None or self._row is None else self._row(row)

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount


class _Ready:
    """The text for SQLite, the order of its values, and how a row is made of what comes back."""

    __slots__ = ("_constants", "_convert", "_order", "_row", "_text")

    def __init__(self, statement: Executable) -> None:
        compiled = cast(SQLCompiler, cast(ClauseElement, statement).compile(dialect=_SQLITE))
        names = compiled.positiontup or []
        given = compiled.construct_params(_check=False)
        self._text = str(compiled)
        self._constants = {name: value for name, value in given.items() if value is not None}
        self._order = _in_order(names)
        self._convert = [
            (name, cast(Callable[[Any], Any], compiled._bind_processors[name]))
            for name in names
            if name in compiled._bind_processors
        ]
        self._row = _row_maker(compiled)

    def run(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Cursor:
        if self._constants or self._convert:
            values = {**self._constants, **values}
            for name, convert in self._convert:
                values[name] = convert(values[name])
        try:
            return Cursor(connection.execute(self._text, self._order(values)), self._row)
        except sqlite3.Error as error:
            raise database_error(self._text, error) from error


def _in_order(names: list[str]) -> Callable[[Mapping[str, Any]], Any]:
    if len(names) == 1:
        [name] = names
        return lambda values: (values[name],)
    return itemgetter(*names) if names else lambda values: ()


def _row_maker(compiled: SQLCompiler) -> Callable[[Any], Row] | None:
    columns = compiled._result_columns
    if not columns:
        return None
    names = [column.keyname for column in columns]
    maker: Callable[[Any], Row] = namedtuple("Row", names, rename=True)._make  # type: ignore[attr-defined]
    convert = {
        index: turned
        for index, column in enumerate(columns)
        if (turned := column.type.result_processor(_SQLITE, None)) is not None
    }
    if not convert:
        return maker

    def converted(row: Any) -> Row:
        values = list(row)
        for index, turned in convert.items():
            values[index] = turned(values[index])
        return maker(values)

    return converted


def reader(kind: type[T], prefix: str = "") -> Callable[[Row], T]:
    """Makes a dataclass of a row that has its fields, each with `prefix` before its name."""
    names = [prefix + field.name for field in fields(kind)]  # type: ignore[arg-type]
    if len(names) == 1:
        raise ValueError("one field needs no reader")
    values = attrgetter(*names)
    return lambda row: kind(*values(row))
