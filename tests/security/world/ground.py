"""What is there before anything is built, and who may see what is built: the texts are put by these."""

from typing import Any

from starlette.applications import Starlette

from channel.accounts import Account
from channel.members import Action
from channel.posts.model import Post
from channel.rooms import Room
from channel.storage import Database
from channel.tiers import Tier
from channel.topics import Topic
from tests.cast import Scene
from tests.conftest import Clock
from tests.security.canaries import Canaries
from tests.security.sights import Sight, Things, Viewer


class Ground:
    """What all parts of the world stand on, and what they have of each other."""

    operator: Account
    anna: Scene
    zoe: Scene
    gold: Tier
    zoe_gold: Tier
    spare: dict[str, Tier]  # by community, which nobody has
    circle: Room
    vault: Room
    zoe_vault: Room
    groups: dict[str, tuple[Room, Room]]  # the open one and the paid one
    talks: dict[str, tuple[Topic, Topic, Post, Post]]  # topics and messages in them
    victims: dict[str, Account]
    golden: dict[str, Account]
    media: dict[str, list[str]]  # the file of the open post, and of the paid one

    def __init__(self, app: Starlette, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.db: Database = app.state.services.db
        self.canaries = Canaries()
        self.viewers: dict[str, Viewer] = {}
        self.things: dict[str, Things] = {}
        self.own: dict[str, str] = {}
        self.pictures: dict[str, str] = {}  # of link previews, by post
        self.generals: dict[str, str] = {}

    def _canary(self, kind: str, reader: Any) -> str:
        return self.canaries.new(kind, reader)

    @staticmethod
    def _in_zoe(sight: Sight) -> bool:
        return sight.at("zoe").visible

    @staticmethod
    def _of_staff(sight: Sight) -> bool:
        return sight.at("anna").may(Action.SEE_STUDIO)

    def _of_staff_or(self, name: str) -> Any:
        return lambda sight: self._is(sight, name) or sight.at("anna").may(Action.SEE_MEMBERS)

    def _from(self, rank: int) -> Any:
        return lambda sight: sight.at("anna").rank >= rank and sight.at("anna").visible

    def _only(self, name: str) -> Any:
        return lambda sight: self._is(sight, name)

    def _is(self, sight: Sight, name: str) -> bool:
        """Whether the credentials are those of `name`, by whichever of its ways in."""
        account = self.viewers[name].page.account
        return sight.account is not None and account is not None and sight.account.id == account.id
