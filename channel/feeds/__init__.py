"""Private feeds: addresses that show one follower's view of a community to programs that cannot sign in.

A secret says whose eyes look, never what they see: that is asked of `members.entitlement()` at every request. `reading`
counts from how many networks an address is used, so that one that went around is noticed.
"""

from .actions import forget, make, renew, revoke, sweep, withdraw
from .model import Feed, Scope
from .queries import listing, opened

__all__ = ["Feed", "Scope", "forget", "listing", "make", "opened", "renew", "revoke", "sweep", "withdraw"]
