"""When something goes wrong: a calm page, nothing of the inside, and a next step."""

import re
from dataclasses import replace

import pytest
from starlette.requests import Request

from channel.errors import ChannelError, Conflict, DiskFull, Forbidden, Gone, TooMany, Unavailable
from channel.limiter import Limiter
from channel.routing import ANYONE, route
from tests.web.conftest import Site

ERRORS: dict[int, ChannelError] = {
    403: Forbidden("Your tier does not open this post."),
    409: Conflict("Taken."),
    410: Gone("Over."),
    429: TooMany("Slower.", retry_after_s=7),
    503: Unavailable("The database is away."),
    507: DiskFull("There is no room on the disk."),
}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("status", sorted(ERRORS))
async def test_every_error_has_its_page(site: Site, status: int, language: str) -> None:
    async def fails(request: Request) -> None:
        raise ERRORS[status]

    site.app.router.routes.insert(0, route("/fails", fails, ANYONE))  # type: ignore[arg-type]
    page = await site.stranger(language).get("/fails")
    assert page.status == status
    assert page.text.count("<h1") == 1
    assert 'href="/"' in page
    assert ("retry-after" in page.answer.headers) is (status in (429, 503, 507))


async def test_a_bug_is_told_without_its_trace(site: Site) -> None:
    async def breaks(request: Request) -> None:
        raise RuntimeError("CANARY inside")

    site.app.router.routes.insert(0, route("/breaks", breaks, ANYONE))  # type: ignore[arg-type]
    stranger = site.stranger()
    stranger.http._transport.raise_app_exceptions = False  # type: ignore[attr-defined]
    page = await stranger.get("/breaks")
    assert page.status == 500
    assert "Something broke on our side" in page
    assert "CANARY" not in page


async def test_a_wrong_method_is_a_page_too(site: Site) -> None:
    page = await site.stranger().post("/about")
    assert page.status == 405
    assert "That did not work" in page


async def test_joining_too_often_waits_and_keeps_the_name(site: Site) -> None:
    site.app.state.services = replace(site.app.state.services, limiter=Limiter(0.1))
    invite = await site.invite()
    for name in ("One", "Two"):
        assert (await site.stranger().post(f"/join/{invite.code}", {"display_name": name})).status == 303
    page = await site.stranger().post(f"/join/{invite.code}", {"display_name": "Three"})
    assert page.status == 429
    assert 'value="Three"' in page
    assert int(page.answer.headers["retry-after"]) > 0
    assert "That was too often" in page
    assert await site.uses(invite) == 2


async def test_past_the_limit_a_link_that_is_none_gets_the_same_page(site: Site) -> None:
    site.app.state.services = replace(site.app.state.services, limiter=Limiter(0.1))
    invite = await site.invite()
    for name in ("One", "Two"):
        await site.stranger().post(f"/join/{invite.code}", {"display_name": name})

    async def told(code: str) -> tuple[int, str]:
        page = await site.stranger().post(f"/join/{code}", {"display_name": "Three"})
        return page.status, re.sub(r"\d+ minutes", "", page.text.replace(code, ""))

    assert await told(invite.code) == await told("A" * len(invite.code))
