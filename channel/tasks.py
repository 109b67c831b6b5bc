"""Tasks of posts for those who tell of them, and of mail that comes in; the others stand in events.py."""

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
    """Those who want letters about the post's room, from the account `after` on, are to be told of the post."""

    kind: ClassVar[str] = "notices.due"
    post_id: str
    after: str = ""


class PushesDue(Task, frozen=True, kw_only=True):
    """The devices of those in the post's community, from the account `after` on, are to be told of the post."""

    kind: ClassVar[str] = "pushes.due"
    post_id: str
    after: str = ""
