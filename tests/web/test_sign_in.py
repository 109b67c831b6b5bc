"""Signing in by link, code and mail, and out again."""

from channel.accounts import links, recovery, sessions
from tests.web.conftest import Site


async def link(site: Site, purpose: str = "sign_in") -> str:
    async with site.db.write() as tx:
        secret = await links.sign_in_link(tx, site.anna.owner.id, purpose=purpose, minutes=10)  # type: ignore[arg-type]
    return f"/sign-in/link/{secret}"


async def test_looking_at_a_link_uses_nothing_up_and_the_button_signs_in_once(site: Site) -> None:
    address, anna = await link(site), site.stranger()
    for _ in range(3):
        page = await anna.get(address)
        assert page.status == 200
        assert (await anna.head(address)).status == 200
    assert "set-cookie" not in page.answer.headers
    assert page.answer.headers["referrer-policy"] == "strict-origin"
    assert "Rooms" in await anna.follow(address)
    assert (await site.stranger().post(address)).status == 410
    assert (await site.stranger().get(address)).status == 410


async def test_a_phone_link_says_that_it_is_one(site: Site) -> None:
    address = await link(site, "phone")
    assert "Sign in on this device" in await site.stranger().get(address)
    assert (await site.stranger().post(address)).status == 303


async def test_signing_in_makes_a_fresh_session_and_ends_the_old_one(site: Site) -> None:
    anna = await site.browser(site.anna.owner)
    before = anna.http.cookies["channel"]
    await anna.post(await link(site))
    assert anna.http.cookies["channel"] != before
    async with site.db.read() as tx:
        assert await sessions.signed_by_session(tx, before) is None


async def test_whoever_would_lose_their_only_way_in_is_told(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    assert "only way into that account" in await bob.get("/sign-in")
    assert "only way into that account" in await bob.get(await link(site))


async def test_a_recovery_code_signs_in_and_leads_on(site: Site) -> None:
    async with site.db.write() as tx:
        codes = await recovery.new_recovery_codes(tx, site.anna.owner.id)
    page = await site.stranger().post(
        "/sign-in/recovery", {"name": "@anna_", "code": codes[0], "next": "/@anna"}
    )
    assert (page.status, page.location) == (303, "/@anna")
    again = await site.stranger().post("/sign-in/recovery", {"name": "anna_", "code": codes[0]})
    assert again.status == 422


async def test_a_wrong_code_keeps_the_name_says_nothing_more_and_stays_counted(site: Site) -> None:
    stranger = site.stranger()
    for count in range(6):
        page = await stranger.post(
            "/sign-in/recovery", {"name": "anna_", "code": f"wrong{count}", "next": "/@anna"}
        )
        assert page.status == (422 if count < 5 else 429)
        assert 'value="anna_"' in page
        assert 'name="next" value="/@anna"' in page
    assert page.answer.headers["retry-after"].isdigit()
    assert "Too many tries" in page


async def test_without_mail_nobody_is_offered_a_mail(site: Site) -> None:
    assert "/sign-in/mail" not in await site.stranger().get("/sign-in")
    assert (await site.stranger().post("/sign-in/mail", {"email": "a@example.org"})).status == 404


async def test_asking_for_a_mail_says_the_same_for_everybody(mailing: Site) -> None:
    stranger = mailing.stranger()
    assert "/sign-in/mail" in await stranger.get("/sign-in")
    page = await stranger.follow("/sign-in/mail", {"email": "nobody@example.org"})
    assert "If an account uses this address" in page
    wrong = await stranger.post("/sign-in/mail", {"email": "no address"})
    assert wrong.status == 422
    assert 'value="no address"' in wrong


async def test_the_passkey_door_speaks_json_to_scripts(site: Site) -> None:
    stranger = site.stranger()
    asked = await stranger.post("/sign-in/passkey/options")
    told = asked.answer.json()
    assert told["options"]["rpId"] == "channel.test"
    assert told["state"]
    for body in ('{"state": "x", "credential": {}}', "[]", "{", '{"state": 1, "credential": null}'):
        headers = {"origin": "http://channel.test", "content-type": "application/json"}
        refused = await stranger.http.post("/sign-in/passkey", content=body, headers=headers)
        assert refused.status_code in (403, 410, 422), body
        assert refused.json()["detail"]


async def test_signing_out_ends_the_session_and_takes_the_cookie(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    secret = bob.http.cookies["channel"]
    page = await bob.post("/sign-out")
    assert (page.status, page.location) == (303, "/")
    async with site.db.read() as tx:
        assert await sessions.signed_by_session(tx, secret) is None
    assert (await bob.post("/sign-out")).status == 303


async def test_a_cookie_in_use_lasts_from_its_last_use(site: Site) -> None:
    bob = await site.browser(await site.anna.member("bob"))
    assert "set-cookie" not in (await bob.get("/")).answer.headers
    site.clock.forward(11 * 60 * 1000)
    assert "Max-Age=7776000" in (await bob.get("/@anna/news")).answer.headers["set-cookie"]
