"""Messages to a community's team, answers it keeps, and what it did with what waits in its inbox."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _boxes()
    _conversations()
    _messages()
    _saved_answers()
    _acts()
    op.add_column("comments", sa.Column("by_staff", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(said_by_staff())


def said_by_staff() -> sa.Update:
    """Comments of those who run the community today."""
    comments = sa.table("comments", sa.column("community_id"), sa.column("author_id"), sa.column("by_staff"))
    members = sa.table(
        "memberships",
        sa.column("community_id"),
        sa.column("account_id"),
        sa.column("role"),
        sa.column("state"),
    )
    runs = sa.exists().where(
        members.c.community_id == comments.c.community_id,
        members.c.account_id == comments.c.author_id,
        members.c.role != "member",
        members.c.state.in_(("active", "muted")),
    )
    return comments.update().where(runs).values(by_staff=sa.true())


def _boxes() -> None:
    op.create_table(
        "message_boxes",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("min_rank", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_message_boxes_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_message_boxes")),
    )


def _conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("read_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waits_from", sa.BigInteger(), nullable=True),
        sa.Column("waits_seq", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_conversations_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_conversations_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversations")),
        sa.UniqueConstraint(
            "account_id", "community_id", name=op.f("uq_conversations_account_id_community_id")
        ),
    )
    op.create_index(
        "ix_conversations_community_id_last_at", "conversations", ["community_id", "last_at"], unique=False
    )
    waits = sa.text("waits_from IS NOT NULL")
    op.create_index(
        "ix_conversations_community_id_waits_from",
        "conversations",
        ["community_id", "waits_from"],
        unique=False,
        sqlite_where=waits,
        postgresql_where=waits,
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("as_team", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("renderer", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_messages_author_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_messages_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_messages_conversation_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("conversation_id", "seq", name=op.f("uq_messages_conversation_id_seq")),
        sa.UniqueConstraint("author_id", "key", name=op.f("uq_messages_author_id_key")),
    )
    op.create_index(
        "ix_messages_community_id_side_created_at",
        "messages",
        ["community_id", "side", "created_at"],
        unique=False,
    )


def _saved_answers() -> None:
    op.create_table(
        "saved_answers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_saved_answers_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_answers")),
        sa.UniqueConstraint("community_id", "name", name=op.f("uq_saved_answers_community_id_name")),
    )


def _acts() -> None:
    op.create_table(
        "inbox_acts",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("later_until", sa.BigInteger(), nullable=True),
        sa.Column("mark", sa.BigInteger(), nullable=True),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("by_id", sa.Text(), nullable=True),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("put_rev", sa.Integer(), nullable=False),
        sa.Column("given_rev", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["assigned_to"], ["accounts.id"], name=op.f("fk_inbox_acts_assigned_to"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts.id"], name=op.f("fk_inbox_acts_by_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_inbox_acts_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["who"], ["accounts.id"], name=op.f("fk_inbox_acts_who"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("community_id", "kind", "what", "who", name=op.f("pk_inbox_acts")),
    )
    for column in ("who", "assigned_to", "by_id"):
        op.create_index(f"ix_inbox_acts_{column}", "inbox_acts", [column], unique=False)
