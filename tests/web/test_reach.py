"""The page of what a community reaches: off at first, and then the same for everybody."""

import html

from channel import communities
from channel.reach.model import Report
from channel.reach.strangers import Strangers
from tests.posts.writing import post
from tests.reach.test_open import REPORT, keeps
from tests.web.conftest import Site

PATH = "/@anna/reach"


async def switched(site: Site, *, on: bool) -> None:
    async with site.db.write() as tx:
        await communities.update_fields(tx, site.anna.community.id, reach_shown=on)


async def test_it_is_there_where_it_is_wanted_and_nowhere_else(site: Site) -> None:
    http = site.stranger().http
    unknown = await http.get("/@anna/nothing")
    before = await http.get(PATH)
    assert (before.status_code, unknown.status_code) == (404, 404)
    assert before.text.replace("/reach", "/nothing") == unknown.text, "it says nothing of a switch"
    assert PATH not in (await http.get("/@anna")).text
    assert (await http.get("/api/v1/communities/anna/reach")).status_code == 404
    await switched(site, on=True)
    page = await http.get(PATH)
    assert "Nothing to tell yet" in page.text
    assert f'href="{PATH}"' in (await http.get("/@anna")).text
    await switched(site, on=False)
    assert (await http.get(PATH)).status_code == 404


async def test_it_shows_sums_and_is_kept_for_strangers(site: Site) -> None:
    http = site.stranger().http
    await switched(site, on=True)
    for number in range(3):
        await keeps(site.anna, await post(site.anna, f"P{number}"))
    await keeps(site.anna, await post(site.anna, "Locked", min_rank=0), Report(outside=Strangers(17)))
    page = await http.get(PATH)
    text = html.unescape(page.text)
    for words in ("3 posts for everybody", "1 more was", "A notice reaches 66, and 77 see it.", "<b>120</b>"):
        assert words in text, words
    again = await http.get(PATH, headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304
    found = (await http.get("/api/v1/communities/anna/reach")).json()
    assert found["ways"] == {"push": 60, "mail": 120, "live": 30, "outside_push": 0, "outside_mail": 90}
    assert (found["posts"], found["locked"], found["followers"]) == (3, 1, 0)
    assert found["rooms"] == [{"room": "news", "posts": 3, "accepted": 66, "seen": 77}]
    assert REPORT.may_see == 90


async def test_it_is_said_in_german(site: Site) -> None:
    http = site.stranger().http
    await switched(site, on=True)
    page = await http.get(PATH, headers={"accept-language": "de"})
    assert "Noch nichts zu erzählen" in html.unescape(page.text)
