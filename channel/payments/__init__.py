"""Paid access: what is bought, by whom, from which provider, and what it opens.

`provider` is the port, `sync` the one place where money becomes access, `counter` what needs a provider's answer,
`hearing` what providers tell us. Each adapter is one file, named by app.py alone.
"""

from .counter import Counter
from .hearing import hear, payments_handler
from .model import Connection, Holding, Order, Status
from .seal import Seal

__all__ = ["Connection", "Counter", "Holding", "Order", "Seal", "Status", "hear", "payments_handler"]
