"""The server answers under its own name only, or a page could be served as another site's."""

import pytest

from tests.web.conftest import Site

FOREIGN = [
    "evil.example",
    "channel.test.evil.example",
    "127.0.0.1",
    "channel.test@evil.example",
    "channel.test, a",
    "",
]


@pytest.mark.parametrize("host", FOREIGN)
async def test_only_its_own_name_is_answered(fresh: Site, host: str) -> None:
    page = await fresh.stranger().get("/", host=host)
    assert page.status == 400
    assert "CHANNEL_URL" in page


@pytest.mark.parametrize("host", ["channel.test", "CHANNEL.test:8443"])
async def test_its_own_name_is_taken_in_any_case_and_with_any_port(fresh: Site, host: str) -> None:
    assert (await fresh.stranger().get("/", host=host)).status != 400
