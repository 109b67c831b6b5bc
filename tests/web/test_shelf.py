"""Pages kept for strangers: never older than what was acknowledged, never somebody's own, never given to somebody."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import update

from channel import accounts, communities, posts
from channel.errors import Unavailable
from channel.members import governing
from channel.posts import Draft, pins
from channel.posts.queries import by_seq
from channel.storage import Tx
from channel.storage.tables import instance
from channel.web import room, shelf
from channel.web.feed import DAY_MS
from tests.cast import person
from tests.web.conftest import Browser, Page, Site

ROOM = "/@anna/news"


@pytest.fixture(autouse=True)
async def set_up(site: Site) -> None:
    """The instance has an owner, so that strangers are shown its front page."""
    async with site.db.write() as tx:
        await tx.run(update(instance).values(setup_at=tx.now))


async def kept(browser: Browser, path: str) -> Page:
    """The page, asked for twice: the second time it comes from the shelf."""
    first, second = await browser.get(path), await browser.get(path)
    assert first.status == second.status == 200, (first.status, path)
    assert first.text == second.text
    return second


async def at_rest(site: Site, path: str) -> bool:
    """Whether the page was asked for without anything (the worker, after a post) being written meanwhile."""
    version = site.db.version()
    await site.stranger().get(path)
    await asyncio.sleep(0.05)
    return site.db.version() == version


@pytest.mark.parametrize("path", [ROOM, "/@anna", "/", "/@anna/news/1"])
async def test_a_second_stranger_is_given_the_same_page_without_a_look_at_the_data(
    site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await site.post("Hello everybody")
    await site.stranger().get(path)
    while not (await at_rest(site, path)):
        pass

    def closed(**_: object) -> None:
        raise AssertionError("the data was read")

    monkeypatch.setattr(site.db, "read", closed)
    assert (await site.stranger().get(path)).status == 200
    with pytest.raises(AssertionError):
        await site.stranger().get(path + "?after=0")


async def test_the_browser_is_told_to_ask_again_and_hears_304(site: Site) -> None:
    await site.post("Hello")
    stranger = site.stranger()
    page = await stranger.get(ROOM)
    etag = page.answer.headers["etag"]
    for has in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = await stranger.get(ROOM, **{"if-none-match": has})
        assert again.status == 304 and not again.answer.content, has
        assert again.answer.headers["etag"] == etag
        assert (
            again.answer.headers["cache-control"]
            == page.answer.headers["cache-control"]
            == "private, no-cache"
        )
        assert (
            again.answer.headers["vary"]
            == page.answer.headers["vary"]
            == "cookie, accept-language, accept-encoding"
        )
        assert "content-security-policy" in again.answer.headers
    assert (await stranger.get(ROOM, **{"if-none-match": '"other"'})).status == 200
    await site.post("More")
    changed = await stranger.get(ROOM, **{"if-none-match": etag})
    assert changed.status == 200 and "More" in changed and changed.answer.headers["etag"] != etag


async def test_head_is_answered_like_get(site: Site) -> None:
    stranger = site.stranger()
    page = await kept(stranger, ROOM)
    head = await stranger.head(ROOM)
    assert (
        head.status == 200 and head.answer.headers["content-length"] == page.answer.headers["content-length"]
    )


async def test_language_theme_and_place_in_the_room_have_pages_of_their_own(site: Site) -> None:
    await site.post("Hello")
    english, german, dark = site.stranger(), site.stranger("de"), site.stranger()
    dark.http.cookies.set("theme", "dark", domain="channel.test")
    pages = [
        await kept(english, ROOM),
        await kept(german, ROOM),
        await kept(dark, ROOM),
        await kept(english, ROOM + "?before=1"),
    ]
    assert [page.text.count('lang="de"') > page.text.count('lang="en"') for page in pages] == [
        False,
        True,
        False,
        False,
    ]
    assert ['data-theme="dark"' in page for page in pages] == [False, False, True, False]
    assert "<article" in pages[0] and "<article" not in pages[3]
    chosen = site.stranger("en")
    chosen.http.cookies.set("language", "de", domain="channel.test")
    assert (await chosen.get(ROOM)).text == pages[1].text


Change = Callable[[Site], Awaitable[object]]


async def by_anna(site: Site, verb: Callable[..., Awaitable[object]], *given: object, **more: object) -> None:
    """A verb that Anna may use on her community, in a transaction of its own."""
    async with site.db.write() as tx:
        community = await communities.one(tx, site.anna.community.id)
        await verb(tx, await site.anna.by(tx, site.anna.owner), community, *given, **more)


async def on_the_first_post(site: Site, verb: Callable[..., Awaitable[object]], *given: object) -> None:
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await verb(tx, by, await by_seq(tx, site.anna.news.id, 1), *given)


async def _edit(site: Site) -> None:
    await on_the_first_post(site, posts.edit, await posts.prepare(Draft.parse("Said otherwise"), rooms={}))


async def _rename(site: Site) -> None:
    async with site.db.write() as tx:
        profile = {"handle": None, "avatar": "", "hue": 1, "language": None, "theme": None}
        await accounts.actions.update_profile(tx, site.anna.owner.id, name="Anna Renamed", **profile)  # type: ignore[arg-type]


async def _seen(site: Site) -> None:
    bob = await person(site.db, "Bob")
    async with site.db.write() as tx:
        await posts.seen(tx, site.anna.news, {bob.id: (0, 1)})


CHANGES: dict[str, Change] = {
    "post": lambda site: site.post("Something new"),
    "edit": _edit,
    "delete": lambda site: on_the_first_post(site, posts.delete),
    "pin": lambda site: on_the_first_post(site, pins.pin, 1),
    "views": _seen,
    "author": _rename,
    "member": lambda site: site.anna.member("Carl"),
    "room": lambda site: by_anna(site, governing.edit_room, site.anna.news, name="Renamed"),
    "another room": lambda site: site.anna.room("second"),
    "community": lambda site: by_anna(site, governing.edit_community, name="Renamed"),
    "closed": lambda site: by_anna(site, governing.close),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_what_was_acknowledged_is_on_the_next_page(site: Site, change: str) -> None:
    """The clock stands still, so nothing goes by growing old."""
    await site.post("Hello")
    stranger, afresh = site.stranger(), site.stranger()
    afresh.http.cookies.set("channel", "nobody-knows-this-one", domain="channel.test")  # passes the shelf by
    before = (await kept(stranger, ROOM)).text
    await CHANGES[change](site)
    after = await stranger.get(ROOM)
    assert after.text == (await afresh.get(ROOM)).text != before


async def test_a_tier_that_is_renamed_is_renamed_on_kept_pages(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    await site.post("For gold", min_rank=10)
    stranger = site.stranger()
    assert "Gold" in await kept(stranger, ROOM)
    await by_anna(site, governing.edit_tier, gold, name="Platinum")
    after = await stranger.get(ROOM)
    assert "Platinum" in after and "Gold" not in after


async def test_a_page_that_was_being_made_while_something_was_committed_is_not_given_out_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reader looked before the commit, and lays its page on the shelf after it."""
    await site.post("Hello")

    async def late(tx: Tx, request: object, place: object, one: object) -> dict[str, object]:
        found = await look(tx, request, place, one)  # type: ignore[arg-type]
        await site.post("Committed meanwhile")
        return found

    look = room._feed
    monkeypatch.setattr(room, "_feed", late)
    stranger = site.stranger()
    first = await stranger.get(ROOM)
    monkeypatch.setattr(room, "_feed", look)
    assert "Committed meanwhile" not in first
    assert "Committed meanwhile" in await stranger.get(ROOM)


async def test_what_another_node_wrote_is_seen_a_second_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PostgreSQL node does not hear of the commits of others: here of none at all."""
    monkeypatch.setattr(site.db, "version", lambda: 1)
    stranger = site.stranger()
    await kept(stranger, ROOM)
    await site.post("From elsewhere")
    site.clock.forward(shelf.LIFE_MS)
    assert "From elsewhere" in await stranger.get(ROOM)


async def test_a_clock_that_was_set_back_makes_nothing_last_longer(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site.db, "version", lambda: 1)
    stranger = site.stranger()
    await kept(stranger, ROOM)
    await site.post("From elsewhere")
    site.clock.forward(-24 * 3600 * 1000)
    assert "From elsewhere" in await stranger.get(ROOM)


async def test_days_go_by_on_kept_pages(site: Site) -> None:
    await site.post("Hello")
    stranger = site.stranger()
    assert ">Today<" in await kept(stranger, ROOM)
    site.clock.forward(DAY_MS)
    assert ">Yesterday<" in await stranger.get(ROOM)


@pytest.mark.parametrize("path", [ROOM, "/@anna", "/", "/@anna/news/1"])
async def test_a_page_of_somebody_is_never_laid_down_nor_a_kept_one_given_to_them(
    site: Site, path: str
) -> None:
    gold = await site.anna.tier("Gold", 10)
    await site.post("Paid words", min_rank=10, teaser="A teaser")
    bob = await site.browser(await site.anna.member("Bob", tier=gold))
    stranger = site.stranger()
    for _ in range(2):
        own = await bob.get(path)
        assert own.answer.headers["cache-control"] == "private, no-store"
        assert "etag" not in own.answer.headers
        assert "Paid words" in own
        foreign = await kept(stranger, path)
        assert "Paid words" not in foreign and "Bob" not in foreign
        assert own.text != foreign.text
    etag = foreign.answer.headers["etag"]
    assert (await bob.get(path, **{"if-none-match": etag})).status == 200
    bob.http.cookies.clear()
    assert (await bob.get(path)).text == foreign.text


async def test_a_cookie_nobody_knows_and_a_token_pass_the_shelf_by(site: Site) -> None:
    await kept(site.stranger(), ROOM)
    stale = site.stranger()
    stale.http.cookies.set("channel", "nobody-knows-this-one", domain="channel.test")
    assert (await stale.get(ROOM)).answer.headers["cache-control"] == "private, no-store"
    page = await site.stranger().get(ROOM, authorization="Bearer nothing")
    assert page.answer.headers["cache-control"] == "private, no-store"


async def test_a_community_made_private_is_gone_at_once_and_back_at_once(site: Site) -> None:
    await site.post("Hello")
    stranger = site.stranger()
    for path in (ROOM, "/@anna", "/@anna/news/1"):
        await kept(stranger, path)
    assert "/@anna" in await kept(stranger, "/")
    await by_anna(site, governing.edit_community, visibility="private")
    for path in (ROOM, "/@anna", "/@anna/news/1"):
        for _ in range(2):
            gone = await stranger.get(path)
            assert gone.status == 404 and gone.answer.headers["cache-control"] == "private, no-store"
    assert "/@anna" not in await stranger.get("/")
    await by_anna(site, governing.edit_community, visibility="public")
    assert "Hello" in await kept(stranger, ROOM)


async def test_a_room_that_is_locked_keeps_nothing(site: Site) -> None:
    await site.post("Hello")
    stranger = site.stranger()
    await kept(stranger, ROOM)
    await by_anna(site, governing.edit_room, site.anna.news, min_rank=0)
    for _ in range(2):
        locked = await stranger.get(ROOM)
        assert locked.status == 403 and "Hello" not in locked and "etag" not in locked.answer.headers


async def test_a_post_that_is_locked_later_is_gone_from_kept_pages(site: Site) -> None:
    await site.anna.tier("Gold", 10)
    await site.post("Once open words")
    stranger = site.stranger()
    for path in (ROOM, "/@anna", "/@anna/news/1"):
        assert "Once open words" in await kept(stranger, path)
    rendered = await posts.prepare(Draft.parse("Once open words", min_rank=10, teaser="A teaser"), rooms={})
    await on_the_first_post(site, posts.edit, rendered)
    for path in (ROOM, "/@anna", "/@anna/news/1"):
        assert "Once open words" not in await stranger.get(path)


async def test_a_foreign_host_and_a_long_question_find_nothing_kept(site: Site) -> None:
    stranger = site.stranger()
    await kept(stranger, ROOM)
    assert (await stranger.get(ROOM, host="evil.test")).status == 400
    assert "etag" not in (await stranger.get(f"{ROOM}?{'x' * 65}")).answer.headers
    assert (await stranger.post(ROOM)).status == 405


async def test_the_name_of_the_instance_is_new_on_kept_pages(site: Site) -> None:
    stranger = site.stranger()
    assert "<title>Channel</title>" in await kept(stranger, "/")
    site.app.state.instance_name = "Harbour"
    assert "<title>Harbour</title>" in await stranger.get("/")


async def test_a_database_that_is_away_is_said_so_in_spite_of_kept_pages(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = site.stranger()
    await kept(stranger, ROOM)

    def away(*_: object, **__: object) -> None:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(site.db, "version", away)
    monkeypatch.setattr(site.db, "read", away)
    answer = await stranger.get(ROOM)
    assert answer.status == 503 and answer.answer.headers["cache-control"] == "private, no-store"
