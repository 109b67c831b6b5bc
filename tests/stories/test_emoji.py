"""Emoji of a community's own: found in the picker, drawn for everybody whose page is open, gone when they are removed."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Browser, expect

from tests.browser.axe import violations
from tests.stories.stage import Stage, staged
from tests.stories.test_reacting import FOUND, complaints

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("emoji")) as made:
        yield made


def drawing(colour: str) -> bytes:
    """A disc on nothing."""
    image, held = Image.new("RGBA", (96, 96)), io.BytesIO()
    ImageDraw.Draw(image).ellipse((4, 4, 92, 92), fill=colour)
    image.save(held, "PNG")
    return held.getvalue()


def added(house: Stage, name: str, colour: str = "orange") -> str:
    """Where its picture lies."""
    answer = house.client.put(f"/api/v1/communities/anna/emoji/{name}", content=drawing(colour))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


async def test_it_is_found_in_the_picker_and_drawn_for_those_who_are_there(
    browser: Browser, house: Stage
) -> None:
    post = house.post("Shall we?")
    otto = await house.follower(browser, "Otto", "de", phone=False)
    address = added(house, "kiln_day")  # after his page was opened: the frame tells him what he has to draw
    nia = await house.follower(browser, "Nia")
    try:
        ours = f"article[data-id='{post['id']}']"
        told = [complaints(nia.page), complaints(otto.page)]
        await nia.page.locator(f"{ours} details.react summary").click()
        await nia.page.locator(f"{ours} .offered .all").click()
        dialog = nia.page.locator("dialog.picker-dialog")
        await expect(dialog.locator(FOUND).first).to_be_visible()
        assert await violations(nia.page) == []
        await dialog.locator("input[type=search]").fill("kiln")
        await dialog.locator("[id='emo-:kiln_day:']").click()
        for person in (nia, otto):
            chip = person.page.locator(f"{ours} .reactions > .reaction[value=':kiln_day:']")
            await expect(chip.locator("img.emoji")).to_have_attribute("src", address)
            await expect(chip.locator("img.emoji")).to_have_attribute("alt", ":kiln_day:")
            await expect(chip.locator(".count")).to_have_text("1")
            await expect(chip.locator("img.emoji")).to_have_js_property("naturalWidth", 128)
        await otto.page.locator(f"{ours} .reactions > .reaction[value=':kiln_day:']").click()
        await expect(nia.page.locator(f"{ours} .reaction[value=':kiln_day:'] .count")).to_have_text("2")
        assert await violations(otto.page) == []
        house.client.patch("/api/v1/communities/anna/emoji/kiln_day", json={"name": "oven_day"})
        await nia.page.locator(f"{ours} details.react summary").click()
        await nia.page.locator(
            f"{ours} .offered button[value='🎉']"
        ).click()  # whatever is told next tells its name
        for person in (nia, otto):
            await expect(
                person.page.locator(f"{ours} .reactions > .reaction[value=':oven_day:'] img.emoji")
            ).to_have_attribute("src", address)
            await expect(person.page.locator(f"{ours} .reaction[value=':kiln_day:']")).to_have_count(0)
        house.client.delete("/api/v1/communities/anna/emoji/oven_day")
        await nia.page.reload()
        await expect(nia.page.locator(f"{ours} .reaction[value=':oven_day:'] .e")).to_have_text(":oven_day:")
        assert not any(told) and not otto.faults, told
    finally:
        await nia.context.close()
        await otto.context.close()


async def test_a_double_tap_can_mean_one(browser: Browser, house: Stage) -> None:
    address = added(house, "sparks", "crimson")
    rooms = house.client.get("/api/v1/communities/anna/rooms").json()["items"]
    path = f"/api/v1/communities/anna/rooms/{rooms[0]['slug']}"
    wanted = {"reactions": "set", "reaction_set": ["👍", ":sparks:"], "reaction_default": ":sparks:"}
    assert house.client.patch(path, json=wanted).status_code == 200
    post = house.post("Twice.")
    yuki = await house.follower(browser, "Yuki")
    try:
        told = complaints(yuki.page)
        ours = f"article[data-id='{post['id']}']"
        await yuki.page.locator(f"{ours} .text").dblclick()
        chip = yuki.page.locator(f"{ours} .reactions > .reaction[value=':sparks:'] img.emoji")
        await expect(chip).to_have_attribute("src", address)
        await yuki.page.locator(f"{ours} details.react summary").click()
        await expect(yuki.page.locator(f"{ours} .offered .all")).to_be_hidden()
        await expect(yuki.page.locator(f"{ours} .offered img.emoji")).to_be_visible()
        assert not told, told
    finally:
        await yuki.context.close()
        house.client.patch(path, json={"reactions": "any", "reaction_set": ["👍"], "reaction_default": "👍"})


async def test_a_creator_adds_renames_and_removes_one(browser: Browser, house: Stage) -> None:
    anna = await house.anna(browser, "de")
    page = anna.page
    try:
        told = complaints(page)
        await page.goto(f"{house.server.url}/studio/anna/settings")
        await page.get_by_role("link", name="Eigene Emoji").click()
        await page.get_by_label("Bild").set_input_files(
            {"name": "disc.png", "mimeType": "image/png", "buffer": drawing("teal")}
        )
        await page.get_by_label("Name", exact=True).fill(":Teal_Disc:")
        await page.get_by_role("button", name="Hinzufügen").click()
        row = page.locator(".own-emoji > li", has_text=":teal_disc:")
        await expect(row.locator("img")).to_have_js_property("naturalWidth", 128)
        assert await violations(page) == []
        await row.locator("summary").click()
        await row.get_by_label("Neuer Name").fill("no good")
        await row.get_by_role("button", name="Umbenennen").click()
        await expect(row.get_by_label("Neuer Name")).to_have_attribute("aria-invalid", "true")
        assert await violations(page) == []
        await row.get_by_label("Neuer Name").fill("teal_dot")
        await row.get_by_role("button", name="Umbenennen").click()
        row = page.locator(".own-emoji > li", has_text=":teal_dot:")
        await row.get_by_role("button", name="Entfernen").click()
        await row.get_by_role("dialog").get_by_role("button", name="Entfernen").click()
        await expect(page.locator(".studio-main [role=status]")).to_contain_text("Entfernt.")
        await expect(row).to_have_count(0)
        assert not [one for one in told if "422" not in one], told
    finally:
        await page.context.close()
