"""At most so many posts a week for who follows without an account, too."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("followers", "follow_devices"):
        op.add_column(table, sa.Column("per_week", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in ("followers", "follow_devices"):
        op.drop_column(table, "per_week")
