"""Private feeds: what their owner may see at that moment, under an address that is a secret and can end."""

import json
import re
from pathlib import Path

import pytest
from sqlalchemy import select

from channel import accounts, feeds
from channel.accounts import Account, tokens
from channel.errors import Conflict, Forbidden
from channel.feeds.actions import sweep
from channel.feeds.model import GONE_MS, MAX_LIVE
from channel.feeds.seal import Seal
from channel.feeds.tables import feeds as feed_table
from channel.ids import token_hash
from channel.media import changing
from channel.members import actions, governing, joining
from channel.tiers import Tier
from channel.viewing import scrub
from tests.cast import creator, person
from tests.feeds.readers import FORMS, ITUNES, below, items, one_of, own_feed, said
from tests.posts import writing
from tests.topics import talking
from tests.web.conftest import HOST, Browser, Page, Site
from tests.web.test_playing import voice

READ = ("feed.atom", "feed.rss", "feed.json")


async def gold_of(site: Site) -> Tier:
    gold = await site.anna.tier("Gold", 10)
    await site.post("For all")
    await site.post("CNRY for gold", min_rank=10, teaser="A teaser")
    return gold


async def text_of(site: Site, place: str, name: str = "feed.atom") -> str:
    page = await site.stranger().get(f"{place}/{name}")
    items(name, page)
    return page.answer.text


@pytest.mark.parametrize("name", READ)
async def test_it_shows_what_the_pass_opens(site: Site, name: str) -> None:
    gold = await gold_of(site)
    rich, poor = await site.anna.member("rich", tier=gold), await site.anna.member("poor")
    _, place = await own_feed(site, rich)
    newest, _ = items(name, await site.stranger().get(f"{place}/{name}"))
    assert "CNRY for gold" in newest.html
    _, place = await own_feed(site, poor)
    assert "CNRY" not in await text_of(site, place, name)


async def test_what_is_seen_is_judged_at_every_request(site: Site) -> None:
    """Given a tier, it opens; taken away, it closes; gone, it is a guest's; banned, it is nothing."""
    gold = await gold_of(site)
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    assert "CNRY" not in await text_of(site, place)
    await give(site, member, gold)
    assert "CNRY" in await text_of(site, place)
    await give(site, member, site.anna.free)
    assert "CNRY" not in await text_of(site, place)
    await give(site, member, gold)
    async with site.db.write() as tx:
        await joining.leave(tx, member.id, site.anna.community)
    assert "CNRY" not in await text_of(site, place) and "A teaser" in await text_of(site, place)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await joining.join(tx, member, await site.anna.refresh())
        await actions.ban(tx, by, site.anna.community, member.id, reason="x")
    banned = await site.stranger().get(f"{place}/feed.atom")
    assert banned.status == 403 and banned.text == "You are banned from this community.\n"


async def give(site: Site, account: Account, tier: Tier) -> None:
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.give_tier(tx, by, site.anna.community, [account.id], tier.id)


async def test_of_a_private_community_one_who_left_sees_nothing(site: Site) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await governing.edit_community(tx, by, site.anna.community, visibility="private")
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 200
    async with site.db.write() as tx:
        await joining.leave(tx, member.id, site.anna.community)
    gone = await site.stranger().get(f"{place}/feed.atom")
    assert gone.status == 404 and "There is no such community." in gone.text


async def test_a_room_that_closes_leaves_an_empty_feed(site: Site) -> None:
    """It comes back to life with the pass, so a reader must not drop it."""
    gold = await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    await site.post("CNRY in the vault", room=vault)
    member = await site.anna.member("bob", tier=gold)
    _, place = await own_feed(site, member, vault)
    assert "CNRY" in await text_of(site, place)
    await give(site, member, site.anna.free)
    assert items("feed.atom", await site.stranger().get(f"{place}/feed.atom")) == []
    await give(site, member, gold)
    assert "CNRY" in await text_of(site, place)


async def test_all_rooms_are_the_channels_that_one_may_read(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    circle, vault = await site.anna.room("circle", min_rank=0), await site.anna.room("vault", min_rank=10)
    group = await talking.group(site.anna, "talk")
    await site.post("In the circle", room=circle)
    await site.post("CNRY in the vault", room=vault)
    await talking.say(site.anna, group, "In the group", topic=await talking.start(site.anna, group, "T"))
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    assert [one.title for one in items("feed.json", await site.stranger().get(f"{place}/feed.json"))] == [
        "In the circle"
    ]
    _, place = await own_feed(site, member, group)
    assert "In the group" in await text_of(site, place)


async def test_whoever_asks_sees_with_its_owners_eyes(site: Site) -> None:
    """The cookie of somebody with more is nothing here."""
    await gold_of(site)
    _, place = await own_feed(site, await site.anna.member("bob"))
    owner = await site.browser(site.anna.owner)
    assert "CNRY" not in (await owner.get(f"{place}/feed.atom")).answer.text


async def test_its_headers_let_nothing_keep_it_and_nothing_find_it(site: Site) -> None:
    _, place = await own_feed(site, await site.anna.member("bob"))
    for address, status in (
        (f"{place}/feed.atom", 200),
        (f"{place}/media/x/file", 404),
        ("/feeds/none/feed.atom", 404),
    ):
        answer = (await site.stranger().get(address)).answer
        assert answer.status_code == status
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-robots-tag"] == "noindex"
        assert answer.headers["referrer-policy"] == "strict-origin"
        assert "set-cookie" not in answer.headers
    assert scrub(f"{place}/media/x/file") == "/feeds/…"


async def test_it_is_asked_for_again_as_a_public_one_is(site: Site) -> None:
    await gold_of(site)
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    etag = (await site.stranger().get(f"{place}/feed.atom")).answer.headers["etag"]
    again = await site.stranger().get(f"{place}/feed.atom", **{"if-none-match": etag})
    assert again.status == 304 and not again.answer.content
    assert again.answer.headers["cache-control"] == "private, no-store"
    await give(site, member, (await tiers_of(site))["Gold"])
    assert (await site.stranger().get(f"{place}/feed.atom", **{"if-none-match": etag})).status == 200


async def tiers_of(site: Site) -> dict[str, Tier]:
    from channel import tiers

    async with site.db.read() as tx:
        return {tier.name: tier for tier in await tiers.of_community(tx, site.anna.community.id)}


async def test_its_entries_are_nobody_elses(site: Site) -> None:
    """A service that keeps entries by their ids must not show one reader what it fetched for another."""
    await gold_of(site)
    one, other = await site.anna.member("one"), await site.anna.member("other")
    places = ["/@anna", (await own_feed(site, one))[1], (await own_feed(site, other))[1]]
    ids = [
        {entry.id for entry in items("feed.atom", await site.stranger().get(f"{place}/feed.atom"))}
        for place in places
    ]
    assert all(ids) and len(set.union(*ids)) == sum(map(len, ids))


@pytest.mark.parametrize("name", FORMS)
async def test_a_revoked_one_says_so_and_one_that_never_was_says_less(site: Site, name: str) -> None:
    member = await site.anna.member("bob")
    feed, place = await own_feed(site, member)
    assert (await site.stranger().get(f"{place}/{name}")).status == 200
    async with site.db.write() as tx:
        await feeds.revoke(tx, member.id, feed.id)
    gone = await site.stranger("de").get(f"{place}/{name}")
    assert gone.status == 410 and gone.text.startswith("Dieser Feed wurde widerrufen.")
    assert gone.answer.headers["content-type"] == "text/plain; charset=utf-8"
    site.clock.forward(GONE_MS + 1)
    async with site.db.write() as tx:
        await sweep(tx)
    assert (await site.stranger().get(f"{place}/{name}")).status == 404
    for odd in ("x", "%00", "a" * 43, "a" * 300, "%ed%a0%80"):
        assert (await site.stranger().get(f"/feeds/{odd}/{name}")).status == 404, odd


async def test_a_new_address_ends_the_old_one_and_keeps_the_entries(site: Site) -> None:
    await gold_of(site)
    member = await site.anna.member("bob")
    feed, place = await own_feed(site, member)
    before = items("feed.atom", await site.stranger().get(f"{place}/feed.atom"))
    async with site.db.write() as tx:
        fresh = await feeds.renew(tx, Seal(site.app.state.services.secret), member.id, feed.id)
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 410
    after = items("feed.atom", await site.stranger().get(f"/feeds/{fresh.secret}/feed.atom"))
    assert [one.id for one in after] == [one.id for one in before], "nothing is new to a reader"


@pytest.mark.parametrize("how", ["suspended", "deleted"])
async def test_with_its_account_it_goes(site: Site, how: str) -> None:
    member = await site.anna.member("bob")
    _, place = await own_feed(site, member)
    browser = await site.browser(member)
    if how == "suspended":
        async with site.db.write() as tx:
            await accounts.suspend(tx, member.id)
    else:
        assert (await browser.post("/account/delete", {"typed_name": "bob"})).status == 303
        async with site.db.read() as tx:
            assert not await tx.all(select(feed_table).where(feed_table.c.account_id == member.id))
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 404


async def test_the_secret_is_long_and_stored_closed(site: Site) -> None:
    feed, _ = await own_feed(site, await site.anna.member("bob"))
    assert feed.secret and len(feed.secret) >= 43
    async with site.db.read() as tx:
        (row,) = await tx.all(select(feed_table))
    assert feed.secret not in repr(row) and row.secret_hash == token_hash(feed.secret)
    assert Seal(b"another key, of another server.").open(row.secret_sealed, feed.id) is None


async def test_who_may_make_one(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    vault = await site.anna.room("vault", min_rank=10)
    outsider, poor, rich = (
        await person(site.db),
        await site.anna.member("poor"),
        await site.anna.member("rich", tier=gold),
    )
    for account, room, code in ((outsider, None, "not_in"), (poor, vault, "room_locked")):
        with pytest.raises(Forbidden) as refused:
            await own_feed(site, account, room)
        assert refused.value.code == code
    first, _ = await own_feed(site, rich, vault)
    second, _ = await own_feed(site, rich, vault)
    assert second == first, "of each there is one"
    assert (await own_feed(site, rich))[0].id != first.id


async def test_an_account_has_fifty_at_most(site: Site) -> None:
    member = await site.anna.member("bob")
    for number in range(MAX_LIVE):
        await own_feed(site, member, await site.anna.room(f"room{number}", min_rank=0))
    with pytest.raises(Conflict):
        await own_feed(site, member)


async def test_sounds_and_pictures_lie_under_its_secret(site: Site, tmp_path: Path) -> None:
    """Whole and in parts, without a cookie; and no longer than their post is open to its owner."""
    gold = await site.anna.tier("Gold", 10)
    one, _ = await voice(site, tmp_path, min_rank=10, teaser="Later")
    member = await site.anna.member("bob", tier=gold)
    feed, place = await own_feed(site, member)
    page = await site.stranger().get(f"{place}/podcast.rss")
    (episode,) = items("podcast.rss", page)
    ((address, kind, length),) = episode.enclosures
    assert address == f"{HOST}{place}/media/{one.id}/sound.m4a" and kind == "audio/mp4"
    got = await site.stranger().get(below(address))
    assert (got.status, len(got.answer.content)) == (200, int(length))
    assert got.answer.headers["cache-control"] == "private, no-store"
    part = await site.stranger().get(below(address), range="bytes=5-9")
    assert (part.status, part.answer.content) == (206, got.answer.content[5:10])
    known = await site.stranger().get(below(address), **{"if-none-match": got.answer.headers["etag"]})
    assert known.status == 304 and known.answer.headers["cache-control"] == "private, no-store"
    async with site.db.write() as tx:
        await changing.chapter(tx, await site.anna.by(tx, site.anna.owner), one, "0:00 Welcome")
    listed = re.search(
        r'podcast:chapters url="([^"]+)"', (await site.stranger().get(f"{place}/podcast.rss")).text
    )
    assert listed and listed[1] == f"{HOST}{place}/media/{one.id}/chapters.json"
    told = await site.stranger().get(below(listed[1]))
    assert (told.status, told.answer.headers["cache-control"]) == (200, "private, no-store")
    assert "Welcome" in told.text
    assert (await site.stranger().get(f"/media/{one.id}/sound.m4a")).status == 404, "not without the secret"
    await give(site, member, site.anna.free)
    for gone in (address, listed[1]):
        assert (await site.stranger().get(below(gone))).status == 404
    assert (await site.stranger().get(f"{place}/podcast.rss")).answer.text.count("<item>") == 0
    await give(site, member, gold)
    async with site.db.write() as tx:
        await feeds.revoke(tx, member.id, feed.id)
    assert (await site.stranger().get(below(address))).status == 410


async def test_a_podcast_of_ones_own_is_blocked_from_directories(site: Site, tmp_path: Path) -> None:
    from xml.etree.ElementTree import fromstring

    await voice(site, tmp_path)
    _, place = await own_feed(site, await site.anna.member("bob"))
    page = await site.stranger().get(f"{place}/podcast.rss")
    items("podcast.rss", page)
    assert said(one_of(fromstring(page.answer.content), "channel"), f"{ITUNES}block") == "yes"


async def test_the_feed_of_a_room_opens_files_of_that_room_alone(site: Site, tmp_path: Path) -> None:
    circle = await site.anna.room("circle", min_rank=0)
    there, _ = await voice(site, tmp_path, room=circle)
    here, _ = await voice(site, tmp_path)
    owner = site.anna.owner  # who may see every file of the community, in posts or not
    _, of_circle = await own_feed(site, owner, circle)
    _, of_all = await own_feed(site, owner)
    stranger = site.stranger()
    assert (await stranger.get(f"{of_circle}/media/{there.id}/sound.m4a")).status == 200
    assert (await stranger.get(f"{of_circle}/media/{here.id}/sound.m4a")).status == 404
    assert (await stranger.get(f"{of_all}/media/{here.id}/sound.m4a")).status == 200


async def test_what_no_post_carries_is_in_no_feed(site: Site) -> None:
    """An address that went around must not open what its owner only keeps here."""
    from tests.media.sending import photo, prepared, send

    desk = site.app.state.services.media
    kept = await send(desk, site.anna, photo())
    await prepared(site.db, desk, site.settings.data, kept)
    _, place = await own_feed(site, site.anna.owner)
    signed = await site.browser(site.anna.owner)
    assert (await signed.get(f"/media/{kept.id}/320.webp")).status == 200
    assert (await site.stranger().get(f"{place}/media/{kept.id}/320.webp")).status == 404


async def test_it_can_be_read_so_often_and_no_more(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, place = await own_feed(site, await site.anna.member("bob"))
    limiter = site.app.state.services.limiter
    monkeypatch.setitem(limiter._most, "feed", (3, 3_600))
    answers = [await site.stranger().get(f"{place}/feed.atom") for _ in range(5)]
    assert [one.status for one in answers] == [200, 200, 200, 429, 429]
    assert int(answers[-1].answer.headers["retry-after"]) > 0
    assert answers[-1].answer.headers["cache-control"] == "private, no-store"


# -- the page --------------------------------------------------------------------------------------------------------


def place_on(page: Page) -> str:
    found = re.search(rf"{HOST}(/feeds/[\w-]+)/feed.atom", page.text)
    assert found, page.text[:2000]
    return found[1]


async def bobs(site: Site) -> Browser:
    return await site.browser(await site.anna.member("bob"))


async def test_the_page_makes_copies_renews_and_revokes(site: Site) -> None:
    browser = await bobs(site)
    assert "No feed yet" in await browser.get("/account/feeds")
    made = await browser.follow("/account/feeds", {"of": "anna"})
    assert "Copy its address" in made
    place = place_on(made)
    for name in FORMS:
        assert f"{HOST}{place}/{name}" in made
    assert place_on(await browser.get("/account/feeds")) == place, "it is shown again"
    id_ = re.search(r"/account/feeds/([\w-]+)/renew", made.text)
    assert id_
    renewed = await browser.follow(f"/account/feeds/{id_[1]}/renew")
    fresh = place_on(renewed)
    assert fresh != place
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 410
    assert (await site.stranger().get(f"{fresh}/feed.atom")).status == 200
    id_ = re.search(r"/account/feeds/([\w-]+)/revoke", renewed.text)
    assert id_
    assert "No feed yet" in await browser.follow(f"/account/feeds/{id_[1]}/revoke")
    assert (await site.stranger().get(f"{fresh}/feed.atom")).status == 410


async def test_the_page_offers_what_one_may_read(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    browser = await bobs(site)
    page = await browser.get("/account/feeds?of=anna")
    assert 'value="anna/news"' in page.text and "anna/vault" not in page.text
    assert 'value="anna" selected' in page.text
    made = await browser.follow("/account/feeds", {"of": "anna/news"})
    assert "News" in made


@pytest.mark.parametrize(
    ("of", "status"), [("", 422), ("nobody", 422), ("anna/none", 422), ("zoe", 422), ("anna/vault", 403), ("%00", 422)]
)  # fmt: skip
async def test_the_page_says_what_cannot_be_made(site: Site, of: str, status: int) -> None:
    await site.anna.tier("Gold", 10)
    await site.anna.room("vault", min_rank=10)
    await creator(site.db, "zoe", visibility="private")
    browser = await bobs(site)
    refused = await browser.post("/account/feeds", {"of": of})
    assert refused.status == status
    assert ('aria-invalid="true"' in refused.text) == (status == 422)


async def test_nobody_touches_anothers(site: Site) -> None:
    feed, place = await own_feed(site, await site.anna.member("alice"))
    browser = await bobs(site)
    for act in ("renew", "revoke"):
        assert (await browser.post(f"/account/feeds/{feed.id}/{act}")).status == 404
    assert feed.secret not in (await browser.get("/account/feeds")).text  # type: ignore[operator]
    assert (await site.stranger().get(f"{place}/feed.atom")).status == 200


async def test_the_page_speaks_german(site: Site) -> None:
    browser = await site.browser(await site.anna.member("bob"), "de")
    assert "Noch kein Feed" in await browser.get("/account/feeds")
    assert "Dein eigener Feed" in await browser.get("/@anna/feeds")


async def test_a_key_that_was_lost_hides_the_address_and_keeps_the_feed(site: Site) -> None:
    member = await site.anna.member("bob")
    await own_feed(site, member)
    async with site.db.write() as tx:
        await tx.run(feed_table.update().values(secret_sealed=Seal(b"x" * 32).close("x", "y")))
    page = await (await site.browser(member)).get("/account/feeds")
    assert page.status == 200 and "cannot be shown any more" in page


# -- the API ---------------------------------------------------------------------------------------------------------


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


async def test_posts_by_whoever_wrote_them_stand_under_their_name(site: Site) -> None:
    editor = await site.anna.member("Edi")
    async with site.db.write() as tx:
        from channel.members import Role

        by = await site.anna.by(tx, site.anna.owner)
        await actions.give_role(tx, by, site.anna.community, editor.id, Role.EDITOR)
    await writing.post(site.anna, "By Edi", author=editor)
    assert "<name>Edi</name>" in await text_of(site, "/@anna")
