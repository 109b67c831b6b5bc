"""Whom letters about posts are for: each kind has its queue, its judge, and its own link that ends them."""

from collections.abc import Sequence
from typing import Protocol

from channel.notices.actions import pause
from channel.notices.links import Ends, sealed
from channel.notices.queue import LETTERS, Claimed, Queue
from channel.notify.ladder import letter_may_go
from channel.notify.posted.judging import Told, Verdict, answered, judge
from channel.notify.posted.writing import Desk, Envelope, frame_of, write
from channel.notify.sender import Mail
from channel.render.views import PostView
from channel.storage import Tx


class Readers(Protocol):
    """What the postman has to know of them."""

    @property
    def queue(self) -> Queue: ...

    async def judge(self, tx: Tx, letter: Claimed) -> Verdict:
        """What of the letter may leave at this moment. Never raises because something is gone."""
        ...

    def write(self, desk: Desk, letter: Claimed, verdict: Verdict, posts: Sequence[Told], tag: str) -> Mail:
        """The letter about `posts`, at least one, to a reader of whom something goes."""
        ...

    async def still(self, tx: Tx, reader_id: str, post_ids: Sequence[str]) -> bool:
        """Whether no other way tells of one of these at this moment. Asked in the transaction that marks the letter."""
        ...

    def return_path(self, desk: Desk, letter: Claimed, address: str, now: int) -> str:
        """Where a letter goes that comes back, of each reader another one; "" for where all other mail does."""
        ...

    async def pause(self, tx: Tx, reader_id: str, address: str) -> None:
        """A mail server refused this address for good."""
        ...


class Members:
    """Those who are in, with an account."""

    queue = LETTERS

    async def judge(self, tx: Tx, letter: Claimed) -> Verdict:
        """See Readers."""
        return await judge(tx, letter)

    def write(self, desk: Desk, letter: Claimed, verdict: Verdict, posts: Sequence[Told], tag: str) -> Mail:
        """See Readers."""
        assert verdict.community is not None
        link = sealed(desk.secret, Ends(letter.reader_id, letter.community_id, _place(posts)))
        url = desk.settings.url
        envelope = Envelope(
            verdict.to, verdict.language, f"{url}/notices/off/{link}", f"{url}/account/notices",
            _reply_to(desk, verdict, posts), verdict.answer, frame=frame_of(desk, "member", letter, verdict),
        )  # fmt: skip
        return write(desk, envelope, verdict.community, posts, tag)

    async def still(self, tx: Tx, reader_id: str, post_ids: Sequence[str]) -> bool:
        """See Readers."""
        return await letter_may_go(tx, reader_id, post_ids)

    def return_path(self, desk: Desk, letter: Claimed, address: str, now: int) -> str:
        """See Readers."""
        return desk.addresses.bounces(letter.reader_id, address, now) if desk.addresses else ""

    async def pause(self, tx: Tx, reader_id: str, address: str) -> None:
        """See Readers."""
        await pause(tx, reader_id, address)


def _place(posts: Sequence[Told]) -> str | None:
    """The id of the one topic that all of them are in, or of the room of a single one."""
    topics = {told.view.topic.id if told.view.topic else None for told in posts}
    if len(topics) == 1 and (topic_id := topics.pop()) is not None:
        return topic_id
    return posts[0].room.id if len(posts) == 1 else None


def _reply_to(desk: Desk, verdict: Verdict, posts: Sequence[Told]) -> str:
    """Where an answer to a letter about one open post, or one topic, goes; "" where none is taken."""
    notice_id = answered(verdict)
    is_open = all(isinstance(told.view, PostView) for told in posts)
    if desk.addresses is None or not verdict.answer or notice_id is None or not is_open:
        return ""
    return desk.addresses.replies(notice_id, private=verdict.answer == "message")
