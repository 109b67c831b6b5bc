"""Mail that came in, what it told of addresses, and the secret addresses that take drafts."""

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from channel.storage import id_column, metadata, ref, when

# One row for each mail; `raw` is emptied when it is worked off. The row stays for a while, so that a mail server that
# hands the same mail over twice is told the same twice, and it counts once.
incoming_mail = Table(
    "incoming_mail",
    metadata,
    id_column(),
    Column("digest", Text, nullable=False, unique=True),
    Column("recipient", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column(
        "blob", Text, nullable=False, server_default=""
    ),  # the key of all of it in the store, if it is large
    Column("cut", Boolean, nullable=False, server_default=false()),  # it was larger still
    when("created_at"),
    when("done_at", null=True),
    Index("ix_incoming_mail_created_at", "created_at"),
    Index("ix_incoming_mail_blob", "blob"),
)
# What a mail's pictures became so far, upload or medium, so that whoever begins again makes none twice.
mail_pictures = Table(
    "mail_pictures",
    metadata,
    ref("mail_id", "incoming_mail.id"),
    Column("position", Integer, nullable=False),
    Column("media_id", Text, nullable=False),
    PrimaryKeyConstraint("mail_id", "position"),
)
# A day on which mail to an address came back for now. `address_hash`: of the address that the account had then.
mail_troubles = Table(
    "mail_troubles",
    metadata,
    ref("account_id", "accounts.id"),
    Column("address_hash", Text, nullable=False),
    Column("day", Integer, nullable=False),  # days since 1970, UTC
    PrimaryKeyConstraint("account_id", "day"),
)
# A mail that could not be taken: told to its writer with its words, once; they go when it is told. `post_id`: what it
# answered; None for what was to be a draft. `drafted_in`: where a draft was made, without some of the pictures.
mail_refusals = Table(
    "mail_refusals",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    ref("post_id", "posts.id", null=True),
    Column("drafted_in", Text, nullable=False, server_default=""),  # the id of a community, or ""
    Column("reason", Text, nullable=False),
    Column("text", Text, nullable=False),
    when("created_at"),
    Index("ix_mail_refusals_account_id_created_at", "account_id", "created_at"),
    Index("ix_mail_refusals_post_id", "post_id"),
)
# The secret address of somebody who writes in a room: mail to it becomes a draft. A new row is a new address.
mail_drops = Table(
    "mail_drops",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    ref("room_id", "rooms.id"),
    when("created_at"),
    UniqueConstraint("account_id", "room_id"),
    Index("ix_mail_drops_room_id", "room_id"),
)
