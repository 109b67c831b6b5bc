"""One's own account: how one appears, how one signs in, where one is signed in, what programs may do, and leaving."""

from channel.web.account import devices, leaving, profile, ways

ROUTES = [*profile.ROUTES, *ways.ROUTES, *devices.ROUTES, *leaving.ROUTES]
