"""Whether others see that an account is here and writing. Everybody was seen before."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("accounts", sa.Column("presence", sa.Boolean(), server_default=sa.true(), nullable=False))
