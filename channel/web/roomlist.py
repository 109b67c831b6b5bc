"""The rooms of a viewer as lists show them: newest words, what is unread, what another tier would open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from channel import outbox, tiers
from channel.accounts import Account
from channel.communities import Community
from channel.events import room_stream
from channel.members import Entitlement, Role
from channel.members.queries import entitlements
from channel.messages import queries as messages
from channel.posts import horizon, mentioned, talk
from channel.posts.model import Post
from channel.posts.queries import last_posts
from channel.render import views
from channel.render.json import iso
from channel.rooms import Room
from channel.rooms.queries import of_communities
from channel.storage import Tx
from channel.tiers import Tier

LINE_CHARS = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One room in a list. `tier` opens it when it is locked; `last` None: nothing was posted yet."""

    room: Room
    community: Community
    locked: bool
    tier: Tier | None
    unread: int
    head: int
    last: views.AnyView | None
    text: str
    named: tuple[int, ...] = ()  # seqs of unread posts that name the viewer

    @property
    def href(self) -> str:
        return f"/@{self.community.handle}/{self.room.slug}"

    @property
    def at(self) -> int:
        """When something was last said, or the room was made."""
        return self.last.created_at if self.last else self.room.created_at


@dataclass(frozen=True, slots=True)
class Stop:
    """One community in the rail."""

    community: Community
    entitlement: Entitlement
    tier_name: str
    unread: int


@dataclass(frozen=True, slots=True)
class Talk:
    """A follower's conversation with the team of a community: a line of the list, too."""

    community: Community
    at: int
    unread: int

    @property
    def href(self) -> str:
        return f"/messages/{self.community.handle}"


@dataclass(frozen=True, slots=True)
class Mine:
    """All that an account follows. `lines` newest first; `epoch` says of which data the heads are; `today` is UTC's."""

    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]
    epoch: str
    today: str

    @property
    def unread(self) -> int:
        return sum(stop.unread for stop in self.stops)

    def of(self, community: Community) -> tuple[Line, ...]:
        """The lines of one community, in its creator's order."""
        own = (line for line in self.lines if line.community.id == community.id)
        return tuple(sorted(own, key=lambda line: (line.room.position, line.room.created_at, line.room.id)))

    @property
    def studio(self) -> str:
        """The handle of a community that the account runs, for the way to its studio; "" for none."""
        running = (
            stop.community.handle for stop in self.stops if stop.entitlement.role not in (None, "member")
        )
        return next(running, "")


async def mine(tx: Tx, account: Account | None) -> Mine:
    """What `account` follows, with a bounded number of queries."""
    belongings = await entitlements(tx, account.id) if account else []
    here = [(one.community, one.entitlement) for one in belongings]
    lines = await of_each(tx, here, account)
    stops = [
        Stop(
            one.community,
            one.entitlement,
            one.tier_name,
            sum(line.unread for line in lines if line.community.id == one.community.id),
        )
        for one in belongings
    ]
    newest_first = sorted(lines, key=lambda line: line.at, reverse=True)
    return Mine(tuple(stops), tuple(newest_first), await outbox.epoch(tx), iso(tx.now)[:10])


async def talks(tx: Tx, mine: Mine, account: Account) -> list[Talk]:
    """The conversations of a follower, where something is unread first, then where something was last written."""
    here = {stop.community.id: stop.community for stop in mine.stops if stop.entitlement.role is Role.MEMBER}
    if not here:
        return []
    found = [one for one in await messages.own(tx, account.id) if one.community_id in here]
    found.sort(key=lambda one: one.unread == 0)
    return [Talk(here[one.community_id], one.last_at, one.unread) for one in found]


async def of_each(
    tx: Tx, here: Sequence[tuple[Community, Entitlement]], account: Account | None
) -> list[Line]:
    """The rooms of these communities as this viewer sees them, in their creators' order."""
    rooms = await of_communities(tx, [community.id for community, _ in here])
    open_ids = [room.id for _, by in here for room in rooms[by.community_id] if by.reads(room.min_rank)]
    entered = [(room, by) for _, by in here for room in rooms[by.community_id] if by.reads(room.min_rank)]
    since = await horizon.of_rooms(tx, entered)
    unread = await talk.unread_of(tx, account.id, open_ids, since) if account else {}
    named = await mentioned.unread(tx, account.id, entered, since) if account else {}
    last = {
        room_id: post
        for room_id, post in (await last_posts(tx, open_ids)).items()
        if post.seq >= since.get(room_id, 0)
    }
    heads = await outbox.heads(tx, [room_stream(room_id) for room_id in open_ids])
    levels = await _levels(tx, here, rooms)
    return [
        replace(
            _line(room, community, by, levels.get(community.id, ()), (unread, heads, last)),
            named=named.get(room.id, ()),
        )
        for community, by in here
        for room in rooms[community.id]
    ]


def _line(
    room: Room,
    community: Community,
    by: Entitlement,
    levels: Iterable[Tier],
    facts: tuple[Mapping[str, int], Mapping[str, int], Mapping[str, Post]],
) -> Line:
    if not by.reads(room.min_rank):
        return Line(room, community, True, tiers.opening(levels, room.min_rank), 0, 0, None, "")
    unread, heads, last = facts
    post = last.get(room.id)
    view = views.show(views.PostFacts(post, room, community.handle, (), None), by.rank) if post else None
    text = views.line(view, LINE_CHARS) if view else ""
    count = unread.get(room.id, 0) if by.belongs else 0
    return Line(room, community, False, None, count, heads[room_stream(room.id)], view, text)


async def _levels(
    tx: Tx, here: Sequence[tuple[Community, Entitlement]], rooms: Mapping[str, Sequence[Room]]
) -> dict[str, list[Tier]]:
    """The tiers of those communities that have a room this viewer may not enter."""
    locking = [
        community.id
        for community, by in here
        if any(not by.reads(room.min_rank) for room in rooms[community.id])
    ]
    return {community_id: await tiers.of_community(tx, community_id) for community_id in locking}
