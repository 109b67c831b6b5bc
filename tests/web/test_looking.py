"""Addresses are opened by more than people: link scanners, previews, the browser's own guess. Opening does nothing."""

from tests.cast import person
from tests.web.conftest import Site


async def test_looking_joins_nobody_who_is_signed_in(site: Site) -> None:
    bob = await person(site.db, "Bob")
    browser, invite = await site.browser(bob), await site.invite(max_uses=1)
    for _ in range(3):
        assert (await browser.get(f"/join/{invite.code}")).status == 200
        assert (await browser.head(f"/join/{invite.code}")).status == 200
    assert await site.uses(invite) == 0
    assert (await site.anna.refresh()).member_count == 1
