"""What a device was told is known after the device is gone, so that no letter tells it again; and since when somebody is
told nothing, so that saving the same once more is no news."""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0051"
branch_labels = None
depends_on = None
DEVICE = "fk_pushes_device_id"
RULES = ("notice_rules", "push_rules")


def upgrade() -> None:
    _devices("SET NULL", nullable=True)
    for table in RULES:
        op.add_column(table, sa.Column("turned_at", sa.BigInteger(), nullable=True))
        rules = sa.table(table, *(sa.column(name) for name in ("how", "chosen_at", "turned_at")))
        op.execute(rules.update().where(rules.c.how == "none").values(turned_at=rules.c.chosen_at))


def _devices(ondelete: str, *, nullable: bool) -> None:
    """What becomes of a row of `pushes` when its device goes."""
    with op.batch_alter_table("pushes") as batch:
        batch.drop_constraint(DEVICE, type_="foreignkey")
        batch.alter_column("device_id", existing_type=sa.Text(), nullable=nullable)
        batch.create_foreign_key(DEVICE, "push_devices", ["device_id"], ["id"], ondelete=ondelete)


def downgrade() -> None:
    for table in RULES:
        op.drop_column(table, "turned_at")
    op.execute(sa.text("DELETE FROM pushes WHERE device_id IS NULL"))
    _devices("CASCADE", nullable=False)
