"""What of a picture is shown, the chapters of what is played, and the words to media in drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

TEXTS = (("media", "frame"), ("media", "chapters"), ("drafts", "alts"))


def upgrade() -> None:
    for table, name in TEXTS:
        op.add_column(table, sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("media", sa.Column("version", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("media", "version")
    for table, name in reversed(TEXTS):
        op.drop_column(table, name)
