"""Our uvicorn: own listening socket, limits on what a client may send or hold, a stop that always ends.

uvicorn alone has no limit on header size (httptools), no deadline for headers or bodies, never frees a
socket whose reader has stopped, and waits for such sockets when it is told to end. The protocol classes
here close those holes. They lean on uvicorn's insides, so its version is pinned and tests/server tries
each hole on real sockets.
"""

from channel.server.handover import HANDOVER, Handover
from channel.server.limits import Limits
from channel.server.listener import handed, listen, listen_shared
from channel.server.process import REFUSED, run, serve, tune

__all__ = [
    "HANDOVER",
    "REFUSED",
    "Handover",
    "Limits",
    "handed",
    "listen",
    "listen_shared",
    "run",
    "serve",
    "tune",
]
