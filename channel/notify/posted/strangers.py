"""Letters to those who follow without an account: they hold what everybody may read, and nothing else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Literal

from channel import communities, following, members, rooms, tags
from channel.communities import Community
from channel.errors import NotFound
from channel.following import LETTERS, Follower, links
from channel.following.actions import refused
from channel.following.queries import AsMember, as_member
from channel.members import Entitlement, State
from channel.notices.model import Times, due_at, for_post, holding, tags_of
from channel.notices.queries import rules, times
from channel.notices.queue import Claimed
from channel.notify.ladder import AT_ONCE, letter_may_go, lettered_in_week, pushed
from channel.notify.posted.judging import Told, Verdict, climb, hush
from channel.notify.posted.writing import Desk, Envelope, frame_of, write
from channel.notify.sender import Mail
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Tx
from channel.tags import Tagged


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
        verdict.pictured_at = tx.now if follower.pictures_since is not None else None
        own = await as_member(tx, follower.id)
        why = _against_all(tx.now, follower, verdict.by, own) or await _is_banned(tx, verdict.community, own)
        if why or verdict.community.deleted:
            verdict.over = dict.fromkeys(letter.ids, why or "closed")
            return verdict
        await _each(tx, letter, verdict, follower, verdict.by)
        held = [follower.times]
        if own is not None and own.belongs:
            await _by_own_tags(tx, verdict, own.account_id)
            held.append(await _as_one(tx, letter, verdict, follower, own.account_id))
        elif own is not None:
            await _was_shown(tx, letter, verdict, own.account_id)
        if follower.per_week:
            await _hold_back(tx, letter, verdict, follower)
        hush(letter, verdict, tx.now, *held)
        return verdict

    def write(self, desk: Desk, letter: Claimed, verdict: Verdict, posts: Sequence[Told], tag: str) -> Mail:
        """See Readers."""
        assert verdict.community is not None
        mine = f"{desk.settings.url}/follow/by/{links.sealed(desk.secret, letter.reader_id)}"
        frame = frame_of(desk, "follower", letter, verdict)
        # A comment, a message: both are of somebody who is in. Which of these a member's answer becomes is no concern here.
        answers = desk.addresses is not None and len(posts) == 1 and posts[0].room.mail_replies
        envelope = Envelope(
            verdict.to, verdict.language, f"{mine}/off", mine, members_answer=answers, frame=frame
        )
        return write(desk, envelope, verdict.community, posts, tag)

    async def still(self, tx: Tx, reader_id: str, post_ids: Sequence[str]) -> bool:
        """See Readers. Mail is the only way of those who have no account."""
        own = await as_member(tx, reader_id)
        return own is None or await letter_may_go(tx, own.account_id, post_ids)

    def return_path(self, desk: Desk, letter: Claimed, address: str, now: int) -> str:
        """See Readers."""
        return desk.addresses.bounces(letter.reader_id, address, now) if desk.addresses else ""

    async def pause(self, tx: Tx, reader_id: str, address: str) -> None:
        """See Readers."""
        await refused(tx, reader_id)


def _against_all(now: int, follower: Follower, by: Entitlement, own: AsMember | None) -> str:
    if follower.rests(now):
        return "refused"
    if not by.visible:
        return "closed"
    if follower.mutes(now):
        return "muted"
    return "told as a member" if own is not None and own.chose_letters else ""


async def _is_banned(tx: Tx, community: Community, own: AsMember | None) -> Literal["", "banned"]:
    """Their following ends with a ban, but for an address that they proved after it, and for what leaves just then."""
    if own is None or own.belongs:
        return ""
    as_one = await members.entitlement(tx, community, own.account_id)
    return "banned" if as_one.state is State.BANNED else ""


async def _each(tx: Tx, letter: Claimed, verdict: Verdict, follower: Follower, by: Entitlement) -> None:
    here = {room.id: room for room in await rooms.of_community(tx, letter.community_id)}
    found = {post.id: post for post in await posts.many(tx, [one.post_id for one in letter.notices])}
    tagged = await tags.of_posts(tx, [*found]) if tags_of(follower.chosen) else {}
    for notice in letter.notices:
        post = found.get(notice.post_id)
        why = _against(by, post, here, follower, tagged.get(notice.post_id, Tagged()).all)
        if post is None or why:
            verdict.over[notice.id] = why or "deleted"
        else:
            verdict.going[notice.id] = post


async def _hold_back(tx: Tx, letter: Claimed, verdict: Verdict, follower: Follower) -> None:
    """What is more than they want at once in a week comes in the letter of the week."""
    told = await lettered_in_week(tx, follower.id)
    going = [one for one in letter.notices if one.id in verdict.going and one.how in AT_ONCE]
    for notice in sorted(going, key=lambda one: (verdict.going[one.id].created_at, one.seq)):
        told.add(notice.post_id)
        if follower.per_week and len(told) > follower.per_week:
            told.discard(notice.post_id)
            verdict.digest[notice.id] = due_at("weekly", follower.times, tx.now)
            del verdict.going[notice.id]


async def _by_own_tags(tx: Tx, verdict: Verdict, account_id: str) -> None:
    """Leave out what the member with this address chose for by its #tags: they are told of that as a member, or not at all.
    What they have chosen nothing for goes on coming as it did."""
    assert verdict.community is not None
    own = [rule for rule in await rules(tx, account_id, verdict.community.id) if rule.tag]
    if not own or not verdict.going:
        return
    joined_at = (await members.entitlement(tx, verdict.community, account_id)).joined_at
    held = holding(own, joined_at)
    tagged = await tags.of_posts(tx, [post.id for post in verdict.going.values()])
    for notice_id, post in list(verdict.going.items()):
        known = tagged.get(post.id, Tagged()).all  # it is for everybody
        if for_post(held, post.room_id, known, important=post.important) is not None:
            verdict.over[notice_id] = "told as a member"
            del verdict.going[notice_id]


async def _as_one(tx: Tx, letter: Claimed, verdict: Verdict, follower: Follower, account_id: str) -> Times:
    """Leave out what the account with this address has seen, wrote, or is told of by another way. Returns the times that it
    chose: their quiet hours hold, too."""
    read = await rooms.read_positions(tx, account_id, list({post.room_id for post in verdict.going.values()}))
    for notice_id, post in list(verdict.going.items()):
        if read[post.room_id] >= post.seq or post.author.id == account_id:
            verdict.over[notice_id] = "own" if post.author.id == account_id else "seen"
            del verdict.going[notice_id]
    own = await times(tx, account_id)
    await climb(tx, letter, verdict, account_id, replace(follower.times, wait_hours=own.wait_hours))
    return own


async def _was_shown(tx: Tx, letter: Claimed, verdict: Verdict, account_id: str) -> None:
    """Who has left follows as anybody does, but for what their devices have shown, or may show yet, of before."""
    devices = await pushed(tx, account_id, [post.id for post in verdict.going.values()])
    for notice in letter.notices:
        device = devices.get(notice.post_id)
        if device is None or notice.id not in verdict.going:
            continue
        waits = device.letter_waits(tx.now, 0, at_once=False)
        if device.shown:
            verdict.over[notice.id] = "shown"
        elif waits is not None:
            verdict.waits[notice.id] = waits
        else:
            continue
        del verdict.going[notice.id]


def _against(
    by: Entitlement, post: Post | None, here: Mapping[str, Room], follower: Follower, tagged: Collection[str]
) -> str:
    room = here.get(post.room_id) if post else None
    if post is None or room is None or post.deleted_at is not None:
        return "deleted"
    # A teaser is for members: who follows without an account is told of nothing that they cannot read.
    if room.is_group or not by.reads(room.min_rank, post.min_rank):
        return "closed"
    return "" if follower.wants_of(post, tagged) else "unwanted"
