"""Accounts and everything that proves who somebody is. No secret is stored in the clear."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text, false, true

from channel.storage import id_column, metadata, ref, when

accounts = Table(
    "accounts",
    metadata,
    id_column(),
    Column("handle", Text, nullable=True, unique=True),  # lower case; followers may have none
    Column("name", Text, nullable=False),
    Column(
        "avatar", Text, nullable=False, server_default=""
    ),  # "" = initials on the hue; "art:NAME" = a bundled picture; "own:ID" = a look
    Column("hue", Integer, nullable=False),
    Column("language", Text, nullable=True),  # en | de; None = as the browser says
    Column("theme", Text, nullable=True),  # light | dark; None = as the system says
    Column("email", Text, nullable=True, unique=True),  # proven, lower case
    Column("is_admin", Boolean, nullable=False, server_default=false()),
    Column(
        "presence", Boolean, nullable=False, server_default=true()
    ),  # shown among those who are here and write
    Column("state", Text, nullable=False, server_default="active"),  # active | suspended | deleted
    when("created_at"),
    Column(
        "bot", Boolean, nullable=False, server_default=false()
    ),  # a program, which is told where it writes
)
passkeys = Table(
    "passkeys",
    metadata,
    id_column(),  # the credential id, base64url
    ref("account_id", "accounts.id"),
    Column("public_key", Text, nullable=False),  # COSE, base64url
    Column("sign_count", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    when("created_at"),
    when("used_at", null=True),
    Index("ix_passkeys_account_id", "account_id"),
)
sessions = Table(
    "sessions",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("device", Text, nullable=False),  # "Firefox on Android", from the User-Agent at sign-in
    Column("how", Text, nullable=False),  # passkey | link | recovery | phone | invite | setup
    when("created_at"),
    when("seen_at"),
    when("expires_at"),
    Index("ix_sessions_account_id", "account_id"),
)
tokens = Table(
    "tokens",
    metadata,
    id_column(),
    ref("account_id", "accounts.id"),
    Column("name", Text, nullable=False),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("scopes", Text, nullable=False),  # space separated, sorted; see model.SCOPES
    when("created_at"),
    when("used_at", null=True),
    when("expires_at", null=True),
    Index("ix_tokens_account_id", "account_id"),
)
# Sign-in links, phone hand-overs, e-mail proofs, live tickets, passkey challenges: redeemed once, then gone.
one_time = Table(
    "one_time",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("purpose", Text, nullable=False),
    ref("account_id", "accounts.id", null=True),
    Column("data", Text, nullable=False, server_default=""),
    when("created_at"),
    when("expires_at"),
    Index("ix_one_time_expires_at", "expires_at"),
    Index("ix_one_time_account_id", "account_id"),
)
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", Text, primary_key=True),
    ref("account_id", "accounts.id"),
    when("created_at"),
    Index("ix_recovery_codes_account_id", "account_id"),
)
# One row per guess; `bucket` is "purpose:account:ID", "purpose:network:CIDR" and so on (guesses.py).
guesses = Table(
    "guesses",
    metadata,
    id_column(),
    Column("bucket", Text, nullable=False),
    when("at"),
    Index("ix_guesses_bucket_at", "bucket", "at"),
)
