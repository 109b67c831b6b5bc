"""When somebody chose to be told nothing for a while or for good, where it was not known."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None
MOMENTS = (("notice_limits", "muted_at"), ("followers", "turned_at"), ("follow_devices", "turned_at"))


def upgrade() -> None:
    for table, column in MOMENTS:
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    op.create_table(
        "follow_ends",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "day", name=op.f("pk_follow_ends")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_follow_ends_community_id"), ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("follow_ends")
    for table, column in MOMENTS:
        op.drop_column(table, column)
