"""Whom a post reaches: before it is sent, and after. Numbers only, and none so small that it tells of somebody."""

from .keeping import seen_now, sweep, usual
from .model import Forecast, Report
from .queries import forecast, report, weariness
from .strangers import Strangers

__all__ = ["Forecast", "Report", "Strangers", "forecast", "report", "seen_now", "sweep", "usual", "weariness"]
