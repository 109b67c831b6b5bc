"""Browsers that follow without an account, what was chosen for them, and what is to be pushed to them."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
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
        "follow_devices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_hash", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("muted_until", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("success_at", sa.BigInteger(), nullable=True),
        _to("follow_devices", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_devices")),
        sa.UniqueConstraint(
            "community_id", "endpoint_hash", name=op.f("uq_follow_devices_community_id_endpoint_hash")
        ),
    )
    for columns in (["community_id", "id"], ["endpoint_hash"], ["created_at"]):
        op.create_index(f"ix_follow_devices_{'_'.join(columns)}", "follow_devices", columns)


def _rules() -> None:
    op.create_table(
        "follow_device_rules",
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        _to("follow_device_rules", "device_id", "follow_devices"),
        _to("follow_device_rules", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("device_id", "room_id", name=op.f("pk_follow_device_rules")),
    )
    op.create_index("ix_follow_device_rules_room_id", "follow_device_rules", ["room_id"])


def _pushes() -> None:
    op.create_table(
        "follow_pushes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), server_default="", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("meant_at", sa.BigInteger(), nullable=True),
        sa.Column("good_until", sa.BigInteger(), nullable=True),
        _to("follow_pushes", "post_id", "posts"),
        _to("follow_pushes", "device_id", "follow_devices"),
        _to("follow_pushes", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_pushes")),
        sa.UniqueConstraint("post_id", "device_id", name=op.f("uq_follow_pushes_post_id_device_id")),
    )
    for columns in (["state", "due_at"], ["device_id"], ["community_id"]):
        op.create_index(f"ix_follow_pushes_{'_'.join(columns)}", "follow_pushes", columns)


def downgrade() -> None:
    for table in ("follow_pushes", "follow_device_rules", "follow_devices"):
        op.drop_table(table)
