"""What the command line does to the data: directly, or through the server that owns it."""

from .socket import ask, control_path, listening
from .verbs import VERBS

__all__ = ["VERBS", "ask", "control_path", "listening"]
