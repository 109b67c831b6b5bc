"""What the index knows of a document besides its words, and what is to be looked at again.

The words themselves are in `search_words`, which the databases make each in its own way: see fts5.py and tsvector.py,
and the migration. Triggers on the tables of what can be found fill `search_changes`, so that no way of writing them
can forget to.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from channel.storage import metadata, ref, when

DERIVED = {"derived": True}  # made anew from what it is about: backups leave it out
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# Who may read a document: those of `rank` and above who may enter the room (-1: all of them). Few of them exist.
audiences = Table(
    "search_audiences",
    metadata,
    Column("id", Integer, primary_key=True),
    ref("room_id", "rooms.id"),
    Column("rank", Integer, nullable=False),
    UniqueConstraint("room_id", "rank"),
    sqlite_autoincrement=True,  # a number that was an audience's never becomes another one's
    info=DERIVED,
)
# `place` orders an audience's documents by time, and is what the words are filed under: see places.py.
docs = Table(
    "search_docs",
    metadata,
    Column("place", BigInteger, primary_key=True, autoincrement=False),
    Column("audience_id", Integer, nullable=False),
    when("at"),
    Column("kind", Text, nullable=False),
    Column("doc_id", Text, nullable=False),
    Column("rev", Integer, nullable=False),  # counts only while it is the document's present one
    UniqueConstraint("kind", "doc_id"),
    Index("ix_search_docs_audience_id_at", "audience_id", "at"),
    info=DERIVED,
)
# Who has written for an audience: what `from:` looks through.
authors = Table(
    "search_authors",
    metadata,
    Column("audience_id", Integer, nullable=False),
    ref("account_id", "accounts.id"),
    PrimaryKeyConstraint("audience_id", "account_id"),
    Index("ix_search_authors_account_id", "account_id"),
    info=DERIVED,
)
changes = Table(
    "search_changes",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("doc_id", Text, nullable=False),
    info=DERIVED,
)
