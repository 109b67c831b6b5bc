"""News that leaves the instance: mail, and notices on devices. Senders are ports; app.py chooses the adapter."""

from .handlers import mail_handler
from .hooked import HookCourier
from .posted import Desk, Postman
from .pushed import Courier
from .pusher import Pusher
from .sender import Mail, NoMail, Sender, Undeliverable

__all__ = [
    "Courier",
    "Desk",
    "HookCourier",
    "Mail",
    "NoMail",
    "Postman",
    "Pusher",
    "Sender",
    "Undeliverable",
    "mail_handler",
]
