"""What an answer by mail becomes, and what podcast directories are told of a community and of its rooms."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

PODCAST = ("podcast_category", "podcast_email")


def upgrade() -> None:
    op.add_column("rooms", sa.Column("mail_to", sa.Text(), server_default="comment", nullable=False))
    for table in ("communities", "rooms"):
        for column in PODCAST:
            op.add_column(table, sa.Column(column, sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    for table in ("rooms", "communities"):
        for column in reversed(PODCAST):
            op.drop_column(table, column)
    op.drop_column("rooms", "mail_to")
