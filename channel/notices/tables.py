"""Who wants letters about posts, and the letters that are due."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from channel.storage import id_column, metadata, ref, when

# What somebody chose; without a row nobody gets a letter. `place` is the id of the room, else of the community; of a tag
# the community's with "#" and the tag behind it.
notice_rules = Table(
    "notice_rules",
    metadata,
    ref("account_id", "accounts.id"),
    Column("place", Text, nullable=False),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id", null=True),
    Column("how", Text, nullable=False),  # instant | important | daily | weekly | none
    when("chosen_at"),
    Column("tag", Text, nullable=False, server_default=""),  # folded; "": the rule is of a room or of all
    when("turned_at", null=True),  # since when it is none, where something was told before
    PrimaryKeyConstraint("account_id", "place"),
    Index("ix_notice_rules_community_id_account_id", "community_id", "account_id"),
    Index("ix_notice_rules_room_id", "room_id"),
)
# When letters may come. `refused_hash` is of an address that a mail server refused for good: it is left alone.
notice_times = Table(
    "notice_times",
    metadata,
    ref("account_id", "accounts.id", key=True),
    Column("zone", Text, nullable=False),
    Column("hour", Integer, nullable=False),
    Column("quiet_from", Integer, nullable=True),
    Column("quiet_to", Integer, nullable=True),
    Column("refused_hash", Text, nullable=False, server_default=""),
    when("refused_at", null=True),
    # of a letter about what a device was told
    Column("wait_hours", Integer, nullable=False, server_default="4"),
    # smtp: by the server that was handed the letter; hard | soft | complaint: by a report, see incoming/bounces
    Column("refused_why", Text, nullable=False, server_default=""),
    Column("important_passes", Boolean, nullable=False, server_default=false()),  # in quiet hours, too
)
# Who chose whether letters show pictures; without a row, and with `since` NULL, they load nothing.
letter_pictures = Table(
    "letter_pictures",
    metadata,
    ref("account_id", "accounts.id", key=True),
    when("since", null=True),
)
# How much of a community somebody lets through, by all ways together.
notice_limits = Table(
    "notice_limits",
    metadata,
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    Column("per_week", Integer, nullable=True),
    when("muted_until", null=True),
    when("muted_at", null=True),  # when that was chosen; unknown before 0041
    PrimaryKeyConstraint("account_id", "community_id"),
    Index("ix_notice_limits_community_id", "community_id"),
)
# One row for each post, account and way; kept for a while when it is settled, so that nobody is told twice.
notices = Table(
    "notices",
    metadata,
    id_column(),
    ref("post_id", "posts.id"),
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    Column("way", Text, nullable=False),  # mail
    Column("how", Text, nullable=False),  # instant | important | daily | weekly, as it was when the post came
    Column("seq", BigInteger, nullable=False),  # of the post
    # waiting | handed (from then on it is never sent again) | sent | cancelled | failed
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("claim", Text, nullable=False, server_default=""),  # of whoever has it in hand
    when("due_at"),
    when("created_at"),
    when("settled_at", null=True),
    UniqueConstraint("post_id", "account_id", "way"),
    Index("ix_notices_state_due_at_id", "state", "due_at", "id"),  # all of a crowd are due at once
    Index("ix_notices_account_id_community_id_state_due_at", "account_id", "community_id", "state", "due_at"),
    Index("ix_notices_community_id", "community_id"),
)
# How far the letters to each host of recipients have come, of all processes together; where there is a bound alone.
mail_hosts = Table(
    "mail_hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("next_at", Double, nullable=False),  # epoch ms, with fractions: see pace.py
    Column("line_at", Double, nullable=False),
)
