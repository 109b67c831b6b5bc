"""The router's shortcut finds what trying every route in turn would have found."""

import re

import pytest
from starlette.routing import Match, Route

from channel.app import build
from channel.routing import ShapeRouter
from channel.settings import Settings

PARAMETER = re.compile(r"\{\w+(?::\w+)?\}")
WORDS = ("anna", "news", "0198c0de-0000-7000-8000-000000000001", "me", "posts")


@pytest.fixture(scope="module")
def router() -> ShapeRouter:
    made = build(Settings()).router
    assert isinstance(made, ShapeRouter)
    return made


def samples(path: str) -> list[str]:
    return [PARAMETER.sub(word, path) for word in WORDS]


def test_the_first_route_that_fits_is_the_one_that_is_found(router: ShapeRouter) -> None:
    tried = 0
    routes = [route for route in router.routes if isinstance(route, Route)]
    for path in {sample for route in routes for sample in samples(route.path)}:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
            scope = {"type": "http", "method": method, "path": path, "headers": []}
            fitting = [route for route in routes if route.matches(scope)[0] is Match.FULL]
            near = [route for route in router.near(path) if route.matches(scope)[0] is Match.FULL]
            if near:
                assert near[0] is fitting[0], (method, path)
                tried += 1
    assert tried > len(routes)


def test_most_routes_have_few_others_of_their_shape(router: ShapeRouter) -> None:
    routes = [route for route in router.routes if isinstance(route, Route)]
    paths = {sample for route in routes for sample in samples(route.path)}
    known = {id(route) for path in paths for route in router.near(path)}
    assert len(known) > 0.9 * len(routes)
    assert (
        max(len(router.near(path)) for path in paths if path.removeprefix("/api/v1").startswith("/rooms/"))
        < 6
    )
