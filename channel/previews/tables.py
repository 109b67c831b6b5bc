"""Previews by post, and what pages said of themselves on the last day."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Table, Text

from channel.storage import metadata, ref, when


def _kept() -> list[Column[Any]]:
    """What we made of the page's picture and icon, see model.Pictures."""
    names = ("picture", "icon")
    keys = [Column(f"{name}_key", Text, nullable=False, server_default="") for name in names]
    return [
        *keys,
        *(Column(f"{name}_size", BigInteger, nullable=False, server_default="0") for name in names),
    ]


link_previews = Table(
    "link_previews",
    metadata,
    ref("post_id", "posts.id", key=True),
    Column("links", Text, nullable=False),  # the first of its text, a line each
    Column("link", Text, nullable=False),  # the one of them that it is of, as written; empty until then
    Column("url", Text, nullable=False),  # the same as it was asked for
    Column("state", Text, nullable=False),  # due | shown | none | removed
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("site", Text, nullable=False),
    when("at"),
    *_kept(),
    Index("ix_link_previews_picture_key", "picture_key"),
    Index("ix_link_previews_icon_key", "icon_key"),
)
link_pages = Table(
    "link_pages",
    metadata,
    Column("url", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("picture", Text, nullable=False),  # addresses elsewhere: for the worker, never for a browser
    Column("icon", Text, nullable=False),
    when("fetched_at"),
    *_kept(),
    Index("ix_link_pages_fetched_at", "fetched_at"),
)
