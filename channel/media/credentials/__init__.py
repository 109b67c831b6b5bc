"""Content credentials (C2PA): what a file says of who made it and how, read in a child with limits and told in our words."""

from .model import NOT_CHECKED, Credentials, State, Step, Use
from .reading import AVAILABLE, Found, read

__all__ = ["AVAILABLE", "NOT_CHECKED", "Credentials", "Found", "State", "Step", "Use", "read"]
