"""Following without an account: addresses, what they chose, and the letters that are due to them."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _followers()
    _rules()
    _letters()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _followers() -> None:
    op.create_table(
        "followers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("refusals", sa.Integer(), server_default="0", nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _to("followers", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_followers")),
        sa.UniqueConstraint("community_id", "email", name=op.f("uq_followers_community_id_email")),
    )
    op.create_index("ix_followers_community_id_id", "followers", ["community_id", "id"])
    op.create_index("ix_followers_email", "followers", ["email"])


def _rules() -> None:
    op.create_table(
        "follow_rules",
        sa.Column("follower_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        _to("follow_rules", "follower_id", "followers"),
        _to("follow_rules", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("follower_id", "room_id", name=op.f("pk_follow_rules")),
    )
    op.create_index("ix_follow_rules_room_id", "follow_rules", ["room_id"])


def _letters() -> None:
    op.create_table(
        "follow_letters",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("follower_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        _to("follow_letters", "post_id", "posts"),
        _to("follow_letters", "follower_id", "followers"),
        _to("follow_letters", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_letters")),
        sa.UniqueConstraint(
            "post_id", "follower_id", "way", name=op.f("uq_follow_letters_post_id_follower_id_way")
        ),
    )
    op.create_index("ix_follow_letters_state_due_at", "follow_letters", ["state", "due_at"])
    op.create_index("ix_follow_letters_follower_id", "follow_letters", ["follower_id"])
    op.create_index("ix_follow_letters_community_id", "follow_letters", ["community_id"])


def downgrade() -> None:
    for table in ("follow_letters", "follow_rules", "followers"):
        op.drop_table(table)
