"""Levels of membership. Rank 0 is free and every community has it."""

from sqlalchemy import Boolean, Column, Index, Integer, Table, Text, UniqueConstraint, text

from channel.storage import id_column, metadata, ref, when

tiers = Table(
    "tiers",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("name", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("benefits", Text, nullable=False, server_default="[]"),  # JSON list of sentences
    Column("colour", Integer, nullable=True),  # hue 0-359; None: the community's
    Column("state", Text, nullable=False, server_default="listed"),  # listed | hidden | archived
    Column("position", Integer, nullable=False, server_default="0"),  # among the listed; then by rank
    Column("welcome", Text, nullable=False, server_default=""),  # mailed to whoever comes to have it
    Column("trial_days", Integer, nullable=False, server_default="0"),
    Column("capacity", Integer, nullable=True),  # seats; None: no limit
    when("created_at"),
    UniqueConstraint("community_id", "rank"),
)
# A price never changes: a new one is made and the old one retired, which stays for those who pay it.
prices = Table(
    "prices",
    metadata,
    id_column(),
    ref("tier_id", "tiers.id"),
    Column("amount", Integer, nullable=False),  # minor units; the least one may pay where `open`
    Column("currency", Text, nullable=False),
    Column("interval", Text, nullable=False),  # month | quarter | year | once
    Column("days", Integer, nullable=False),  # what `once` buys; 0: for life
    Column("open", Boolean, nullable=False),  # pay what you want, from `amount` on
    Column("state", Text, nullable=False),  # offered | retired
    when("created_at"),
    Index(
        "ix_prices_tier_id_currency_interval_days", "tier_id", "currency", "interval", "days", unique=True,
        sqlite_where=text("state = 'offered'"), postgresql_where=text("state = 'offered'"),
    ),
)  # fmt: skip
