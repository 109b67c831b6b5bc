"""Notices on devices: which devices there are, what people chose for them, and what is to be pushed."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _devices()
    _rules()
    _pushes()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _devices() -> None:
    op.create_table(
        "push_devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("shows_text", sa.Boolean(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("success_at", sa.BigInteger(), nullable=True),
        _to("push_devices", "account_id", "accounts"),
        _to("push_devices", "session_id", "sessions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_devices")),
        sa.UniqueConstraint("endpoint_hash", name=op.f("uq_push_devices_endpoint_hash")),
    )
    op.create_index("ix_push_devices_account_id", "push_devices", ["account_id"])
    op.create_index("ix_push_devices_session_id", "push_devices", ["session_id"])


def _rules() -> None:
    op.create_table(
        "push_rules",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.BigInteger(), nullable=False),
        _to("push_rules", "account_id", "accounts"),
        _to("push_rules", "community_id", "communities"),
        _to("push_rules", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("account_id", "place", name=op.f("pk_push_rules")),
    )
    op.create_index("ix_push_rules_community_id", "push_rules", ["community_id"])
    op.create_index("ix_push_rules_room_id", "push_rules", ["room_id"])


def _pushes() -> None:
    op.create_table(
        "pushes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        _to("pushes", "post_id", "posts"),
        _to("pushes", "device_id", "push_devices"),
        _to("pushes", "account_id", "accounts"),
        _to("pushes", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pushes")),
        sa.UniqueConstraint("post_id", "device_id", name=op.f("uq_pushes_post_id_device_id")),
    )
    op.create_index("ix_pushes_state_due_at", "pushes", ["state", "due_at"])
    op.create_index("ix_pushes_device_id", "pushes", ["device_id"])
    op.create_index("ix_pushes_account_id", "pushes", ["account_id"])
    op.create_index("ix_pushes_community_id", "pushes", ["community_id"])


def downgrade() -> None:
    for table in ("pushes", "push_rules", "push_devices"):
        op.drop_table(table)
