"""For the people who run the instance: who is here, what is stuck, whether all is well, the public pages."""

import asyncio
import re

import pytest

from channel import outbox
from channel.accounts import one
from channel.events import EmailProofAsked
from channel.media import homes
from tests.notify.relay import Inbox
from tests.web.conftest import Site
from tests.web_account.conftest import admin_of, found, person, says

PAGES = (
    "/admin",
    "/admin/now",
    "/admin/accounts",
    "/admin/communities",
    "/admin/health",
    "/admin/jobs",
    "/admin/pages",
)
WAIT_S = 10


@pytest.mark.parametrize(("language", "title"), [("en", "This instance"), ("de", "Dieser Server")])
async def test_admins_see_every_page_in_their_language(site: Site, language: str, title: str) -> None:
    boss = await site.browser(await person(site, "Root", admin=True), language)
    says(await boss.get("/admin"), 200, title)
    for path in PAGES:
        says(await boss.get(path), 200, f'<html lang="{language}"', "<h1")


async def test_nobody_else_learns_that_there_are_such_pages(site: Site) -> None:
    member = await site.browser(site.anna.owner)
    for path in PAGES:
        assert (await member.get(path)).status == 404, path
    for path in (
        "/admin/pages",
        "/admin/mail-test",
        f"/admin/accounts/{site.anna.owner.id}",
        "/admin/jobs/x",
    ):
        assert (await member.post(path, {"do": "suspend", "name": "x"})).status == 404, path
        assert (await site.stranger().post(path, {"do": "suspend"})).status in (401, 404), path


async def all_done(site: Site) -> None:
    """The worker has done what posts ask for."""
    async with asyncio.timeout(30):
        while True:
            async with site.db.read() as tx:
                if not await outbox.waiting_jobs(tx):
                    return
            await asyncio.sleep(0.02)


async def test_the_overview_counts(site: Site) -> None:
    boss = await admin_of(site)
    for number in range(3):
        await site.post(f"Post {number}")
    await all_done(site)
    page = await boss.get("/admin")
    figures = re.findall(r'<div class="figure"><b>([^<]+)</b><span>([^<]+)</span>', page.text)
    assert {name: count for count, name in figures} == {
        "accounts": "2", "communities": "1", "posts": "3", "connected now": "0", "jobs waiting": "0",
    }  # fmt: skip
    says(page, 200, "without TLS", "No mail is set up")


async def test_accounts_are_found_by_name(site: Site) -> None:
    boss = await admin_of(site)
    await person(site, "Änne Müller", handle="aenne")
    says(await boss.get("/admin/accounts?q=Änne"), 200, "Änne Müller", "@aenne")
    says(
        await boss.get("/admin/accounts?q=nobody+at+all"), 200, "Nobody by that name", 'value="nobody at all"'
    )
    assert (await boss.get("/admin/accounts?cursor=nonsense")).status == 422


async def test_many_accounts_come_page_by_page(site: Site) -> None:
    boss = await admin_of(site)
    for number in range(55):
        await person(site, f"Follower {number}")
    page = await boss.get("/admin/accounts")
    seen = set(re.findall(r"Follower \d+", page.text))
    older = found(page, r'href="(\?[^"]*cursor=[^"]+)"')
    seen |= set(re.findall(r"Follower \d+", (await boss.get("/admin/accounts" + older)).text))
    assert len(seen) == 55


async def test_an_account_is_suspended_and_let_in_again(site: Site) -> None:
    boss, lene = await admin_of(site), await person(site, "Lene")
    browser = await site.browser(lene)
    path = f"/admin/accounts/{lene.id}"
    says(await boss.follow(path, {"do": "suspend"}), 200, "suspended")
    assert (await browser.get("/account")).status == 303
    says(await boss.post(path, {"do": "link"}), 403)
    page = await boss.follow(path, {"do": "unsuspend"})
    assert "suspended" not in page
    assert (await (await site.browser(lene)).get("/account")).status == 200


async def test_a_link_lets_somebody_in_who_lost_every_way(site: Site) -> None:
    boss, lene = await admin_of(site), await person(site, "Lene")
    page = await boss.post(f"/admin/accounts/{lene.id}", {"do": "link"})
    says(page, 200, "A link for Lene", "within an hour")
    link = found(page, r"<code>http://channel\.test(/sign-in/link/[^<]+)</code>")
    guest = site.stranger()
    assert (await guest.post(link)).status == 303
    says(await guest.get("/account"), 200, 'value="Lene"')


async def test_the_only_admin_cannot_lock_the_door_from_outside(site: Site) -> None:
    root = await person(site, "Root", admin=True)
    boss = await site.browser(root)
    says(await boss.post(f"/admin/accounts/{root.id}", {"do": "suspend"}), 409, "the only admin")
    assert (await boss.get("/admin")).status == 200


@pytest.mark.parametrize("do", ["", "explode"])
async def test_what_is_no_action_is_nothing(site: Site, do: str) -> None:
    boss = await admin_of(site)
    assert (await boss.post(f"/admin/accounts/{site.anna.owner.id}", {"do": do})).status == 404
    assert (await boss.post("/admin/accounts/nonsense", {"do": "suspend"})).status == 404
    assert (await boss.post("/admin/jobs/nonsense", {"do": do})).status == 404
    assert (await boss.post("/admin/jobs/nonsense", {"do": "retry"})).status == 404


async def test_communities_are_listed(site: Site) -> None:
    says(await (await admin_of(site)).get("/admin/communities"), 200, "Annas world", "@anna", "1 member")


async def test_a_community_with_a_store_of_its_own_says_so(site: Site) -> None:
    boss = await admin_of(site)
    assert "media in the" not in (await boss.get("/admin/communities")).text
    for store, said in (("s3", "media in the bucket"), ("local", "media in the folder")):
        async with site.db.write() as tx:
            await homes.settle(tx, site.anna.community.id, store)
        says(await boss.get("/admin/communities"), 200, said)


async def dead_job(site: Site) -> None:
    """A mail that the worker gave up, since this server sends none."""
    event = EmailProofAsked(account_id=site.anna.owner.id, email="a@example.org", language="en")
    async with site.db.write() as tx:
        await outbox.emit(tx, event)
    async with asyncio.timeout(WAIT_S):
        while not await dead(site):
            await asyncio.sleep(0.02)


async def dead(site: Site) -> list[str]:
    async with site.db.read() as tx:
        return [job.id for job in await outbox.dead_jobs(tx)]


async def test_a_job_that_failed_for_good_is_tried_again_or_dropped(site: Site) -> None:
    boss = await admin_of(site)
    says(await boss.get("/admin/jobs"), 200, "Nothing is stuck")
    await dead_job(site)
    page = await boss.get("/admin/jobs")
    says(page, 200, "mail", "Tried 1 time.", "CHANNEL_SMTP")
    assert "a@example.org" not in page
    says(await boss.get("/admin"), 200, "Some jobs failed for good")
    says(await boss.get("/admin/health"), 200, "failed for good")
    [job_id] = await dead(site)
    await boss.follow(f"/admin/jobs/{job_id}", {"do": "retry"})
    async with asyncio.timeout(WAIT_S):  # it fails again, for the same reason
        while not await dead(site):
            await asyncio.sleep(0.02)
    says(await boss.follow(f"/admin/jobs/{job_id}", {"do": "drop"}), 200, "Nothing is stuck")
    assert await dead(site) == []


async def test_a_test_mail_goes_out(mailing: Site, inbox: Inbox) -> None:
    boss = await admin_of(mailing)
    says(await boss.follow("/admin/mail-test", {"email": "me@example.org"}), 200, "The relay took the mail")
    [mail] = inbox.mails
    assert mail["To"] == "me@example.org"


async def test_a_relay_that_refuses_is_quoted(mailing: Site, inbox: Inbox) -> None:
    boss = await admin_of(mailing)
    inbox.answer = "554 5.7.1 We know you not"
    page = await boss.post("/admin/mail-test", {"email": "me@example.org"})
    says(page, 503, "The mail did not go out", "554 5.7.1", 'value="me@example.org"')
    page = await boss.post("/admin/mail-test", {"email": "nonsense"})
    says(page, 422, 'value="nonsense"', 'id="p-email"')
    assert inbox.mails == []


async def test_without_mail_the_page_says_how_to_set_it_up(site: Site) -> None:
    boss = await admin_of(site)
    page = await boss.get("/admin/health")
    says(page, 200, "CHANNEL_SMTP", "CHANNEL_MAIL_FROM")
    assert 'action="/admin/mail-test"' not in page
    says(await boss.post("/admin/mail-test", {"email": "me@example.org"}), 503, "No mail is set up")


async def test_the_public_pages_are_written_and_shown(site: Site) -> None:
    boss = await admin_of(site)
    texts = {
        "name": "Clay & Co", "about": "We are **potters**.", "terms": "Be kind. <script>alert(1)</script>",
        "contact": "hello@example.org",
    }  # fmt: skip
    says(await boss.follow("/admin/pages", texts), 200, "Saved.", 'value="Clay & Co"', "We are **potters**.")
    stranger = site.stranger()
    says(await stranger.get("/about"), 200, "<strong>potters</strong>", "Clay & Co")
    terms = await stranger.get("/terms")
    says(terms, 200, "Be kind.")
    assert "<script>alert" not in terms.answer.text
    says(await stranger.get("/contact"), 200, "hello@example.org")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"about": "x" * 20_001}, "about"),
        ({"terms": "a\x00"}, "terms"),
    ],
)
async def test_wrong_texts_are_shown_again(site: Site, change: dict[str, str], field: str) -> None:
    boss = await admin_of(site)
    typed = {"name": "Clay", "about": "Kept about", "terms": "", "contact": "Kept contact"} | change
    page = await boss.post("/admin/pages", typed)
    says(page, 422, f'id="p-{field}"', "Kept contact")
    assert 'value="Clay"' not in await boss.get("/admin/pages")


async def test_the_name_of_an_account_is_never_markup(site: Site) -> None:
    boss = await admin_of(site)
    account = await person(site, "<b>Bold</b>")
    page = await boss.post(f"/admin/accounts/{account.id}", {"do": "link"})
    assert "<b>Bold</b>" not in page.answer.text
    async with site.db.read() as tx:
        assert (await one(tx, account.id)).name == "<b>Bold</b>"
