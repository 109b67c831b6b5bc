"""Letters about posts: what people chose, when they want them, and the letters that are due."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rules()
    _times()
    _notices()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _rules() -> None:
    op.create_table(
        "notice_rules",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        _to("notice_rules", "account_id", "accounts"),
        _to("notice_rules", "community_id", "communities"),
        _to("notice_rules", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_notice_rules")),
    )
    op.create_index("ix_notice_rules_community_id_account_id", "notice_rules", ["community_id", "account_id"])
    op.create_index("ix_notice_rules_room_id", "notice_rules", ["room_id"])


def _times() -> None:
    op.create_table(
        "notice_times",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("refused_hash", sa.Text(), server_default="", nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        _to("notice_times", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notice_times")),
    )


def _notices() -> None:
    op.create_table(
        "notices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
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
        _to("notices", "post_id", "posts"),
        _to("notices", "account_id", "accounts"),
        _to("notices", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("post_id", "account_id", "way", name=op.f("uq_notices_post_id_account_id_way")),
    )
    op.create_index("ix_notices_state_due_at", "notices", ["state", "due_at"])
    op.create_index("ix_notices_account_id", "notices", ["account_id"])
    op.create_index("ix_notices_community_id", "notices", ["community_id"])


def downgrade() -> None:
    for table in ("notices", "notice_times", "notice_rules"):
        op.drop_table(table)
