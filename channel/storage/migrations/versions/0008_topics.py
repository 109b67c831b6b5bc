"""Topics of groups, what accounts made of them, and the rules of a group."""

import sqlalchemy as sa
from alembic import op

from channel.ids import new_id

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

RULES = (
    "write_rank",
    "topic_rank",
    "history",
    "slow_free_rank",
    "quiet_from",
    "quiet_to",
    "close_days",
)


def upgrade() -> None:
    _topics()
    _marks()
    for name in RULES:
        op.add_column("rooms", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("rooms", sa.Column("slow_s", sa.Integer(), server_default="0", nullable=False))
    op.add_column("posts", sa.Column("topic_id", sa.Text(), nullable=True))
    op.create_index("ix_posts_topic_id_seq", "posts", ["topic_id", "seq"], unique=False)
    _find_by_topic()
    _gather_what_groups_hold()


def _find_by_topic() -> None:
    """A message that moves to another topic is filed anew, see 0006."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_post_changed")
        op.execute(
            "CREATE TRIGGER search_post_changed AFTER UPDATE OF rev, deleted_at, topic_id ON posts "
            "BEGIN INSERT INTO search_changes (kind, doc_id) VALUES ('post', NEW.id); END"
        )
    else:
        op.execute("DROP TRIGGER search_post ON posts")
        op.execute(
            "CREATE TRIGGER search_post AFTER INSERT OR UPDATE OF rev, deleted_at, topic_id OR DELETE ON posts "
            "FOR EACH ROW EXECUTE FUNCTION search_post()"
        )


def _topics() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answer_id", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("stirred_at", sa.BigInteger(), nullable=False),
        sa.Column("posts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_topics_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_topics_created_by"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_topics_room_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topics")),
        sa.UniqueConstraint("room_id", "number", name=op.f("uq_topics_room_id_number")),
        sa.UniqueConstraint("room_id", "name_key", name=op.f("uq_topics_room_id_name_key")),
    )
    op.create_index("ix_topics_room_id_last_seq", "topics", ["room_id", "last_seq"], unique=False)
    op.create_index("ix_topics_community_id", "topics", ["community_id"], unique=False)
    op.create_index("ix_topics_created_by", "topics", ["created_by"], unique=False)


def _marks() -> None:
    op.create_table(
        "topic_marks",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("topic_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("level", sa.Text(), server_default="", nullable=False),
        sa.Column("starred", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_topic_marks_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["room_id"], ["rooms.id"], name=op.f("fk_topic_marks_room_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topics.id"], name=op.f("fk_topic_marks_topic_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "topic_id", name=op.f("pk_topic_marks")),
    )
    op.create_index("ix_topic_marks_topic_id", "topic_marks", ["topic_id"], unique=False)
    op.create_index("ix_topic_marks_room_id", "topic_marks", ["room_id"], unique=False)


def _gather_what_groups_hold() -> None:
    """What the team wrote in groups until now is of no topic: it goes into the one that every group has."""
    conn = op.get_bind()
    rows = conn.execute(
        sa.text(
            "SELECT r.id, r.community_id, r.created_at, m.account_id FROM rooms r "
            "JOIN memberships m ON m.community_id = r.community_id AND m.role = 'owner' WHERE r.kind = 'group'"
        )
    ).all()
    counted = sa.text(
        "SELECT count(*) AS n, max(seq) AS seq, max(created_at) AS at FROM posts "
        "WHERE room_id = :room_id AND deleted_at IS NULL"
    )
    insert = sa.text(
        "INSERT INTO topics (id, room_id, community_id, number, name, name_key, state, created_by, created_at, last_at, "
        "last_seq, stirred_at, posts) VALUES (:id, :room_id, :community_id, 1, 'General', 'general', 'open', :by, :at, "
        ":last_at, :last_seq, :last_at, :posts)"
    )
    for row in rows:
        held = conn.execute(counted, {"room_id": row.id}).one()
        topic = {
            "id": new_id(row.created_at), "room_id": row.id, "community_id": row.community_id,
            "by": row.account_id, "at": row.created_at, "last_at": held.at or row.created_at,
            "last_seq": held.seq or 0, "posts": held.n,
        }  # fmt: skip
        conn.execute(insert, topic)
        conn.execute(
            sa.text("UPDATE posts SET topic_id = :id WHERE room_id = :room_id"),
            {"id": topic["id"], "room_id": row.id},
        )
