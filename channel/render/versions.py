"""What a post said before, as somebody of some rank may see it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from channel.members.model import needed
from channel.posts.diff import Op, diff
from channel.posts.model import Post, Version
from channel.render.people import AuthorView, author_view
from channel.rooms.model import Room


@dataclass(frozen=True, slots=True)
class VersionView:
    """One wording of a post. `changes` lead there from the one before; None: the viewer's rank did not open it."""

    rev: int
    at: int
    author: AuthorView
    changes: tuple[tuple[Op, str], ...] | None


def version_views(versions: Iterable[Version], post: Post, room: Room, rank: int) -> list[VersionView]:
    """The history, the newest first. What was locked when it was written stays so, also after the post was opened."""
    made: list[VersionView] = []
    before = ""
    for version in versions:
        opens = max(needed(version.min_rank), needed(post.min_rank), needed(room.min_rank))
        changes = None if rank < opens else tuple(diff(before, version.text))
        before = before if changes is None else version.text
        made.append(VersionView(version.rev, version.at, author_view(version.by), changes))
    return made[::-1]
