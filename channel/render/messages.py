"""What the two sides of a conversation see of its messages.

A follower is not told who of the team wrote what was written in its name; the team sees that of each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel.messages.model import Message, Side
from channel.render.json import author_json, iso
from channel.render.people import AuthorView, author_view


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message as one side sees it. `author` None: the team. `gone`: it was deleted, and has no words."""

    id: str
    conversation_id: str
    seq: int
    side: Side
    author: AuthorView | None
    as_team: bool
    text: str
    html: str
    created_at: int
    gone: bool


def for_follower(message: Message) -> MessageView:
    """As the follower of the conversation sees it."""
    return _view(message, named=not message.as_team)


def for_team(message: Message) -> MessageView:
    """As those who run the community see it."""
    return _view(message, named=True)


def _view(message: Message, *, named: bool) -> MessageView:
    return MessageView(
        id=message.id,
        conversation_id=message.conversation_id,
        seq=message.seq,
        side=message.side,
        author=author_view(message.author) if named else None,
        as_team=message.as_team,
        text=message.text,
        html=message.html,
        created_at=message.created_at,
        gone=not message.there,
    )


def as_json(view: MessageView) -> dict[str, Any]:
    """A message as the API and the live protocol print it."""
    return {
        "id": view.id,
        "conversation_id": view.conversation_id,
        "seq": view.seq,
        "side": view.side,
        "author": None if view.author is None else author_json(view.author),
        "as_team": view.as_team,
        "text": view.text,
        "html": view.html,
        "created_at": iso(view.created_at),
        "deleted": view.gone,
    }


@dataclass(frozen=True, slots=True)
class Day:
    """Messages of one day (UTC). `first_unread`: the id of the first one that its reader has not seen, "" for none."""

    at: int
    date: str
    messages: tuple[MessageView, ...]


def by_day(views: Sequence[MessageView]) -> list[Day]:
    """The messages of a page, which are in the order of time, under the days on which they were written."""
    found: list[Day] = []
    for view in views:
        date = iso(view.created_at)[:10]
        if found and found[-1].date == date:
            last = found.pop()
            found.append(Day(last.at, date, (*last.messages, view)))
        else:
            found.append(Day(view.created_at, date, (view,)))
    return found
