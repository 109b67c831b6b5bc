"""What became of posts, kept after the rows that it was counted from are gone."""

from sqlalchemy import Column, Index, Table, Text

from channel.storage import metadata, ref, when

# Only what may be shown: floored numbers. See reach/model.
post_reach = Table(
    "post_reach",
    metadata,
    ref("post_id", "posts.id", key=True),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id"),
    when("published_at"),
    when("counted_at"),
    Column("counts", Text, nullable=False),  # JSON of a Report
    Index("ix_post_reach_community_id", "community_id"),
    Index("ix_post_reach_room_id_published_at", "room_id", "published_at"),
)
