"""What a creator owns."""

from sqlalchemy import Boolean, Column, Integer, Table, Text, false, true

from channel.storage import id_column, metadata, when

communities = Table(
    "communities",
    metadata,
    id_column(),
    Column("handle", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),  # Markdown
    Column("about_html", Text, nullable=False, server_default=""),
    Column("visibility", Text, nullable=False),  # public | unlisted | private
    Column(
        "approval", Boolean, nullable=False, server_default=false()
    ),  # joining from the public page needs a yes
    Column("hue", Integer, nullable=False),
    Column(
        "cover", Text, nullable=False, server_default=""
    ),  # "" | "pattern:N" | "art:NAME" | "own:ID" of a look
    Column("avatar", Text, nullable=False, server_default=""),  # "" | "art:NAME" | "own:ID"
    Column("language", Text, nullable=False, server_default="en"),
    Column(
        "state", Text, nullable=False, server_default="open"
    ),  # open | closed: no joins, no posts, reading goes on
    Column(
        "member_count", Integer, nullable=False, server_default="0"
    ),  # active and muted; kept by members/actions
    Column(
        "grace_days", Integer, nullable=False, server_default="7"
    ),  # how long access stays while a payment fails
    Column(
        "embeddable", Boolean, nullable=False, server_default=true()
    ),  # other sites may show what everybody sees
    Column(
        "reach_shown", Boolean, nullable=False, server_default=false()
    ),  # everybody may read how many it reaches
    Column("podcast_category", Text, nullable=False, server_default=""),  # Arts, Arts/Books …
    Column("podcast_email", Text, nullable=False, server_default=""),  # typed to be published
    when("created_at"),
    when("deleted_at", null=True),  # gone for all but the owner, who may undo until purge_at
    when("purge_at", null=True),
)
