"""From the first post to the last switch, by plain forms alone."""

from tests.web_studio.conftest import Browser, Site


async def test_a_creator_publishes_edits_pins_and_deletes_without_scripts(site: Site, anna: Browser) -> None:
    desk = await anna.see()
    assert "Write the first post" in desk
    form = {"key": desk.hidden("key"), "room": site.anna.news.id, "min_rank": "", "ai": "none"}

    shown = await anna.post("/preview", form | {"text": "Out of the **kiln**", "show": "page"})
    assert shown.status_code == 200
    assert "<strong>kiln</strong>" in shown.text
    assert ">\nOut of the **kiln**</textarea>" in shown.text

    sent = await anna.send("/posts", form | {"text": "Out of the **kiln**"})
    assert "Sent." in sent
    assert "Out of the kiln" in sent
    listed = await anna.see("/posts")
    (post,) = listed.ids(r"/posts/([0-9a-f-]{36})\"")

    edit = await anna.see(f"/posts/{post}")
    assert "Out of the **kiln**" in edit
    changed = {"rev": edit.hidden("rev"), "text": "Out of the cold kiln", "min_rank": "", "ai": "assisted"}
    saved = await anna.send(f"/posts/{post}", changed)
    assert "Saved." in saved
    assert "Out of the cold kiln" in saved
    assert "Earlier versions" in saved

    pinned = await anna.send(f"/posts/{post}/pin", {"position": "1"})
    assert "Pinned." in pinned
    gone = await anna.send(f"/posts/{post}/delete")
    assert "Deleted." in gone
    assert "Deleted post" in gone, "the trace stands in the list of the room"
    assert "cold kiln" not in gone
    assert (await anna.get(f"/posts/{post}")).status_code == 404


async def test_a_draft_is_kept_continued_and_sent(site: Site, anna: Browser) -> None:
    typed = {
        "text": "Half a thought",
        "teaser": "Soon",
        "min_rank": "0",
        "ai": "generated",
        "room": site.anna.news.id,
    }
    kept = await anna.send("/drafts", typed)
    assert "Saved as a draft." in kept
    assert "Half a thought" in kept
    (draft,) = kept.ids(r"\?draft=([0-9a-f-]{36})")

    desk = await anna.see(f"?draft={draft}")
    assert "Half a thought</textarea>" in desk
    assert 'value="Soon"' in desk
    assert '<option value="0" selected' in desk
    assert '<option value="generated" selected' in desk
    assert "As it will be seen" in desk
    fields = {name: desk.hidden(name) for name in ("key", "draft")} | typed
    await anna.send("/posts", fields | {"text": "A whole thought"})
    assert "No drafts" in await anna.see("/drafts"), "what is sent is no draft any more"


async def test_a_draft_can_be_thrown_away(site: Site, anna: Browser) -> None:
    kept = await anna.send("/drafts", {"text": "Never mind"})
    (draft,) = kept.ids(r"\?draft=([0-9a-f-]{36})")
    assert "No drafts" in await anna.send(f"/drafts/{draft}/delete")
    assert "No drafts" in await anna.send(f"/drafts/{draft}/delete"), "twice is once"


async def test_a_locked_post_shows_both_views_and_how_many_see_which(site: Site, anna: Browser) -> None:
    gold = await site.anna.tier("Gold", 10)
    await site.member("ben", tier=gold)
    await site.member("cleo")
    typed = {"text": "The recipe", "teaser": "All quantities", "min_rank": "10", "room": site.anna.news.id}
    views = await anna.post("/preview", typed)
    assert views.status_code == 200
    text = views.text
    assert text.startswith('<div id="views"')
    assert "1 other has access" in text
    assert "1 sees the card" in text
    open_part, _, locked_part = text.partition("Everyone else")
    assert "The recipe" in open_part
    assert "The recipe" not in locked_part
    assert "All quantities" in locked_part


async def test_pins_are_put_in_order(site: Site, anna: Browser) -> None:
    for number in range(3):
        fields = {"key": f"k{number}", "room": site.anna.news.id, "text": f"Post {number}"}
        await anna.send("/posts", fields)
    ids = (await anna.see("/posts")).ids(r"/posts/([0-9a-f-]{36})\"")
    for post in ids:
        await anna.send(f"/posts/{post}/pin", {"position": "1"})
    moved = await anna.send(f"/posts/{ids[0]}/pin", {"position": "1", "room": site.anna.news.id})
    pins = moved.text.partition('class="pins"')[2].partition("</ol>")[0]
    assert pins.index("Post 2") < pins.index("Post 0") < pins.index("Post 1")
    assert "Moved." in moved


async def test_the_posts_of_all_rooms_are_listed_and_each_room_apart(site: Site, anna: Browser) -> None:
    attic = await site.anna.room("attic")
    await anna.send("/posts", {"key": "1", "room": site.anna.news.id, "text": "In the news"})
    await anna.send("/posts", {"key": "2", "room": attic.id, "text": "In the attic"})
    everything = await anna.see("/posts")
    assert "In the news" in everything
    assert "In the attic" in everything
    apart = await anna.see(f"/posts?room={attic.id}")
    assert "In the news" not in apart
    assert "In the attic" in apart


async def test_what_one_says_to_nobody_leads_to_inviting(site: Site, anna: Browser) -> None:
    assert "Nobody is here yet" in await anna.see()
    made = await anna.send("/invites", {"label": "First"})
    assert "Made." in made
    await site.member("ben")
    desk = await anna.see()
    assert "Nobody is here yet" not in desk
    assert "First" in desk
    assert "Send to 1" in desk
