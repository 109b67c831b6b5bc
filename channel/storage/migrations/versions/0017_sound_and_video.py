"""How long sounds and videos are and how they look, words to videos; those that are there already are prepared, too."""

import sqlalchemy as sa
from alembic import op

from channel.ids import new_id

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("duration_ms", sa.BigInteger(), nullable=True))
    op.add_column("media", sa.Column("waveform", sa.Text(), server_default="", nullable=False))
    op.add_column("media", sa.Column("progress", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "media_captions",
        sa.Column("media_id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("language", "text", "digest")),
        sa.ForeignKeyConstraint(
            ["media_id"], ["media.id"], name=op.f("fk_media_captions_media_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("media_id", "language", name=op.f("pk_media_captions")),
    )
    _ask()


def _ask() -> None:
    """Until something was made of them, they go out as they were sent."""
    media = sa.table("media", *map(sa.column, ("id", "kind", "created_at")))
    names = ("id", "consumer", "kind", "data", "tries", "state", "problem", "due_at", "created_at")
    jobs = sa.table("jobs", *map(sa.column, names))
    connection = op.get_bind()
    for row in connection.execute(sa.select(media).where(media.c.kind.in_(("sound", "video")))).all():
        job = {
            "id": new_id(row.created_at), "consumer": row.kind, "kind": "media.arrived", "data": f'{{"media_id":"{row.id}"}}',
            "tries": 0, "state": "waiting", "problem": "", "due_at": row.created_at, "created_at": row.created_at,
        }  # fmt: skip
        connection.execute(jobs.insert().values(**job))
