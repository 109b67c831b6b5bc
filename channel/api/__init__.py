"""The interface for programs: `/api/v1`, and its descriptions of itself."""

from .documents import routes
from .idempotency import sweep

__all__ = ["routes", "sweep"]
