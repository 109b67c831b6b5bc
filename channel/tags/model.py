"""The rules of tags; how one is written is in channel.naming. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from channel.errors import Invalid
from channel.naming import tag_of

MAX_TAGS = 10  # of one post


@dataclass(frozen=True, slots=True)
class Tagged:
    """The tags of a post (folded); `open`: those of its teaser, which more people see."""

    all: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, words: str, teased: str) -> "Tagged":
        """Of lists with commas; what is no tag is left out. `teased`: those of the teaser."""
        of_teaser = _folded(teased)
        return cls(_folded(words) | of_teaser, of_teaser)

    def known(self, *, reads: bool) -> frozenset[str]:
        """Those that somebody may know of, who reads the post or does not."""
        return self.all if reads else self.open


UNTAGGED: Final = Tagged()


def _folded(words: str) -> frozenset[str]:
    found = [tag_of(word.strip().removeprefix("#")) for word in words.split(",")]
    return frozenset([tag for tag in found if tag][:MAX_TAGS])


def require_few(tags: Collection[str]) -> None:
    """Raises Invalid (text)."""
    if len(tags) > MAX_TAGS:
        raise Invalid(text=f"A post has at most 10 #tags; this has {len(tags)}. Take the # off some of them.")
