"""Pictures of their own that accounts and communities show, and those of link previews."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("community_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _key("looks", "account_id", "accounts"),
        _key("looks", "community_id", "communities"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
    )
    for column in ("account_id", "community_id", "created_at"):
        op.create_index(f"ix_looks_{column}", "looks", [column])
    op.create_table(
        "look_files",
        sa.Column("look_id", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _key("look_files", "look_id", "looks"),
        sa.PrimaryKeyConstraint("look_id", "width", name=op.f("pk_look_files")),
    )
    op.create_index("ix_look_files_sha256", "look_files", ["sha256"])
    for table in ("link_previews", "link_pages"):
        for part in ("picture", "icon"):
            op.add_column(table, sa.Column(f"{part}_key", sa.Text(), server_default="", nullable=False))
            op.add_column(
                table, sa.Column(f"{part}_size", sa.BigInteger(), server_default="0", nullable=False)
            )
    for part in ("picture", "icon"):
        op.create_index(f"ix_link_previews_{part}_key", "link_previews", [f"{part}_key"])


def downgrade() -> None:
    for part in ("picture", "icon"):
        op.drop_index(f"ix_link_previews_{part}_key", "link_previews")
        for table in ("link_previews", "link_pages"):
            op.drop_column(table, f"{part}_key")
            op.drop_column(table, f"{part}_size")
    op.drop_table("look_files")
    op.drop_table("looks")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=name, ondelete="CASCADE")
