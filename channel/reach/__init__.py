"""Whom a post reaches: before it is sent, and after. Numbers only, and none so small that it tells of somebody."""

from .keeping import seen_now, sweep, usual
from .model import Forecast, Outlook, Report
from .outside import outlook
from .queries import forecast, weariness
from .strangers import Strangers

__all__ = [
    "Forecast",
    "Outlook",
    "Report",
    "Strangers",
    "forecast",
    "outlook",
    "seen_now",
    "sweep",
    "usual",
    "weariness",
]
