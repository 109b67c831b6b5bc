"""Media of communities, what was made of them, where they stand, and files on their way."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    false,
)

from channel.storage import id_column, metadata, ref, when

media = Table(
    "media",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("owner_id", "accounts.id"),
    Column("kind", Text, nullable=False),  # picture | sound | video | file: by its bytes, not by its sender
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),  # the key of what was sent, in the store
    Column("width", Integer, nullable=True),
    Column("height", Integer, nullable=True),
    Column("animated", Boolean, nullable=False, server_default=false()),
    Column("placeholder", Text, nullable=False, server_default=""),
    Column("alt", Text, nullable=False, server_default=""),
    Column("focal_x", Integer, nullable=False, server_default="50"),
    Column("focal_y", Integer, nullable=False, server_default="50"),
    Column("sensitive", Boolean, nullable=False, server_default=false()),
    Column("state", Text, nullable=False),  # processing | ready | failed | refused
    Column("problem", Text, nullable=False, server_default=""),
    Column("duration_ms", BigInteger, nullable=True),
    Column("waveform", Text, nullable=False, server_default=""),  # loudnesses, 0 to 100, with spaces between
    Column("progress", Integer, nullable=False, server_default="0"),  # percent, while it is processing
    Column("pages", Integer, nullable=True),
    Column("credentials_state", Text, nullable=False, server_default="not_checked"),  # credentials.State
    Column(
        "keep_credentials", Boolean, nullable=False, server_default=false()
    ),  # they are handed out beside it
    Column(
        "original_gone", Boolean, nullable=False, server_default=false()
    ),  # what was sent is not kept any more
    Column("frame", Text, nullable=False, server_default=""),  # see framing.encoded; "": all of it
    Column("version", Integer, nullable=False, server_default="0"),  # how often it was to be made anew
    Column("chapters", Text, nullable=False, server_default=""),  # JSON: [[ms, "title"], ...]; "": none
    when("created_at"),
    Index("ix_media_community_id_created_at", "community_id", "created_at"),
    Index("ix_media_owner_id", "owner_id"),
    Index("ix_media_sha256", "sha256"),
)
variants = Table(
    "media_variants",
    metadata,
    ref("media_id", "media.id"),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("format", Text, nullable=False),  # see model.Format
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    PrimaryKeyConstraint("media_id", "width", "format"),
    Index("ix_media_variants_sha256", "sha256"),
)
# Where some were found: what they say, and the credentials themselves in the store.
media_credentials = Table(
    "media_credentials",
    metadata,
    ref("media_id", "media.id"),
    Column("said", Text, nullable=False),  # JSON: credentials.Credentials
    Column("store_sha256", Text, nullable=False, server_default=""),
    Column("store_size", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("media_id"),
    Index("ix_media_credentials_store_sha256", "store_sha256"),
)
captions = Table(
    "media_captions",
    metadata,
    ref("media_id", "media.id"),
    Column("language", Text, nullable=False),
    Column("text", Text, nullable=False),  # WebVTT, cleaned
    Column("digest", Text, nullable=False),
    PrimaryKeyConstraint("media_id", "language"),
)
post_media = Table(
    "post_media",
    metadata,
    ref("post_id", "posts.id"),
    ref("media_id", "media.id"),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("post_id", "media_id"),
    Index("ix_post_media_media_id", "media_id"),
)
# The picture on the card of a locked post. `also_inside`: its writer said that it may stand in a locked post, too.
post_teasers = Table(
    "post_teasers",
    metadata,
    ref("post_id", "posts.id"),
    ref("media_id", "media.id"),
    Column("blurred", Boolean, nullable=False),  # its placeholder alone is shown
    Column("also_inside", Boolean, nullable=False),
    PrimaryKeyConstraint("post_id"),
    Index("ix_post_teasers_media_id", "media_id"),
)
# Of those whose media go to another store than the server's.
media_homes = Table(
    "media_homes",
    metadata,
    ref("community_id", "communities.id"),
    Column("store", Text, nullable=False),  # local | s3
    PrimaryKeyConstraint("community_id"),
)
uploads = Table(
    "uploads",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    Column("size", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),  # bytes that are on the disk and will stay
    Column("name", Text, nullable=False),
    Column("alt", Text, nullable=False, server_default=""),
    when("created_at"),
    when("expires_at"),
    Index("ix_uploads_account_id", "account_id"),
    Index("ix_uploads_community_id", "community_id"),
    Index("ix_uploads_expires_at", "expires_at"),
)
