"""The buyer's side of the pretend provider, for the page that plays its checkout."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from sqlalchemy import select

from channel.errors import NotFound
from channel.ids import is_id
from channel.payments import books, queries
from channel.payments.books import Book
from channel.payments.model import Connection
from channel.payments.tables import books as book_table
from channel.storage import Tx


@runtime_checkable
class Pretends(Protocol):
    """A provider whose buyers sit in front of a page of ours."""

    async def pay(self, connection: Connection, external_id: str) -> Book:
        """The card is good. Raises Conflict (checkout_over)."""
        ...

    async def decline(self, connection: Connection, external_id: str) -> Book:
        """The card is declined; another try is possible."""
        ...

    async def world(self, connection: Connection, external_id: str, act: Callable[[Book], None]) -> Book:
        """What happens outside: a card that fails from now on."""
        ...


async def book_of(tx: Tx, book_id: str, account_id: str) -> tuple[Connection, Book]:
    """The account's own book of the pretend provider. Raises NotFound, for everybody else's too."""
    mine = (book_table.c.id == book_id, book_table.c.account_id == account_id)
    row = await tx.one(select(book_table.c.connection_id).where(*mine)) if is_id(book_id) else None
    if row is not None:
        connection = await queries.connection(tx, row.connection_id)
        found = await books.read(tx, connection, book_id)
        if connection.provider == "sandbox" and found is not None:
            return connection, found.book
    raise NotFound("There is no such payment.")
