"""Private feeds, and from how many networks each was read lately."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        _key("feeds", "account_id", "accounts"),
        _key("feeds", "community_id", "communities"),
        _key("feeds", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feeds")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_feeds_secret_hash")),
    )
    op.create_index("ix_feeds_account_id_created_at", "feeds", ["account_id", "created_at"])
    for column in ("community_id", "room_id", "revoked_at"):
        op.create_index(f"ix_feeds_{column}", "feeds", [column])
    op.create_table(
        "feed_networks",
        sa.Column("feed_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("network", sa.BigInteger(), nullable=False),
        _key("feed_networks", "feed_id", "feeds"),
        sa.PrimaryKeyConstraint("feed_id", "day", "network", name=op.f("pk_feed_networks")),
    )
    op.create_index("ix_feed_networks_day", "feed_networks", ["day"])


def downgrade() -> None:
    op.drop_table("feed_networks")
    op.drop_table("feeds")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
