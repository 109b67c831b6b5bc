"""News that leaves the instance: mail today. Senders are ports; app.py chooses the adapter."""

from .handlers import mail_handler
from .sender import Mail, Sender, Undeliverable

__all__ = ["Mail", "Sender", "Undeliverable", "mail_handler"]
