"""How a post is told, what followers let through, and what became of it: see posts, notices and push."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("important", "morning"):
        op.add_column("posts", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(
        "ix_posts_community_id_important", "posts", ["community_id", "created_at"],
        sqlite_where=sa.text("important"), postgresql_where=sa.text("important"),
    )  # fmt: skip
    for name in ("meant_at", "good_until", "shown_at", "opened_at"):
        op.add_column("pushes", sa.Column(name, sa.BigInteger(), nullable=True))
    op.add_column("notice_times", sa.Column("wait_hours", sa.Integer(), server_default="4", nullable=False))
    _limits()
    _reach()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _limits() -> None:
    op.create_table(
        "notice_limits",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("per_week", sa.Integer(), nullable=True),
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        _to("notice_limits", "account_id", "accounts"),
        _to("notice_limits", "community_id", "communities"),
        sa.PrimaryKeyConstraint("account_id", "community_id", name=op.f("pk_notice_limits")),
    )
    op.create_index("ix_notice_limits_community_id", "notice_limits", ["community_id"])


def _reach() -> None:
    op.create_table(
        "post_reach",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        _to("post_reach", "post_id", "posts"),
        _to("post_reach", "community_id", "communities"),
        _to("post_reach", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_reach")),
    )
    op.create_index("ix_post_reach_community_id", "post_reach", ["community_id"])
    op.create_index("ix_post_reach_room_id_published_at", "post_reach", ["room_id", "published_at"])


def downgrade() -> None:
    for table in ("post_reach", "notice_limits"):
        op.drop_table(table)
    op.drop_column("notice_times", "wait_hours")
    for name in ("opened_at", "shown_at", "good_until", "meant_at"):
        op.drop_column("pushes", name)
    op.drop_index("ix_posts_community_id_important", table_name="posts")
    for name in ("morning", "important"):
        op.drop_column("posts", name)
