"""Posts that open later, tiers with prices, why somebody has a tier, and what is paid for it."""

import sqlalchemy as sa
from alembic import op

from channel.ids import new_id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEEPS = "the ledger is append-only"


def upgrade() -> None:
    _tiers_and_members()
    _books()
    _offers()
    _columns()
    _keep_the_ledger()
    _say_why_they_have_their_tier()


def _tiers_and_members() -> None:
    op.create_table(
        "grants",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_grants_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_grants_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_grants_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sa.UniqueConstraint(
            "account_id", "source", "source_id", name=op.f("uq_grants_account_id_source_source_id")
        ),
    )
    op.create_index(
        "ix_grants_community_id_account_id", "grants", ["community_id", "account_id"], unique=False
    )
    op.create_index("ix_grants_tier_id", "grants", ["tier_id"], unique=False)
    op.create_table(
        "prices",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_prices_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
    )
    op.create_index(
        "ix_prices_tier_id_currency_interval_days",
        "prices",
        ["tier_id", "currency", "interval", "days"],
        unique=True,
        sqlite_where=sa.text("state = 'offered'"),
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_table(
        "unlocks",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("purchase_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_unlocks_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_unlocks_post_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "post_id", name=op.f("pk_unlocks")),
    )
    op.create_index("ix_unlocks_post_id", "unlocks", ["post_id"], unique=False)


def _books() -> None:
    op.create_table(
        "ledger",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("holding_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("monthly", sa.Integer(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("tier_name", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("written_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("key", name=op.f("uq_ledger_key")),
    )
    op.create_index("ix_ledger_account_id", "ledger", ["account_id"], unique=False)
    op.create_index("ix_ledger_community_id_at", "ledger", ["community_id", "at"], unique=False)
    op.create_table(
        "pay_connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), server_default="", nullable=False),
        sa.Column("fetches", sa.BigInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("reconciled_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_pay_connections_community_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_connections")),
        sa.UniqueConstraint(
            "community_id", "provider", name=op.f("uq_pay_connections_community_id_provider")
        ),
    )
    op.create_table(
        "holdings",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("price_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("monthly", sa.Integer(), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=True),
        sa.Column("period_end", sa.BigInteger(), nullable=True),
        sa.Column("trial_end", sa.BigInteger(), nullable=True),
        sa.Column("past_due_since", sa.BigInteger(), nullable=True),
        sa.Column("cancelling", sa.Boolean(), nullable=False),
        sa.Column("leave_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("access_until", sa.BigInteger(), nullable=True),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_holdings_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_holdings_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["pay_connections.id"],
            name=op.f("fk_holdings_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
        sa.UniqueConstraint(
            "connection_id", "external_id", name=op.f("uq_holdings_connection_id_external_id")
        ),
    )
    op.create_index("ix_holdings_account_id", "holdings", ["account_id"], unique=False)
    op.create_index("ix_holdings_community_id_status", "holdings", ["community_id", "status"], unique=False)
    op.create_index(
        "ix_holdings_connection_id_fetched_at", "holdings", ["connection_id", "fetched_at"], unique=False
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("price_id", sa.Text(), nullable=True),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("coupon_id", sa.Text(), nullable=True),
        sa.Column("post_id", sa.Text(), nullable=True),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_orders_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_orders_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["pay_connections.id"],
            name=op.f("fk_orders_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_orders_account_id_key")),
        sa.UniqueConstraint("connection_id", "external_id", name=op.f("uq_orders_connection_id_external_id")),
    )
    op.create_index("ix_orders_community_id", "orders", ["community_id"], unique=False)
    op.create_index("ix_orders_state_expires_at", "orders", ["state", "expires_at"], unique=False)
    op.create_index("ix_orders_tier_id_state", "orders", ["tier_id", "state"], unique=False)
    op.create_table(
        "pay_hints",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["pay_connections.id"],
            name=op.f("fk_pay_hints_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("connection_id", "event_id", name=op.f("pk_pay_hints")),
    )
    op.create_index("ix_pay_hints_at", "pay_hints", ["at"], unique=False)
    op.create_table(
        "provider_books",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["pay_connections.id"],
            name=op.f("fk_provider_books_connection_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_books")),
        sa.UniqueConstraint(
            "connection_id", "reference", name=op.f("uq_provider_books_connection_id_reference")
        ),
    )
    op.create_index(
        "ix_provider_books_connection_id_changed_at",
        "provider_books",
        ["connection_id", "changed_at"],
        unique=False,
    )
    op.create_index(
        "ix_provider_books_connection_id_due_at", "provider_books", ["connection_id", "due_at"], unique=False
    )
    op.create_table(
        "price_links",
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("price_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["connection_id"],
            ["pay_connections.id"],
            name=op.f("fk_price_links_connection_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["price_id"], ["prices.id"], name=op.f("fk_price_links_price_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("connection_id", "external_id", name=op.f("pk_price_links")),
        sa.UniqueConstraint(
            "connection_id", "price_id", "amount", name=op.f("uq_price_links_connection_id_price_id_amount")
        ),
    )
    op.create_index("ix_price_links_price_id", "price_links", ["price_id"], unique=False)


def _offers() -> None:
    op.create_table(
        "coupons",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("periods", sa.Integer(), nullable=True),
        sa.Column("tier_id", sa.Text(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("retention", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_coupons_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coupons")),
        sa.UniqueConstraint("community_id", "code", name=op.f("uq_coupons_community_id_code")),
    )
    op.create_table(
        "trials",
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_trials_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_trials_community_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("community_id", "account_id", name=op.f("pk_trials")),
    )
    op.create_index("ix_trials_account_id", "trials", ["account_id"], unique=False)
    op.create_index("ix_trials_order_id", "trials", ["order_id"], unique=False)
    op.create_table(
        "coupon_uses",
        sa.Column("coupon_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_coupon_uses_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["coupon_id"], ["coupons.id"], name=op.f("fk_coupon_uses_coupon_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("coupon_id", "account_id", name=op.f("pk_coupon_uses")),
    )
    op.create_index("ix_coupon_uses_account_id", "coupon_uses", ["account_id"], unique=False)
    op.create_index("ix_coupon_uses_order_id", "coupon_uses", ["order_id"], unique=False)
    op.create_table(
        "vouchers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("code_sealed", sa.Text(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("from_id", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("to_email", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("redeemed_by", sa.Text(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("send_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"], ["communities.id"], name=op.f("fk_vouchers_community_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_vouchers_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vouchers")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_vouchers_code_hash")),
    )
    op.create_index("ix_vouchers_community_id", "vouchers", ["community_id"], unique=False)
    op.create_index("ix_vouchers_tier_id", "vouchers", ["tier_id"], unique=False)
    op.create_table(
        "waiting_for_seat",
        sa.Column("tier_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("offered_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_waiting_for_seat_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tier_id"], ["tiers.id"], name=op.f("fk_waiting_for_seat_tier_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tier_id", "account_id", name=op.f("pk_waiting_for_seat")),
    )
    op.create_index("ix_waiting_for_seat_account_id", "waiting_for_seat", ["account_id"], unique=False)
    op.create_table(
        "price_changes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("community_id", sa.Text(), nullable=False),
        sa.Column("from_price_id", sa.Text(), nullable=False),
        sa.Column("to_price_id", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("from_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("called_off", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["community_id"],
            ["communities.id"],
            name=op.f("fk_price_changes_community_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["from_price_id"], ["prices.id"], name=op.f("fk_price_changes_from_price_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["to_price_id"], ["prices.id"], name=op.f("fk_price_changes_to_price_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price_changes")),
    )
    op.create_index("ix_price_changes_community_id", "price_changes", ["community_id"], unique=False)
    op.create_index("ix_price_changes_from_price_id", "price_changes", ["from_price_id"], unique=False)
    op.create_index("ix_price_changes_to_price_id", "price_changes", ["to_price_id"], unique=False)
    op.create_table(
        "price_answers",
        sa.Column("change_id", sa.Text(), nullable=False),
        sa.Column("holding_id", sa.Text(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["change_id"], ["price_changes.id"], name=op.f("fk_price_answers_change_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["holding_id"], ["holdings.id"], name=op.f("fk_price_answers_holding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("change_id", "holding_id", name=op.f("pk_price_answers")),
    )
    op.create_index("ix_price_answers_holding_id", "price_answers", ["holding_id"], unique=False)


def _columns() -> None:
    op.add_column("communities", sa.Column("grace_days", sa.Integer(), server_default="7", nullable=False))
    op.add_column("memberships", sa.Column("tier_until", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_memberships_tier_until",
        "memberships",
        ["tier_until"],
        unique=False,
        sqlite_where=sa.text("tier_until IS NOT NULL"),
        postgresql_where=sa.text("tier_until IS NOT NULL"),
    )
    op.add_column("posts", sa.Column("opens", sa.Text(), server_default="[]", nullable=False))
    op.add_column("drafts", sa.Column("opens", sa.Text(), server_default="[]", nullable=False))
    op.add_column("drafts", sa.Column("unlock_amount", sa.Integer(), nullable=True))
    op.add_column("drafts", sa.Column("unlock_currency", sa.Text(), nullable=True))
    op.add_column("posts", sa.Column("unlock_amount", sa.Integer(), nullable=True))
    op.add_column("posts", sa.Column("unlock_currency", sa.Text(), nullable=True))
    op.add_column("tiers", sa.Column("state", sa.Text(), server_default="listed", nullable=False))
    op.add_column("tiers", sa.Column("position", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tiers", sa.Column("welcome", sa.Text(), server_default="", nullable=False))
    op.add_column("tiers", sa.Column("trial_days", sa.Integer(), server_default="0", nullable=False))
    op.add_column("tiers", sa.Column("capacity", sa.Integer(), nullable=True))


def _keep_the_ledger() -> None:
    """Money facts are added, never changed or removed, by no program that forgets the rule."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_keeps_{act.lower()} BEFORE {act} ON ledger "
                f"BEGIN SELECT RAISE(ABORT, '{KEEPS}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION ledger_keeps() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{KEEPS}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER ledger_keeps BEFORE UPDATE OR DELETE ON ledger "
        "FOR EACH ROW EXECUTE FUNCTION ledger_keeps()"
    )


def _say_why_they_have_their_tier() -> None:
    """Until now a tier was given by hand or by an invite; both stay as they are, without an end."""
    conn = op.get_bind()
    paid = conn.execute(
        sa.text(
            "SELECT m.community_id, m.account_id, m.tier_id, m.invite_id, m.changed_at FROM memberships m "
            "JOIN tiers t ON t.id = m.tier_id WHERE t.rank > 0"
        )
    ).all()
    grants = sa.table(
        "grants",
        *(
            sa.column(name)
            for name in ("id", "community_id", "account_id", "tier_id", "source", "source_id", "starts_at")
        ),
    )
    rows = [
        {
            "id": new_id(row.changed_at), "community_id": row.community_id, "account_id": row.account_id,
            "tier_id": row.tier_id, "source": "given", "source_id": row.community_id, "starts_at": row.changed_at,
        }
        for row in paid
    ]  # fmt: skip
    for start in range(0, len(rows), 1000):
        conn.execute(grants.insert(), rows[start : start + 1000])
