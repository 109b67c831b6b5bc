"""Account x community: role, tier, state."""

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, Text

from channel.storage import metadata, ref, when

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
    when("joined_at"),
    when("changed_at"),
    PrimaryKeyConstraint("community_id", "account_id"),
    Index("ix_memberships_account_id", "account_id"),
    Index("ix_memberships_community_id_state_joined_at", "community_id", "state", "joined_at"),
    Index("ix_memberships_tier_id", "tier_id"),
)
