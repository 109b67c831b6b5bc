"""How people who follow a topic are told of its messages. Nobody who followed one before is."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None
TOLD = sa.text("push <> 'none' OR mail <> 'none'")


def upgrade() -> None:
    for way in ("push", "mail"):
        op.add_column("topic_marks", sa.Column(way, sa.Text(), nullable=False, server_default="none"))
    op.add_column("topic_marks", sa.Column("chosen_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_topic_marks_topic_id_account_id", "topic_marks", ["topic_id", "account_id"],
        sqlite_where=TOLD, postgresql_where=TOLD,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_topic_marks_topic_id_account_id", "topic_marks")
    for column in ("chosen_at", "mail", "push"):
        op.drop_column("topic_marks", column)
