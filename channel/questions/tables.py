"""Prompts, boxes, questions and votes. `votes` and `questions` are counted in the transaction of the row they count."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from channel.storage import id_column, metadata, ref, when

# Literal, so that the databases see that the index below holds what is asked for.
LISTED = text("questions.state IN ('open', 'answered')")
_LISTED = text("state IN ('open', 'answered')")

prompts = Table(
    "prompts",
    metadata,
    ref("post_id", "posts.id", key=True),
    when("open_until", null=True),
    Column("min_rank", Integer, nullable=False),
    Column("votes", Boolean, nullable=False),
    Column("shown", Text, nullable=False),  # all | answered
    when("closed_at", null=True),
    Column("questions", Integer, nullable=False, server_default="0"),  # open and answered ones
)
boxes = Table(
    "question_boxes",
    metadata,
    ref("community_id", "communities.id", key=True),
    Column("on", Boolean, nullable=False, server_default=false()),
    Column("min_rank", Integer, nullable=False, server_default="0"),
)
questions = Table(
    "questions",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("prompt_id", "prompts.post_id", null=True),  # None: asked in the box
    ref("author_id", "accounts.id"),
    Column("key", Text, nullable=False),  # from the form or the API client: a second try is not a second question
    Column("text", Text, nullable=False),
    Column("show_name", Boolean, nullable=False),
    Column("state", Text, nullable=False),  # open | answered | merged | spam | withdrawn
    Column("merged_into", Text, ForeignKey("questions.id", ondelete="SET NULL"), nullable=True),
    Column("answer_post_id", Text, ForeignKey("posts.id", ondelete="SET NULL"), nullable=True),
    Column("votes", Integer, nullable=False, server_default="0"),
    when("created_at"),
    when("edited_at", null=True),
    when("answered_at", null=True),
    UniqueConstraint("author_id", "key"),
    Index(
        "ix_questions_prompt_id_votes_id", "prompt_id", "votes", "id",
        sqlite_where=_LISTED, postgresql_where=_LISTED,
    ),
    Index("ix_questions_prompt_id", "prompt_id"),
    Index("ix_questions_community_id_state_created_at", "community_id", "state", "created_at"),
    Index("ix_questions_merged_into", "merged_into"),
    Index("ix_questions_answer_post_id", "answer_post_id"),
)  # fmt: skip
votes = Table(
    "question_votes",
    metadata,
    ref("question_id", "questions.id"),
    ref("account_id", "accounts.id"),
    when("at"),
    PrimaryKeyConstraint("question_id", "account_id"),
    Index("ix_question_votes_account_id", "account_id"),
)
