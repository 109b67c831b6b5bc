"""Who lets important posts come in their quiet hours, too. Nobody did before."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None
TABLES = ("notice_times", "followers", "follow_devices")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(
            table, sa.Column("important_passes", sa.Boolean(), nullable=False, server_default=sa.false())
        )


def downgrade() -> None:
    for table in TABLES:
        op.drop_column(table, "important_passes")
