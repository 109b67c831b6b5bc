"""Posts that ask for questions, the box of a community, what was asked and who wants to know it, too."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _places()
    _questions()
    _votes()


def _places() -> None:
    op.create_table(
        "prompts",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("open_until", sa.BigInteger(), nullable=True),
        sa.Column("min_rank", sa.Integer(), nullable=False),
        sa.Column("votes", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("questions", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_prompts_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_prompts")),
    )
    op.create_table(
        "question_boxes",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("on", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("min_rank", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_question_boxes_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("community_id", name=op.f("pk_question_boxes")),
    )


def _questions() -> None:
    op.create_table(
        "questions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("prompt_id", sa.Text(), nullable=True),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("show_name", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("answer_post_id", sa.Text(), nullable=True),
        sa.Column("votes", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["answer_post_id"], ["posts.id"], name=op.f("fk_questions_answer_post_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["accounts.id"], name=op.f("fk_questions_author_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_questions_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["merged_into"], ["questions.id"], name=op.f("fk_questions_merged_into"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["prompt_id"], ["prompts.post_id"], name=op.f("fk_questions_prompt_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
        sa.UniqueConstraint("author_id", "key", name=op.f("uq_questions_author_id_key")),
    )
    listed = sa.text("state IN ('open', 'answered')")
    op.create_index(
        "ix_questions_prompt_id_votes_id",
        "questions",
        ["prompt_id", "votes", "id"],
        unique=False,
        sqlite_where=listed,
        postgresql_where=listed,
    )
    for columns in (
        ["prompt_id"],
        ["community_id", "state", "created_at"],
        ["merged_into"],
        ["answer_post_id"],
    ):
        op.create_index(f"ix_questions_{'_'.join(columns)}", "questions", columns, unique=False)


def _votes() -> None:
    op.create_table(
        "question_votes",
        sa.Column("question_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_question_votes_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["questions.id"], name=op.f("fk_question_votes_question_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("question_id", "account_id", name=op.f("pk_question_votes")),
    )
    op.create_index("ix_question_votes_account_id", "question_votes", ["account_id"], unique=False)
