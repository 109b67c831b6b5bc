"""Webhooks and mirrors at the desk."""

from channel.hooks import actions
from channel.hooks.tables import deliveries
from channel.storage import Database
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


async def test_failed_messages_are_offered_to_be_sent_again_with_their_number_where_there_are_any(
    anna: Browser, db: Database
) -> None:
    given: dict[str, object] = {
        "kind": "webhook", "name": "My program", "url": "https://hooks.friend.org/in", "kinds": ["post.*"],
    }  # fmt: skip
    where = (await anna.post("/hooks", given)).headers["location"].partition("?")[0]
    hook_id = where.rpartition("/")[2]
    assert 'value="replay"' not in (await anna.get(where)).text, "nothing was sent yet"
    for state, many in (("sent", 1), ("failed", 2), ("waiting", 1)):
        for _ in range(many):
            async with db.write() as tx:
                made = await actions.expect(tx, hook_id, "post.edited", {})
                await tx.run(deliveries.update().where(deliveries.c.id == made).values(state=state))
    page = (await anna.get(where)).text
    assert "Send 2 failed ones again" in page
    await anna.send(where, {"do": "replay"})
    assert "failed ones again" not in (await anna.get(where)).text, "they wait now"
    async with db.write() as tx:
        await tx.run(deliveries.update().values(state="failed"))
    await anna.send(where, {"do": "pause"})
    assert "failed ones again" not in (await anna.get(where)).text, "a paused one sends nothing"
