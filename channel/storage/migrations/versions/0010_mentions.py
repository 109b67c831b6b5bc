"""Whom posts name, and their #tags. What was written before names nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mentions",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *_refs("mentions", post_id="posts", account_id="accounts", tier_id="tiers",
               community_id="communities", room_id="rooms"),
        sa.PrimaryKeyConstraint("post_id", "word", name=op.f("pk_mentions")),
    )  # fmt: skip
    for name, columns in {
        "ix_mentions_account_id_room_id_seq": ["account_id", "room_id", "seq"],
        "ix_mentions_account_id_created_at": ["account_id", "created_at"],
        "ix_mentions_room_id": ["room_id"],
        "ix_mentions_tier_id": ["tier_id"],
        "ix_mentions_community_id": ["community_id"],
    }.items():
        op.create_index(name, "mentions", columns)
    groups = sa.text("account_id IS NULL")
    op.create_index(
        "ix_mentions_community_id_created_at", "mentions", ["community_id", "created_at"],
        sqlite_where=groups, postgresql_where=groups,
    )  # fmt: skip
    op.create_table(
        "post_tags",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *_refs("post_tags", post_id="posts", community_id="communities"),
        sa.PrimaryKeyConstraint("post_id", "tag", name=op.f("pk_post_tags")),
    )
    op.create_index(
        "ix_post_tags_community_id_tag_created_at",
        "post_tags",
        ["community_id", "tag", "created_at", "post_id"],
    )


def _refs(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
        )
        for column, target in targets.items()
    ]
