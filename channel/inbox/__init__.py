"""What waits for those who run a community, in one place: questions, comments, messages, reports, requests to join.

Nothing is ranked: what has waited longest comes first, whoever it is from and however many look at it. A list that
sorted by importance would decide for the creator whom they answer, and one that sorted by tier would sell answers
without saying so (product.md 7). For the same reason nothing is left out by itself but what is no longer a thing to
answer; where the list ends for its length's sake, the page says so.

Nothing that waits is stored here. The sources say what waits (`sources`), `actions` keep what the team did with it,
`queries` put the two together; so what is answered elsewhere leaves by itself. `contents` finds the words of a page of
items, `figures` says how long answers took.
"""

from .actions import Seen, assign, done, forget, later, reopen
from .model import Item, Key
from .queries import listing, one

__all__ = ["Item", "Key", "Seen", "assign", "done", "forget", "later", "listing", "one", "reopen"]
