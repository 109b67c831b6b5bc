"""What an edit changed, word by word. Pure."""

import re
from collections import Counter
from difflib import SequenceMatcher
from typing import Literal

Op = Literal["same", "gone", "new"]
EXACT_PAIRS = 80_000  # of equal words in both texts; beyond it words that come again and again anchor nothing

# With the space behind it: else spaces would be the commonest word.
_WORD = re.compile(r"\w+\s*|[^\w\s]\s*|\s+")


def diff(old: str, new: str) -> list[tuple[Op, str]]:
    """The steps from `old` to `new`. Joined without "gone" they are `new`, joined without "new" they are `old`."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    counted = Counter(after)
    rough = sum(count * counted[word] for word, count in Counter(before).items()) > EXACT_PAIRS
    steps: list[tuple[Op, str]] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=rough).get_opcodes():
        if tag == "equal":
            _add(steps, "same", "".join(before[a:b]))
        else:
            _add(steps, "gone", "".join(before[a:b]))
            _add(steps, "new", "".join(after[c:d]))
    return steps


def _add(steps: list[tuple[Op, str]], op: Op, text: str) -> None:
    if not text:
        return
    if steps and steps[-1][0] == op:
        steps[-1] = (op, steps[-1][1] + text)
    else:
        steps.append((op, text))
