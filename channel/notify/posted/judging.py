"""What of a letter may leave now: asked just before it does. Whatever changed since it was planned counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from channel import communities, members, rooms, tags, topics
from channel.accounts import Account, one
from channel.comments.rules import Case
from channel.comments.rules import refusal as no_comment
from channel.communities import Community
from channel.errors import NotFound
from channel.members import Entitlement
from channel.messages import queries as talks
from channel.messages.rights import refusal as no_message
from channel.notices import pictures, queries
from channel.notices.limits import NO_LIMIT, limits_of
from channel.notices.model import Rule, Times, after_quiet, due_at, effective
from channel.notices.queue import Claimed
from channel.notify import ladder
from channel.notify.talked import talked
from channel.posts import queries as posts
from channel.posts.model import Post
from channel.render.views import AnyView, post_views
from channel.rooms import Room
from channel.storage import Tx
from channel.tags import Tagged
from channel.topics.rights import refusal as no_word

Answer = Literal["", "comment", "topic", "message"]  # a message in the topic; one to the team


@dataclass(slots=True)
class Verdict:
    """`going`: the posts that may be told of, by the id of their notice. `over`: why not, by the id of the others.

    `waits`: when the others are looked at again (epoch ms), because a device may show them yet, or because it is quiet and
    only what is important passes; `digest`: when they come in a weekly letter, because this week brought as much as the
    reader wants. `later`: when quiet hours end that hold now, where nothing passes; then nothing goes. `answer`: what an
    answer to a letter about one post or topic becomes, as its reader is told; "" for nothing.
    `pictured_at`: this moment, for a reader who wants pictures in letters.
    """

    address: str = ""
    language: str = ""  # of the reader; "": nobody chose one
    community: Community | None = None
    by: Entitlement | None = None
    going: dict[str, Post] = field(default_factory=dict)
    over: dict[str, str] = field(default_factory=dict)
    waits: dict[str, int] = field(default_factory=dict)
    digest: dict[str, int] = field(default_factory=dict)
    later: int | None = None
    answer: Answer = ""
    pictured_at: int | None = None

    @property
    def to(self) -> str:
        """The address; "" when nothing goes."""
        return self.address if self.going else ""


@dataclass(frozen=True, slots=True)
class Told:
    """A post as the reader may see it, and where it stands."""

    view: AnyView
    room: Room


async def judge(tx: Tx, letter: Claimed) -> Verdict:
    """Never raises because something is gone: then it is over."""
    verdict = Verdict()
    try:
        account = await one(tx, letter.reader_id)
        verdict.community = await communities.one(tx, letter.community_id)
        verdict.by = await members.entitlement(tx, verdict.community, letter.reader_id)
    except NotFound:
        verdict.over = dict.fromkeys(letter.ids, "gone")
        return verdict
    verdict.address, verdict.language = account.email or "", account.language or ""
    why = await _against_all(tx, account, verdict.community, verdict.by)
    if why:
        verdict.over = dict.fromkeys(letter.ids, why)
        return verdict
    verdict.pictured_at = tx.now if await pictures.since(tx, account.id) is not None else None
    here = await _each(tx, letter, verdict)
    times = await queries.times(tx, letter.reader_id)
    await climb(tx, letter, verdict, account.id, times)
    hush(letter, verdict, tx.now, times)
    if (notice_id := answered(verdict)) is not None:
        post = verdict.going[notice_id]
        verdict.answer = await _answer(
            tx, Case(verdict.by, verdict.community, here[post.room_id], post, tx.now)
        )
    return verdict


def answered(verdict: Verdict) -> str | None:
    """The notice that an answer to the letter is an answer to: that of its one post, or of the newest message of its one
    topic."""
    going = verdict.going
    topic_ids = {post.topic_id for post in going.values()}
    if not going or (len(going) > 1 and (len(topic_ids) > 1 or None in topic_ids)):
        return None
    return max(going, key=lambda notice_id: going[notice_id].seq)


async def _answer(tx: Tx, case: Case) -> Answer:
    """What the reader may say by mail: by the rules of the pages, as they stand now."""
    if not case.room.mail_replies:
        return ""
    if case.room.mail_to == "comment" and case.post.topic_id is not None:
        topic = await topics.settled(tx, await topics.one(tx, case.post.topic_id))
        why = no_word(case.by, case.room, topic, case.now)
        # Quiet hours are over when they answer, or their words come back.
        if why is None or why.code == "quiet_hours":
            return "topic"
    elif case.room.mail_to == "comment" and no_comment(case) is None:
        return "comment"
    return "message" if no_message(case.by, await talks.box(tx, case.community.id)) is None else ""


async def _against_all(tx: Tx, account: Account, community: Community, by: Entitlement) -> str:
    if account.state != "active" or not account.email:
        return "no address"
    if await queries.refused(tx, account.id, account.email):
        return "refused"
    return "" if by.belongs and not community.deleted else "left"


async def _each(tx: Tx, letter: Claimed, verdict: Verdict) -> dict[str, Room]:
    """The rooms of the community, by their ids."""
    assert verdict.community is not None
    assert verdict.by is not None
    here = {room.id: room for room in await rooms.of_community(tx, letter.community_id)}
    found = {post.id: post for post in await posts.many(tx, [one.post_id for one in letter.notices])}
    read = await rooms.read_positions(tx, letter.reader_id, list({post.room_id for post in found.values()}))
    rules = await queries.rules(tx, letter.reader_id, letter.community_id)
    tagged = await tags.of_posts(tx, [*found]) if any(rule.tag for rule in rules) else {}
    for notice in letter.notices:
        post = found.get(notice.post_id)
        room = here.get(post.room_id) if post else None
        if post and room and post.topic_id is not None:
            why = await _against_message(tx, verdict.by, post, room)
        else:
            why = _against(verdict.by, post, room, rules, tagged.get(notice.post_id, Tagged()))
        if not why and post and read[post.room_id] >= post.seq:
            why = "seen"
        if post is None or why:
            verdict.over[notice.id] = why or "deleted"
        else:
            verdict.going[notice.id] = post
    return here


async def climb(tx: Tx, letter: Claimed, verdict: Verdict, account_id: str, times: Times) -> None:
    """Leave out what a device of the account has shown or may show yet, and what is more than its owner wants."""
    community_id = letter.community_id
    limit = (await limits_of(tx, community_id, [account_id])).get(account_id, NO_LIMIT)
    devices = await ladder.pushed(tx, account_id, [post.id for post in verdict.going.values()])
    told = (
        (await ladder.told_in_week(tx, community_id, [account_id]))[account_id] if limit.per_week else set()
    )
    going = [one for one in letter.notices if one.id in verdict.going]
    for notice in sorted(going, key=lambda one: (verdict.going[one.id].created_at, one.seq)):
        at_once, device = notice.how in ladder.AT_ONCE, devices.get(notice.post_id, ladder.Pushed())
        waits = device.letter_waits(tx.now, times.wait_hours, at_once=at_once)
        if limit.mutes(tx.now) or device.shown:
            verdict.over[notice.id] = "muted" if limit.mutes(tx.now) else "shown"
        elif waits is not None:
            verdict.waits[notice.id] = waits
        elif verdict.going[notice.id].topic_id is not None:  # weeks are counted in posts
            continue
        elif limit.per_week and at_once and len(told | {notice.post_id}) > limit.per_week:
            verdict.digest[notice.id] = due_at("weekly", times, tx.now)
        else:
            told.add(notice.post_id)
            continue
        del verdict.going[notice.id]


def hush(letter: Claimed, verdict: Verdict, now: int, *held: Times) -> None:
    """Leave out what waits for the end of quiet hours, those of each of `held` (`now`: epoch ms)."""
    waits = {}
    for notice in letter.notices:
        if notice.id in verdict.going:
            important = verdict.going[notice.id].important and notice.how in ladder.AT_ONCE
            until = max(after_quiet(times, now, important=important) for times in held)
            if until > now:
                waits[notice.id] = until
    if len(waits) == len(verdict.going):
        verdict.going, verdict.later = {}, max(waits.values(), default=None)
        return
    verdict.waits |= waits
    for notice_id in waits:
        del verdict.going[notice_id]


def _against(
    by: Entitlement, post: Post | None, room: Room | None, rules: Sequence[Rule], tagged: Tagged
) -> str:
    if post is None or room is None or post.deleted_at is not None:
        return "deleted"
    if not by.reads(room.min_rank):
        return "closed"
    known = tagged.known(reads=by.reads(room.min_rank, post.min_rank))
    how = effective(rules, room.id, by.joined_at, known, important=post.important)
    if how == "none" or (how == "important" and not post.important):
        return "unwanted"
    return "own" if post.author.id == by.account_id else ""


async def _against_message(tx: Tx, by: Entitlement, post: Post, room: Room) -> str:
    if post.deleted_at is not None:
        return "deleted"
    if not by.reads(room.min_rank):
        return "closed"
    return (await talked(tx, post, room, [by])).against(by, post, "mail")


async def told(tx: Tx, verdict: Verdict) -> list[Told]:
    """The posts that go, oldest first, as this reader may see them: locked ones without a byte of what is locked."""
    if verdict.community is None or verdict.by is None or not verdict.going:
        return []
    shown = sorted(verdict.going.values(), key=lambda post: (post.created_at, post.room_id, post.seq))
    here = {room.id: room for room in await rooms.of_community(tx, verdict.community.id)}
    views = await post_views(tx, shown, None, verdict.community, verdict.by)
    return [Told(view, here[view.room_id]) for view in views if view.shape != "gone"]
