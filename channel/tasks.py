"""Tasks of those who tell of posts, and of mail that comes in; the others stand in events.py."""

from typing import ClassVar

from channel.events import Task


class MailArrived(Task, frozen=True, kw_only=True):
    """A mail came in and was kept: see what it is about."""

    kind: ClassVar[str] = "mail.arrived"
    mail_id: str


class ReplyRefused(Task, frozen=True, kw_only=True):
    """A mail was not taken, and whose it is is to be told."""

    kind: ClassVar[str] = "reply.refused"
    refusal_id: str


class NoticesDue(Task, frozen=True, kw_only=True):
    """Those who want letters about the post's room, from the account `after` on, are to be told of the post. `opened_at`,
    here and in the next three: it has just opened to more people, of whom only those who may read it now and were never
    told of it are; epoch ms, 0: it was published."""

    kind: ClassVar[str] = "notices.due"
    post_id: str
    after: str = ""
    opened_at: int = 0


class PushesDue(Task, frozen=True, kw_only=True):
    """The devices of those in the post's community, from the account `after` on, are to be told of the post."""

    kind: ClassVar[str] = "pushes.due"
    post_id: str
    after: str = ""
    opened_at: int = 0


class FollowersDue(Task, frozen=True, kw_only=True):
    """Those who follow the post's community without an account, from `after` on, are to be told of the post."""

    kind: ClassVar[str] = "followers.due"
    post_id: str
    after: str = ""
    opened_at: int = 0


class BannedFollows(Task, frozen=True, kw_only=True):
    """Somebody was banned: what comes to their address and browsers without the account ends, too."""

    kind: ClassVar[str] = "banned.follows"
    account_id: str
    community_id: str


class FollowDevicesDue(Task, frozen=True, kw_only=True):
    """The devices that follow the post's community without an account, from `after` on, are to be told of the post."""

    kind: ClassVar[str] = "follow_devices.due"
    post_id: str
    after: str = ""
    opened_at: int = 0


class FollowAsked(Task, frozen=True, kw_only=True):
    """A letter is to ask this address whether it wants to follow. It stands in no log, and goes with the job."""

    kind: ClassVar[str] = "follow.asked"
    community_id: str
    email: str
    how: str
    language: str
    zone: str = "UTC"
    tag: str = ""


class PassAsked(Task, frozen=True, kw_only=True):
    """A letter is to bring the link that makes an account of a follower."""

    kind: ClassVar[str] = "pass.asked"
    follower_id: str


class FeedsChanged(Task, frozen=True, kw_only=True):
    """The public feeds that have posts of the room read otherwise now, and the hub is to be told."""

    kind: ClassVar[str] = "feeds.changed"
    room_id: str


class HookStopped(Task, frozen=True, kw_only=True):
    """The owner of a hook that was switched off is to be told why."""

    kind: ClassVar[str] = "hook.stopped"
    hook_id: str
