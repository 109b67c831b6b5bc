"""How many pages a document has, once a picture of its first one was made."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("pages", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("media", "pages")
