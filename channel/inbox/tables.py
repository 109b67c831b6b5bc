"""What those who run a community did with the things that wait for them. What waits, the sources say: see sources.py.

A row is there from the first act on. `mark` is the newest that had happened in the thing when it was put away (done, or
until later): what happens after it brings the thing back.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import metadata, ref, when

acts = Table(
    "inbox_acts",
    metadata,
    ref("community_id", "communities.id"),
    Column("kind", Text, nullable=False),
    Column("what", Text, nullable=False),  # id of the question, comment, conversation …
    ref("who", "accounts.id"),  # whom it is from
    when("done_at", null=True),
    when("later_until", null=True),
    Column("mark", BigInteger, nullable=True),
    Column("assigned_to", Text, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True),
    Column(
        "by_id", Text, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True
    ),  # who did the last of it
    Column("rev", Integer, nullable=False),  # of the row; and which of them was the last to
    Column("put_rev", Integer, nullable=False),  # put the thing away or take it back in,
    Column("given_rev", Integer, nullable=False),  # and to give it to somebody
    when("changed_at"),
    PrimaryKeyConstraint("community_id", "kind", "what", "who"),
    Index("ix_inbox_acts_who", "who"),
    Index("ix_inbox_acts_assigned_to", "assigned_to"),
    Index("ix_inbox_acts_by_id", "by_id"),
)
