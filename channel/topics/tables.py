"""Topics of a group, and what each account made of them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from channel.storage import id_column, metadata, ref, when

topics = Table(
    "topics",
    metadata,
    id_column(),
    ref("room_id", "rooms.id"),
    ref("community_id", "communities.id"),
    Column("number", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_key", Text, nullable=False),  # one topic of a name; of a merged one its id
    Column("state", Text, nullable=False),  # open | closed | resolved
    Column("answer_id", Text, nullable=True),  # a post; whether it is still there is asked when it is shown
    ref("created_by", "accounts.id"),
    when("created_at"),
    when("last_at"),
    Column("last_seq", BigInteger, nullable=False),
    when("stirred_at"),
    Column("posts", Integer, nullable=False, server_default="0"),
    Column("moved_to", Text, nullable=True),  # the topic that it was merged into
    UniqueConstraint("room_id", "number"),
    UniqueConstraint("room_id", "name_key"),
    Index("ix_topics_room_id_last_seq", "room_id", "last_seq"),
    Index("ix_topics_community_id", "community_id"),
    Index("ix_topics_created_by", "created_by"),
)
# Of marks: whoever is told of what is written. As text, word for word as queries say it, or no index of them is used.
TOLD = text("push <> 'none' OR mail <> 'none'")
marks = Table(
    "topic_marks",
    metadata,
    ref("account_id", "accounts.id"),
    ref("topic_id", "topics.id"),
    ref("room_id", "rooms.id"),
    Column("seq", BigInteger, nullable=False, server_default="0"),  # read up to here
    Column("level", Text, nullable=False, server_default=""),  # "" | follow | mute
    Column("starred", Boolean, nullable=False, server_default=false()),
    when("at"),
    # Of who follows it, how they are told of its messages; of all others "none".
    Column("push", Text, nullable=False, server_default="none"),  # instant | none
    Column("mail", Text, nullable=False, server_default="none"),  # instant | daily | weekly | none
    when("chosen_at", null=True),  # those two
    PrimaryKeyConstraint("account_id", "topic_id"),
    Index("ix_topic_marks_topic_id", "topic_id"),
    # Asked with each message: few are told, and everybody who reads has a mark.
    Index(
        "ix_topic_marks_topic_id_account_id",
        "topic_id",
        "account_id",
        sqlite_where=TOLD,
        postgresql_where=TOLD,
    ),
    Index("ix_topic_marks_room_id", "room_id"),
)
