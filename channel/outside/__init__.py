"""The one way to ask a server for something whose address a user or another server gave us.

Public addresses only, looked up once and used as looked up, a few redirects each checked anew, so many bytes, so many
seconds, and nothing about whoever is behind it. `Target.parse` says early what `Outside` would refuse later.
"""

from .addresses import is_public
from .client import LONGEST_S, MAX_BYTES, Answer, Outside
from .target import Target

__all__ = ["LONGEST_S", "MAX_BYTES", "Answer", "Outside", "Target", "is_public"]
