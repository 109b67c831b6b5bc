"""What a follower sees of prices: the passes on a front door, the checkout, the way back from it."""

from channel.web.paying import alone, back, checkout, sandbox, waiting

ROUTES = [*alone.ROUTES, *checkout.ROUTES, *back.ROUTES, *sandbox.ROUTES, *waiting.ROUTES]
