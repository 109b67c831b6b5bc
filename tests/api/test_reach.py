"""Whom a post reaches, and how it is told, over the API."""

import pytest

from channel import rooms
from channel.following import Wish, actions
from tests.api.conftest import Site, code_of, fields_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio


async def test_a_post_is_important_four_times_in_a_month(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    for number in range(4):
        post = await anna.made(f"/rooms/{room}/posts", {"text": f"P{number}", "important": True})
        assert post["important"] is True
    answer = await anna.post(f"/rooms/{room}/posts", {"text": "One more", "important": True})
    assert code_of(answer) == (409, "no_more_important")
    answer = await anna.post(f"/rooms/{room}/posts", {"text": "x", "silent": True, "morning": True})
    assert fields_of(answer) == {"silent"}
    assert (await anna.made(f"/rooms/{room}/posts", {"text": "x", "morning": True}))["important"] is False


async def test_the_forecast_and_the_report_are_for_those_who_work_here(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    bob = await site.member(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "Words"})
    found = await anna.found(f"/rooms/{room}/forecast")
    assert found["by_sending"]["now"] == {"at_once": 0, "later": 0, "not_told": 0}
    assert (found["important_left"], found["number"], found["times"]) == (4, 2, 0)
    told = await anna.found(f"/posts/{post['id']}/reach")
    assert (told["members"], told["may_see"], told["seen"], told["reasons"]) == (1, 1, 0, {})
    assert told["final_at"] > told["counted_at"]
    silent = await anna.made(f"/rooms/{room}/posts", {"text": "Hush", "silent": True})
    assert (await anna.found(f"/posts/{silent['id']}/reach"))["final_at"] is None
    for path in (f"/rooms/{room}/forecast", f"/posts/{post['id']}/reach"):
        assert (await bob.get(path)).status_code == 403
    group = await anna.made("/communities/anna/rooms", {"slug": "talk", "name": "Talk", "kind": "group"})
    assert (await anna.get(f"/rooms/{group['id']}/forecast")).status_code == 404


async def test_nobody_says_that_a_notice_was_shown_that_is_not_theirs(site: Site) -> None:
    anna = await site.creator()
    answer = await anna.post("/me/push/told", {"id": anna.account.id})  # type: ignore[union-attr]
    assert answer.status_code == 404


async def test_the_forecast_counts_who_follows_without_an_account_apart(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    async with site.db.write() as tx:
        community = (await rooms.one(tx, room)).community_id
        for number in range(12):
            wish = Wish(community, f"reader{number}@example.net", "daily" if number else "instant", "en")
            await actions.confirm(tx, await actions.confirmation(tx, wish))
    found = (await anna.found(f"/rooms/{room}/forecast"))["outside"]
    assert (found["followers"], found["closed"]) == (12, False)
    assert found["by_way"]["push"]["now"] == {"at_once": 0, "later": 0, "not_told": 0}
    assert found["by_way"]["mail"]["now"] in (
        {"at_once": 0, "later": 10, "not_told": 0},
        {"at_once": 0, "later": 0, "not_told": 10},  # where the server sends no mail
    )
    closed = (await anna.found(f"/rooms/{room}/forecast", min_rank=0))["outside"]
    assert closed == {"followers": 12, "closed": True, "by_way": {}}
    assert fields_of(await anna.get(f"/rooms/{room}/forecast", min_rank=-1)) == {"min_rank"}


async def test_the_forecast_knows_tags(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    async with site.db.write() as tx:
        community = (await rooms.one(tx, room)).community_id
        for number in range(12):
            wish = Wish(community, f"reader{number}@example.net", "instant", "en", tag="tour")
            await actions.confirm(tx, await actions.confirmation(tx, wish))
    for asked, not_told in (("", 10), ("?tags=Tour,12", 0), ("?teaser_tags=tour", 0), ("?tags=other", 10)):
        found = (await anna.found(f"/rooms/{room}/forecast{asked}"))["outside"]["by_way"]["mail"]["now"]
        assert found["not_told"] == (not_told if site.settings.smtp else 10)
