"""Views as the public contract prints them: plain objects, RFC 3339 times."""

from datetime import UTC, datetime, timedelta
from typing import Any, assert_never

from channel.money import Money
from channel.posts.model import Post
from channel.render.views import (
    AnyQuote,
    AnyView,
    AuthorView,
    GoneQuoteView,
    GoneView,
    LockedQuoteView,
    LockedView,
    PostView,
    QuoteView,
    TierView,
)
from channel.rooms.model import Room

FORMER_MEMBER = "Former member"  # the contract speaks English; pages say it in the reader's language
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def iso(epoch_ms: int) -> str:
    """RFC 3339 in UTC with milliseconds."""
    moment = _EPOCH + timedelta(milliseconds=epoch_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"


def as_json(view: AnyView) -> dict[str, Any]:
    """A post, a locked post or a trace."""
    match view:
        case PostView():
            return _open(view)
        case LockedView():
            return _locked(view)
        case GoneView():
            return {**_place(view), "deleted": True, "deleted_at": iso(view.deleted_at)}
        case other:
            assert_never(other)


def counts(post: Post) -> dict[str, Any]:
    """What readers did with a post."""
    return _counts(post.views)


def room(room: Room) -> dict[str, Any]:
    """A room as the live protocol tells of it; the API adds what it knows besides."""
    return {
        "id": room.id,
        "slug": room.slug,
        "name": room.name,
        "about": room.about,
        "kind": room.kind,
        "min_rank": room.min_rank,
    }


def _open(view: PostView) -> dict[str, Any]:
    return {
        **_place(view),
        "author": _author(view.author),
        "text": view.text,
        "html": view.html,
        "created_at": iso(view.created_at),
        "edited_at": None if view.edited_at is None else iso(view.edited_at),
        "rev": view.rev,
        "min_rank": view.min_rank,
        "opens": [{"at": iso(step.at), "min_rank": step.min_rank} for step in view.opens],
        "locked": False,
        "teaser": view.teaser,
        "pinned": view.pinned,
        "silent": view.silent,
        "ai": view.ai,
        "quote": None if view.quote is None else _quote(view.quote),
        "mentions": [_author(one) for one in view.mentions],
        "media": [],
        "poll": None,
        "unlock": _money(view.unlock),
        "counts": _counts(view.views),
    }


def _locked(view: LockedView) -> dict[str, Any]:
    return {
        **_place(view),
        "author": _author(view.author),
        "created_at": iso(view.created_at),
        "min_rank": view.min_rank,
        "locked": True,
        "tier": _tier(view.tier),
        "teaser": view.teaser,
        "kinds": list(view.kinds),
        "opens_at": None if view.opens_at is None else iso(view.opens_at),
        "unlock": _money(view.unlock),
    }


def _place(view: AnyView) -> dict[str, Any]:
    return {"id": view.id, "room_id": view.room_id, "seq": view.seq}


def _author(author: AuthorView) -> dict[str, Any]:
    name = FORMER_MEMBER if author.gone else author.name
    return {"id": author.id, "name": name, "handle": author.handle}


def _money(price: Money | None) -> dict[str, Any] | None:
    return None if price is None else {"amount": price.amount, "currency": price.currency}


def _tier(tier: TierView | None) -> dict[str, Any] | None:
    return None if tier is None else {"id": tier.id, "name": tier.name, "rank": tier.rank}


def _quote(quote: AnyQuote) -> dict[str, Any]:
    told: dict[str, Any] = {"id": quote.id, "seq": quote.seq}
    match quote:
        case QuoteView():
            return told | {"author": _author(quote.author), "locked": False, "text": quote.text}
        case LockedQuoteView():
            return told | {"author": _author(quote.author), "locked": True, "tier": _tier(quote.tier)}
        case GoneQuoteView():
            return told | {"deleted": True}
        case other:
            assert_never(other)


def _counts(views: int) -> dict[str, Any]:
    return {"reactions": {}, "comments": 0, "views": views}
