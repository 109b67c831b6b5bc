"""Hooks, what is to be sent by them and was, what mirrors hold elsewhere, and addresses by which posts come in.

Triggers fill `hook_changes` (see the migration) while there is a hook at all, so that no way of writing can forget to
tell, and none is slower when nobody hears.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, PrimaryKeyConstraint, Table, Text

from channel.storage import id_column, metadata, ref, when

DERIVED = {"derived": True}  # backups leave it out: what was told before a restore is not told again
_NUMBER = BigInteger().with_variant(Integer, "sqlite")

# What is told of a row, in this order: what the triggers pack.
ROWS: dict[str, tuple[str, ...]] = {
    "memberships": ("community_id", "account_id", "role", "state", "tier_id"),
    "rooms": ("id", "community_id", "slug", "name"),
    "tiers": ("id", "community_id", "name", "rank", "about", "benefits", "state"),
    "communities": ("id", "handle", "name", "about", "visibility", "state"),
    "invites": ("id", "community_id", "state"),
    "invite_uses": ("invite_id", "account_id"),
    "questions": ("id", "community_id", "prompt_id"),
    "reports": ("id", "community_id", "post_id", "comment_id", "reason"),
}

hooks = Table(
    "hooks",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("owner_id", "accounts.id"),  # whose rights count at each message
    Column("kind", Text, nullable=False),  # webhook | telegram | discord | mastodon | generic
    Column("name", Text, nullable=False),
    Column("target_sealed", Text, nullable=False),  # JSON, encrypted with secret.key: addresses hold tokens
    Column("place", Text, nullable=False),  # the host alone
    Column("kinds", Text, nullable=False),  # JSON list
    ref("room_id", "rooms.id", null=True),  # NULL: all rooms
    Column("content", Text, nullable=False),  # full | teaser
    Column(
        "invite_id", Text, nullable=True
    ),  # of a mirror: the link by which who comes from there is counted
    Column("secret_sealed", Text, nullable=True),
    Column("old_sealed", Text, nullable=True),  # signs too, until then
    when("old_until", null=True),
    Column("state", Text, nullable=False),  # active | paused | stopped
    Column("problem", Text, nullable=False, server_default=""),
    when("failing_since", null=True),
    when("success_at", null=True),
    when("created_at"),
    Index("ix_hooks_community_id", "community_id"),
    Index("ix_hooks_owner_id", "owner_id"),
    Index("ix_hooks_room_id", "room_id"),
)
# One row for each message and hook. Its id is the webhook-id, so a message that goes twice is known to be the same.
deliveries = Table(
    "hook_deliveries",
    metadata,
    id_column(),
    ref("hook_id", "hooks.id"),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),  # JSON: ids and primitives; what is said is made when it is sent
    Column("state", Text, nullable=False),  # waiting | sent | failed | cancelled
    Column("status", Integer, nullable=True),  # of the last answer
    Column("problem", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("claim", Text, nullable=False, server_default=""),
    Column("log", Text, nullable=False, server_default="[]"),  # JSON: [at, status, ms] of each try
    when("due_at"),
    when("created_at"),
    when("settled_at", null=True),
    Index("ix_hook_deliveries_state_due_at", "state", "due_at"),
    Index("ix_hook_deliveries_hook_id_created_at", "hook_id", "created_at"),
)
mirrored = Table(
    "hook_mirrored",
    metadata,
    ref("hook_id", "hooks.id"),
    ref("post_id", "posts.id"),
    Column("remote_id", Text, nullable=False),
    Column("told_hash", Text, nullable=False),  # of what stands there
    when("at"),
    PrimaryKeyConstraint("hook_id", "post_id"),
    Index("ix_hook_mirrored_post_id", "post_id"),
)
incoming = Table(
    "incoming_hooks",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("room_id", "rooms.id"),
    ref("bot_id", "accounts.id"),
    ref("owner_id", "accounts.id"),
    Column("name", Text, nullable=False),
    Column("secret_hash", Text, nullable=False, unique=True),
    Column("secret_sealed", Text, nullable=False),
    Column("state", Text, nullable=False),  # active | revoked
    Column("posts", Integer, nullable=False, server_default="0"),
    when("used_at", null=True),
    when("created_at"),
    Index("ix_incoming_hooks_community_id", "community_id"),
    Index("ix_incoming_hooks_room_id", "room_id"),
    Index("ix_incoming_hooks_bot_id", "bot_id"),
    Index("ix_incoming_hooks_owner_id", "owner_id"),
)
changes = Table(
    "hook_changes",
    metadata,
    Column("id", _NUMBER, primary_key=True),
    Column("kind", Text, nullable=False),  # of the event, or the table that a row of changed
    Column("about", Text, nullable=False),  # the event's stream; of a row: INSERT, UPDATE or DELETE
    Column("data", Text, nullable=False),  # JSON; of a row: ROWS before and after, see `unpacked`
    info=DERIVED,
)


def unpacked(table: str, data: str) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    """What a row was and what it is; None: it was not there. NULL reads as the empty text."""
    old, _, new = data.partition("\x1e")
    columns = ROWS[table]
    before, after = (
        dict(zip(columns, one.split("\x1f"), strict=True)) if one else None for one in (old, new)
    )
    return before, after
