"""Who reacted with what, and how many did.

`post_id` is the id of a post or of whatever else people react to (ids are never the same for two things), so it is no
foreign key: two columns that are null in turn would double every index for nothing. What is reacted to lies in a room:
when that goes, its counts go, and with them the reactions. What is deleted alone is cleared by the janitor.
"""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import metadata, ref, when

# `n` is the number of rows in `reactions`, changed in the same transaction; a row with none is removed. `at`: when the
# first came, which is where it stands in the row.
reaction_counts = Table(
    "reaction_counts",
    metadata,
    Column("post_id", Text, nullable=False),
    Column("emoji", Text, nullable=False),
    ref("room_id", "rooms.id"),
    Column("n", Integer, nullable=False),
    when("at"),
    PrimaryKeyConstraint("post_id", "emoji"),
    Index("ix_reaction_counts_room_id", "room_id"),
)
reactions = Table(
    "reactions",
    metadata,
    ref("account_id", "accounts.id"),
    Column("post_id", Text, nullable=False),
    Column("emoji", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("account_id", "post_id", "emoji"),
    ForeignKeyConstraint(
        ["post_id", "emoji"], ["reaction_counts.post_id", "reaction_counts.emoji"], ondelete="CASCADE"
    ),
    Index("ix_reactions_post_id_emoji_at", "post_id", "emoji", "at", "account_id"),
)
