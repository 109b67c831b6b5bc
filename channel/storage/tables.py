"""What belongs to the installation itself."""

from sqlalchemy import Column, Integer, Table, Text

from channel.storage.schema import metadata, when

# One row. `epoch` changes on restore, so that no client resumes into a history it has not seen. `probe` is counted
# up by the readiness check: a write is the only proof that writes work. `key_fingerprint` is of the secret.key that
# has sealed what is sealed here: every process has the same.
instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("epoch", Text, nullable=False),
    Column("setup_token_hash", Text, nullable=True),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False, server_default=""),
    Column("terms", Text, nullable=False, server_default=""),
    Column("contact", Text, nullable=False, server_default=""),
    Column("probe", Integer, nullable=False, server_default="0"),
    Column("key_fingerprint", Text, nullable=True),
    when("created_at"),
    when("setup_at", null=True),
)
