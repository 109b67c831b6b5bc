"""Finding posts by their words, in what the viewer may read and nowhere else.

`model` is the language of queries, `queries` answers them, `indexer` keeps the index true from behind the log, and
`snippets` shows the words around what was found. Two engines stand behind one port: see `engine`.
"""

from .indexer import Indexer, catch_up
from .matching import Hit
from .model import Query, parse
from .queries import Reach, everywhere, inside, search

__all__ = [
    "Hit",
    "Indexer",
    "Query",
    "Reach",
    "catch_up",
    "everywhere",
    "inside",
    "parse",
    "search",
]
