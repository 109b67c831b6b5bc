"""Devices that are told of posts, what people chose for them, and what is to be pushed."""

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
)

from channel.storage import id_column, metadata, ref, when

# One browser that was switched on. It goes with its session: who signs out is told nothing there any more.
push_devices = Table(
    "push_devices",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    ref("session_id", "sessions.id", null=True),  # null: a program's
    Column("name", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("endpoint_hash", Text, nullable=False),
    Column("p256dh", Text, nullable=False),
    Column("auth", Text, nullable=False),
    Column("shows_text", Boolean, nullable=False),  # of posts that not everybody in the room may read
    Column("language", Text, nullable=False),
    Column("problem", Text, nullable=False, server_default=""),  # of the last try, until one succeeds
    when("created_at"),
    when("success_at", null=True),
    UniqueConstraint("endpoint_hash"),
    Index("ix_push_devices_account_id", "account_id"),
    Index("ix_push_devices_session_id", "session_id"),
)
# What somebody chose for all their devices. `place`: as of notice_rules.
push_rules = Table(
    "push_rules",
    metadata,
    ref("account_id", "accounts.id"),
    Column("place", Text, nullable=False),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id", null=True),
    Column("how", Text, nullable=False),  # instant | important | none
    when("chosen_at"),
    Column("tag", Text, nullable=False, server_default=""),
    when("turned_at", null=True),  # since when it is none, where something was told before
    PrimaryKeyConstraint("account_id", "place"),
    Index("ix_push_rules_community_id_account_id", "community_id", "account_id"),
    Index("ix_push_rules_room_id", "room_id"),
)
# One row for each post and device; kept for a while when it is settled, so that no device is told twice.
pushes = Table(
    "pushes",
    metadata,
    id_column(),
    ref("post_id", "posts.id"),
    # null: it is gone. What it was told then stays known, so that no letter tells it again.
    Column("device_id", Text, ForeignKey("push_devices.id", ondelete="SET NULL"), nullable=True),
    ref("account_id", "accounts.id"),
    ref("community_id", "communities.id"),
    Column("state", Text, nullable=False),  # waiting | sent | cancelled | failed
    Column("problem", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("claim", Text, nullable=False, server_default=""),  # of whoever has it in hand
    when("due_at"),
    when("created_at"),
    when("settled_at", null=True),
    when("meant_at", null=True),  # when it was to leave: from then on tries are counted
    when("good_until", null=True),  # what was pushed, or may have been, is shown until then or never
    when("shown_at", null=True),  # as the browser says
    when("opened_at", null=True),
    UniqueConstraint("post_id", "device_id"),
    Index("ix_pushes_state_due_at_id", "state", "due_at", "id"),  # all of a crowd are due at once
    Index("ix_pushes_device_id", "device_id"),
    Index("ix_pushes_account_id", "account_id"),
    Index("ix_pushes_community_id", "community_id"),
)
