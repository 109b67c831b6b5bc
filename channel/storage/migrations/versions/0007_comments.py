"""Comments under posts, who may write them, what waits for approval, and what is reported."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _columns()
    _comments()
    _revisions()
    _holds()
    _reports()


def _columns() -> None:
    op.add_column("posts", sa.Column("comments", sa.Integer(), server_default="0", nullable=False))
    op.add_column("posts", sa.Column("comments_off", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("rooms", sa.Column("comments", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("rooms", sa.Column("comment_rank", sa.Integer(), nullable=True))
    op.add_column("rooms", sa.Column("comment_age_days", sa.Integer(), server_default="0", nullable=False))
    held: sa.Column[bool] = sa.Column(
        "comment_first_held", sa.Boolean(), server_default=sa.false(), nullable=False
    )
    op.add_column("rooms", held)
    op.add_column("rooms", sa.Column("comment_days", sa.Integer(), nullable=True))


def _cascade(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [target], name=name, ondelete="CASCADE")


def _comments() -> None:
    op.create_table(
        "comments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("thread_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        _cascade("comments", "thread_id", "posts.id"),
        _cascade("comments", "community_id", "communities.id"),
        _cascade("comments", "author_id", "accounts.id"),
        _cascade("comments", "reply_to", "comments.id"),
        sa.ForeignKeyConstraint(
            ["deleted_by"], ["accounts.id"], name=op.f("fk_comments_deleted_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comments")),
        sa.UniqueConstraint("author_id", "key", name=op.f("uq_comments_author_id_key")),
        sa.UniqueConstraint("thread_id", "seq", name=op.f("uq_comments_thread_id_seq")),
    )
    op.create_index("ix_comments_reply_to", "comments", ["reply_to"])
    op.create_index(
        "ix_comments_community_id_state_created_at", "comments", ["community_id", "state", "created_at"]
    )
    op.create_index("ix_comments_deleted_by", "comments", ["deleted_by"])


def _revisions() -> None:
    op.create_table(
        "comment_revisions",
        sa.Column("comment_id", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _cascade("comment_revisions", "comment_id", "comments.id"),
        sa.PrimaryKeyConstraint("comment_id", "rev", name=op.f("pk_comment_revisions")),
    )


def _holds() -> None:
    op.create_table(
        "comment_holds",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("link_days", sa.Integer(), nullable=False),
        _cascade("comment_holds", "community_id", "communities.id"),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_comment_holds")),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("comment_id", sa.Text(), nullable=True),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.false(), nullable=False),
        _cascade("reports", "community_id", "communities.id"),
        _cascade("reports", "post_id", "posts.id"),
        _cascade("reports", "comment_id", "comments.id"),
        _cascade("reports", "by_id", "accounts.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("by_id", "about", name=op.f("uq_reports_by_id_about")),
    )
    op.create_index(
        "ix_reports_community_id_done_created_at", "reports", ["community_id", "done", "created_at"]
    )
    for column in ("about", "post_id", "comment_id"):
        op.create_index(f"ix_reports_{column}", "reports", [column])
