"""Live delivery: the log's newest rows to every open connection."""

from channel.live.drain import say_goodbye
from channel.live.routes import ROUTES, heartbeat

__all__ = ["ROUTES", "heartbeat", "say_goodbye"]
