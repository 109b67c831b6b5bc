"""What is bought, from whom, and what came of it. Money facts are kept apart from everything that may change."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from channel.storage import id_column, metadata, ref, when

# A community's own account with a provider. `sealed` holds its keys, closed with the installation's key.
connections = Table(
    "pay_connections",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("provider", Text, nullable=False),  # stripe | manual | sandbox
    Column("state", Text, nullable=False),  # on | off: takes nothing new, what runs goes on
    Column("live", Boolean, nullable=False),  # real money; False: the provider's test mode
    Column("account", Text, nullable=False),  # what the provider calls the creator's account
    Column("sealed", Text, nullable=False),
    Column("options", Text, nullable=False),  # JSON: taxes, invoices, the bank account of transfers
    Column("problem", Text, nullable=False, server_default=""),  # what the last attempt failed of, a sentence
    Column("fetches", BigInteger, nullable=False),  # begun so far: an answer that was asked for earlier than
    when("checked_at", null=True),  # one that is applied changes nothing
    when("reconciled_at", null=True),
    when("created_at"),
    UniqueConstraint("community_id", "provider"),
)
# What the provider calls our prices, so that nothing else of theirs grants anything.
price_links = Table(
    "price_links",
    metadata,
    ref("connection_id", "pay_connections.id"),
    Column("external_id", Text, nullable=False),
    ref("price_id", "prices.id"),
    Column("amount", Integer, nullable=False),
    PrimaryKeyConstraint("connection_id", "external_id"),
    UniqueConstraint("connection_id", "price_id", "amount"),
    Index("ix_price_links_price_id", "price_id"),
)
# One intent to pay. It holds the seat, the coupon and the trial it was offered while it is open.
orders = Table(
    "orders",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    ref("connection_id", "pay_connections.id"),
    Column("kind", Text, nullable=False),  # subscription | purchase | gift | tip | unlock
    Column("tier_id", Text, nullable=True),
    Column("price_id", Text, nullable=True),
    Column("amount", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("interval", Text, nullable=False),  # month | quarter | year | once
    Column("days", Integer, nullable=False),  # 0: for life, or an interval that comes again
    Column("trial_days", Integer, nullable=False),
    Column("coupon_id", Text, nullable=True),
    Column("post_id", Text, nullable=True),
    Column("details", Text, nullable=False),  # JSON: whom a gift is for, a word with a tip
    Column("key", Text, nullable=False),  # the buyer's name for it: a double click is one order
    Column("state", Text, nullable=False),  # open | paid | declined | abandoned
    Column("external_id", Text, nullable=True),  # of the checkout
    Column("url", Text, nullable=True),  # where to pay
    when("expires_at"),
    when("created_at"),
    UniqueConstraint("account_id", "key"),
    UniqueConstraint("connection_id", "external_id"),
    Index("ix_orders_community_id", "community_id"),
    Index("ix_orders_tier_id_state", "tier_id", "state"),
    Index("ix_orders_state_expires_at", "state", "expires_at"),
)
# What the provider holds about one order, as last fetched. Only payments/sync writes here.
holdings = Table(
    "holdings",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    ref("connection_id", "pay_connections.id"),
    Column("order_id", Text, nullable=False),
    Column("external_id", Text, nullable=False),  # the subscription or the payment
    Column("customer", Text, nullable=False, server_default=""),
    Column("kind", Text, nullable=False),
    Column("tier_id", Text, nullable=True),
    Column("price_id", Text, nullable=True),
    Column("status", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("interval", Text, nullable=False),
    Column(
        "monthly", Integer, nullable=False
    ),  # what it adds to a month, minor units; 0 when it adds nothing
    when("period_start", null=True),
    when("period_end", null=True),
    when("trial_end", null=True),
    when("past_due_since", null=True),
    Column("cancelling", Boolean, nullable=False),
    Column("leave_reason", Text, nullable=False, server_default=""),
    when("ended_at", null=True),
    when("access_until", null=True),
    Column("applied", BigInteger, nullable=False),  # the number of the fetch whose answer this is
    when("fetched_at"),
    when("created_at"),
    UniqueConstraint("connection_id", "external_id"),
    Index("ix_holdings_account_id", "account_id"),
    Index("ix_holdings_community_id_status", "community_id", "status"),
    Index("ix_holdings_connection_id_fetched_at", "connection_id", "fetched_at"),
)
# Money facts, append-only (the database refuses anything else). Every figure is computed from here.
ledger = Table(
    "ledger",
    metadata,
    id_column(),
    Column("community_id", Text, nullable=False),  # no references: facts outlive whom they are about
    Column("account_id", Text, nullable=False),
    Column("connection_id", Text, nullable=False),
    Column("holding_id", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),  # what it is known by: told twice, it is written once
    # charge refund dispute dispute_won failed: of money | started switched changed ended: of what recurs
    Column("kind", Text, nullable=False),
    Column("amount", Integer, nullable=False),  # minor units that came (+) or went (-)
    Column("currency", Text, nullable=False),
    Column("monthly", Integer, nullable=False),  # by how much recurring revenue of a month changed
    Column("tier_id", Text, nullable=True),
    Column("tier_name", Text, nullable=False),
    Column("interval", Text, nullable=False),
    Column("reason", Text, nullable=False),  # of an end
    Column("external_id", Text, nullable=False),
    Column("link", Text, nullable=False),  # the provider's receipt or invoice
    Column("live", Boolean, nullable=False),
    when("at"),
    when("written_at"),
    Index("ix_ledger_community_id_at", "community_id", "at"),
    Index("ix_ledger_account_id", "account_id"),
)
# Every message of a provider, stored before it is answered.
hints = Table(
    "pay_hints",
    metadata,
    ref("connection_id", "pay_connections.id"),
    Column("event_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("connection_id", "event_id"),
    Index("ix_pay_hints_at", "at"),
)
coupons = Table(
    "coupons",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    Column("code", Text, nullable=False),  # upper case
    Column("label", Text, nullable=False),
    Column("kind", Text, nullable=False),  # percent | amount | trial
    Column("value", Integer, nullable=False),  # percent, minor units, or days
    Column("currency", Text, nullable=True),
    Column("periods", Integer, nullable=True),  # how many it holds for; None: for ever
    Column("tier_id", Text, nullable=True),
    Column("max_uses", Integer, nullable=True),
    Column("uses", Integer, nullable=False),
    Column("state", Text, nullable=False),  # open | off
    Column("retention", Boolean, nullable=False),  # the one offered to who cancels
    when("expires_at", null=True),
    when("created_at"),
    UniqueConstraint("community_id", "code"),
)
coupon_uses = Table(
    "coupon_uses",
    metadata,
    ref("coupon_id", "coupons.id"),
    ref("account_id", "accounts.id"),
    Column("order_id", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("coupon_id", "account_id"),
    Index("ix_coupon_uses_account_id", "account_id"),
    Index("ix_coupon_uses_order_id", "order_id"),
)
# One trial for one person in one community.
trials = Table(
    "trials",
    metadata,
    ref("community_id", "communities.id"),
    ref("account_id", "accounts.id"),
    Column("order_id", Text, nullable=False),
    when("at"),
    PrimaryKeyConstraint("community_id", "account_id"),
    Index("ix_trials_account_id", "account_id"),
    Index("ix_trials_order_id", "order_id"),
)
# Gifts: a code that opens a tier for a time, once.
vouchers = Table(
    "vouchers",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("tier_id", "tiers.id"),
    Column("code_hash", Text, nullable=False, unique=True),
    Column("code_sealed", Text, nullable=False),
    Column("days", Integer, nullable=False),  # 0: for life
    Column("state", Text, nullable=False),  # open | redeemed | revoked
    Column("from_id", Text, nullable=True),  # who bought or gave it
    Column("order_id", Text, nullable=True),  # when bought
    Column("from_name", Text, nullable=False),
    Column("to_name", Text, nullable=False),
    Column("to_email", Text, nullable=True),
    Column("message", Text, nullable=False),
    Column("redeemed_by", Text, nullable=True),
    when("redeemed_at", null=True),
    when("send_at", null=True),
    when("sent_at", null=True),
    when("expires_at", null=True),
    when("created_at"),
    Index("ix_vouchers_community_id", "community_id"),
    Index("ix_vouchers_tier_id", "tier_id"),
)
# Who waits for a seat in a tier that is full. `offered_until`: theirs is kept until then.
waiting = Table(
    "waiting_for_seat",
    metadata,
    ref("tier_id", "tiers.id"),
    ref("account_id", "accounts.id"),
    when("at"),
    when("offered_until", null=True),
    PrimaryKeyConstraint("tier_id", "account_id"),
    Index("ix_waiting_for_seat_account_id", "account_id"),
)
# A new price for those who pay an old one: they are asked, and `answers` holds who was and what they said.
price_changes = Table(
    "price_changes",
    metadata,
    id_column(),
    ref("community_id", "communities.id"),
    ref("from_price_id", "prices.id"),
    ref("to_price_id", "prices.id"),
    Column("message", Text, nullable=False),
    when(
        "from_at"
    ),  # who has not agreed by then keeps access to the end of what is paid, and pays nothing more
    when("done_at", null=True),  # it is over: carried out, or called off
    Column("called_off", Boolean, nullable=False),
    when("created_at"),
    Index("ix_price_changes_community_id", "community_id"),
    Index("ix_price_changes_from_price_id", "from_price_id"),
    Index("ix_price_changes_to_price_id", "to_price_id"),
)
price_answers = Table(
    "price_answers",
    metadata,
    ref("change_id", "price_changes.id"),
    ref("holding_id", "holdings.id"),
    Column("agreed", Boolean, nullable=True),  # null: was asked, and has said nothing
    when("at"),
    PrimaryKeyConstraint("change_id", "holding_id"),
    Index("ix_price_answers_holding_id", "holding_id"),
)
# The books of the providers that are ourselves: the pretend one, and dues paid by hand. JSON of one purchase each.
books = Table(
    "provider_books",
    metadata,
    id_column(),
    ref("connection_id", "pay_connections.id"),
    Column("account_id", Text, nullable=False),
    Column("state", Text, nullable=False),  # what its list filters by
    Column("reference", Text, nullable=False),  # what a payer writes on a transfer
    Column("data", Text, nullable=False),
    Column("rev", Integer, nullable=False),
    when("changed_at"),
    when("due_at", null=True),  # when time alone changes it next
    UniqueConstraint("connection_id", "reference"),
    Index("ix_provider_books_connection_id_changed_at", "connection_id", "changed_at"),
    Index("ix_provider_books_connection_id_due_at", "connection_id", "due_at"),
)
