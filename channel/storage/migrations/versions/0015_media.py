"""Pictures, sounds, videos and files of communities, and of their posts."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _media()
    _variants()
    _post_media()
    _uploads()
    op.add_column("posts", sa.Column("media_count", sa.Integer(), server_default="0", nullable=False))
    op.add_column("drafts", sa.Column("media", sa.Text(), server_default="", nullable=False))
    op.add_column("rooms", sa.Column("upload_rank", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("rooms", "upload_rank")
    op.drop_column("drafts", "media")
    op.drop_column("posts", "media_count")
    for table in ("uploads", "post_media", "media_variants", "media"):
        op.drop_table(table)


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")


def _media() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("animated", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("placeholder", sa.Text(), server_default="", nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.Column("focal_x", sa.Integer(), server_default="50", nullable=False),
        sa.Column("focal_y", sa.Integer(), server_default="50", nullable=False),
        sa.Column("sensitive", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("media", "community_id", "communities"),
        _key("media", "owner_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_community_id_created_at", "media", ["community_id", "created_at"], unique=False)
    op.create_index("ix_media_owner_id", "media", ["owner_id"], unique=False)
    op.create_index("ix_media_sha256", "media", ["sha256"], unique=False)


def _variants() -> None:
    op.create_table(
        "media_variants",
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _key("media_variants", "media_id", "media"),
        sa.PrimaryKeyConstraint("media_id", "width", "format", name=op.f("pk_media_variants")),
    )
    op.create_index("ix_media_variants_sha256", "media_variants", ["sha256"], unique=False)


def _post_media() -> None:
    op.create_table(
        "post_media",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        _key("post_media", "post_id", "posts"),
        _key("post_media", "media_id", "media"),
        sa.PrimaryKeyConstraint("post_id", "media_id", name=op.f("pk_post_media")),
    )
    op.create_index("ix_post_media_media_id", "post_media", ["media_id"], unique=False)


def _uploads() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        _key("uploads", "community_id", "communities"),
        _key("uploads", "account_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    for column in ("account_id", "community_id", "expires_at"):
        op.create_index(f"ix_uploads_{column}", "uploads", [column], unique=False)
