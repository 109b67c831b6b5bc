"""The fingerprint of the key that has sealed what is sealed in the database."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("instance", sa.Column("key_fingerprint", sa.Text(), nullable=True))
