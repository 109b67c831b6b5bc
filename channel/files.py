"""How many files this process may hold open, and who may have how many: a connection is a file too.

A process at its limit cannot open its database, so connections stop before it, and live ones before pages.
"""

import logging
import resource
from typing import Final

OWN_FILES: Final = (
    64  # database, logs, mail, the control socket, listening sockets, what is read for a moment
)
MOST_FOR_PAGES: Final = 1_000
LEAST: Final = 16
ENOUGH: Final = 1_048_576  # some systems say a billion; nothing is gained beyond this

log = logging.getLogger("channel.server")


def raise_file_limit() -> int:
    """Lift this process's own limit to what the system allows it; return the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return file_limit()
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError) as error:
        log.warning("The limit of open files stays at %d: %s.", soft, error)
    return file_limit()


def file_limit() -> int:
    """How many files this process may hold open now."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return ENOUGH if soft == resource.RLIM_INFINITY else min(soft, ENOUGH)


def most_connections(limit: int) -> int:
    """How many connections of all kinds fit, with our own files beside them."""
    return max(LEAST, limit - OWN_FILES)


def most_live(limit: int) -> int:
    """How many of them may be live ones, so that pages, posts, sign-in and webhooks are served all the same."""
    every = most_connections(limit)
    return max(LEAST // 2, every - min(MOST_FOR_PAGES, every // 8))
