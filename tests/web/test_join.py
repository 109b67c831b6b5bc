"""Joining by invite and by the front door, and every reason why not."""

import pytest

from channel.accounts import Account
from channel.members import State, actions, governing
from tests.cast import creator, person
from tests.web.conftest import DAY_MS, Site


async def state(site: Site, account: Account) -> State:
    return State((await site.anna.standing(account)).state)


async def joined(site: Site) -> int:
    return (await site.anna.refresh()).member_count


async def test_looking_at_an_invite_consumes_nothing(site: Site) -> None:
    invite = await site.invite(max_uses=1)
    before = await joined(site)
    for _ in range(3):
        page = await site.stranger().get(f"/join/{invite.code}")
        assert page.status == 200
        assert "set-cookie" not in page.answer.headers
        assert (await site.stranger().head(f"/join/{invite.code}")).status == 200
    assert await site.uses(invite) == 0
    assert await joined(site) == before
    assert "1 place is left" in page
    assert "Anna</b> invites you" in page


async def test_a_name_and_one_press_lead_into_the_room(site: Site) -> None:
    await site.post("Read me")
    invite, bob = await site.invite(), site.stranger("de")
    sent = await bob.post(f"/join/{invite.code}", {"display_name": "  Bob  "})
    assert (sent.status, sent.location) == (303, "/@anna/news?welcome=1#newest")
    room = await bob.get("/@anna/news?welcome=1")
    assert "Read me" in room
    assert "/@anna/hello" in room
    assert 'data-unread="0"' in await bob.get("/")  # what was there before is no news to a newcomer
    assert await site.uses(invite) == 1


async def test_who_is_signed_in_joins_as_themselves(site: Site) -> None:
    cara = await person(site.db, "Cara")
    browser, invite = await site.browser(cara), await site.invite()
    page = await browser.get(f"/join/{invite.code}")
    assert "You come as Cara" in page
    assert "display_name" not in page
    await browser.follow(f"/join/{invite.code}")
    assert await state(site, cara) is State.ACTIVE


async def test_a_bad_name_is_named_and_kept_and_nobody_is_made(site: Site) -> None:
    invite = await site.invite(max_uses=5)
    for name in ("", "   ", "x" * 61, "a\x00b"):
        page = await site.stranger().post(f"/join/{invite.code}", {"display_name": name})
        assert page.status == 422
        assert 'id="p-display_name"' in page
        assert "set-cookie" not in page.answer.headers
    assert await site.uses(invite) == 0


@pytest.mark.parametrize(
    ("why", "about", "later_ms", "words"),
    [
        ("paused", {"state": "paused"}, 0, "This invite is paused"),
        ("revoked", {"state": "revoked"}, 0, "This invite was taken back"),
        ("expired", {"expires_in": DAY_MS}, 2 * DAY_MS, "This invite has expired"),
        ("used up", {"max_uses": 1}, 0, "This invite is used up"),
    ],
)
async def test_an_invite_that_is_over_says_so_and_what_to_do(
    site: Site, why: str, about: dict[str, object], later_ms: int, words: str
) -> None:
    if expires_in := about.pop("expires_in", None):
        about["expires_at"] = site.clock() + int(str(expires_in))
    invite = await site.invite(**about)
    if why == "used up":
        await site.stranger().follow(f"/join/{invite.code}", {"display_name": "First"})
    site.clock.forward(later_ms)
    before = await joined(site)
    for page in (await site.stranger().get(f"/join/{invite.code}"),
                 await site.stranger().post(f"/join/{invite.code}", {"display_name": "Late"})):  # fmt: skip
        assert page.status == 410, why
        assert words in page
        assert 'href="/@anna"' in page
        assert "set-cookie" not in page.answer.headers
    assert await joined(site) == before


async def test_an_unknown_code_is_a_404(site: Site) -> None:
    for code in ("x", "a" * 22, "ä" * 22):
        assert (await site.stranger().get(f"/join/{code}")).status == 404
        assert (await site.stranger().post(f"/join/{code}", {"display_name": "Bob"})).status == 404


async def test_who_is_in_already_is_told_and_keeps_the_place_free(site: Site) -> None:
    invite = await site.invite(max_uses=1)
    bob = await site.browser(await site.anna.member("bob"))
    page = await bob.get(f"/join/{invite.code}")
    assert "You are in already" in page
    assert 'href="/@anna/news"' in page
    await bob.post(f"/join/{invite.code}")
    assert await site.uses(invite) == 0


async def test_a_member_may_take_a_pass_that_opens_more(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    bob = await site.anna.member("bob")
    browser, invite = await site.browser(bob), await site.invite(tier_id=gold.id)
    assert "Gold · given to you" in await browser.get(f"/join/{invite.code}")
    await browser.follow(f"/join/{invite.code}")
    assert (await site.anna.standing(bob)).rank == 10
    assert "You are in already" in await browser.get(f"/join/{invite.code}")


async def test_a_banned_person_sees_why_and_gets_in_by_no_way(site: Site) -> None:
    bob = await site.anna.member("bob")
    post = await site.post("CANARY")
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.ban(tx, by, site.anna.community, bob.id, reason="Sold things under every post.")
    browser, invite = await site.browser(bob), await site.invite(max_uses=3)
    for path in (f"/join/{invite.code}", "/@anna", "/@anna/news", f"/@anna/news/{post.seq}", "/@anna/hello",
                 f"/@anna/news/{post.seq}/history"):  # fmt: skip
        page = await browser.get(path)
        assert page.status == 403, path
        assert "Sold things under every post." in page
        assert "CANARY" not in page
    for path in (f"/join/{invite.code}", "/@anna/join"):
        page = await browser.post(path)
        assert page.status == 403
        assert "You cannot enter" in page
    assert (await browser.get(f"/rooms/{site.anna.news.id}/posts")).status == 404
    assert await site.uses(invite) == 0


async def test_asking_to_come_in_waits_for_a_yes_and_can_be_taken_back(site: Site) -> None:
    invite, bob = await site.invite(requires_approval=True), site.stranger()
    assert "Ask to come in" in await bob.get(f"/join/{invite.code}")
    page = await bob.follow(f"/join/{invite.code}", {"display_name": "Bob", "note": "A friend of Tarek's"})
    assert "You have asked to come in" in page
    assert "Asked" in await bob.get("/@anna")
    assert "You have asked to join" in await bob.get("/@anna/news")
    await bob.follow("/@anna/leave")
    assert "What shall we call you?" not in await bob.get("/@anna")
    assert 'action="/@anna/join"' in await bob.get("/@anna")


async def test_a_private_community_is_known_only_by_its_invite(site: Site) -> None:
    circle = await creator(site.db, "circle", visibility="private")
    site.anna = circle
    stranger = site.stranger()
    for path in ("/@circle", "/@circle/news", "/@circle/hello", "/@circle/nope"):
        assert (await stranger.get(path)).status in (404, 303), path
    assert (await stranger.post("/@circle/join", {"display_name": "Bob"})).status == 404
    invite = await site.invite(requires_approval=True)
    page = await stranger.get(f"/join/{invite.code}")
    assert "Circles world" in page
    assert '<meta name="robots" content="noindex">' in page
    waiting = await stranger.follow(f"/join/{invite.code}", {"display_name": "Bob"})
    assert "You have asked to come in" in waiting
    assert (await stranger.get("/@circle")).status == 404
    assert (await stranger.post("/@circle/leave")).location == "/"


async def test_the_card_of_a_private_invite_says_a_name_and_no_more(site: Site) -> None:
    circle = await creator(site.db, "circle", visibility="private")
    async with site.db.write() as tx:
        by = await circle.by(tx, circle.owner)
        await governing.edit_community(
            tx, by, circle.community, about="CANARY about the inside", cover="art:kiln"
        )
    site.anna = circle
    invite = await site.invite()
    head = (await site.stranger().get(f"/join/{invite.code}")).text.split("</head>")[0]
    assert "Your pass to Circles world" in head
    assert "Circle invites you." in head
    assert "CANARY" not in head
    assert "kiln" not in head


async def test_the_front_door_takes_a_follower_in(site: Site) -> None:
    bob = site.stranger()
    page = await bob.get("/@anna")
    assert 'action="/@anna/join"' in page
    wrong = await bob.post("/@anna/join", {"display_name": ""})
    assert wrong.status == 422
    assert 'id="p-display_name"' in wrong
    assert (await bob.follow("/@anna/join", {"display_name": "Bob"})).status == 200
    assert "You are in" in await bob.get("/@anna")
    await bob.follow("/@anna/leave")
    assert 'action="/@anna/join"' in await bob.get("/@anna")


async def test_a_closed_community_takes_nobody_in_and_says_so(site: Site) -> None:
    invite = await site.invite()
    async with site.db.write() as tx:
        await governing.close(tx, await site.anna.by(tx, site.anna.owner), site.anna.community)
    page = await site.stranger().get(f"/join/{invite.code}")
    assert page.status == 409
    assert "takes nobody in" in page
    assert (await site.stranger().post(f"/join/{invite.code}", {"display_name": "Bob"})).status == 409
    assert 'action="/@anna/join"' not in await site.stranger().get("/@anna")
    refused = await site.stranger().post("/@anna/join", {"display_name": "Bob"})
    assert refused.status == 409
    assert "closed" in refused


async def test_the_owner_cannot_leave(site: Site) -> None:
    page = await (await site.browser(site.anna.owner)).post("/@anna/leave")
    assert page.status == 409
    assert "Transfer the community" in page
