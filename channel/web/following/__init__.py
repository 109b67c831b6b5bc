"""Following a community without an account: by mail or on a device, asking for it, choosing, ending, and becoming a member.

Nothing here tells whether an address is known: that is written to the address, and to nobody else.
"""

from channel.web.following import asking, confirming, devices, managing, passing

ROUTES = [*asking.ROUTES, *confirming.ROUTES, *managing.ROUTES, *passing.ROUTES, *devices.ROUTES]

__all__ = ["ROUTES"]
