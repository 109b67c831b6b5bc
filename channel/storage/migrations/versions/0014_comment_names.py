"""Whom comments name, their #tags, and how far each member has seen what they say. Older ones name nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comments", sa.Column("shown_at", sa.BigInteger(), nullable=True))
    op.execute("UPDATE comments SET shown_at = created_at WHERE state = 'shown'")
    _mentions()
    op.create_table(
        "comment_told",
        sa.Column("comment_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        *_refs("comment_told", comment_id="comments", account_id="accounts"),
        sa.PrimaryKeyConstraint("comment_id", "account_id", name=op.f("pk_comment_told")),
    )
    op.create_index("ix_comment_told_account_id", "comment_told", ["account_id"])
    op.create_table(
        "comment_tags",
        sa.Column("comment_id", sa.Text(), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_refs("comment_tags", comment_id="comments", community_id="communities"),
        sa.PrimaryKeyConstraint("comment_id", "tag", name=op.f("pk_comment_tags")),
    )
    op.create_index(
        "ix_comment_tags_community_id_tag_at", "comment_tags", ["community_id", "tag", "at", "comment_id"]
    )
    op.create_table(
        "comment_marks",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_refs("comment_marks", account_id="accounts", community_id="communities"),
        sa.PrimaryKeyConstraint("account_id", "community_id", name=op.f("pk_comment_marks")),
    )
    op.create_index("ix_comment_marks_community_id", "comment_marks", ["community_id"])


def _mentions() -> None:
    op.create_table(
        "comment_mentions",
        sa.Column("comment_id", sa.Text(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        *_refs("comment_mentions", comment_id="comments", account_id="accounts", tier_id="tiers",
               community_id="communities"),
        sa.PrimaryKeyConstraint("comment_id", "word", name=op.f("pk_comment_mentions")),
    )  # fmt: skip
    for name, columns in {
        "ix_comment_mentions_account_id_at": ["account_id", "at"],
        "ix_comment_mentions_tier_id": ["tier_id"],
        "ix_comment_mentions_community_id": ["community_id"],
    }.items():
        op.create_index(name, "comment_mentions", columns)
    groups = sa.text("account_id IS NULL")
    op.create_index(
        "ix_comment_mentions_community_id_at", "comment_mentions", ["community_id", "at"],
        sqlite_where=groups, postgresql_where=groups,
    )  # fmt: skip


def _refs(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
        )
        for column, target in targets.items()
    ]
