"""Views as the public contract prints them: plain objects, RFC 3339 times."""

from typing import Any, assert_never

from channel import looks
from channel.emotes import Pictures
from channel.money import Money
from channel.posts.model import Post
from channel.reactions.model import Tally
from channel.render import instants
from channel.render.emotes import Drawn, drawn, emoji_json
from channel.render.media import as_json as media_json
from channel.render.media import teaser_json
from channel.render.polls import PollView
from channel.render.previews import PreviewView
from channel.render.questions import PromptView
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
from channel.topics.model import Ref, Topic

FORMER_MEMBER = "Former member"  # the contract speaks English; pages say it in the reader's language
iso = instants.iso


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


def counts(post: Post, reactions: Tally = (), pictures: Pictures | None = None) -> dict[str, Any]:
    """What readers did with a post. `pictures`: of emoji of the community's own."""
    return _counts(post.views, post.comments, reactions, drawn(pictures or {}, reactions))


def poll(view: PollView) -> dict[str, Any]:
    """The poll as the contract prints it."""
    right = [option.id for option in view.options if option.right]
    return {
        "question": view.question,
        "kind": view.kind,
        "options": [{"id": one.id, "text": one.text, "votes": one.votes} for one in view.options],
        "total": view.total,
        "multiple": view.multiple,
        "anonymous": view.anonymous,
        "sealed": view.sealed,
        "may_change": view.may_change,
        "min_rank": view.min_rank,
        "closes_at": None if view.closes_at is None else iso(view.closes_at),
        "closed": view.closed,
        "closed_at": None if view.closed_at is None else iso(view.closed_at),
        "right": right or None,
        "explanation": view.explanation or None,
    }


def room(room: Room) -> dict[str, Any]:
    """A room as the live protocol tells of it; the API adds what it knows besides."""
    return {
        "id": room.id,
        "slug": room.slug,
        "name": room.name,
        "about": room.about,
        "kind": room.kind,
        "min_rank": room.min_rank,
        **reacting(room),
    }


def reacting(room: Room) -> dict[str, Any]:
    """What a room takes of reactions."""
    return {
        "reactions": room.reactions,
        "reaction_set": room.reaction_set.split(),
        "reaction_default": room.reaction_default,
        "reactors_shown": room.reactors_shown,
    }


def _open(view: PostView) -> dict[str, Any]:
    return {
        **_place(view),
        "author": author_json(view.author),
        "text": view.text,
        "html": view.html,
        "created_at": iso(view.created_at),
        "edited_at": None if view.edited_at is None else iso(view.edited_at),
        "rev": view.rev,
        "min_rank": view.min_rank,
        "opens": [{"at": iso(step.at), "min_rank": step.min_rank} for step in view.opens],
        "locked": False,
        "teaser": view.teaser,
        "teaser_picture": teaser_json(view.picture),
        "pinned": view.pinned,
        "silent": view.silent,
        "important": view.important,
        "ai": view.ai,
        "quote": None if view.quote is None else _quote(view.quote),
        "mentions": [author_json(one) for one in view.mentions],
        "media": [media_json(one) for one in view.media],
        "preview": None if view.preview is None else _preview(view.preview),
        "poll": None if view.poll is None else poll(view.poll),
        "unlock": _money(view.unlock),
        "prompt": None if view.prompt is None else _prompt(view.prompt),
        "counts": _counts(view.views, view.comments or 0, view.reactions, _told(view)),
    }


def _locked(view: LockedView) -> dict[str, Any]:
    return {
        **_place(view),
        "author": author_json(view.author),
        "created_at": iso(view.created_at),
        "min_rank": view.min_rank,
        "locked": True,
        "tier": _tier(view.tier),
        "teaser": view.teaser,
        "teaser_picture": teaser_json(view.picture),
        "kinds": list(view.kinds),
        "carries": {one.kind: one.many for one in view.carries},
        "duration_ms": {one.kind: one.duration_ms for one in view.carries if one.duration_ms is not None},
        "opens_at": None if view.opens_at is None else iso(view.opens_at),
        "unlock": _money(view.unlock),
    }


def _place(view: AnyView) -> dict[str, Any]:
    place: dict[str, Any] = {"id": view.id, "room_id": view.room_id, "seq": view.seq}
    return place if view.topic is None else place | {"topic": _topic_ref(view.topic)}


def _topic_ref(topic: Ref) -> dict[str, Any]:
    """What a message of a group is about."""
    return {"id": topic.id, "number": topic.number, "name": topic.name}


def topic(topic: Topic) -> dict[str, Any]:
    """A topic of a group, the same for all who read it."""
    return {
        "id": topic.id,
        "room_id": topic.room_id,
        "number": topic.number,
        "name": topic.name,
        "state": topic.state,
        "answer_id": topic.answer_id,
        "posts": topic.posts,
        "last_seq": topic.last_seq,
        "last_at": iso(topic.last_at),
        "created_at": iso(topic.created_at),
        "created_by": topic.created_by,
        "moved_to": topic.moved_to,
    }


def author_json(author: AuthorView) -> dict[str, Any]:
    """Who wrote it, as the contract prints it."""
    name = FORMER_MEMBER if author.gone else author.name
    picture = looks.address(author.avatar, 256) or None
    told: dict[str, Any] = {"id": author.id, "name": name, "handle": author.handle, "avatar_url": picture}
    return told | {"bot": True} if author.bot else told


def _money(price: Money | None) -> dict[str, Any] | None:
    return None if price is None else {"amount": price.amount, "currency": price.currency}


def _tier(tier: TierView | None) -> dict[str, Any] | None:
    return None if tier is None else {"id": tier.id, "name": tier.name, "rank": tier.rank}


def _quote(quote: AnyQuote) -> dict[str, Any]:
    told: dict[str, Any] = {"id": quote.id, "seq": quote.seq}
    match quote:
        case QuoteView():
            return told | {"author": author_json(quote.author), "locked": False, "text": quote.text}
        case LockedQuoteView():
            return told | {"author": author_json(quote.author), "locked": True, "tier": _tier(quote.tier)}
        case GoneQuoteView():
            return told | {"deleted": True}
        case other:
            assert_never(other)


def _prompt(view: PromptView) -> dict[str, Any]:
    return {
        "open": view.open,
        "open_until": None if view.open_until is None else iso(view.open_until),
        "answers": view.questions,
        "may": view.may,
        "min_rank": view.min_rank,
        "votes": view.votes,
        "shown": view.shown,
    }


def _preview(view: PreviewView) -> dict[str, Any]:
    return {
        "url": view.href,
        "title": view.title,
        "description": view.description,
        "site": view.site or view.host,
        "video": view.video,
        "picture_url": view.picture or None,
        "icon_url": view.icon or None,
    }


def _told(view: PostView) -> Drawn:
    """What its counts name; what is only offered is the room's."""
    return drawn(dict(view.drawn), view.reactions)


def _counts(views: int, comments: int, reactions: Tally, pictures: Drawn) -> dict[str, Any]:
    told = {"reactions": dict(reactions), "comments": comments, "views": views}
    return told | emoji_json(pictures)
