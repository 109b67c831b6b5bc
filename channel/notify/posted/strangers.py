"""Letters to those who follow without an account: they hold what everybody may read, and nothing else."""

from collections.abc import Mapping, Sequence

from channel import communities, following, members, rooms
from channel.errors import NotFound
from channel.following import LETTERS, Follower, links
from channel.following.actions import refused
from channel.following.queries import told_as_member
from channel.members import Entitlement
from channel.notices.model import after_quiet
from channel.notices.queue import Claimed
from channel.notify.posted.judging import Told, Verdict
from channel.notify.posted.writing import Desk, Envelope, write
from channel.notify.sender import Mail
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Tx


class Followers:
    """They see what a stranger sees, whoever they may be. See Readers."""

    queue = LETTERS

    async def judge(self, tx: Tx, letter: Claimed) -> Verdict:
        """See Readers."""
        verdict = Verdict()
        try:
            follower = await following.one(tx, letter.reader_id)
            verdict.community = await communities.one(tx, letter.community_id)
        except NotFound:
            verdict.over = dict.fromkeys(letter.ids, "gone")
            return verdict
        verdict.by = await members.entitlement(tx, verdict.community, None)
        verdict.address, verdict.language = follower.email, follower.language
        why = await _against_all(tx, follower, verdict.by)
        if why or verdict.community.deleted:
            verdict.over = dict.fromkeys(letter.ids, why or "closed")
            return verdict
        await _each(tx, letter, verdict, follower, verdict.by)
        until = after_quiet(follower.times, tx.now)
        if verdict.going and until > tx.now:
            verdict.going, verdict.later = {}, until
        return verdict

    def write(self, desk: Desk, letter: Claimed, verdict: Verdict, posts: Sequence[Told], tag: str) -> Mail:
        """See Readers."""
        assert verdict.community is not None
        mine = f"{desk.settings.url}/follow/by/{links.sealed(desk.secret, letter.reader_id)}"
        envelope = Envelope(verdict.to, verdict.language, f"{mine}/off", mine)
        return write(desk, envelope, verdict.community, posts, tag)

    async def still(self, tx: Tx, reader_id: str, post_ids: Sequence[str]) -> bool:
        """See Readers. Mail is their only way."""
        return True

    def return_path(self, desk: Desk, letter: Claimed, address: str, now: int) -> str:
        """See Readers."""
        return desk.addresses.bounces(letter.reader_id, address, now) if desk.addresses else ""

    async def pause(self, tx: Tx, reader_id: str, address: str) -> None:
        """See Readers."""
        await refused(tx, reader_id)


async def _against_all(tx: Tx, follower: Follower, by: Entitlement) -> str:
    if follower.rests(tx.now):
        return "refused"
    if not by.visible:
        return "closed"
    return "told as a member" if await told_as_member(tx, follower) else ""


async def _each(tx: Tx, letter: Claimed, verdict: Verdict, follower: Follower, by: Entitlement) -> None:
    here = {room.id: room for room in await rooms.of_community(tx, letter.community_id)}
    found = {post.id: post for post in await posts.many(tx, [one.post_id for one in letter.notices])}
    for notice in letter.notices:
        post = found.get(notice.post_id)
        why = _against(by, post, here, follower)
        if post is None or why:
            verdict.over[notice.id] = why or "deleted"
        else:
            verdict.going[notice.id] = post


def _against(by: Entitlement, post: Post | None, here: Mapping[str, Room], follower: Follower) -> str:
    room = here.get(post.room_id) if post else None
    if post is None or room is None or post.deleted_at is not None:
        return "deleted"
    # A teaser is for members: who follows without an account is told of nothing that they cannot read.
    if room.is_group or not by.reads(room.min_rank, post.min_rank):
        return "closed"
    return "" if follower.wants_of(post) else "unwanted"
