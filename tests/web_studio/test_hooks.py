"""Webhooks and mirrors at the desk."""

from tests.web_studio.conftest import Browser, says


async def test_what_a_paused_hook_cannot_do_is_said_on_its_page(anna: Browser) -> None:
    given: dict[str, object] = {
        "kind": "webhook", "name": "My program", "url": "https://hooks.friend.org/in", "kinds": ["post.*"],
    }  # fmt: skip
    made = await anna.post("/hooks", given)
    where = made.headers["location"].partition("?")[0]
    await anna.send(where, {"do": "pause"})
    for do in ("test", "replay"):
        says(await anna.post(where, {"do": do}), 409, "Switch the hook on first.", "My program")
