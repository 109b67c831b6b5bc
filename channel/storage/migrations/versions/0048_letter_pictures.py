"""Who chose that letters show pictures, with an account and without."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_pictures",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_letter_pictures_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_letter_pictures")),
    )
    op.add_column("followers", sa.Column("pictures_since", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("followers", "pictures_since")
    op.drop_table("letter_pictures")
