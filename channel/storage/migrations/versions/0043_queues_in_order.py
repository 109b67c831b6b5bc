"""Indexes by which the next ones of a queue are found, however many are due at the same moment, all of one reader, and what a few of a crowd chose."""

from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None
QUEUES = ("notices", "pushes", "follow_letters", "follow_pushes")
READERS = (("notices", "account_id"), ("follow_letters", "follower_id"))


def upgrade() -> None:
    for table in QUEUES:
        op.drop_index(f"ix_{table}_state_due_at", table)
        op.create_index(f"ix_{table}_state_due_at_id", table, ["state", "due_at", "id"])
    for table, reader in READERS:
        op.drop_index(f"ix_{table}_{reader}", table)
        op.create_index(
            f"ix_{table}_{reader}_community_id_state_due_at",
            table,
            [reader, "community_id", "state", "due_at"],
        )
    op.drop_index("ix_push_rules_community_id", "push_rules")
    op.create_index("ix_push_rules_community_id_account_id", "push_rules", ["community_id", "account_id"])


def downgrade() -> None:
    op.drop_index("ix_push_rules_community_id_account_id", "push_rules")
    op.create_index("ix_push_rules_community_id", "push_rules", ["community_id"])
    for table, reader in READERS:
        op.drop_index(f"ix_{table}_{reader}_community_id_state_due_at", table)
        op.create_index(f"ix_{table}_{reader}", table, [reader])
    for table in QUEUES:
        op.drop_index(f"ix_{table}_state_due_at_id", table)
        op.create_index(f"ix_{table}_state_due_at", table, ["state", "due_at"])
