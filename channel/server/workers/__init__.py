"""Several processes on one port: the supervisor, its workers, and the line between them."""

from channel.server.workers.line import Line, Orders, Ready
from channel.server.workers.supervisor import Plan, Supervisor

__all__ = ["Line", "Orders", "Plan", "Ready", "Supervisor"]
