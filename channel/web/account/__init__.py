"""One's own account: how one appears, how one signs in, where one is signed in, what programs may do, what
one pays for, and leaving.
"""

from channel.web.account import changing, devices, leaving, memberships, profile, ways

ROUTES = [
    *profile.ROUTES,
    *memberships.ROUTES,
    *changing.ROUTES,
    *ways.ROUTES,
    *devices.ROUTES,
    *leaving.ROUTES,
]
