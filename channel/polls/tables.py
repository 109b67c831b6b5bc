"""Polls, their answers, who has voted, and what was voted.

The last two are apart. In an anonymous poll a ballot has no account and no time, and no row number that would keep the
order in which people came. (PostgreSQL numbers rows by their transaction, which SQL can ask for: hence who has voted
is deleted when the poll ends.)
"""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from channel.storage import metadata, ref, when

polls = Table(
    "polls",
    metadata,
    ref("post_id", "posts.id", key=True),
    Column("question", Text, nullable=False),
    Column("kind", Text, nullable=False),  # poll | quiz
    Column("multiple", Boolean, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    Column(
        "sealed", Boolean, nullable=False
    ),  # tallies leave the server when closed_at is set, and not before
    Column("may_change", Boolean, nullable=False),
    Column("min_rank", Integer, nullable=True),  # to vote; None: who may read
    when("closes_at", null=True),
    when("closed_at", null=True),
    Column("explanation", Text, nullable=False),
    Column("voters", Integer, nullable=False, server_default="0"),
)
poll_options = Table(
    "poll_options",
    metadata,
    ref("post_id", "polls.post_id"),
    Column("id", Integer, nullable=False),  # from 1, in the author's order
    Column("text", Text, nullable=False),
    Column("is_right", Boolean, nullable=False),
    Column("votes", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("post_id", "id"),
)
voters = Table(
    "poll_voters",
    metadata,
    ref("post_id", "polls.post_id"),
    ref("account_id", "accounts.id"),
    PrimaryKeyConstraint("post_id", "account_id"),
    Index("ix_poll_voters_account_id", "account_id"),
    sqlite_with_rowid=False,
)
ballots = Table(
    "ballots",
    metadata,
    ref("post_id", "polls.post_id"),
    Column("code", Text, nullable=False),  # the receipt: random, so that the order of the rows says nothing
    Column("choices", Integer, nullable=False),  # a bit for each option
    Column(
        "account_id", Text, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True
    ),  # open polls only
    PrimaryKeyConstraint("post_id", "code"),
    Index("ix_ballots_account_id_post_id", "account_id", "post_id"),
    sqlite_with_rowid=False,
)
