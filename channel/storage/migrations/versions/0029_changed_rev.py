"""Of which revision of a post the last change was that somebody meant; every one there is counts as such."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("posts", sa.Column("changed_rev", sa.Integer(), server_default="1", nullable=False))
    op.execute("UPDATE posts SET changed_rev = rev")


def downgrade() -> None:
    op.drop_column("posts", "changed_rev")
