"""Whom a post reaches: before it is sent, and after. Numbers only, and none so small that it tells of somebody."""

from .keeping import seen_now, sweep, usual
from .model import Forecast, Outlook, Report
from .outside import outlook
from .queries import forecast
from .strangers import Strangers
from .weary import weariness

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
