"""Which tags stand in which post, and in which comment."""

from sqlalchemy import Boolean, Column, Index, PrimaryKeyConstraint, Table, Text

from channel.storage import metadata, ref, when

post_tags = Table(
    "post_tags",
    metadata,
    ref("post_id", "posts.id"),
    Column("tag", Text, nullable=False),  # folded: see naming.tag_of
    Column("open", Boolean, nullable=False),  # it stands in the teaser, too, for who may not read the rest
    ref("community_id", "communities.id"),
    when("created_at"),  # of the post
    PrimaryKeyConstraint("post_id", "tag"),
    Index("ix_post_tags_community_id_tag_created_at", "community_id", "tag", "created_at", "post_id"),
)
comment_tags = Table(
    "comment_tags",
    metadata,
    ref("comment_id", "comments.id"),
    Column("tag", Text, nullable=False),
    ref("community_id", "communities.id"),
    when("at"),  # when everybody could see the comment at first
    PrimaryKeyConstraint("comment_id", "tag"),
    Index("ix_comment_tags_community_id_tag_at", "community_id", "tag", "at", "comment_id"),
)
