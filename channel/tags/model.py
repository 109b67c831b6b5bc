"""The rules of tags; how one is written is in channel.naming. Pure."""

from collections.abc import Collection

from channel.errors import Invalid

MAX_TAGS = 10  # of one post


def require_few(tags: Collection[str]) -> None:
    """Raises Invalid (text)."""
    if len(tags) > MAX_TAGS:
        raise Invalid(text=f"A post has at most 10 #tags; this has {len(tags)}. Take the # off some of them.")
