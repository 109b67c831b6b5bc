"""Quiet for a while for who follows by mail without an account, and the days on which mail to them came back for now."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("followers", sa.Column("muted_until", sa.BigInteger(), nullable=True))
    op.create_table(
        "follow_troubles",
        sa.Column("follower_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["followers.id"], name=op.f("fk_follow_troubles_follower_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("follower_id", "day", name=op.f("pk_follow_troubles")),
    )


def downgrade() -> None:
    op.drop_table("follow_troubles")
    op.drop_column("followers", "muted_until")
