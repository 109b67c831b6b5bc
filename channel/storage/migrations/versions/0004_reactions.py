"""Reactions to posts, and what a room takes of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

FIRST_OFFERED = "👍 ❤️ 😂 🎉 😮 😢"


def upgrade() -> None:
    op.add_column("rooms", sa.Column("reactions", sa.Text(), server_default="any", nullable=False))
    op.add_column("rooms", sa.Column("reaction_set", sa.Text(), server_default=FIRST_OFFERED, nullable=False))
    op.add_column("rooms", sa.Column("reaction_default", sa.Text(), server_default="❤️", nullable=False))
    op.add_column(
        "rooms", sa.Column("reactors_shown", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.create_table(
        "reaction_counts",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_reaction_counts_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", "emoji", name=op.f("pk_reaction_counts")),
    )
    op.create_index("ix_reaction_counts_room_id", "reaction_counts", ["room_id"], unique=False)
    op.create_table(
        "reactions",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("emoji", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_reactions_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id", "emoji"],
            ["reaction_counts.post_id", "reaction_counts.emoji"],
            name=op.f("fk_reactions_post_id_emoji"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", "emoji", name=op.f("pk_reactions")),
    )
    op.create_index(
        "ix_reactions_post_id_emoji_at", "reactions", ["post_id", "emoji", "at", "account_id"], unique=False
    )
