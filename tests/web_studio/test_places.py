"""Tiers, rooms and settings, by plain forms."""

import pytest

from channel import communities, rooms, tiers
from channel.communities import Community
from channel.members import Role
from channel.rooms import Room
from channel.tiers import Tier
from tests.web_studio.conftest import Browser, Site, says

DAY_MS = 24 * 3600 * 1000
LOOK = {
    "name": "Anna's world", "about": "All about it", "visibility": "unlisted", "approval": "1", "hue": "205",
    "cover": "art:kiln", "avatar": "art:bowl", "language": "de",
}  # fmt: skip


async def stored_tiers(site: Site) -> list[Tier]:
    async with site.db.read() as tx:
        return await tiers.of_community(tx, site.anna.community.id)


async def stored_rooms(site: Site) -> list[Room]:
    async with site.db.read() as tx:
        return await rooms.of_community(tx, site.anna.community.id)


async def test_a_tier_is_made_changed_and_deleted(site: Site, anna: Browser) -> None:
    typed = {
        "name": "Gold",
        "rank": "10",
        "about": "Shines",
        "benefits": "Early\n\n More ",
        "shared_colour": "1",
    }
    made = await anna.send("/tiers", typed)
    assert "Gold" in made
    assert "0 members" in made
    gold = (await stored_tiers(site))[1]
    assert (gold.rank, gold.benefits, gold.colour) == (10, ("Early", "More"), None)
    edit = await anna.see(f"/tiers/{gold.id}")
    assert "Early\nMore</textarea>" in edit
    changed = {"name": "Golden", "rank": "12", "about": "", "benefits": "Early", "colour": "112"}
    assert "Golden" in await anna.send(f"/tiers/{gold.id}", changed)
    gold = (await stored_tiers(site))[1]
    assert (gold.name, gold.rank, gold.colour) == ("Golden", 12, 112)
    assert "Golden" not in await anna.send(f"/tiers/{gold.id}/delete")


async def test_the_free_tier_is_renamed_and_stays(site: Site, anna: Browser) -> None:
    free = site.anna.free
    await anna.send(
        f"/tiers/{free.id}", {"name": "Onlookers", "about": "", "benefits": "", "shared_colour": "1"}
    )
    (now,) = await stored_tiers(site)
    assert (now.name, now.rank) == ("Onlookers", 0)
    says(await anna.post(f"/tiers/{free.id}/delete"), 409, "The free tier stays")


async def test_a_tier_in_use_is_not_deleted_and_the_page_says_why(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    await site.member("ben", tier=gold)
    assert "1 member has this tier" in await anna.see(f"/tiers/{gold.id}")
    says(await anna.post(f"/tiers/{gold.id}/delete"), 409, "Members have this tier.")


async def test_a_tier_form_keeps_what_was_typed_and_names_the_field(site: Site, anna: Browser) -> None:
    await site.anna.tier("Gold", 10)
    says(await anna.post("/tiers", {"name": "Silver", "rank": "10", "about": "Keep"}), 422, "#f-rank", "Keep</textarea>",
         "Another tier has this rank.", 'value="Silver"')  # fmt: skip
    says(
        await anna.post("/tiers", {"name": "", "rank": "20", "about": "Keep"}),
        422,
        "#f-name",
        "Keep</textarea>",
    )
    says(await anna.post("/tiers", {"name": "Silver", "rank": ""}), 422, "#f-rank", 'value="Silver"')
    long = {"name": "Silver", "rank": "20", "benefits": "b" * 121}
    says(await anna.post("/tiers", long), 422, "#f-benefits", "A benefit has at most 120 characters")


async def test_a_room_is_made_moved_changed_and_deleted(site: Site, anna: Browser) -> None:
    await site.anna.tier("Gold", 10)
    made = await anna.send("/rooms", {"name": "Die Töpferstube", "about": "Clay", "min_rank": "10"})
    assert "Die Töpferstube" in made
    assert "Gold and up" in made
    news, attic = await stored_rooms(site)
    assert (attic.slug, attic.min_rank) == ("die-toepferstube", 10)
    await anna.send(f"/rooms/{attic.slug}/move", {"position": "1"})
    assert [room.slug for room in await stored_rooms(site)] == ["die-toepferstube", "news"]
    saved = await anna.send(
        f"/rooms/{attic.slug}", {"name": "Stube", "slug": "stube", "about": "", "min_rank": ""}
    )
    assert "/@anna/stube" in saved
    says(
        await anna.post("/rooms/stube/delete", {"typed_slug": "news"}),
        422,
        "Type the address of the room",
        'value="news"',
    )
    assert "Stube" not in await anna.send("/rooms/stube/delete", {"typed_slug": "stube"})
    says(await anna.post(f"/rooms/{news.slug}/delete", {"typed_slug": "news"}), 409, "at least one room")


async def test_a_room_form_keeps_what_was_typed_and_names_the_field(site: Site, anna: Browser) -> None:
    typed = {"name": "Keep me", "slug": "News", "about": "Keep this"}
    says(
        await anna.post("/rooms", typed),
        422,
        "#f-slug",
        "Another room has this address.",
        "Keep this</textarea>",
    )
    says(await anna.post("/rooms", typed | {"slug": "ü"}), 422, "#f-slug", 'value="Keep me"')
    says(await anna.post("/rooms", typed | {"name": "", "slug": "x"}), 422, "#f-name", "Keep this</textarea>")
    says(
        await anna.post("/rooms/news", {"name": "", "slug": "news", "about": "Keep"}),
        422,
        "#f-name",
        "Keep</textarea>",
    )
    says(await anna.post("/rooms/news/move", {"position": "far"}), 422, "Write a whole number.")


async def test_settings_are_saved(site: Site, anna: Browser) -> None:
    page = await anna.send("/settings", dict(LOOK))
    assert "Saved." in page
    now = await site.anna.refresh()
    assert (now.name, now.visibility, now.approval, now.hue) == ("Anna's world", "unlisted", True, 205)
    assert (now.cover, now.avatar, now.language) == ("art:kiln", "art:bowl", "de")
    await anna.send("/settings", {name: value for name, value in LOOK.items() if name != "approval"})
    assert not (await site.anna.refresh()).approval


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "A name has 1 to 80 characters."),
        ("about", "x" * 4001, "At most 4,000 characters"),
        ("visibility", "secret", "Choose public, unlisted or private."),
        ("hue", "360", "A hue is a number from 0 to 359."),
        ("cover", "https://evil.example/x.png", "Choose one of the covers."),
        ("avatar", "x", "Choose one of the pictures, or none."),
        ("language", "xx", "Choose English or German."),
    ],
)
async def test_the_settings_keep_what_was_typed_and_name_the_field(
    site: Site, anna: Browser, field: str, value: str, words: str
) -> None:
    kept = {"about": "Keep this"} if field != "about" else {"name": "Keep this"}
    says(await anna.post("/settings", LOOK | kept | {field: value}), 422, f"#f-{field}", words, "Keep this")


async def test_a_community_is_closed_and_opened(site: Site, anna: Browser) -> None:
    assert "This community is closed." in await anna.send("/settings/close")
    assert (await site.anna.refresh()).closed
    assert "This community is closed." not in await anna.send("/settings/reopen")


async def test_a_community_is_deleted_by_typing_its_address_and_brought_back(
    site: Site, anna: Browser
) -> None:
    helper = await site.browser(await site.member("ada", role=Role.ADMIN))
    says(
        await anna.post("/settings/delete", {"typed_handle": "bert"}), 422, 'value="bert"', "#f-typed_handle"
    )
    gone = await anna.send("/settings/delete", {"typed_handle": "@Anna"})
    assert "This community is deleted." in gone
    assert "15 January 2026" in gone
    assert (await helper.get()).status_code == 404
    for path in ("", "/posts", "/members", "/invites", "/tiers", "/rooms", "/drafts"):
        assert "This community is deleted." in await anna.see(path), path
    assert "Everything is back." in await anna.send("/settings/undo-delete")
    assert (await helper.get()).status_code == 200
    says(await anna.post("/settings/undo-delete"), 409, "nothing to undo")


async def test_a_community_is_handed_over(site: Site, anna: Browser) -> None:
    assert "Give a member a role first" in await anna.see("/settings")
    ada = await site.member("ada", role=Role.ADMIN)
    typed = {"to": ada.id, "typed_handle": "nope"}
    says(
        await anna.post("/settings/transfer", typed), 422, "Type the address of the community", 'value="nope"'
    )
    assert (await site.anna.standing(ada)).role == Role.ADMIN
    done = await anna.send("/settings/transfer", typed | {"typed_handle": "anna"})
    assert "The community has a new owner." in done
    assert (await site.anna.standing(ada)).role == Role.OWNER
    assert (await site.anna.standing(site.anna.owner)).role == Role.ADMIN


async def test_the_studio_speaks_the_names_that_people_chose(site: Site, anna: Browser) -> None:
    await anna.send("/settings", LOOK | {"name": "<i>Anna</i> & " + "sehr " * 12})
    page = await anna.get()
    assert "<i>Anna</i>" not in page.text
    async with site.db.read() as tx:
        found: Community = await communities.by_handle(tx, "anna")
    assert found.name.startswith("<i>Anna</i>")
