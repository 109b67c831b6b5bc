"""Every way in says who may take it, and what it says is written down twice."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from channel.app import build
from channel.members.queries import entitlement
from channel.routing import Who
from channel.settings import Settings
from tests.security.sights import World
from tests.security.table import DOCS, TABLE, doors, with_roles


@pytest.fixture
def app(tmp_path: Path) -> Starlette:
    return build(Settings(data=tmp_path))


def test_every_route_declares_its_policy(app: Starlette) -> None:
    found = doors(app)
    assert len(found) > 100, "the walk misses routes"
    for door in found:
        assert (door.policy.action is not None) == (door.policy.who is Who.ROLE), door.name


def test_a_route_without_a_policy_is_noticed_also_inside_a_mount() -> None:
    async def handler(request: object) -> None: ...

    for bare in (Route("/bare", handler), Mount("/inner", routes=[Route("/bare", handler)])):
        with pytest.raises(AssertionError, match="declares no policy"):
            doors(Starlette(routes=[bare]))


def test_no_two_routes_answer_the_same_method_and_path(app: Starlette) -> None:
    names = [door.name for door in doors(app)]
    assert sorted(names) == sorted(set(names))


def test_the_policies_are_those_that_were_looked_at(app: Starlette) -> None:
    """A weaker policy shows here as a changed line. After looking: python -m tests.security --write"""
    assert TABLE.read_text("utf-8").splitlines() == [door.line() for door in doors(app)]


async def test_the_cast_is_what_the_judge_says_it_is(world: World) -> None:
    """The premise of all tests here: roles, ranks and sight are written down by hand and agree with the product."""
    async with world.db.read() as tx:
        for viewer in world.viewers.values():
            for sight in (viewer.page, viewer.program):
                account_id = sight.account.id if sight.account else None
                for scene in (world.anna, world.zoe):
                    standing = sight.at(scene.community.handle)
                    judged = await entitlement(tx, scene.community, account_id)
                    assert (judged.role, judged.state, judged.visible) == (
                        standing.role, standing.state, standing.visible
                    ), sight.name  # fmt: skip
                    assert judged.rank == standing.rank or standing.banned, sight.name


def test_the_page_for_people_says_what_the_matrix_says() -> None:
    page = DOCS.read_text("utf-8")
    assert "| ban" not in page and "| moderate | yes" in page
    assert with_roles(page) == page, "run: python -m tests.security --write"
