"""Addresses that rooms had: letters, feeds, frames and links under them go on leading there."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "room_slugs",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("community_id", "slug", name=op.f("pk_room_slugs")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_room_slugs_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_room_slugs_room_id"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_room_slugs_room_id", "room_slugs", ["room_id"])


def downgrade() -> None:
    op.drop_table("room_slugs")
