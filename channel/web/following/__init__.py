"""Following a community by mail without an account: asking for it, confirming, choosing, ending, and becoming a member.

Nothing here tells whether an address is known: that is written to the address, and to nobody else.
"""

from channel.web.following import asking, confirming, managing, passing

ROUTES = [*asking.ROUTES, *confirming.ROUTES, *managing.ROUTES, *passing.ROUTES]

__all__ = ["ROUTES"]
