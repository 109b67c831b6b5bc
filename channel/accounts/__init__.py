"""Who signs in: accounts, and everything that proves who somebody is.

Each other file tells one story and is used by its name: `from channel.accounts import sessions`, then
`sessions.open_session(…)`. They are not imported here: most programs need one or two of them.
"""

from .actions import create, delete_account, suspend, unsuspend, update_profile
from .model import Account, Signed
from .queries import by_handle, list_accounts, one

__all__ = [
    "Account",
    "Signed",
    "by_handle",
    "create",
    "delete_account",
    "list_accounts",
    "one",
    "suspend",
    "unsuspend",
    "update_profile",
]
