"""What stands below a post of the page that it links to. Posts that are there already have none."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("previews", sa.Boolean(), server_default=sa.true(), nullable=False))
    words = ("links", "link", "url", "state", "title", "description", "site")
    op.create_table(
        "link_previews",
        sa.Column("post_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in words),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_link_previews_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_link_previews")),
    )
    op.create_table(
        "link_pages",
        sa.Column("url", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("title", "description", "site", "picture", "icon")
        ),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_link_pages")),
    )
    op.create_index("ix_link_pages_fetched_at", "link_pages", ["fetched_at"])
