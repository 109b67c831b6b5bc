"""Webhooks, mirrors, addresses by which posts come in, bots; and the triggers that tell hooks what happened."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Of which changes of rows hooks are told, and what of the rows.
_ROWS = {
    "memberships": (("INSERT", "UPDATE"), ("community_id", "account_id", "role", "state", "tier_id"), 2),
    "rooms": (("INSERT", "DELETE"), ("id", "community_id", "slug", "name"), 0),
    "tiers": (
        ("INSERT", "UPDATE", "DELETE"),
        ("id", "community_id", "name", "rank", "about", "benefits", "state"),
        2,
    ),
    "communities": (("UPDATE",), ("id", "handle", "name", "about", "visibility", "state"), 1),
    "invites": (("INSERT", "UPDATE"), ("id", "community_id", "state"), 2),
    "invite_uses": (("INSERT",), ("invite_id", "account_id"), 0),
    "questions": (("INSERT",), ("id", "community_id", "prompt_id"), 0),
    "reports": (("INSERT",), ("id", "community_id", "post_id", "comment_id", "reason"), 0),
}
_TELL = "INSERT INTO hook_changes (kind, about, data) VALUES"
_ANYBODY = "EXISTS (SELECT 1 FROM hooks)"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("bot", sa.Boolean(), server_default=sa.false(), nullable=False))
    _hooks()
    _deliveries()
    _mirrored()
    _incoming()
    op.create_table(
        "hook_changes",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_changes")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgres()


def _to(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE"
    )


def _hooks() -> None:
    texts = (
        "community_id",
        "owner_id",
        "kind",
        "name",
        "target_sealed",
        "place",
        "kinds",
        "content",
        "state",
    )
    op.create_table(
        "hooks",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        *(
            sa.Column(name, sa.Text(), nullable=True)
            for name in ("room_id", "invite_id", "secret_sealed", "old_sealed")
        ),
        sa.Column("old_until", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("success_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        _to("hooks", "community_id", "communities"),
        _to("hooks", "owner_id", "accounts"),
        _to("hooks", "room_id", "rooms"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hooks")),
    )
    for column in ("community_id", "owner_id", "room_id"):
        op.create_index(f"ix_hooks_{column}", "hooks", [column])


def _deliveries() -> None:
    op.create_table(
        "hook_deliveries",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("hook_id", "kind", "source", "state")),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("claim", sa.Text(), server_default="", nullable=False),
        sa.Column("log", sa.Text(), server_default="[]", nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        _to("hook_deliveries", "hook_id", "hooks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hook_deliveries")),
    )
    op.create_index("ix_hook_deliveries_state_due_at", "hook_deliveries", ["state", "due_at"])
    op.create_index("ix_hook_deliveries_hook_id_created_at", "hook_deliveries", ["hook_id", "created_at"])


def _mirrored() -> None:
    op.create_table(
        "hook_mirrored",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("hook_id", "post_id", "remote_id", "told_hash")
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        _to("hook_mirrored", "hook_id", "hooks"),
        _to("hook_mirrored", "post_id", "posts"),
        sa.PrimaryKeyConstraint("hook_id", "post_id", name=op.f("pk_hook_mirrored")),
    )
    op.create_index("ix_hook_mirrored_post_id", "hook_mirrored", ["post_id"])


def _incoming() -> None:
    refs = {"community_id": "communities", "room_id": "rooms", "bot_id": "accounts", "owner_id": "accounts"}
    op.create_table(
        "incoming_hooks",
        sa.Column("id", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in refs),
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("name", "secret_hash", "secret_sealed", "state")
        ),
        sa.Column("posts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *(_to("incoming_hooks", column, target) for column, target in refs.items()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_hooks")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_incoming_hooks_secret_hash")),
    )
    for column in refs:
        op.create_index(f"ix_incoming_hooks_{column}", "incoming_hooks", [column])


def _watched(act: str, columns: tuple[str, ...], keys: int) -> str:
    """An update tells only where one of the columns behind the keys is named."""
    return f"UPDATE OF {', '.join(columns[keys:])}" if act == "UPDATE" else act


def _packed(row: str, columns: tuple[str, ...], there: bool) -> str:
    """The columns as one text, the same in both databases. Functions of JSON are not allowed in SQLite's triggers here."""
    return (
        " || '\x1f' || ".join(f"coalesce(CAST({row}.{one} AS TEXT), '')" for one in columns)
        if there
        else "''"
    )


def _put(table: str, act: str, columns: tuple[str, ...]) -> str:
    old, new = _packed("OLD", columns, act != "INSERT"), _packed("NEW", columns, act != "DELETE")
    return f"{_TELL} ('{table}', '{act}', {old} || '\x1e' || {new})"


def _sqlite() -> None:
    op.execute(
        f"CREATE TRIGGER hooks_event AFTER INSERT ON events WHEN {_ANYBODY} "
        f"BEGIN {_TELL} (NEW.kind, NEW.stream, NEW.data); END"
    )
    for table, (acts, columns, keys) in _ROWS.items():
        for act in acts:
            op.execute(
                f"CREATE TRIGGER hooks_{table}_{act.lower()} AFTER {_watched(act, columns, keys)} ON {table} "
                f"WHEN {_ANYBODY} BEGIN {_put(table, act, columns)}; END"
            )


def _postgres() -> None:
    _function("hooks_event", f"{_TELL} (NEW.kind, NEW.stream, NEW.data)")
    op.execute(
        "CREATE TRIGGER hooks_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION hooks_event()"
    )
    for table, (acts, columns, keys) in _ROWS.items():
        for act in acts:
            name = f"hooks_{table}_{act.lower()}"
            _function(name, _put(table, act, columns))
            op.execute(
                f"CREATE TRIGGER {name} AFTER {_watched(act, columns, keys)} ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {name}()"
            )


def _function(name: str, act: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {_ANYBODY} THEN {act}; END IF; RETURN NULL; END $$"
    )


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    names = {"hooks_event": "events"} | {
        f"hooks_{table}_{act.lower()}": table for table, (acts, _, _) in _ROWS.items() for act in acts
    }
    for name, table in names.items():
        op.execute(f"DROP TRIGGER {name}" if sqlite else f"DROP TRIGGER {name} ON {table}")
        if not sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    for table in ("hook_changes", "incoming_hooks", "hook_mirrored", "hook_deliveries", "hooks"):
        op.drop_table(table)
    op.drop_column("accounts", "bot")
