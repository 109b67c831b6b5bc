"""What answers look like. Every field is listed here by hand: nothing leaves because a table has grown a column."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from channel.api import shape
from channel.api.media_shapes import LinkPreview, Medium, TeaserPicture
from channel.api.poll_shapes import Mine, Poll
from channel.api.shape import Avatar, Cost, Counts, Cover, Id, Moment, Opening, OwnPicture, Rank, Seq, Shape
from channel.api.topic_shapes import GroupRules, TopicRef

RoleName = Literal["owner", "admin", "editor", "moderator", "member"]
StateName = Literal["requested", "active", "muted", "banned", "left"]
# What render/json.py prints; its shape is one of the three below.
AnyPrompt = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/Prompt"})]
AnyPost = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/Post"})]


class Person(Shape, frozen=True):
    """An account as others see it."""

    id: Id
    name: str
    handle: str | None
    avatar: Avatar
    avatar_url: OwnPicture
    hue: int


class TierBrief(Shape, frozen=True):
    """A tier in passing."""

    id: Id
    name: str
    rank: Rank


class Tier(Shape, frozen=True):
    """A level of membership; a higher rank sees all that lower ones see. Rank 0 is free."""

    id: Id
    name: str
    rank: Rank
    about: str
    benefits: list[str]
    colour: int | None
    state: Annotated[
        Literal["listed", "hidden", "archived"],
        Meta(description="hidden: for staff and those who have it; archived: kept by those who have it"),
    ]
    position: int
    prices: list["Price"]
    trial_days: int
    capacity: Annotated[int | None, Meta(description="seats; null: no limit")]
    welcome: Annotated[
        str | None, Meta(description="mailed to new members of the tier; null for all but staff")
    ]
    created_at: Moment


class Price(Shape, frozen=True):
    """What a tier costs. A price never changes: another one is offered, and who pays the old one goes on."""

    id: Id
    amount: Annotated[int, Meta(description="minor units; the least one may pay where `open`")]
    currency: Annotated[str, Meta(description="ISO 4217")]
    interval: Literal["month", "quarter", "year", "once"]
    days: Annotated[int, Meta(description="what `once` buys; 0: for life")]
    open: Annotated[bool, Meta(description="pay what you want, from `amount` on")]


class Standing(Shape, frozen=True):
    """What the caller is in a community."""

    role: RoleName | None
    state: StateName | None
    rank: int | None


class Community(Shape, frozen=True):
    """What a creator owns. `standing` is the caller's."""

    id: Id
    handle: str
    name: str
    about: str
    about_html: str
    visibility: Literal["public", "unlisted", "private"]
    approval: bool
    embeddable: bool
    reach_shown: bool
    hue: int
    cover: Cover
    cover_url: OwnPicture
    avatar: Avatar
    avatar_url: OwnPicture
    language: Literal["en", "de"]
    state: Literal["open", "closed"]
    member_count: int
    url: str
    created_at: Moment
    deleted_at: Moment | None
    purge_at: Moment | None
    podcast_category: shape.PodcastCategory
    podcast_email: shape.PodcastEmail
    standing: Standing


class CommunityBrief(Shape, frozen=True):
    """A community in passing."""

    id: Id
    handle: str
    name: str
    hue: int
    cover: Cover
    cover_url: OwnPicture
    avatar: Avatar
    avatar_url: OwnPicture
    url: str


class Room(Shape, frozen=True):
    """`head` is the newest seq of the stream `room:{id}`; null for who may not read the room."""

    id: Id
    community: str
    slug: str
    name: str
    about: str
    kind: Literal["channel", "group"]
    min_rank: Rank | None
    previews: Annotated[bool, Meta(description="new posts show what they link to")]
    comments: bool
    comment_rank: Rank | None
    comment_age_days: int
    comment_first_held: bool
    comment_days: int | None
    mail_replies: Annotated[bool, Meta(description="letters about its posts, or topics, can be answered")]
    mail_to: shape.MailTo
    podcast_category: shape.PodcastCategory
    podcast_email: shape.PodcastEmail
    position: int
    head: Seq | None
    readable: bool
    url: str
    created_at: Moment
    reactions: Annotated[
        Literal["any", "set", "off"], Meta(description="which emoji readers may add to a post")
    ]
    reaction_set: Annotated[list[str], Meta(description="with `any`, too: what is offered first")]
    reaction_default: Annotated[str, Meta(description="what a double tap means")]
    reactors_shown: Annotated[bool, Meta(description="whether anybody is told who reacted")]
    rules: Annotated[GroupRules | None, Meta(description="null for a channel")] = None


class Membership(Shape, frozen=True):
    """An account in a community."""

    community: str
    role: RoleName
    tier: TierBrief
    state: StateName
    joined_at: Moment


class Member(Shape, frozen=True):
    """A membership as the people who run the community see it."""

    account: Person
    role: RoleName
    tier: TierBrief
    state: StateName
    until: Moment | None
    reason: str
    note: str
    joined_at: Moment
    invite_id: str | None


class Invite(Shape, frozen=True):
    """A link that lets people join. `code` and `url` are null when it can no longer be shown."""

    id: Id
    code: str | None
    url: str | None
    label: str
    expires_at: Moment | None
    max_uses: int | None
    uses: int
    tier: TierBrief | None
    requires_approval: bool
    rooms: list[str]
    state: Literal["open", "paused", "revoked"]
    status: Literal["open", "paused", "revoked", "expired", "used_up"]
    created_by: Person
    created_at: Moment


class InvitePreview(Shape, frozen=True):
    """What one would join."""

    community: CommunityBrief
    about: str
    member_count: int
    host: Person
    tier: TierBrief | None
    requires_approval: bool
    expires_at: Moment | None


class Accepted(Shape, frozen=True, omit_defaults=True):
    """`token` comes once, for an account that was made by this call: whoever holds it is this account."""

    account: Person
    membership: Membership
    token: str | None = None


class RoomUnread(Shape, frozen=True):
    """How much of a room is new."""

    id: Id
    slug: str
    name: str
    head: Seq
    read: Seq
    unread: int
    mentions: Annotated[int, Meta(description="unread posts that name the caller")]


class MyMembership(Shape, frozen=True):
    """A community the caller belongs to."""

    community: CommunityBrief
    role: RoleName
    state: StateName
    tier: str
    rooms: list[RoomUnread]


class MyAccount(Shape, frozen=True):
    """The caller's own account."""

    id: Id
    name: str
    handle: str | None
    avatar: Avatar
    avatar_url: OwnPicture
    hue: int
    language: str | None
    email: str | None
    is_admin: bool
    presence: Annotated[bool, Meta(description="others see that the account is here and writing")]
    created_at: Moment


class Me(Shape, frozen=True):
    """Who calls. `scopes` null: signed in as a person, who may do all that the account may."""

    account: MyAccount
    scopes: list[str] | None
    memberships: list[MyMembership]


class Author(Shape, frozen=True, kw_only=True):
    """Who wrote a post."""

    id: Id
    name: str
    handle: str | None
    avatar_url: OwnPicture
    bot: Annotated[bool, Meta(description="a program; missing for people")] | UnsetType = UNSET


class OpenPost(Shape, frozen=True, omit_defaults=True):
    """A post whose content the caller may see. `seq` is that of the event that published it."""

    id: Id
    room_id: Id
    seq: Seq
    author: Author
    text: str
    html: str
    created_at: Moment
    edited_at: Moment | None
    rev: int
    min_rank: Rank | None
    opens: Annotated[list[Opening], Meta(description="when it opens to more people, the next step first")]
    locked: Literal[False]
    teaser: str
    teaser_picture: TeaserPicture | None
    pinned: int | None
    silent: bool
    important: bool
    ai: Literal["none", "assisted", "generated"]
    quote: Annotated[dict[str, Any], Meta(description="the quoted post: open, locked or gone")] | None
    mentions: Annotated[list[Author], Meta(description="who is named one by one and may read it")]
    media: list[Medium]
    preview: LinkPreview | None
    poll: Poll | None
    unlock: Annotated[Cost, Meta(description="what opening it alone costs")] | None
    prompt: AnyPrompt | None
    counts: Counts
    mine: (
        Annotated[Mine, Meta(description="for callers with an account; never in the live protocol")]
        | UnsetType
    ) = UNSET
    topic: Annotated[TopicRef | None, Meta(description="only of a message in a group")] = None


class LockedPost(Shape, frozen=True):
    """A post above the caller's rank: that it exists, which tier opens it, and the teaser the creator chose."""

    id: Id
    room_id: Id
    seq: Seq
    author: Author
    created_at: Moment
    min_rank: Rank | None
    locked: Literal[True]
    tier: TierBrief | None
    teaser: str
    teaser_picture: TeaserPicture | None
    kinds: list[str]
    carries: Annotated[dict[str, int], Meta(description="how many pictures and files, by kind")]
    duration_ms: Annotated[dict[str, int], Meta(description="of all its sounds, all its videos, once known")]
    opens_at: Annotated[Moment, Meta(description="when it opens for the caller by itself")] | None
    unlock: Annotated[Cost, Meta(description="what opening it alone costs")] | None
    topic: Annotated[TopicRef | None, Meta(description="only of a message in a group")] = None


class GonePost(Shape, frozen=True):
    """The trace of a deleted post."""

    id: Id
    room_id: Id
    seq: Seq
    deleted: Literal[True]
    deleted_at: Moment
    topic: Annotated[TopicRef | None, Meta(description="only of a message in a group")] = None


class Event(Shape, frozen=True):
    """One row of a stream's log, exactly as the live protocol sends it in its json format."""

    type: Literal["event"]
    stream: str
    seq: Seq
    kind: str
    at: Moment
    data: dict[str, Any]


class ReadPosition(Shape, frozen=True):
    """How far the account has read; it never moves backwards."""

    room_id: Id
    seq: Seq


class Communities(Shape, frozen=True):
    items: list[Community]
    next_cursor: str | None


class Rooms(Shape, frozen=True):
    items: list[Room]
    next_cursor: str | None


class Tiers(Shape, frozen=True):
    items: list[Tier]
    next_cursor: str | None


class Invites(Shape, frozen=True):
    items: list[Invite]
    next_cursor: str | None


class Members(Shape, frozen=True):
    items: list[Member]
    next_cursor: str | None


class Posts(Shape, frozen=True):
    items: list[AnyPost]
    next_cursor: str | None


class Events(Shape, frozen=True):
    """`epoch` and `head` as the live protocol tells them; `next_cursor` is the `after` of the next page."""

    items: list[Event]
    next_cursor: str | None
    head: Seq
    epoch: str
