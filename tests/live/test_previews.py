"""A link preview live: the post again, with its revision as it was, and locked for whom it is locked."""

import secrets

from channel import members, posts
from channel.events import PreviewDue
from channel.posts.model import Draft
from channel.previews.actions import fill
from channel.previews.model import Found
from tests.live.site import Site

LINK = "https://pots.example.org/market"


async def test_the_card_comes_in_place_for_whoever_may_read_the_post(site: Site) -> None:
    mara, other = await site.member("Mara"), await site.member("Eve")
    rendered = await posts.prepare(Draft.parse(f"Come: {LINK}"), rooms={})
    async with site.follow(mara) as live, site.follow(other) as page:
        await live.subscribe(site.stream)
        await page.subscribe(site.stream, form="html")
        async with site.db.write() as tx:
            by = await members.entitlement(tx, site.community, site.creator.id)
            made, _ = await posts.publish(tx, by, site.creator, site.room, rendered, secrets.token_hex(8))
        assert (await live.next("event"))["data"]["post"]["preview"] is None
        assert "linkcard" not in (await page.next("event"))["data"]["html"]
        async with site.db.write() as tx:
            due = PreviewDue(post_id=made.id, room_id=made.room_id)
            await fill(tx, due, [LINK], LINK, LINK, Found("Market <b>", "84 workshops"))
        told, shown = await live.next("event"), await page.next("event")
    assert told["kind"] == shown["kind"] == "post.previewed"
    assert (told["data"]["post"]["rev"], told["data"]["post"]["preview"]["title"]) == (1, "Market <b>")
    assert shown["data"]["rev"] == 1
    html = shown["data"]["html"]
    assert "Market &lt;b&gt;" in html
    assert f'href="{LINK}" target="_blank" rel="noopener noreferrer nofollow ugc"' in html
    assert "<img" not in html.split("linkcard", 1)[1].split("</a>", 1)[0]
