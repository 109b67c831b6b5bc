"""Channel: a community broadcast channel server."""

__version__ = "0.1.0"
