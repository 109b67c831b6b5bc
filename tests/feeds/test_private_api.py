"""Private feeds: the same for programs."""

import json

from channel.accounts import Account, tokens
from tests.feeds.readers import below
from tests.web.conftest import Site


async def token_of(site: Site, account: Account, *scopes: str) -> dict[str, str]:
    async with site.db.write() as tx:
        _, secret = await tokens.create_token(tx, account.id, name="t", scopes=scopes, days=None)
    return {"authorization": f"Bearer {secret}"}


async def test_programs_make_list_renew_and_revoke(site: Site) -> None:
    member = await site.anna.member("bob")
    headers = await token_of(site, member, "read", "post")
    http = site.make_client()
    made = await http.post("/api/v1/me/feeds", json={"community": "anna", "room": "news"}, headers=headers)
    assert made.status_code == 201
    feed = made.json()
    assert feed["room"] == "news" and feed["community"]["handle"] == "anna"
    atom = below(feed["addresses"]["atom"])
    assert (await http.get(atom)).status_code == 200
    again = await http.post("/api/v1/me/feeds", json={"community": "anna", "room": "news"}, headers=headers)
    assert again.status_code == 200 and again.json()["id"] == feed["id"]
    (listed,) = (await http.get("/api/v1/me/feeds", headers=headers)).json()["items"]
    assert listed == feed | {"addresses": None}
    renewed = await http.post(f"/api/v1/me/feeds/{feed['id']}/renew", headers=headers)
    assert renewed.status_code == 201 and (await http.get(atom)).status_code == 410
    fresh = renewed.json()
    assert (await http.delete(f"/api/v1/me/feeds/{fresh['id']}", headers=headers)).status_code == 204
    assert (await http.get(below(fresh["addresses"]["json"]))).status_code == 410
    assert (await http.delete(f"/api/v1/me/feeds/{fresh['id']}", headers=headers)).status_code == 404


async def test_a_program_that_may_only_read_makes_no_address_that_outlives_it(site: Site) -> None:
    headers = await token_of(site, await site.anna.member("bob"), "read")
    http = site.make_client()
    assert (
        await http.post("/api/v1/me/feeds", json={"community": "anna"}, headers=headers)
    ).status_code == 403
    assert (await http.get("/api/v1/me/feeds", headers=headers)).json() == {"items": []}


async def test_what_the_api_cannot_make_it_says_by_the_field(site: Site) -> None:
    headers = await token_of(site, await site.anna.member("bob"), "post")
    http = site.make_client()
    for body, field in (
        ({"community": "nobody"}, "community"),
        ({"community": "anna", "room": "none"}, "room"),
    ):
        refused = await http.post("/api/v1/me/feeds", json=body, headers=headers)
        assert refused.status_code == 422
        assert [one["field"] for one in json.loads(refused.content)["errors"]] == [field]
