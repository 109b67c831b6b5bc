"""Which tags stand in which post."""

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
