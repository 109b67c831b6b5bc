"""What people choose for all posts with a tag: letters, devices, with an account and without one."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("notice_rules", "push_rules"):
        op.add_column(table, sa.Column("tag", sa.Text(), nullable=False, server_default=""))
    for table, key, target in (
        ("follow_tags", "follower_id", "followers"),
        ("follow_device_tags", "device_id", "follow_devices"),
    ):
        op.create_table(
            table,
            sa.Column(key, sa.Text(), nullable=False),
            sa.Column("tag", sa.Text(), nullable=False),
            sa.Column("how", sa.Text(), nullable=False),
            sa.ForeignKeyConstraint(
                [key], [f"{target}.id"], name=op.f(f"fk_{table}_{key}"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint(key, "tag", name=op.f(f"pk_{table}")),
        )


def downgrade() -> None:
    op.drop_table("follow_device_tags")
    op.drop_table("follow_tags")
    for table in ("notice_rules", "push_rules"):
        op.execute(sa.delete(sa.table(table, sa.column("tag"))).where(sa.column("tag") != ""))
        op.drop_column(table, "tag")
