"""Live delivery: the log's newest rows to every open connection."""

from channel.live.door import Door, SocketsOnly
from channel.live.drain import say_goodbye
from channel.live.routes import ROUTES

__all__ = ["ROUTES", "Door", "SocketsOnly", "say_goodbye"]
