"""What is counted while the server runs, and how it is printed for whoever watches it.

Nothing here knows what is counted. Those who work keep plain numbers of their own, where one more costs nothing; they
are read when somebody asks.
"""

from channel.metrics.kinds import Answers, Histogram, Peak
from channel.metrics.lag import LoopLag
from channel.metrics.text import CONTENT_TYPE, Family, counter, gauge, histogram, labelled, text

__all__ = [
    "CONTENT_TYPE",
    "Answers",
    "Family",
    "Histogram",
    "LoopLag",
    "Peak",
    "counter",
    "gauge",
    "histogram",
    "labelled",
    "text",
]
