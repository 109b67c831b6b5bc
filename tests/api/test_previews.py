"""Link previews by the API: declined when publishing, said in other words, removed."""

from typing import Any

from channel.events import PreviewDue
from channel.previews.actions import fill
from channel.previews.model import Found
from tests.api.conftest import Caller, Site
from tests.api.test_contract import news_of

LINK = "https://pots.example.org/market"


async def linked(site: Site, anna: Caller, **more: Any) -> Any:
    """A post with a link, whose page was asked unless it is declined."""
    made = await anna.made(f"/rooms/{await news_of(anna)}/posts", {"text": LINK, **more})
    async with site.db.write() as tx:
        due = PreviewDue(post_id=made["id"], room_id=made["room_id"])
        await fill(tx, due, [LINK], LINK, LINK, Found("Market", "84 workshops"))
    return made


async def test_a_preview_is_read_changed_and_removed(site: Site) -> None:
    anna = await site.creator()
    made = await linked(site, anna)
    assert made["preview"] is None
    path = f"/posts/{made['id']}"
    card = {
        "url": LINK,
        "title": "Market",
        "description": "84 workshops",
        "site": "pots.example.org",
        "video": False,
        "picture_url": None,
        "icon_url": None,
    }
    assert (await anna.get(path)).json()["preview"] == card
    changed = await anna.patch(f"{path}/preview", {"title": "The market"})
    assert changed.json()["preview"] == card | {"title": "The market"}
    for wrong in (
        {"title": ""},
        {"title": "x" * 201},
        {"description": "x" * 301},
        {"title": "\u202e"},
        {"url": LINK},
    ):
        assert (await anna.patch(f"{path}/preview", wrong)).status_code == 422
    assert (await anna.delete(f"{path}/preview")).status_code == 204
    assert (await anna.get(path)).json()["preview"] is None
    assert (await anna.patch(f"{path}/preview", {"title": "x"})).status_code == 404


async def test_a_post_is_published_without(site: Site) -> None:
    anna = await site.creator()
    made = await linked(site, anna, preview=False)
    assert (await anna.get(f"/posts/{made['id']}")).json()["preview"] is None


async def test_a_room_has_none(site: Site) -> None:
    anna = await site.creator()
    room = await anna.patch("/communities/anna/rooms/news", {"previews": False})
    assert room.json()["previews"] is False
    made = await linked(site, anna)
    assert (await anna.get(f"/posts/{made['id']}")).json()["preview"] is None
