"""How much of a community one lets through: on the page, and from the link in a letter without signing in."""

import pytest

from channel import notices
from channel.notices.limits import limits
from channel.notices.links import Ends, sealed
from channel.notices.model import Limit
from tests.web.conftest import Site
from tests.web_account.test_notices import choose, reader

DAY_MS = 24 * 3_600_000


async def test_somebody_says_how_many_a_week_and_wants_quiet_for_a_while(site: Site) -> None:
    bob = await reader(site)
    browser, here = await site.browser(bob), site.anna.community.id
    for fields, kept in (
        ({"per_week": "3", "mute": "7"}, Limit(3, site.clock() + 7 * DAY_MS)),
        ({"per_week": "5", "mute": ""}, Limit(5, site.clock() + 7 * DAY_MS)),
        ({"per_week": "5", "mute": "off"}, Limit(5)),
        ({"per_week": "", "mute": ""}, None),
    ):
        typed = {f"{name}-{here}": value for name, value in fields.items()}
        answer = await browser.post("/account/notices/anna/limit", typed)
        assert answer.status == 303, answer.text[:500]
        async with site.db.read() as tx:
            assert (await limits(tx, bob.id)).get(here) == kept


@pytest.mark.parametrize(("name", "value"), [("per_week", "99"), ("per_week", "x"), ("mute", "forever")])
async def test_what_cannot_be_is_refused_in_words(site: Site, name: str, value: str) -> None:
    bob = await reader(site)
    answer = await (await site.browser(bob)).post(
        "/account/notices/anna/limit", {f"{name}-{site.anna.community.id}": value}
    )
    assert answer.status == 422, answer.text[:500]


@pytest.mark.parametrize("what", ["important", "week"])
async def test_the_link_in_a_letter_offers_less_without_signing_in(site: Site, what: str) -> None:
    bob = await reader(site)
    await choose(site, bob, "instant")
    here = site.anna.community.id
    path = f"/notices/off/{sealed(site.app.state.services.secret, Ends(bob.id, here))}"
    outside = site.make_client()
    looked = await outside.get(path)
    assert f'value="{what}"' in looked.text
    done = await outside.post(path, data={"what": what})
    assert done.status_code == 200, done.text[:500]
    async with site.db.read() as tx:
        rules = {rule.how for rule in await notices.rules(tx, bob.id)}
        held = await limits(tx, bob.id)
    assert rules == ({"important"} if what == "important" else {"instant"})
    assert (here in held) is (what == "week")
