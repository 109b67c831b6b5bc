"""The picture on the card of a locked post, which its writer chose."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post_teasers",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("blurred", sa.Boolean(), nullable=False),
        sa.Column("also_inside", sa.Boolean(), nullable=False),
        _key("post_id", "posts"),
        _key("media_id", "media"),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_post_teasers")),
    )
    op.create_index("ix_post_teasers_media_id", "post_teasers", ["media_id"], unique=False)
    op.add_column("drafts", sa.Column("teaser_picture", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("drafts", "teaser_picture")
    op.drop_table("post_teasers")


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_post_teasers_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
