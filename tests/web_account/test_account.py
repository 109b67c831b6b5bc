"""One's own account, with plain forms: how one appears, the ways in, devices, tokens, leaving."""

import asyncio
import json
import re
from urllib.parse import urlsplit

import pytest

from channel.accounts import one, passkeys
from channel.settings import Settings
from tests.accounts.authenticator import Authenticator
from tests.notify.relay import Inbox
from tests.web.conftest import Browser, Site
from tests.web_account.conftest import found, person, says

PROFILE = {"name": "Lene", "handle": "lene", "avatar": "", "hue": "200", "language": ""}
MAIL_S = 10


async def lene(site: Site, language: str = "en") -> Browser:
    return await site.browser(await person(site, "Lene"), language)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Your account", "Profile", "Ways to sign in", "Devices", "Access for programs", "Your data")),
        ("de", ("Dein Konto", "Profil", "Geräte")),
    ],
)
async def test_everything_stands_on_one_page(site: Site, language: str, words: tuple[str, ...]) -> None:
    page = await (await lene(site, language)).get("/account")
    says(page, 200, f'<html lang="{language}"', *words)
    assert page.answer.headers["cache-control"] == "private, no-store"


async def test_it_is_for_those_who_are_signed_in(site: Site) -> None:
    stranger = site.stranger()
    assert (await stranger.get("/account")).location == "/sign-in?next=/account"
    for path in ("profile", "recovery", "phone", "tokens", "sessions/others", "delete", "email/remove"):
        assert (await stranger.post(f"/account/{path}")).status == 401, path


async def test_a_profile_is_saved(site: Site) -> None:
    account = await person(site, "Lene")
    browser = await site.browser(account)
    page = await browser.follow(
        "/account/profile", PROFILE | {"avatar": "art:lene", "language": "de", "name": " Leñe "}
    )
    says(page, 200, 'lang="de"', "Gespeichert", 'value="Leñe"', 'value="lene"')
    async with site.db.read() as tx:
        saved = await one(tx, account.id)
    assert (saved.name, saved.handle, saved.avatar, saved.hue, saved.language) == (
        "Leñe",
        "lene",
        "art:lene",
        200,
        "de",
    )


async def test_one_can_be_here_without_being_seen(site: Site) -> None:
    account = await person(site, "Lene")
    browser = await site.browser(account)
    box = 'name="presence" value="1"'
    says(await browser.get("/account"), 200, f"{box} checked")
    page = await browser.follow("/account/presence", {})
    says(page, 200, "Saved", box)
    assert f"{box} checked" not in page.text
    says(await browser.follow("/account/presence", {"presence": "1"}), 200, f"{box} checked")
    assert (await site.stranger().post("/account/presence")).status == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"handle": "Not A Handle"}, "handle"),
        ({"handle": "anna_"}, "handle"),
        ({"handle": "admin"}, "handle"),
        ({"hue": "blue"}, "hue"),
        ({"hue": "999"}, "hue"),
        ({"language": "tlh"}, "language"),
        ({"avatar": "https://evil.example/x.png"}, "avatar"),
    ],
)
async def test_a_wrong_profile_is_shown_again_as_it_was_typed(
    site: Site, change: dict[str, str], field: str
) -> None:
    page = await (await lene(site)).post("/account/profile", PROFILE | {"name": "Kept"} | change)
    assert page.status == 422
    problems = re.findall(r'class="problem"', page.answer.text)
    assert problems, (field, "nothing says what is wrong")
    if field in ("name", "handle", "hue"):
        assert re.search(rf'id="p-{field}"', page.answer.text), f"no problem stands beside {field}"
    if "name" not in change:
        assert 'value="Kept"' in page


async def test_a_passkey_is_listed_and_removed(site: Site) -> None:
    account = await person(site, "Lene")
    browser, stranger = await site.browser(account), await lene(site)
    secure = Settings(url="https://channel.test")
    async with site.db.write() as tx:
        options, state = await passkeys.registration_options(tx, account, secure)
        credential = Authenticator(secure.url, secure.host).create(options)
        await passkeys.register(tx, account, secure, state, credential, "Lene's phone")
    page = await browser.get("/account")
    says(page, 200, "Lene's phone", "Passkey, not used yet")
    path = found(page, r'action="(/account/passkeys/[^"]+/remove)"')
    assert (await stranger.post(path)).status == 404
    says(await browser.follow(path), 200, "Removed.")
    assert "Lene's phone" not in await browser.get("/account")
    assert (await browser.post(path)).status == 404


async def test_where_a_passkey_cannot_be_none_is_offered(site: Site) -> None:
    browser = await lene(site)
    assert "data-passkey=" not in await browser.get("/account")
    refused = await browser.post("/account/passkeys")
    assert refused.status == 422
    assert json.loads(refused.answer.text)["detail"]


async def test_recovery_codes_are_shown_once_and_work_once(site: Site) -> None:
    browser = await lene(site)
    page = await browser.post("/account/recovery")
    says(page, 200, "Your recovery codes", "not shown again")
    codes = re.findall(r"<li><code>([0-9a-z-]+)</code></li>", page.answer.text)
    assert len(set(codes)) == 10
    later = await browser.get("/account")
    says(later, 200, "10 codes left.")
    assert not any(code in later.text for code in codes)
    again = await browser.post("/account/recovery")
    assert not any(code in again.text for code in codes)


async def test_a_phone_is_signed_in_by_a_code(site: Site) -> None:
    browser = await lene(site)
    page = await browser.post("/account/phone")
    says(page, 200, "Scan this with your phone", "for 5 minutes", "<svg")
    assert "/sign-in/link/" not in re.sub(r"<svg.*?</svg>", "", page.text, flags=re.DOTALL)


async def test_devices_are_listed_and_ended(site: Site) -> None:
    account = await person(site, "Lene")
    here, there, third = [await site.browser(account) for _ in range(3)]
    page = await here.get("/account")
    says(page, 200, "This device", "Sign out all others")
    ends = re.findall(r'action="(/account/sessions/[^/"]+/end)"', page.text)
    assert len(ends) == 3
    current = re.search(
        r'status good">This device.*?action="(/account/sessions/[^/"]+/end)"', page.text, re.DOTALL
    )
    assert current
    other = next(path for path in ends if path != current[1])
    says(await here.follow(other), 200, "That device is signed out.")
    statuses = sorted([(await one.get("/account")).status for one in (here, there, third)])
    assert statuses == [200, 200, 303]
    assert (await here.post(other)).status == 404
    says(await here.follow("/account/sessions/others"), 200, "All other devices are signed out.")
    assert [(await one.get("/account")).status for one in (here, there, third)] == [200, 303, 303]
    assert (await here.post(current[1])).location == "/"
    assert (await here.get("/account")).status == 303


async def test_nobody_ends_the_session_of_another(site: Site) -> None:
    mine, theirs = await lene(site), await lene(site)
    path = found(await theirs.get("/account"), r'action="(/account/sessions/[^/"]+/end)"')
    assert (await mine.post(path)).status == 404
    assert (await theirs.get("/account")).status == 200


async def test_a_token_is_shown_once_works_and_is_revoked(site: Site) -> None:
    browser = await lene(site)
    page = await browser.post("/account/tokens", {"token_name": "My bot", "scopes": "read", "days": "30"})
    says(page, 200, "Your new token", "not shown again", "My bot")
    secret = found(page, r"<code>(ch_[^<]+)</code>")
    later = await browser.get("/account")
    assert secret not in later
    says(later, 200, "My bot", "not used yet")

    async def status() -> int:
        return (await site.stranger().get("/api/v1/me", authorization=f"Bearer {secret}")).status

    assert await status() == 200
    path = found(later, r'action="(/account/tokens/[^"]+/revoke)"')
    says(await browser.follow(path), 200, "opens nothing any more")
    assert await status() == 401
    assert (await browser.post(path)).status == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"token_name": "Bot", "days": "30"},
        {"token_name": "Bot", "scopes": "everything"},
        {"token_name": "Bot", "scopes": "admin"},
        {"token_name": "Bot", "scopes": "read", "days": "x"},
        {"token_name": "Bot", "scopes": "read", "days": "99999"},
        {"token_name": "x" * 61, "scopes": "read"},
    ],
)
async def test_a_token_that_cannot_be_keeps_what_was_typed(site: Site, fields: dict[str, str]) -> None:
    page = await (await lene(site)).post("/account/tokens", fields)
    says(page, 422, f'value="{fields["token_name"]}"')
    assert 'class="problem"' in page, "what is wrong stands beside its field"
    assert re.search(r'<details class="more" open', page.answer.text), "the form with the problem is open"


async def test_only_admins_are_offered_the_scope_to_administer(site: Site) -> None:
    assert 'value="admin"' not in await (await lene(site)).get("/account")
    boss = await site.browser(await person(site, "Root", admin=True))
    assert 'value="admin"' in await boss.get("/account")


async def test_an_address_is_proven_by_the_mail_that_comes_there(mailing: Site, inbox: Inbox) -> None:
    browser = await lene(mailing)
    says(await browser.follow("/account/email", {"email": " Lene@Example.org "}), 200, "Look into your mail")
    async with asyncio.timeout(MAIL_S):
        while not inbox.mails:
            await asyncio.sleep(0.02)
    [mail] = inbox.mails
    assert mail["To"] == "lene@example.org"
    body = mail.get_body(("plain",))
    assert body is not None
    link = re.search(r"http://channel\.test/account/email/\S+", body.get_content())
    assert link
    path = urlsplit(link[0]).path
    says(await mailing.stranger().get(path), 200, "lene@example.org")
    assert "lene@example.org" not in await browser.get("/account"), "looking proves nothing"
    says(await browser.follow(path), 200, "This address is yours now", "lene@example.org")
    assert (await browser.get(path)).status == 410
    says(await browser.follow("/account/email/remove"), 200, "Removed.")
    assert "lene@example.org" not in await browser.get("/account")


async def test_a_wrong_address_is_shown_again(mailing: Site) -> None:
    page = await (await lene(mailing)).post("/account/email", {"email": "no address"})
    says(page, 422, 'value="no address"', 'id="p-email"')


async def test_asking_for_proof_too_often_says_when_to_come_back(mailing: Site) -> None:
    browser = await lene(mailing)
    answers = [await browser.post("/account/email", {"email": "lene@example.org"}) for _ in range(5)]
    assert answers[-1].status == 429
    assert int(answers[-1].answer.headers["retry-after"]) > 0
    assert 'value="lene@example.org"' in answers[-1]


async def test_without_mail_no_address_is_asked_for(site: Site) -> None:
    browser = await lene(site)
    says(await browser.get("/account"), 200, "sends no mail yet")
    assert (await browser.post("/account/email", {"email": "lene@example.org"})).status == 404


async def test_an_account_is_deleted_by_its_typed_name(site: Site) -> None:
    account = await person(site, "Lene Möller")
    browser, elsewhere = await site.browser(account), await site.browser(account)
    page = await browser.post("/account/delete", {"typed_name": "Lene"})
    says(page, 422, 'value="Lene"', 'id="p-typed_name"')
    page = await browser.post("/account/delete", {"typed_name": " lene möller "})
    assert (page.status, page.location) == (303, "/")
    assert "clear-site-data" in page.answer.headers
    assert (await elsewhere.get("/account")).status == 303
    async with site.db.read() as tx:
        gone = await one(tx, account.id)
    assert (gone.state, gone.name) == ("deleted", "")


async def test_an_owner_has_to_hand_over_first(site: Site) -> None:
    browser = await site.browser(site.anna.owner)
    page = await browser.post("/account/delete", {"typed_name": "Anna"})
    says(page, 409, "Transfer or delete the communities you own first: Annas world", 'value="Anna"')
    assert (await browser.get("/account")).status == 200


async def test_a_follower_with_one_device_is_told_to_add_a_way(site: Site) -> None:
    browser = await lene(site)
    says(await browser.get("/account"), 200, "the only way into your account")
    await browser.post("/account/recovery")
    assert "the only way into your account" not in await browser.get("/account")
