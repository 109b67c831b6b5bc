"""Alembic wants this file; migrations run in-process through channel.storage.migrate, which configures them itself."""
