"""Items of the inbox as those who run the community see them, with the way to where each is dealt with."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from channel.accounts.model import Account
from channel.communities import Community
from channel.inbox import Item
from channel.inbox.contents import Content, Page
from channel.inbox.model import Kind, Show
from channel.markdown import plain
from channel.members.model import Entitlement
from channel.posts.model import Post
from channel.render.json import author_json, iso
from channel.render.people import AuthorView, author_view

LINE_CHARS = 600
ABOUT_CHARS = 90


@dataclass(frozen=True, slots=True)
class ItemView:
    """`key`: the item's name in addresses; `href`: where it is dealt with; `about`: the first words of its post.

    `place`: the room it stands in. `reply_to`: the comment that an answer goes to. `text` is one line without markup.
    """

    key: str
    kind: Kind
    what: str
    author: AuthorView
    text: str
    place: str
    about: str
    href: str
    reply_to: str
    reason: str
    words: str
    reports: int
    hidden: bool
    since: int
    mark: int
    rev: int
    show: Show
    later_until: int | None
    done_at: int | None
    assigned: AuthorView | None
    mine: bool
    by: AuthorView | None


def item_views(
    items: Sequence[Item], page: Page, community: Community, by: Entitlement, now: int
) -> list[ItemView]:
    """These items in their order; what went while they were looked up is left out."""
    return [
        _view(item, content, page, community, by, now=now)
        for item in items
        if (content := page.contents.get(item.key)) is not None and item.key.who in page.people
    ]


def _view(
    item: Item, content: Content, page: Page, community: Community, by: Entitlement, *, now: int
) -> ItemView:
    room = page.rooms.get(content.post.room_id) if content.post else None
    return ItemView(
        key=str(item.key),
        kind=item.key.kind,
        what=item.key.what,
        author=author_view(page.people[item.key.who]),
        text=plain(content.text, LINE_CHARS),
        place=room.name if room else "",
        about=plain(content.post.text, ABOUT_CHARS)
        if content.post and item.key.what != content.post.id
        else "",
        href=_href(item, content, page, community),
        reply_to=content.comment.id if content.comment and item.key.kind == "comment" else "",
        reason=content.reason,
        words=content.words,
        reports=content.reports,
        hidden=content.hidden,
        since=item.since,
        mark=item.mark,
        rev=item.rev,
        show=item.show(now),
        later_until=item.later_until,
        done_at=item.done_at,
        assigned=_person(page, item.assigned_to),
        mine=item.assigned_to is not None and item.assigned_to == by.account_id,
        by=_person(page, item.by_id),
    )


def _person(page: Page, account_id: str | None) -> AuthorView | None:
    found: Account | None = page.people.get(account_id or "")
    return None if found is None else author_view(found)


def _href(item: Item, content: Content, page: Page, community: Community) -> str:
    """Where it stands, or where it is decided."""
    studio, what = f"/studio/{community.handle}", item.key.what
    match item.key.kind:
        case "comment":
            assert content.comment is not None
            stands = _of_post(content.post, page, community)
            return f"{stands}?before={content.top_seq + 1}#c-{content.comment.id}"
        case "question":
            of = content.post.id if content.post else "box"
            return f"{studio}/questions?of={of}#q-{what}"
        case "held":
            return f"{studio}/comments#held"
        case "report":
            return f"{studio}/comments#reported"
        case "request":
            return f"{studio}/members/{what}"
        case "mention":
            return _of_post(content.post, page, community)
        case "message":
            return f"{studio}/messages/{what}#newest"


def _of_post(post: Post | None, page: Page, community: Community) -> str:
    room = page.rooms.get(post.room_id) if post else None
    if post is None or room is None:
        return f"/studio/{community.handle}/comments"
    return f"/@{community.handle}/{room.slug}/{post.seq}"


def as_json(view: ItemView, url: str) -> dict[str, Any]:
    """An item as the API prints it; `url` is the instance's own address."""
    return {
        "id": view.key,
        "kind": view.kind,
        "about_id": view.what,
        "author": author_json(view.author),
        "text": view.text,
        "url": url + view.href,
        "reason": view.reason or None,
        "since": iso(view.since),
        "mark": view.mark,
        "rev": view.rev,
        "state": view.show,
        "later_until": None if view.later_until is None or view.show != "later" else iso(view.later_until),
        "assigned_to": None if view.assigned is None else author_json(view.assigned),
    }
