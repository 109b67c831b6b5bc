"""Giving a pass, and opening one that was given: bought, mailed or printed, redeemed once."""

from channel.web.gifts import buying, cards, redeeming

ROUTES = [*cards.ROUTES, *redeeming.ROUTES, *buying.ROUTES]
