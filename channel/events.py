"""Every fact the system can state. Who hears it: see hearers.py.

An event is one row of a stream's log, written in the transaction of the change it tells of. It holds ids and
primitives, never content: a reader loads what it may show when it shows it. `seq` and `at` belong to the row.

Streams: `room:{id}`, `thread:{post id}`, `account:{id}`.
"""

from typing import ClassVar

import msgspec


def room_stream(room_id: str) -> str:
    """The stream that all who are in a room read."""
    return f"room:{room_id}"


def thread_stream(post_id: str) -> str:
    """The stream of what is said under a post."""
    return f"thread:{post_id}"


def account_stream(account_id: str) -> str:
    """The stream of one account: what changed for it on all of its devices."""
    return f"account:{account_id}"


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A fact in the past tense. `kind` is its public name in the live protocol and in the events API."""

    kind: ClassVar[str]

    @property
    def stream(self) -> str:
        """The stream whose log this fact belongs to."""
        raise NotImplementedError


class RoomEvent(Event, frozen=True, kw_only=True):
    """A fact told in a room's stream."""

    room_id: str

    @property
    def stream(self) -> str:
        return room_stream(self.room_id)


class ThreadEvent(Event, frozen=True, kw_only=True):
    """A fact about one comment, told in the stream of its post."""

    post_id: str
    comment_id: str

    @property
    def stream(self) -> str:
        return thread_stream(self.post_id)


class AccountEvent(Event, frozen=True, kw_only=True):
    """A fact told in an account's own stream."""

    account_id: str

    @property
    def stream(self) -> str:
        return account_stream(self.account_id)


class Task(Event, frozen=True, kw_only=True):
    """No fact yet: something to be looked at when its time has come. It stands in no log: see outbox.schedule."""


class PostPublished(RoomEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "post.published"
    post_id: str


class PostEdited(RoomEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "post.edited"
    post_id: str
    rev: int


class PostOpened(RoomEvent, frozen=True, kw_only=True):
    """As was planned, more people may read it from here on: those of `min_rank`, or everyone in the room (None)."""

    kind: ClassVar[str] = "post.opened"
    post_id: str
    min_rank: int | None
    rev: int


class PostDeleted(RoomEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "post.deleted"
    post_id: str


class PostPinned(RoomEvent, frozen=True, kw_only=True):
    """Pinned, unpinned or moved among the pins; `position` is None when unpinned, 1 = first."""

    kind: ClassVar[str] = "post.pinned"
    post_id: str
    position: int | None


class PostPreviewed(RoomEvent, frozen=True, kw_only=True):
    """What stands below the post of the page that it links to has come, was changed or was removed."""

    kind: ClassVar[str] = "post.previewed"
    post_id: str


class TopicChanged(RoomEvent, frozen=True, kw_only=True):
    """A topic of a group was started, named, closed, opened, resolved or merged into another one: look again."""

    kind: ClassVar[str] = "topic.changed"
    topic_id: str


class PostsMoved(RoomEvent, frozen=True, kw_only=True):
    """Messages of a group belong to another topic now. Their seq, hence their order and their links, stay."""

    kind: ClassVar[str] = "posts.moved"
    post_ids: tuple[str, ...]
    topic_id: str


class PollClosed(RoomEvent, frozen=True, kw_only=True):
    """Nobody votes any more below this post, and its results stand."""

    kind: ClassVar[str] = "poll.closed"
    post_id: str


class RoomUpdated(RoomEvent, frozen=True, kw_only=True):
    """Name, about or who may read changed, in the room itself, its community or its tiers: look again."""

    kind: ClassVar[str] = "room.updated"


class CommentPublished(ThreadEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "comment.published"


class CommentEdited(ThreadEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "comment.edited"
    rev: int


class CommentDeleted(ThreadEvent, frozen=True, kw_only=True):
    kind: ClassVar[str] = "comment.deleted"


class CommentHeld(ThreadEvent, frozen=True, kw_only=True):
    """It waits for approval: seen by its author and by those who approve, and by nobody else."""

    kind: ClassVar[str] = "comment.held"


class CommentShown(ThreadEvent, frozen=True, kw_only=True):
    """It was approved, and stands under this seq from here on."""

    kind: ClassVar[str] = "comment.shown"


class MembershipChanged(AccountEvent, frozen=True, kw_only=True):
    """Role, tier or state of the account in a community changed, or it joined or left."""

    kind: ClassVar[str] = "membership.changed"
    community_id: str


class TierEnds(AccountEvent, frozen=True, kw_only=True):
    """What the account has in a community ends at `at` (epoch ms), if nothing renews it until then."""

    kind: ClassVar[str] = "tier.ends"
    community_id: str
    at: int


class PaidMemberGone(AccountEvent, frozen=True, kw_only=True):
    """Somebody with a running subscription left or was put out: no more is to be charged."""

    kind: ClassVar[str] = "paid_member.gone"
    community_id: str


class PurchaseChanged(AccountEvent, frozen=True, kw_only=True):
    """What the account pays for in a community stands differently now."""

    kind: ClassVar[str] = "purchase.changed"
    community_id: str
    order_id: str


class LetterDue(AccountEvent, frozen=True, kw_only=True):
    """A letter about money is due to the account. `letter` is its name, `about` the id of what it tells of."""

    kind: ClassVar[str] = "letter.due"
    community_id: str
    letter: str
    about: str


class LetterPlanned(Task, frozen=True, kw_only=True):
    """A letter tells ahead of what happens to a purchase at `for_at` (epoch ms), if it still does then."""

    kind: ClassVar[str] = "letter.planned"
    holding_id: str
    letter: str
    for_at: int


class MentionTold(AccountEvent, frozen=True, kw_only=True):
    """A post that the account may read names it, or a group that it is in; or `comment_id` under that post does."""

    kind: ClassVar[str] = "mention.told"
    community_id: str
    room_id: str
    post_id: str
    seq: int
    comment_id: str | None = None


class MentionsDue(Task, frozen=True, kw_only=True):
    """Those whom these words of a post mean are to be told, from the account `after` on; `told` were already.

    With a `comment_id` they are words of that comment under the post.
    """

    kind: ClassVar[str] = "mentions.due"
    post_id: str
    words: tuple[str, ...]
    after: str = ""
    told: int = 0
    comment_id: str = ""


class PresenceSet(AccountEvent, frozen=True, kw_only=True):
    """The account is shown among those who are here and who write, or is not any more."""

    kind: ClassVar[str] = "presence.set"
    presence: bool


class SessionEnded(AccountEvent, frozen=True, kw_only=True):
    """Signed out, here or from elsewhere; `session_id` None means every session and token of the account."""

    kind: ClassVar[str] = "session.ended"
    session_id: str | None


class SignInLinkAsked(AccountEvent, frozen=True, kw_only=True):
    """A sign-in link should go out by mail. The token is made when the mail is made, so no table holds it."""

    kind: ClassVar[str] = "sign_in.asked"
    email: str
    language: str


class EmailProofAsked(AccountEvent, frozen=True, kw_only=True):
    """The account wants to add `email` and must prove that it reads it."""

    kind: ClassVar[str] = "email_proof.asked"
    email: str
    language: str


class QuestionAnswered(AccountEvent, frozen=True, kw_only=True):
    """A question that the account asked, or one that it was merged into, is answered by a post."""

    kind: ClassVar[str] = "question.answered"
    community_id: str
    question_id: str
    post_id: str


class MessageSent(AccountEvent, frozen=True, kw_only=True):
    """Something was written in the account's conversation with the team of a community, by either side."""

    kind: ClassVar[str] = "message.sent"
    community_id: str
    conversation_id: str
    message_id: str


class MessageDeleted(AccountEvent, frozen=True, kw_only=True):
    """Who wrote it deleted it; a trace stays."""

    kind: ClassVar[str] = "message.deleted"
    community_id: str
    conversation_id: str
    message_id: str


class CommunityDeleted(AccountEvent, frozen=True, kw_only=True):
    """The owner asked for deletion; the janitor removes it for good after `purge_at` (epoch ms)."""

    kind: ClassVar[str] = "community.deleted"
    community_id: str
    purge_at: int


class PostOpens(Task, frozen=True, kw_only=True):
    """The step of a post's waterfall that was planned for `at` (epoch ms) is due."""

    kind: ClassVar[str] = "post.opens"
    post_id: str
    at: int


class PreviewDue(Task, frozen=True, kw_only=True):
    """The page that a post links to is to be asked what it is. `tries`: how often nobody answered."""

    kind: ClassVar[str] = "preview.due"
    post_id: str
    room_id: str
    tries: int = 0


class PollCloses(Task, frozen=True, kw_only=True):
    """The end of a poll that was planned for `at` (epoch ms) has come."""

    kind: ClassVar[str] = "poll.closes"
    post_id: str
    at: int


class PromptEnds(Task, frozen=True, kw_only=True):
    """The time until which a post takes questions (epoch ms) is over, if nobody has changed it."""

    kind: ClassVar[str] = "prompt.ends"
    post_id: str
    at: int


class MediaArrived(Task, frozen=True, kw_only=True):
    """A picture, sound or video was sent: make of it what is shown."""

    kind: ClassVar[str] = "media.arrived"
    media_id: str


class ProviderHinted(Task, frozen=True, kw_only=True):
    """Something about a purchase changed at a provider, or may have: fetch it."""

    kind: ClassVar[str] = "provider.hinted"
    connection_id: str
    reference: str


class OrderOver(Task, frozen=True, kw_only=True):
    """The time of an order is over: it was paid, or it is given up."""

    kind: ClassVar[str] = "order.over"
    order_id: str


class ReconcileDue(Task, frozen=True, kw_only=True):
    """Look through everything that a provider may not have told us."""

    kind: ClassVar[str] = "reconcile.due"
    connection_id: str


class PurchasesEnd(Task, frozen=True, kw_only=True):
    """Those who pay in a community that closed, from the purchase `after` on, are to be charged no more."""

    kind: ClassVar[str] = "purchases.end"
    community_id: str
    refund: bool
    after: str


class PriceChangeTold(Task, frozen=True, kw_only=True):
    """Those who pay the old price, from the purchase `after` on, are to be told of a new one."""

    kind: ClassVar[str] = "price_change.told"
    change_id: str
    after: str


class PriceChangeCalledOff(Task, frozen=True, kw_only=True):
    """Those who had been asked to pay a new price, from the purchase `after` on, are to be told that nothing changes."""

    kind: ClassVar[str] = "price_change.called_off"
    change_id: str
    after: str


class PriceChangeDue(Task, frozen=True, kw_only=True):
    """The day of a new price has come for those who pay the old one, from the purchase `after` on."""

    kind: ClassVar[str] = "price_change.due"
    change_id: str
    after: str
