"""Account x community: role, tier, state."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text, UniqueConstraint, text

from channel.storage import id_column, metadata, ref, when

memberships = Table(
    "memberships",
    metadata,
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    Column("role", Text, nullable=False),
    ref("tier_id", "tiers.id"),
    Column("state", Text, nullable=False),
    Column("invite_id", Text, nullable=True),  # the link they came by
    Column("note", Text, nullable=False, server_default=""),  # what they wrote with a request
    Column("reason", Text, nullable=False, server_default=""),  # why muted or banned
    when("until", null=True),  # when mute or ban ends by itself
    when("tier_until", null=True),  # when the tier ends, whatever else happens: then the rank is 0
    when("joined_at"),
    when("changed_at"),
    PrimaryKeyConstraint("community_id", "account_id"),
    Index("ix_memberships_account_id", "account_id"),
    Index("ix_memberships_community_id_state_joined_at", "community_id", "state", "joined_at"),
    Index("ix_memberships_tier_id", "tier_id"),
    Index(
        "ix_memberships_tier_until", "tier_until",
        sqlite_where=text("tier_until IS NOT NULL"), postgresql_where=text("tier_until IS NOT NULL"),
    ),
)  # fmt: skip
# Why somebody has a tier. The membership has the highest of those that hold now; see members/grants.
grants = Table(
    "grants",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    ref("tier_id", "tiers.id"),
    Column("source", Text, nullable=False),  # given | invite | guest | gift | subscription | purchase
    Column("source_id", Text, nullable=False),  # which invite, gift, subscription or purchase
    Column("reason", Text, nullable=False, server_default=""),
    Column("by_id", Text, nullable=True),  # who gave it by hand
    when("starts_at"),
    when("ends_at", null=True),
    when("revoked_at", null=True),
    UniqueConstraint("account_id", "source", "source_id"),
    Index("ix_grants_community_id_account_id", "community_id", "account_id"),
    Index("ix_grants_tier_id", "tier_id"),
)
# Single posts that somebody has paid for, whatever their rank.
unlocks = Table(
    "unlocks",
    metadata,
    ref("post_id", "posts.id"),
    ref("account_id", "accounts.id"),
    Column("purchase_id", Text, nullable=False),
    when("at"),
    when("revoked_at", null=True),
    PrimaryKeyConstraint("account_id", "post_id"),
    Index("ix_unlocks_post_id", "post_id"),
)
