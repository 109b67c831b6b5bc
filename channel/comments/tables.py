"""Comments, what they said before, which words wait for approval, and what was reported."""

from sqlalchemy import (
    BigInteger,
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
)

from channel.storage import id_column, metadata, ref, when

comments = Table(
    "comments",
    metadata,
    id_column(),
    ref("thread_id", "posts.id"),
    ref("community_id", "communities.id"),
    Column("seq", BigInteger, nullable=False),  # of the event that published it, or that showed it at last
    ref("author_id", "accounts.id"),
    Column(
        "key", Text, nullable=False
    ),  # from the form or the API client: a second try is not a second comment
    Column("text", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("renderer", Integer, nullable=False),
    ref("reply_to", "comments.id", null=True),  # a comment of the same thread that answers none itself
    Column("state", Text, nullable=False),  # shown | held | deleted | refused
    Column("rev", Integer, nullable=False),
    when("created_at"),
    when("edited_at", null=True),
    when("shown_at", null=True),  # when everybody could see it at first, or again after it waited
    when("deleted_at", null=True),  # text and html are emptied then, the row stays
    Column("deleted_by", Text, ForeignKey("accounts.id", ondelete="SET NULL"), nullable=True),
    Column("reason", Text, nullable=False, server_default=""),
    # Said by one of those who ran the community then: an answer stays one, whatever becomes of who gave it.
    Column("by_staff", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("author_id", "key"),
    UniqueConstraint("thread_id", "seq"),
    Index("ix_comments_reply_to", "reply_to"),
    Index("ix_comments_community_id_state_created_at", "community_id", "state", "created_at"),
    Index("ix_comments_deleted_by", "deleted_by"),
)
# What a comment said before: row `rev` was replaced at `at`.
revisions = Table(
    "comment_revisions",
    metadata,
    ref("comment_id", "comments.id"),
    Column("rev", Integer, nullable=False),
    Column("text", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("comment_id", "rev"),
)
# What a community wants to look at before everybody sees it; without a row, nothing.
holds = Table(
    "comment_holds",
    metadata,
    ref("community_id", "communities.id", key=True),
    Column("words", Text, nullable=False),  # one a line
    Column("link_days", Integer, nullable=False),  # links of those who joined less long ago wait; 0: none do
)
reports = Table(
    "reports",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("post_id", "posts.id"),  # the post, or the one that the comment stands under
    ref("comment_id", "comments.id", null=True),
    Column("about", Text, nullable=False),  # id of the post or the comment: one report by each person
    ref("by_id", "accounts.id"),
    Column("reason", Text, nullable=False),
    Column("words", Text, nullable=False),
    when("created_at"),
    Column("done", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("by_id", "about"),
    Index("ix_reports_community_id_done_created_at", "community_id", "done", "created_at"),
    Index("ix_reports_about", "about"),
    Index("ix_reports_post_id", "post_id"),
    Index("ix_reports_comment_id", "comment_id"),
)
# Until when (epoch ms) somebody has seen what comments of a community say to them.
marks = Table(
    "comment_marks",
    metadata,
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    when("at"),
    PrimaryKeyConstraint("account_id", "community_id"),
    Index("ix_comment_marks_community_id", "community_id"),
)
