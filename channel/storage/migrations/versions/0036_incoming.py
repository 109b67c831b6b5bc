"""Mail that comes in: what came, what came back, answers that were not taken, and addresses for drafts."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rooms", sa.Column("mail_replies", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("notice_times", sa.Column("refused_why", sa.Text(), server_default="", nullable=False))
    _mail()
    _troubles()
    _refusals()
    _drops()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _mail() -> None:
    op.create_table(
        "incoming_mail",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_mail")),
        sa.UniqueConstraint("digest", name=op.f("uq_incoming_mail_digest")),
    )
    op.create_index("ix_incoming_mail_created_at", "incoming_mail", ["created_at"])


def _troubles() -> None:
    op.create_table(
        "mail_troubles",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        _to("mail_troubles", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("account_id", "day", name=op.f("pk_mail_troubles")),
    )


def _refusals() -> None:
    op.create_table(
        "mail_refusals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _to("mail_refusals", "account_id", "accounts"),
        _to("mail_refusals", "post_id", "posts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_refusals")),
    )
    op.create_index("ix_mail_refusals_account_id_created_at", "mail_refusals", ["account_id", "created_at"])
    op.create_index("ix_mail_refusals_post_id", "mail_refusals", ["post_id"])


def _drops() -> None:
    op.create_table(
        "mail_drops",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _to("mail_drops", "account_id", "accounts"),
        _to("mail_drops", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_drops")),
        sa.UniqueConstraint("account_id", "room_id", name=op.f("uq_mail_drops_account_id_room_id")),
    )
    op.create_index("ix_mail_drops_room_id", "mail_drops", ["room_id"])


def downgrade() -> None:
    for table in ("mail_drops", "mail_refusals", "mail_troubles", "incoming_mail"):
        op.drop_table(table)
    op.drop_column("notice_times", "refused_why")
    op.drop_column("rooms", "mail_replies")
