"""Links that let people join."""

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import id_column, metadata, ref, when

invites = Table(
    "invites",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("code_hash", Text, nullable=False, unique=True),
    Column(
        "code_sealed", Text, nullable=False
    ),  # encrypted with secret.key, so a stolen database opens no door
    Column("label", Text, nullable=False, server_default=""),
    when("expires_at", null=True),
    Column("max_uses", Integer, nullable=True),
    Column("uses", Integer, nullable=False, server_default="0"),
    ref("tier_id", "tiers.id", null=True),
    Column("requires_approval", Boolean, nullable=False),
    Column(
        "rooms", Text, nullable=False, server_default="[]"
    ),  # JSON list of room ids to land in, first first
    Column("state", Text, nullable=False),  # open | paused | revoked
    ref("created_by", "accounts.id"),
    when("created_at"),
    Index("ix_invites_community_id_created_at", "community_id", "created_at"),
    Index("ix_invites_tier_id", "tier_id"),
    Index("ix_invites_created_by", "created_by"),
)
invite_uses = Table(
    "invite_uses",
    metadata,
    ref("invite_id", "invites.id"),
    ref("account_id", "accounts.id"),
    when("at"),
    PrimaryKeyConstraint("invite_id", "account_id"),
    Index("ix_invite_uses_account_id", "account_id"),
)
