"""Mails with pictures: where all of a large one is, what became of its pictures, and drafts that lack some."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("incoming_mail", sa.Column("blob", sa.Text(), server_default="", nullable=False))
    op.add_column("incoming_mail", sa.Column("cut", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_incoming_mail_blob", "incoming_mail", ["blob"])
    op.create_table(
        "mail_pictures",
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["incoming_mail.id"], name=op.f("fk_mail_pictures_mail_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("mail_id", "position", name=op.f("pk_mail_pictures")),
    )
    op.add_column("mail_refusals", sa.Column("drafted_in", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("mail_refusals", "drafted_in")
    op.drop_table("mail_pictures")
    op.drop_index("ix_incoming_mail_blob", "incoming_mail")
    op.drop_column("incoming_mail", "cut")
    op.drop_column("incoming_mail", "blob")
