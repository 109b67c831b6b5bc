"""Tasks of posts for those who tell of them; the others stand in events.py."""

from typing import ClassVar

from channel.events import Task


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


class HookStopped(Task, frozen=True, kw_only=True):
    """The owner of a hook that was switched off is to be told why."""

    kind: ClassVar[str] = "hook.stopped"
    hook_id: str
