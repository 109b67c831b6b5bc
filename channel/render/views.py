"""What may be seen: the only place where a stored post becomes something to show.

`show` is pure and knows only ranks, so one answer serves everybody of the same rank. A locked view has no field that
could hold what is locked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, assert_never

from channel import media, polls, reactions, rooms, tiers
from channel.accounts.model import Account
from channel.comments.rules import is_off
from channel.communities import Community
from channel.errors import Forbidden, NotFound
from channel.markdown import plain
from channel.media.model import Media
from channel.members import unlocks
from channel.members.model import STAFF_RANK, Entitlement, needed
from channel.money import Money
from channel.payments.offers import from_prices
from channel.posts import horizon, mentioned, queries, steps, teasing
from channel.posts.model import Ai, Post
from channel.posts.steps import Step
from channel.reactions.model import Tally
from channel.render.emotes import Drawn, drawn, pictures_for
from channel.render.media import Counted, MediaView, TeaserView, counted, media_view, teaser_view, titled
from channel.render.people import AuthorView as AuthorView  # noqa: PLC0414 - others know it from here
from channel.render.people import author_view as author_view  # noqa: PLC0414
from channel.render.polls import PollView, poll_view
from channel.render.previews import Preview, PreviewView, linked_from, preview_view
from channel.render.questions import PromptFacts, PromptView, prompt_facts, prompt_view
from channel.rooms.model import Room
from channel.storage import Tx
from channel.tiers.model import Price, Tier, opening
from channel.topics.model import Ref
from channel.topics.queries import refs

QUOTE_CHARS = 160


@dataclass(frozen=True, slots=True)
class TierView:
    """`price`: what it costs, where it is sold to everybody."""

    id: str
    name: str
    rank: int
    colour: int | None
    price: Price | None = None


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The quoted post in one line. `href` leads to it."""

    shape: ClassVar = "open"
    id: str
    seq: int
    href: str
    author: AuthorView
    text: str


@dataclass(frozen=True, slots=True)
class LockedQuoteView:
    """A quoted post that the viewer may not read."""

    shape: ClassVar = "locked"
    id: str
    seq: int
    href: str
    author: AuthorView
    tier: TierView | None


@dataclass(frozen=True, slots=True)
class GoneQuoteView:
    shape: ClassVar = "gone"
    id: str
    seq: int
    href: str


AnyQuote = QuoteView | LockedQuoteView | GoneQuoteView


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """What everybody who may be in the room may know of any post."""

    id: str
    room_id: str
    community_handle: str
    room_slug: str
    seq: int
    rev: int
    author: AuthorView
    created_at: int
    topic: Ref | None = None

    @property
    def href(self) -> str:
        """The permalink."""
        return f"/@{self.community_handle}/{self.room_slug}/{self.seq}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostView(_Placed):
    """A post in full. `tier` is the lowest one that opens it, when a tier is needed at all; `opens`: what is planned."""

    shape: ClassVar = "open"
    text: str
    html: str
    edited_at: int | None
    min_rank: int | None
    opens: tuple[Step, ...]
    tier: TierView | None
    teaser: str
    pinned: int | None
    silent: bool
    ai: Ai
    quote: AnyQuote | None
    views: int
    unlock: Money | None
    reactions: Tally = ()
    offered: tuple[str, ...] = ()  # the emoji that stand ready; none where nobody reacts
    drawn: Drawn = ()  # those of both that are the community's own
    reactors: bool = False  # who reacted is told
    poll: PollView | None = None
    comments: int | None = None  # None: there are none, and none can be written
    prompt: PromptView | None = None
    mentions: tuple[AuthorView, ...] = ()
    media: tuple[MediaView, ...] = ()
    preview: PreviewView | None = None
    picture: TeaserView | None = None  # on its card, for those who see it locked
    important: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedView(_Placed):
    """A post above the viewer's rank. `tier` None: no tier opens it at the moment.

    `opens_at` is when it opens for viewers of this rank by itself; for whom else it opens before is not theirs to know.
    `unlock` is what opening it alone costs.
    """

    shape: ClassVar = "locked"
    min_rank: int | None
    tier: TierView | None
    teaser: str
    kinds: tuple[str, ...]
    opens_at: int | None
    unlock: Money | None
    carries: tuple[Counted, ...] = ()  # how many it has of what; no more is told of them
    picture: TeaserView | None = None  # chosen for this card by its writer


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneView(_Placed):
    """The trace of a deleted post."""

    shape: ClassVar = "gone"
    deleted_at: int


AnyView = PostView | LockedView | GoneView


@dataclass(frozen=True, slots=True)
class QuoteFacts:
    post: Post
    room: Room


@dataclass(frozen=True, slots=True)
class PostFacts:
    """A post with all that showing it to anybody needs. Loaded once, shown at every rank."""

    post: Post
    room: Room
    handle: str
    tiers: tuple[Tier, ...]
    quote: QuoteFacts | None
    prices: Mapping[str, Price] = field(default_factory=dict)  # by tier
    reactions: Tally = ()  # where the room has them
    poll: polls.Poll | None = None
    topic: Ref | None = None  # of a message in a group
    prompt: PromptFacts | None = None
    named: tuple[Account, ...] = ()  # who is mentioned, and may read it
    media: tuple[Media, ...] = ()
    preview: Preview | None = None  # of what it links to
    teased: teasing.Teased | None = None  # the picture on its locked card
    pictures: Mapping[str, str] = field(default_factory=dict)  # of emoji of the community's own


def sight(entitlement: Entitlement, room: Room) -> int:
    """The number that decides what this viewer sees in the room: all with the same one see the same.

    Ranks are those of tiers, of outsiders and of staff, so there are few. Raises NotFound, Forbidden (code
    room_locked).
    """
    if entitlement.community_id != room.community_id or not entitlement.visible:
        raise NotFound("There is no such room.")
    if not entitlement.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    return entitlement.rank


def show(facts: PostFacts, rank: int, *, unlocked: bool = False, since: int = 0) -> AnyView:
    """The post as viewers of `rank` see it. `unlocked`: this one has paid for the post alone; not for its room.

    `since`: the first seq of the room that they see (posts.horizon).
    """
    post = facts.post
    placed = _placed(facts)
    if post.deleted_at is not None:
        return GoneView(**placed, deleted_at=post.deleted_at)  # type: ignore[arg-type]
    inside = rank >= needed(facts.room.min_rank) and (not since or post.seq >= since)
    if not (inside and (unlocked or rank >= _threshold(post, facts.room))):
        return _locked(facts, placed, rank, inside=inside)
    return PostView(
        **placed,  # type: ignore[arg-type]
        text=post.text,
        html=post.html,
        edited_at=post.edited_at,
        min_rank=post.min_rank,
        opens=post.opens,
        tier=_tier(facts, post, facts.room),
        teaser=post.teaser,
        pinned=post.pin_position,
        silent=post.silent,
        ai=post.ai,
        quote=_quote(facts, rank, since),
        views=post.views,
        unlock=post.unlock,
        reactions=facts.reactions,
        offered=facts.room.offered,
        drawn=drawn(facts.pictures, facts.reactions, facts.room.offered),
        reactors=facts.room.reactors_shown and bool(facts.reactions),
        poll=poll_view(facts.poll, rank, facts.tiers) if facts.poll else None,
        comments=post.comments or (None if is_off(facts.room, post) else 0),
        prompt=prompt_view(facts.prompt, facts.handle, rank) if facts.prompt else None,
        mentions=tuple(map(author_view, facts.named)),
        media=tuple(map(media_view, facts.media)),
        preview=preview_view(facts.preview) if facts.preview else None,
        picture=teaser_view(facts.teased, is_open=True),
        important=post.important,
    )


def _placed(facts: PostFacts) -> dict[str, object]:
    post = facts.post
    return {
        "id": post.id,
        "room_id": post.room_id,
        "community_handle": facts.handle,
        "room_slug": facts.room.slug,
        "seq": post.seq,
        "rev": post.rev,
        "author": author_view(post.author),
        "created_at": post.created_at,
        "topic": facts.topic,
    }


def _locked(facts: PostFacts, placed: dict[str, object], rank: int, *, inside: bool) -> LockedView:
    """`inside`: the viewer may enter the room."""
    post, carried = facts.post, counted(facts.media)
    asks = ("poll",) if facts.poll else ()
    return LockedView(
        **placed,  # type: ignore[arg-type]
        min_rank=post.min_rank,
        tier=_tier(facts, post, facts.room),
        teaser=post.teaser if inside else "",
        kinds=("text", *asks, *(one.kind for one in carried)),
        opens_at=steps.opens_at(post.opens, rank, facts.room.min_rank),
        unlock=post.unlock if inside else None,
        carries=carried,
        picture=teaser_view(facts.teased) if inside else None,
    )


def _threshold(post: Post, room: Room) -> int:
    return max(needed(post.min_rank), needed(room.min_rank))


def _tier(facts: PostFacts, post: Post, room: Room) -> TierView | None:
    """The lowest tier that opens the post; None for a post that asks for none of its own and lies in an open room."""
    if post.min_rank is None and room.min_rank is None:
        return None
    tier = opening(facts.tiers, _threshold(post, room))
    return TierView(tier.id, tier.name, tier.rank, tier.colour, facts.prices.get(tier.id)) if tier else None


def _quote(facts: PostFacts, rank: int, since: int) -> AnyQuote | None:
    if facts.quote is None:
        return None
    post, room = facts.quote.post, facts.quote.room
    href = f"/@{facts.handle}/{room.slug}/{post.seq}"
    if post.deleted_at is not None:
        return GoneQuoteView(post.id, post.seq, href)
    author = author_view(post.author)
    if rank < _threshold(post, room):
        return LockedQuoteView(post.id, post.seq, href, author, _tier(facts, post, room))
    if rank < STAFF_RANK and room.history is not None and (room.id != facts.room.id or post.seq < since):
        return LockedQuoteView(post.id, post.seq, href, author, None)
    return QuoteView(post.id, post.seq, href, author, plain(post.text, QUOTE_CHARS))


def line(view: AnyView, limit_chars: int = 120) -> str:
    """One line of it for lists and previews; empty for a trace and for a locked post without a teaser."""
    match view:
        case PostView():
            return plain(view.text, limit_chars) or titled(view.media)[:limit_chars]
        case LockedView():
            return plain(view.teaser, limit_chars)
        case GoneView():
            return ""
        case other:
            assert_never(other)


async def facts(
    tx: Tx, posts: Sequence[Post], room: Room | None, community: Community, *, bare: bool = False
) -> list[PostFacts]:
    """What showing these posts of one community needs, in their order: ten queries at most, and more for
    posts that ask, carry media or are locked.

    `room` is theirs; None when they are from several. `bare`: this transaction made them, with nothing below them,
    so nobody is asked for polls, prompts and reactions.
    """
    if not posts:
        return []
    quoted = await queries.many(tx, [post.quote_id for post in posts if post.quote_id])
    known = {room.id: room} if room else {}
    if any(post.room_id not in known for post in (*posts, *quoted)):
        known |= {one.id: one for one in await rooms.of_community(tx, community.id)}
    quotes = {post.id: QuoteFacts(post, known[post.room_id]) for post in quoted}
    bearing = () if bare else posts
    asked = await polls.of_posts(tx, [post.id for post in bearing if post.deleted_at is None])
    ranked = any(poll.min_rank for poll in asked.values()) or any(
        post.min_rank is not None or known[post.room_id].min_rank is not None for post in (*posts, *quoted)
    )
    levels = tuple(await tiers.of_community(tx, community.id)) if ranked else ()
    prices = await from_prices(tx, community.id) if ranked else {}
    counted = await reactions.counts_of(tx, [post.id for post in bearing if known[post.room_id].offered])
    pictures = await pictures_for(tx, community.id, counted.values(), known.values())
    about = await refs(tx, sorted({post.topic_id for post in posts if post.topic_id}))
    asking = await prompt_facts(tx, [post.id for post in bearing])
    named = await mentioned.people(tx, posts, community, known)
    carried = await media.of_posts(tx, [post.id for post in posts if post.media_count])
    linked = await linked_from(tx, bearing)
    teased = await teasing.of_posts(tx, posts)
    return [
        PostFacts(
            post,
            known[post.room_id],
            community.handle,
            levels,
            quotes.get(post.quote_id or ""),
            prices,
            counted.get(post.id, ()),
            asked.get(post.id),
            about.get(post.topic_id or ""),
            asking.get(post.id),
            named.get(post.id, ()),
            carried.get(post.id, ()),
            linked.get(post.id), teased.get(post.id), pictures,
        )
        for post in posts
    ]  # fmt: skip


async def post_views(
    tx: Tx,
    posts: Sequence[Post],
    room: Room | None,
    community: Community,
    entitlement: Entitlement,
    *,
    bare: bool = False,
) -> list[AnyView]:
    """These posts as the viewer sees them, in their order; `bare` as for facts.

    Raises NotFound when they may not know of the community.
    """
    if entitlement.community_id != community.id or not entitlement.visible:
        raise NotFound("There is no such community.")
    found = await facts(tx, posts, room, community, bare=bare)
    rank = entitlement.rank
    above = [one.post.id for one in found if one.post.unlock and rank < _threshold(one.post, one.room)]
    opened = await unlocks.unlocked(tx, entitlement, above)
    since = await horizon.first_seqs(tx, entitlement, {fact.room.id: fact.room for fact in found}.values())
    return [
        show(fact, rank, unlocked=fact.post.id in opened, since=since.get(fact.room.id, 0)) for fact in found
    ]
