"""Members, requests and invites, by plain forms."""

import csv
import io

from channel import invites
from channel.members import Role
from tests.cast import person
from tests.web_studio.conftest import Browser, Page, Site, says

HOUR_MS = 3_600_000


async def ask(site: Site, name: str, note: str = "") -> str:
    """Somebody who asked to join; returns their id."""
    from channel.members import joining

    account = await person(site.db, name)
    async with site.db.write() as tx:
        await joining.join(tx, account, await site.anna.refresh(), approve=True, note=note)
    return account.id


async def test_requests_are_answered_one_by_one_and_together(site: Site, anna: Browser) -> None:
    ids = [await ask(site, name, f"I am {name}") for name in ("Ben", "Cleo", "Dora", "Emil")]
    page = await anna.see("/members")
    assert "4 want in" in page
    assert "“I am Ben”" in page
    assert "They are in." in await anna.send("/members/bulk", {"do": "approve", "ids": ids[0]})
    assert "Turned down." in await anna.send("/members/bulk", {"do": "refuse", "ids": ids[1]})
    done = await anna.send("/members/bulk", {"do": "approve", "ids": ids[2:]})
    assert "want in" not in done
    states = [row["state"] for row in await table(anna)]
    assert sorted(states) == ["active", "active", "active", "active", "left"]


async def table(anna: Browser) -> list[dict[str, str]]:
    answer = await anna.get("/members.csv")
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == 'attachment; filename="anna-members.csv"'
    return list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_members_are_found_and_filtered(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    await site.member("Amara", tier=gold)
    await site.member("Bela", role=Role.EDITOR)
    await site.member("Cäcilie")

    def names(page: Page) -> set[str]:
        return {name for name in ("Amara", "Bela", "Cäcilie") if f">{name}</b>" in page}

    assert names(await anna.see("/members")) == {"Amara", "Bela", "Cäcilie"}
    assert names(await anna.see("/members?q=cäc")) == {"Cäcilie"}
    assert names(await anna.see(f"/members?tier={gold.id}")) == {"Amara"}
    assert names(await anna.see("/members?role=editor")) == {"Bela"}
    assert names(await anna.see("/members?state=banned")) == set()
    nobody = await anna.see("/members?role=king")
    assert "Nobody fits" in nobody
    assert "That is all" in await anna.see("/members?cursor=rubbish"), "a cursor of elsewhere finds nobody"


async def test_long_lists_have_pages(site: Site, anna: Browser) -> None:
    for number in range(53):
        site.clock.forward(1)
        await site.member(f"Person {number}")
    first = await anna.see("/members")
    (older,) = first.ids(r'rel="next" href="[^"?]*(\?cursor=[^"]+)"')
    second = await anna.see(f"/members{older}")
    assert "Person 52<" in first
    assert "Person 0<" in second
    assert "Person 0<" not in first


async def test_a_member_is_given_tier_and_role_muted_banned_and_back(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    ben = await site.member("Ben")
    here = f"/members/{ben.id}"
    assert "They have the tier now." in await anna.send(here, {"do": "tier", "tier_id": gold.id})
    assert "They have the role now." in await anna.send(here, {"do": "role", "role": "moderator"})
    muted = await anna.send(here, {"do": "mute", "until": "hour", "reason": "Too loud"})
    assert "Too loud" in muted
    assert (await site.anna.standing(ben)).until == site.clock.now_ms + HOUR_MS
    assert "No longer muted." in await anna.send(here, {"do": "unmute"})
    banned = await anna.send(here, {"do": "ban", "until_date": "2026-01-31", "reason": "Spam"})
    assert "Spam" in banned
    assert "until 31 January 2026, 23:59 UTC" in banned
    assert "No longer banned." in await anna.send(here, {"do": "unban"})
    assert (await site.anna.standing(ben)).state == "left"


async def test_the_page_of_a_member_says_what_is_wrong_and_keeps_what_was_typed(
    site: Site, anna: Browser
) -> None:
    ben = await site.member("Ben")
    here = f"/members/{ben.id}"
    typed = {"do": "ban", "until_date": "2025-01-01", "reason": "Keep these words"}
    says(await anna.post(here, typed), 422, "Choose a day to come.", "Keep these words", "#f-until_date")
    says(await anna.post(here, typed | {"until_date": "soon"}), 422, "Write a day like 2030-12-31.")
    says(await anna.post(here, {"do": "mute", "reason": "x" * 501}), 422, "At most 500 characters")
    says(await anna.post(here, {"do": "role", "role": "emperor"}), 422, "Choose one of the roles.")
    says(await anna.post(here, {"do": "role", "role": "owner"}), 403, "There is one owner.")
    says(await anna.post(here, {"do": "dance"}), 422, "Choose what to do.")
    says(await anna.post(here, {"do": "unmute"}), 409, "This person is not muted.")
    says(await anna.post(f"/members/{site.anna.owner.id}", {"do": "ban"}), 403, "role is as high as yours")


async def test_a_tier_is_given_to_many_at_once(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    people = [await site.member(f"Person {number}") for number in range(3)]
    await anna.send("/members/bulk", {"do": "tier", "tier_id": gold.id, "ids": [one.id for one in people]})
    assert {row["tier"] for row in await table(anna) if row["name"].startswith("Person")} == {"Gold"}
    says(
        await anna.post("/members/bulk", {"do": "tier", "tier_id": gold.id}),
        422,
        "Choose from one to 100 people.",
    )
    says(await anna.post("/members/bulk", {"do": "tier", "ids": people[0].id}), 422, "Choose the tier")
    says(await anna.post("/members/bulk", {"do": "ban", "ids": people[0].id}), 422, "Choose what to do")


async def test_the_table_runs_nothing_in_a_spreadsheet(site: Site, anna: Browser) -> None:
    await site.member("=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in [row["name"] for row in await table(anna)]


async def test_an_invite_is_made_shown_paused_opened_and_revoked(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    typed = {
        "label": "Market sign", "expires_at": "week", "max_uses": "25", "tier_id": gold.id, "requires_approval": "1",
        "room": site.anna.news.id,
    }  # fmt: skip
    made = await anna.send("/invites", typed)
    for words in (
        "Market sign",
        "0 of 25",
        "Gold",
        "you say yes to each",
        "8 January 2026",
        "http://channel.test/join/",
    ):
        assert words in made, words
    (invite,) = made.ids(r"/invites/([0-9a-f-]{36})/state")
    drawn = await anna.get(f"/invites/{invite}/qr.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert drawn.text.startswith("<svg")
    kept = await anna.get(f"/invites/{invite}/qr.svg?download=1")
    assert kept.headers["content-disposition"] == 'attachment; filename="anna-invite.svg"'
    poster = await anna.see(f"/invites/{invite}/poster")
    assert "channel.test/join/" in poster
    assert "css/poster.css" in poster
    assert "Paused" in await anna.send(f"/invites/{invite}/state", {"state": "paused"})
    assert "Open again." in await anna.send(f"/invites/{invite}/state", {"state": "open"})
    assert "Revoked" in await anna.send(f"/invites/{invite}/state", {"state": "revoked"})
    says(await anna.post(f"/invites/{invite}/state", {"state": "open"}), 409, "This invite was revoked.")
    says(
        await anna.post(f"/invites/{invite}/state", {"state": "gone"}), 422, "Choose open, paused or revoked."
    )
    assert "No longer open" in await anna.see("/invites")


async def test_the_desk_gives_out_a_link_for_people_and_never_that_of_a_mirror(anna: Browser) -> None:
    made = await anna.send("/invites", {"label": "Flyer"})
    (code,) = made.ids(r'<code id="address">http://channel.test/join/([A-Za-z0-9]+)</code>')
    given: dict[str, object] = {
        "kind": "generic",
        "name": "My mirror",
        "url": "https://mirror.friend.org/in",
        "content": "full",
    }
    assert "My mirror" in await anna.send("/hooks", given)
    assert "My mirror" in await anna.see("/invites"), "the premise"
    desk = await anna.see()
    assert f"/join/{code}" in desk and "My mirror" not in desk


async def test_an_invite_shows_who_came_by_it(site: Site, anna: Browser) -> None:
    made = await anna.send("/invites", {"label": "Flyer"})
    (invite,) = made.ids(r"/invites/([0-9a-f-]{36})/state")
    assert "Nobody yet" in made
    (code,) = made.ids(r'<code id="address">http://channel.test/join/([A-Za-z0-9]+)</code>')
    ben = await person(site.db, "Ben")
    async with site.db.write() as tx:
        await invites.accept(tx, code, ben)
    page = await anna.see(f"/invites/{invite}")
    assert "Ben" in page
    assert "1 came" in await anna.see("/invites")
    assert "Flyer" in await anna.see(f"/members/{ben.id}")


async def test_an_invite_form_keeps_what_was_typed_and_names_the_field(site: Site, anna: Browser) -> None:
    typed = {"label": "Keep me", "expires_at_date": "2020-01-01", "max_uses": "7"}
    says(
        await anna.post("/invites", typed),
        422,
        "#f-expires_at_date",
        "Choose a day to come.",
        "Keep me",
        'value="7"',
    )
    says(await anna.post("/invites", {"label": "Keep me", "max_uses": "0"}), 422, "#f-max_uses", "Keep me")
    says(
        await anna.post("/invites", {"label": "x" * 81}), 422, "#f-label", "A label has at most 80 characters"
    )
    says(await anna.post("/invites", {"expires_at": "aeon"}), 422, "Choose one of the times offered.")


async def test_a_moderator_sees_no_code_that_gives_a_tier(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    made = await anna.send("/invites", {"label": "Press", "tier_id": gold.id})
    (invite,) = made.ids(r"/invites/([0-9a-f-]{36})/state")
    moderator = await site.browser(await site.member("mo", role=Role.MODERATOR))
    page = await moderator.see(f"/invites/{invite}")
    assert "/join/" not in page
    assert "only admins see it" in page
    assert (await moderator.get(f"/invites/{invite}/qr.svg")).status_code == 409
    assert (await moderator.get(f"/invites/{invite}/poster")).status_code == 409
    assert "Revoked" in await moderator.send(f"/invites/{invite}/state", {"state": "revoked"})


async def test_codes_are_those_that_open_the_door(site: Site, anna: Browser) -> None:
    made = await anna.send("/invites", {"label": "Door"})
    (code,) = made.ids(r'<code id="address">http://channel.test/join/([A-Za-z0-9]+)</code>')
    async with site.db.read() as tx:
        found, _, _ = await invites.preview(tx, code)
    assert found.label == "Door"
