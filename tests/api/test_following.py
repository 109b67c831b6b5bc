"""Following by mail without an account, over the API: asking tells nothing, and the token of the letters does the rest."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from channel import outbox
from channel.following import Wish, actions, links, queries
from channel.following.tables import followers
from channel.render.json import iso
from channel.tasks import FollowAsked
from tests.api.conftest import Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
ASK = "/communities/anna/follow"


def mailing(site: Site) -> None:
    services = site.app.state.services
    with_mail = replace(site.settings, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@channel.test")
    site.app.state.services = replace(services, settings=with_mail)


async def follows(site: Site, anna: Caller, email: str = "zoe@example.net") -> str:
    """The path of somebody who said yes."""
    community = await anna.found("/communities/anna")
    async with site.db.write() as tx:
        wish = Wish(community["id"], email, "instant", "en")
        made = await actions.confirm(tx, await actions.confirmation(tx, wish))
    return f"/follow/{links.sealed(site.app.state.services.secret, made.id)}"


async def asked(site: Site) -> int:
    """Letters that are going to be written."""
    async with site.db.read() as tx:
        kind = outbox.jobs.c.kind == FollowAsked.kind
        return int(await tx.value(select(func.count()).select_from(outbox.jobs).where(kind)))


async def test_asking_says_the_same_of_every_address_and_begins_nothing(site: Site) -> None:
    anna = await site.creator()
    assert (await site.nobody().post(ASK, {"email": "zoe@example.net"})).status_code == 404, "no mail"
    mailing(site)
    await follows(site, anna)
    said = [
        await site.nobody().post(ASK, {"email": email, "how": "daily"})
        for email in ("zoe@example.net", "new@example.net")
    ]
    assert [(one.status_code, one.json()) for one in said] == [(202, {"sent": True})] * 2
    assert await asked(site) == 2
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(followers)) == 1
    assert fields_of(await site.nobody().post(ASK, {"email": "nobody"})) == {"email"}
    assert fields_of(await site.nobody().post(ASK, {"email": "a@example.net", "zone": "Mars/Base"})) == {
        "zone"
    }
    assert fields_of(await site.nobody().post(ASK, {"email": "a@example.net", "how": "hourly"})) == {"how"}


async def test_the_hours_of_letters_are_those_of_the_zone_that_was_given(site: Site) -> None:
    await site.creator()
    mailing(site)
    given = {"email": "zoe@example.net", "how": "daily", "zone": "America/Los_Angeles"}
    assert (await site.nobody().post(ASK, given)).status_code == 202
    async with site.db.read() as tx:
        kind = outbox.jobs.c.kind == FollowAsked.kind
        data = await tx.value(select(outbox.jobs.c.data).where(kind))
    assert "America/Los_Angeles" in str(data)


async def test_the_same_key_sends_one_letter(site: Site) -> None:
    await site.creator()
    mailing(site)
    for _ in range(2):
        answer = await site.nobody().post(ASK, {"email": "zoe@example.net"}, key="0123456789abcdef0123")
        assert answer.status_code == 202
    assert await asked(site) == 1


async def test_nobody_is_bombed_through_the_api_either(site: Site) -> None:
    await site.creator()
    mailing(site)
    for number in range(3):
        answer = await site.nobody(f"203.0.113.{number}").post(ASK, {"email": "zoe@example.net"})
        assert answer.status_code == 202
    again = await site.nobody("203.0.113.9").post(ASK, {"email": "Zoe@example.net"})
    assert (again.status_code, await asked(site)) == (429, 3)


async def test_what_strangers_see_nothing_of_cannot_be_followed(site: Site) -> None:
    anna = await site.creator(visibility="private")
    mailing(site)
    for caller in (site.nobody(), anna):
        assert (await caller.post(ASK, {"email": "zoe@example.net"})).status_code == 404
    assert await asked(site) == 0


async def test_the_token_reads_changes_and_ends(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/rooms", {"slug": "more", "name": "More"})
    await anna.made("/communities/anna/rooms", {"slug": "vault", "name": "Vault", "min_rank": 0})
    mine, zoe = await follows(site, anna), site.nobody()
    found = await zoe.found(mine)
    assert (found["community"], found["address"], found["how"], found["rooms"]) == (
        "anna", "zoe@example.net", "instant", {},
    )  # fmt: skip
    wanted = {"how": "weekly", "zone": "Europe/Berlin", "hour": 7, "quiet_from": "22:00", "quiet_to": "07:30", "rooms": {"more": "none"}}  # fmt: skip
    changed = (await zoe.patch(mine, wanted)).json()
    assert changed == found | wanted
    assert (await zoe.patch(mine, {"rooms": {"more": None}})).json() == found | wanted | {"rooms": {}}
    assert (await zoe.patch(mine, {"quiet_from": None, "quiet_to": None})).json()["quiet_from"] is None
    until = iso(site.clock() + 3_600_000)
    assert (await zoe.patch(mine, {"muted_until": until})).json()["muted_until"] == until
    assert (await zoe.patch(mine, {"how": "daily"})).json()["muted_until"] == until, "what is not named stays"
    assert (await zoe.patch(mine, {"muted_until": None})).json()["muted_until"] is None
    assert (await zoe.patch(mine, {"per_week": 3})).json()["per_week"] == 3
    assert (await zoe.patch(mine, {"per_week": None})).json()["per_week"] is None
    assert fields_of(await zoe.patch(mine, {"per_week": 21})) == {"per_week"}
    for given, kept in (({}, False), ({"pictures": True}, True), ({}, True), ({"pictures": False}, False)):
        assert (await zoe.patch(mine, given)).json()["pictures"] is kept
    name = "important_passes"
    for given, kept in (({}, False), ({name: True}, True), ({}, True), ({name: False}, False)):
        assert (await zoe.patch(mine, given)).json()[name] is kept
    far = iso(site.clock() + 91 * 86_400_000)
    assert fields_of(await zoe.patch(mine, {"muted_until": far})) == {"muted_until"}
    for given, field in (({"rooms": {"vault": "none"}}, "rooms"), ({"zone": "Mars/Base"}, "zone")):
        assert fields_of(await zoe.patch(mine, given)) == {field}
    for _ in range(2):
        assert (await zoe.delete(mine)).status_code == 204
    assert (await zoe.get(mine)).status_code == 404
    async with site.db.read() as tx:
        assert await queries.count(tx, (await anna.found("/communities/anna"))["id"]) == 0


async def test_a_token_that_was_not_sealed_here_opens_nothing(site: Site) -> None:
    anna = await site.creator()
    mine = await follows(site, anna)
    forged = mine[:-5] + ("A" if mine[-5] != "A" else "B") + mine[-4:]
    for path in (forged, "/follow/x", "/follow/" + "a" * 300):
        assert code_of(await site.nobody().get(path))[0] == 404
        assert code_of(await site.nobody().patch(path, {}))[0] == 404
        assert code_of(await site.nobody().delete(path))[0] == 404


async def test_a_tag_is_asked_for_and_chosen(site: Site) -> None:
    anna = await site.creator()
    mailing(site)
    answer = await site.nobody().post(ASK, {"email": "zoe@example.net", "tag": "Tour"})
    assert answer.status_code == 202
    assert fields_of(await site.nobody().post(ASK, {"email": "zoe@example.net", "tag": "12"})) == {"tag"}
    mine = await follows(site, anna)
    assert (await site.nobody().found(mine))["tags"] == {}
    changed = await site.nobody().patch(mine, {"tags": {"#Tour": "none", "merch": "daily"}})
    assert changed.json()["tags"] == {"merch": "daily", "tour": "none"}
    changed = await site.nobody().patch(mine, {"tags": {"tour": None}})
    assert changed.json()["tags"] == {"merch": "daily"}
    assert fields_of(await site.nobody().patch(mine, {"tags": {"12": "none"}})) == {"tags"}
