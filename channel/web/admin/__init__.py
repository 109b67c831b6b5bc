"""For the people who run the instance: who is here, what is stuck, whether all is well, and the public pages."""

from channel.web.admin import accounts, now, overview, pages, queue

ROUTES = [*overview.ROUTES, *now.ROUTES, *accounts.ROUTES, *queue.ROUTES, *pages.ROUTES]
