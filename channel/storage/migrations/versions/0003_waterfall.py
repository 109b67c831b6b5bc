"""When a post opens to more people by itself, and the same of a draft."""

import sqlalchemy as sa
from alembic import op

revision = "0003w"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("opens", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("drafts", sa.Column("opens", sa.Text(), nullable=False, server_default="[]"))
