"""What this node is doing, for its operator: as metrics for a scraper, as figures for a page."""

from channel.watch.families import families
from channel.watch.figures import Now, figures
from channel.watch.watch import Watch

__all__ = ["Now", "Watch", "families", "figures"]
