"""Topics of a group: what each of its messages is about, and what every reader made of them.

`marks`, `rights` and `queries` hold the rest and are used by their names. Moving messages is posts' own.
"""

from .actions import general, rename, set_state, settled, start
from .model import Topic
from .queries import by_name, by_number, one, several

__all__ = [
    "Topic",
    "by_name",
    "by_number",
    "general",
    "one",
    "rename",
    "set_state",
    "settled",
    "several",
    "start",
]
