"""One's own account: how one appears, how one signs in, where one is signed in, what programs may do, what
one pays for, which notices one gets, and leaving.
"""

from channel.web.account import changing, devices, feeds, leaving, memberships, notices, profile, push, ways

ROUTES = [
    *profile.ROUTES,
    *memberships.ROUTES,
    *feeds.ROUTES,
    *notices.ROUTES,
    *push.ROUTES,
    *changing.ROUTES,
    *ways.ROUTES,
    *devices.ROUTES,
    *leaving.ROUTES,
]
