"""Who gets through which door. The table of the product is the table of these tests."""

import pytest
from starlette.routing import Route

from channel.accounts import Account
from channel.members import Action, Role
from channel.members.model import MATRIX
from channel.routing import Policy, Who
from channel.web import studio
from tests.cast import person
from tests.web_studio.conftest import Browser, Site

NOBODY = "0198d000-0000-7000-8000-000000000000"


def doors() -> list[tuple[str, str, Action]]:
    """Every route of the studio: method, path, and the action its policy asks for."""
    found = []
    for route in studio.ROUTES:
        policy: Policy = route.policy  # type: ignore[attr-defined]
        assert policy.who is Who.ROLE, route.path
        assert policy.action is not None
        found.append((_method(route), route.path, policy.action))
    return found


def _method(route: Route) -> str:
    return "POST" if "POST" in (route.methods or ()) else "GET"


async def _knock(browser: Browser, site: Site, method: str, path: str) -> int:
    there = (
        path.replace("{handle}", site.anna.community.handle).replace("{slug}", "news").replace("{id}", NOBODY)
    )
    answer = await (browser.get(there) if method == "GET" else browser.post(there))
    return answer.status_code


async def _who(site: Site, role: Role) -> Account:
    return site.anna.owner if role is Role.OWNER else await site.member(role.value, role=role)


@pytest.mark.parametrize("role", list(Role))
async def test_every_door_opens_for_those_whom_the_matrix_names(site: Site, role: Role) -> None:
    browser = await site.browser(await _who(site, role))
    for method, path, action in doors():
        if path.endswith(
            ("/settings/delete", "/settings/transfer", "/rooms/{slug}/delete", "/settings/close")
        ):
            continue  # asked below, where it cannot end the scene
        status = await _knock(browser, site, method, path)
        if role in MATRIX[action]:
            assert status not in (401, 403), (role, method, path, status)
        else:
            assert status in (403, 404), (role, method, path, status)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
async def test_only_the_owner_ends_a_community(site: Site, role: Role) -> None:
    browser = await site.browser(await _who(site, role))
    for path in ("/settings/close", "/settings/delete", "/settings/transfer"):
        answer = await browser.post(path, {"typed_handle": "anna", "to": NOBODY})
        assert answer.status_code == 403, path
    assert not (await site.anna.refresh()).closed


async def test_strangers_and_guests_find_no_studio(site: Site) -> None:
    stranger = await site.browser(await person(site.db))
    guest = Browser(site.http, stranger.root)
    for method, path, _ in doors():
        assert await _knock(stranger, site, method, path) in (403, 404), path
        status = await _knock(guest, site, method, path)
        assert status in (303, 401), path


async def test_a_moderator_does_not_post_and_an_editor_does_not_ban(site: Site) -> None:
    victim = await site.member("vic")
    moderator = await site.browser(await site.member("mo", role=Role.MODERATOR))
    editor = await site.browser(await site.member("eda", role=Role.EDITOR))
    letter = {"key": "k", "room": site.anna.news.id, "text": "Hello"}
    assert (await moderator.post("/posts", letter)).status_code == 403
    assert (await editor.post(f"/members/{victim.id}", {"do": "ban"})).status_code == 403
    assert (await site.anna.standing(victim)).state == "active"
    assert (await editor.post("/posts", letter)).status_code == 303
    assert (await moderator.post(f"/members/{victim.id}", {"do": "ban"})).status_code == 303
    assert (await site.anna.standing(victim)).state == "banned"


async def test_an_editor_changes_own_posts_only(site: Site) -> None:
    anna, eda = await site.owner(), await site.browser(await site.member("eda", role=Role.EDITOR))
    await anna.send("/posts", {"key": "1", "room": site.anna.news.id, "text": "By Anna"})
    await eda.send("/posts", {"key": "2", "room": site.anna.news.id, "text": "By Eda"})
    by_eda, by_anna = (await anna.see("/posts")).ids(r"popovertarget=\"delete-([0-9a-f-]{36})\">")
    listed = await eda.see("/posts")
    assert f"delete-{by_eda}" in listed
    assert f"delete-{by_anna}" not in listed
    for path in (f"/posts/{by_anna}", f"/posts/{by_anna}/delete"):
        assert (await eda.post(path, {"rev": "1", "text": "Mine now"})).status_code == 403, path
    assert (await eda.get(f"/posts/{by_anna}")).status_code == 403
    assert "Deleted." in await eda.send(f"/posts/{by_eda}/delete")


async def test_the_pages_offer_what_the_role_allows_and_no_more(site: Site) -> None:
    moderator = await site.browser(await site.member("mo", role=Role.MODERATOR))
    desk = await moderator.see()
    assert 'name="text"' not in desk
    for section in ("drafts", "tiers", "rooms", "settings"):
        assert f'/studio/anna/{section}"' not in desk, section
    assert '/studio/anna/members"' in desk
    assert "members.csv" not in await moderator.see("/members")
    editor = await site.browser(await site.member("eda", role=Role.EDITOR))
    page = await editor.see()
    assert 'name="text"' in page
    assert '/studio/anna/members"' not in page


async def test_another_communitys_things_are_not_here(site: Site, anna: Browser) -> None:
    from tests.cast import creator

    bert = await creator(site.db, "bert")
    theirs = await site.browser(bert.owner, bert)
    await theirs.send("/posts", {"key": "1", "room": bert.news.id, "text": "By Bert"})
    (post,) = (await theirs.see("/posts")).ids(r"\?quote=([0-9a-f-]{36})")
    made = await theirs.send("/invites", {"label": "Berts"})
    (invite,) = made.ids(r"/invites/([0-9a-f-]{36})/state")
    for path in (
        f"/posts/{post}",
        f"/invites/{invite}",
        f"/invites/{invite}/qr.svg",
        f"/members/{bert.owner.id}",
        f"/tiers/{bert.free.id}",
    ):
        assert (await anna.get(path)).status_code == 404, path
    for path in (f"/posts/{post}/delete", f"/posts/{post}/pin", f"/invites/{invite}/state"):
        assert (await anna.post(path, {"state": "revoked", "position": "1"})).status_code == 404, path
    answer = await anna.post("/posts", {"key": "2", "room": bert.news.id, "text": "Over there"})
    assert answer.status_code == 422


async def test_a_form_of_another_site_is_refused(site: Site, anna: Browser) -> None:
    fields = {"key": "k", "room": site.anna.news.id, "text": "Hello"}
    answer = await anna.post("/posts", fields, origin="https://evil.example")
    assert answer.status_code == 403
    assert "Hello" not in await anna.see("/posts")
