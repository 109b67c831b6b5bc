"""What calls about posts are sent: a post to be, changes of one, which posts are wanted."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from channel.api import polls as api_polls
from channel.api.places import CursorText, Limit, When
from channel.api.prompts import NewPrompt
from channel.media.model import MAX_MEDIA
from channel.money import MAX_AMOUNT
from channel.posts.model import MAX_PINS, MAX_TEASER_CHARS, MAX_TEXT_CHARS
from channel.posts.steps import MAX_STEPS
from channel.rooms.model import MAX_RANK
from channel.topics.model import MAX_TOPIC_CHARS

Text = Annotated[
    str, Meta(max_length=MAX_TEXT_CHARS, description="Markdown; may be empty when the post carries media")
]
Carried = Annotated[
    list[Annotated[str, Meta(max_length=36)]],
    Meta(
        max_length=MAX_MEDIA, description="ids of what was uploaded before, in the order in which it is shown"
    ),
]
Teaser = Annotated[
    str, Meta(max_length=MAX_TEASER_CHARS, description="what those see for whom the post is locked")
]
Rank = Annotated[
    int, Meta(ge=0, le=MAX_RANK, description="null: whoever may read the room; n: tiers of rank n and above")
]
Ai = Literal["none", "assisted", "generated"]
Seq = Annotated[int, Meta(ge=0, le=2**53)]


class PlannedOpening(Struct, forbid_unknown_fields=True, kw_only=True):
    """From `at` on the post asks for `min_rank` only; null: everyone who may be in the room."""

    at: When
    min_rank: Rank | None


Opens = Annotated[
    list[PlannedOpening],
    Meta(
        max_length=MAX_STEPS,
        description="when it opens to more people by itself: later and later, each time to more; within 366 days",
    ),
]


class Unlock(Struct, forbid_unknown_fields=True, kw_only=True):
    """What opening this one post costs somebody whose tier is too low."""

    amount: Annotated[int, Meta(ge=1, le=MAX_AMOUNT, description="minor units")]
    currency: Annotated[str, Meta(min_length=3, max_length=3, description="ISO 4217")]


class ChosenPicture(Struct, forbid_unknown_fields=True, kw_only=True):
    """What stands on the card of the post for those for whom it is locked: a picture that was uploaded before."""

    id: Annotated[str, Meta(max_length=36)]
    blurred: Annotated[bool, Meta(description="only its placeholder is shown")] = False
    also_inside: Annotated[bool, Meta(description="true: meant, though a locked post carries it, too")] = (
        False
    )


class NewPost(Struct, forbid_unknown_fields=True, kw_only=True):
    """A post to be."""

    text: Text
    min_rank: Rank | None = None
    opens: Opens = []
    teaser: Teaser = ""
    teaser_picture: ChosenPicture | None = None
    silent: bool = False
    important: Annotated[
        bool, Meta(description="told to those, too, who want nothing else; four in 30 days")
    ] = False
    morning: Annotated[bool, Meta(description="notices come at nine where each reader lives")] = False
    ai: Ai = "none"
    quote: Annotated[str, Meta(max_length=36, description="id of the post it quotes")] | None = None
    unlock: Unlock | None = None
    media: Carried = []
    poll: api_polls.NewPoll | None = None
    topic_id: (
        Annotated[str, Meta(max_length=36, description="in a group: the topic it belongs to")] | None
    ) = None
    topic: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=MAX_TOPIC_CHARS,
                description="in a group: the same by its name; started when there is none. Without either: General",
            ),
        ]
        | None
    ) = None
    prompt: NewPrompt | None = None
    preview: Annotated[bool, Meta(description="false: nothing is shown of the page that it links to")] = True


class PostChanges(Struct, forbid_unknown_fields=True, kw_only=True):
    """Only what is sent changes. With `rev`: only if the post is still that one. `opens: []` calls off what is planned."""

    text: Text | UnsetType = UNSET
    min_rank: Rank | UnsetType | None = UNSET
    opens: Opens | UnsetType = UNSET
    teaser: Teaser | UnsetType = UNSET
    teaser_picture: ChosenPicture | UnsetType | None = UNSET
    ai: Ai | UnsetType = UNSET
    unlock: Unlock | UnsetType | None = UNSET
    media: Carried | UnsetType = UNSET
    rev: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None


class PostQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which posts: the newest, those before or after a seq, or the pinned ones in their order."""

    before: Seq | None = None
    after: Seq | None = None
    pinned: bool = False
    topic: Annotated[str, Meta(max_length=36, description="id of a topic of this group")] | None = None
    limit: Limit = 40
    cursor: CursorText | None = None


class Pin(Struct, forbid_unknown_fields=True, kw_only=True):
    """Where among the pinned posts; 1 is first."""

    position: Annotated[int, Meta(ge=1, le=MAX_PINS)] = 1
