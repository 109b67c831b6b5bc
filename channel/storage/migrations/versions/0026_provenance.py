"""What the content credentials of media say; whether these are handed out, and whether what was sent is still kept."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "media", sa.Column("credentials_state", sa.Text(), server_default="not_checked", nullable=False)
    )
    for name in ("keep_credentials", "original_gone"):
        op.add_column("media", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "media_credentials",
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("store_sha256", sa.Text(), server_default="", nullable=False),
        sa.Column("store_size", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_credentials_media_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", name=op.f("pk_media_credentials")),
    )
    op.create_index("ix_media_credentials_store_sha256", "media_credentials", ["store_sha256"], unique=False)


def downgrade() -> None:
    op.drop_table("media_credentials")
    for name in ("original_gone", "keep_credentials", "credentials_state"):
        op.drop_column("media", name)
