"""Notices on devices that belong to nobody: they hold what everybody may read, and tell of nothing else."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from channel import communities, members, rooms
from channel.communities import Community
from channel.errors import NotFound
from channel.following import PUSHES, FollowDevice, devices, sight
from channel.following.planning import tags_if_chosen
from channel.members import Entitlement
from channel.notices.model import after_quiet
from channel.notify import ladder
from channel.notify.pushed import acting
from channel.notify.pushed.judging import Verdict
from channel.notify.pushed.wording import Words
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.push.queue import Claimed
from channel.render.views import PostFacts, facts
from channel.rooms import Room
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class _Scene:
    """A post that a stranger may read whole, and the devices that are to be told of it."""

    community: Community
    room: Room
    fact: PostFacts
    by: Entitlement
    devices: Mapping[str, FollowDevice]
    tagged: frozenset[str]
    as_members: set[str]


class Followers:
    """They see what a stranger sees, whoever holds them. See Readers."""

    queue = PUSHES

    async def judge(self, tx: Tx, secret: bytes, claimed: Sequence[Claimed]) -> list[Verdict]:
        """See Readers."""
        by_post: dict[str, list[Claimed]] = defaultdict(list)
        for one in claimed:
            by_post[one.post_id].append(one)
        found = {post.id: post for post in await posts.many(tx, list(by_post))}
        verdicts: list[Verdict] = []
        weeks: dict[str, set[str]] = {}  # what each was told of this week, with what goes now
        for post_id, some in by_post.items():
            scene = await _scene(tx, found.get(post_id), [one.device_id for one in some])
            if scene is not None:
                limited = [one.id for one in scene.devices.values() if one.per_week and one.id not in weeks]
                weeks |= await ladder.pushed_in_week(tx, limited)
            for one in some:
                await asyncio.sleep(0)  # whoever is here goes first
                verdicts.append(_verdict(tx.now, secret, scene, one, weeks))
        return verdicts

    async def note(self, tx: Tx, device_ids: Sequence[str], problem: str) -> None:
        """See Readers."""
        await devices.note(tx, device_ids, problem)

    async def drop(self, tx: Tx, device_ids: Sequence[str]) -> None:
        """See Readers."""
        await devices.drop(tx, device_ids)


async def _scene(tx: Tx, post: Post | None, device_ids: Sequence[str]) -> _Scene | None:
    """None when there is nothing that a stranger may be told."""
    if post is None or post.deleted_at is not None:
        return None
    try:
        community = await communities.one(tx, post.community_id)
        room = await rooms.one(tx, post.room_id)
    except NotFound:
        return None
    by = await members.entitlement(tx, community, None)
    # A teaser is for members: who follows without an account is told of nothing that they cannot read.
    if community.deleted or room.is_group or not by.reads(room.min_rank, post.min_rank):
        return None
    [fact] = await facts(tx, [post], room, community)
    there = await sight.many(tx, device_ids)
    tagged = await tags_if_chosen(tx, post, there.values())
    as_members = await sight.told_as_members(tx, community.id, device_ids)
    return _Scene(community, room, fact, by, there, tagged, as_members)


def _verdict(
    now: int, secret: bytes, scene: _Scene | None, one: Claimed, weeks: Mapping[str, set[str]]
) -> Verdict:
    if scene is None:
        return Verdict(one, over="closed")
    device = scene.devices.get(one.device_id)
    if device is None:
        return Verdict(one, over="gone")
    if one.device_id in scene.as_members:
        return Verdict(one, over="told as a member")
    if device.mutes(now):
        return Verdict(one, over="muted")
    if not device.wants_of(scene.fact.post, scene.tagged):
        return Verdict(one, over="unwanted")
    told = weeks.get(device.id)
    if device.per_week and told is not None and len(told | {one.post_id}) > device.per_week:
        return Verdict(one, over="limit")
    until = after_quiet(device.times, now, important=scene.fact.post.important)
    if until > now:
        return Verdict(one, later=until, quiet=True)
    if told is not None:
        told.add(one.post_id)
    more = acting.of_stranger(secret, device, device.language)
    # Its words are everybody's, so there is nothing to keep off a lock screen.
    words = Words(scene.community, scene.room, scene.fact, scene.by, device.language, True, more)
    return Verdict(one, words)
