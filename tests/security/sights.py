"""Those who look, what they are, and the things they look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest
from starlette.applications import Starlette

from channel import rooms
from channel.accounts import Account
from channel.invites import Invite
from channel.members import Action, Role
from channel.members.model import MATRIX, State
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Database
from channel.tiers import Tier
from channel.topics import Topic
from tests.cast import Scene
from tests.conftest import Clock
from tests.push.browsers import Browser
from tests.security.canaries import Canaries
from tests.security.wire import Headers

# For what no database has a part in.
ON_ONE_DATABASE = pytest.mark.parametrize("world", ["sqlite"], indirect=True)
ON_SQLITE = pytest.mark.parametrize(
    "settings", ["sqlite"], indirect=True
)  # the same, with an installation of one's own
GOLD, PLATINUM = 10, 20
BANNED_RANK = -2
DAY_MS = 24 * 3600 * 1000
TALKERS = {"anna": "lapsed", "zoe": "zoegold"}  # the members who have written to the team
FOLLOWER = Browser("follower")  # which follows Anna without an account
FEED_OF = "lapsed"  # whose eyes the private feed of the walk is
STAFF = (Role.OWNER, Role.ADMIN, Role.EDITOR, Role.MODERATOR)


@dataclass(frozen=True)
class Standing:
    """What somebody is in one community: written down here, and held against the judge by a test."""

    role: Role | None = None
    state: State | None = None
    rank: int = -1
    visible: bool = True

    @property
    def banned(self) -> bool:
        return self.state is State.BANNED

    def may(self, action: Action) -> bool:
        return self.role in MATRIX[action]

    def reads(self, min_rank: int | None) -> bool:
        return self.visible and self.rank >= (-1 if min_rank is None else min_rank)


NOBODY_IN = {"anna": Standing(), "zoe": Standing(visible=False)}


@dataclass(frozen=True)
class Sight:
    """One viewer by one way in: what their credentials make of them there."""

    name: str
    account: Account | None = None
    scopes: frozenset[str] | None = None  # None: a session
    standings: Mapping[str, Standing] = field(default_factory=lambda: dict(NOBODY_IN))
    broken: bool = False  # credentials that are none: the API says so to everybody who shows them
    headers: Headers = ()

    def __hash__(self) -> int:
        return hash((self.name, self.headers))

    @property
    def signed(self) -> bool:
        return self.account is not None

    @property
    def admin(self) -> bool:
        return self.account is not None and self.account.is_admin

    def at(self, handle: str) -> Standing:
        return self.standings[handle]


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks: with a cookie at pages, with a token as a program."""

    name: str
    page: Sight
    program: Sight


@dataclass(frozen=True)
class Things:
    """Objects of one community, for the parameters of paths. `paid` room and post are closed to the free tier."""

    handle: str
    room: Room
    paid_room: Room
    post: Post
    paid_post: Post
    tier: Tier
    spare_tier: Tier
    invite: Invite
    victim: Account
    draft: str
    comment: str  # by the victim, under the post; and by another member under the paid one
    paid_comment: str
    gift: str  # a voucher made by hand, and its code
    gift_code: str
    group: Room  # each with a topic and a message of the owner
    paid_group: Room
    topic: Topic
    paid_topic: Topic
    message: Post
    paid_message: Post
    general: str  # the topic for everything else of the open group
    question: str  # asked under `post`, and one under `paid_post`
    paid_question: str
    talk: str  # the conversation of one of TALKERS with the team, and what they wrote last
    letter: str
    saved: str  # an answer that the team keeps
    item: str  # of the inbox: that conversation
    medium: str  # carried by `post`, and one by `paid_post`
    paid_medium: str
    feed: str  # the id of a private feed of the victim
    look: str  # the id of the cover
    emoji: str  # the key of its own emoji, and its name
    emoji_name: str
    hook: str  # a webhook, and an address by which a program posts
    incoming: str
    linked: str  # the picture of what `post` links to, and of `paid_post`
    linked_paid: str


@dataclass
class World:
    """Everything, on a running app."""

    app: Starlette
    clock: Clock
    anna: Scene
    zoe: Scene
    canaries: Canaries
    things: dict[str, Things]
    viewers: dict[str, Viewer]
    own: dict[str, str]  # ids and secrets that belong to the owner alone, by what they are

    @property
    def db(self) -> Database:
        db: Database = self.app.state.services.db
        return db

    def on(self, app: Starlette, clock: Clock) -> "World":
        """The same on another app, whose database is a copy."""
        db: Database = app.state.services.db
        anna, zoe = (replace(scene, db=db, people=dict(scene.people)) for scene in (self.anna, self.zoe))
        canaries = Canaries(dict(self.canaries.readers), dict(self.canaries.exact))
        return replace(self, app=app, clock=clock, anna=anna, zoe=zoe, canaries=canaries, own=dict(self.own))

    @property
    def second(self) -> bool:
        """On the other database, where the tries are fewer: what differs there is SQL, not who asks how."""
        return not self.app.state.services.settings.on_sqlite


async def read_rooms(world: World) -> dict[str, list[Room]]:
    """The rooms of each community."""
    async with world.db.read() as tx:
        return {
            scene.community.handle: await rooms.of_community(tx, scene.community.id)
            for scene in (world.anna, world.zoe)
        }
