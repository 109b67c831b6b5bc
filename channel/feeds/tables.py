"""Private feeds, and from how many networks each was read lately."""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import id_column, metadata, ref, when

feeds = Table(
    "feeds",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id", null=True),  # NULL: all rooms that its owner may read
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("secret_sealed", Text, nullable=False),  # encrypted with secret.key: a stolen database opens none
    when("created_at"),
    when("revoked_at", null=True),
    Column("revoked_by", Text, nullable=True),  # owner | team
    Index("ix_feeds_account_id_created_at", "account_id", "created_at"),
    Index("ix_feeds_community_id", "community_id"),
    Index("ix_feeds_room_id", "room_id"),
    Index("ix_feeds_revoked_at", "revoked_at"),
)
# One row for each network, day and feed. `network` is a keyed hash, for one feed and one week: of another feed, or of
# another week, the same network is another one.
feed_networks = Table(
    "feed_networks",
    metadata,
    ref("feed_id", "feeds.id"),
    Column("day", Integer, nullable=False),  # since 1970-01-01, UTC
    Column("network", BigInteger, nullable=False),
    PrimaryKeyConstraint("feed_id", "day", "network"),
    Index("ix_feed_networks_day", "day"),
)
