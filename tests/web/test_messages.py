"""A follower's conversation with the team, with plain forms: where it is found, written, read, deleted, taken along."""

import json

from sqlalchemy import func, select

from channel.accounts import Account
from channel.members import Role, actions
from channel.messages.tables import messages as table
from tests.cast import person
from tests.messages.writing import answer, open_box, said, talk, write
from tests.web.conftest import Browser, Site

TALK = "/messages/anna"


async def bob(site: Site, language: str = "en") -> tuple[Account, Browser]:
    who = await site.anna.member("Bob")
    return who, await site.browser(who, language)


async def test_one_writes_and_reads_the_answer_without_scripts(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    assert 'href="/messages/anna"' in await browser.get("/@anna")
    assert "Say what is on your mind" in await browser.get(TALK)
    page = await browser.follow(TALK, {"text": "When is the *show*?", "key": "k"})
    assert "<em>show</em>" in page.answer.text
    await answer(site.anna, who, "On Friday", by=await site.anna.member("Mia", role=Role.MODERATOR))
    await answer(site.anna, who, "See you", as_team=False)
    page = await browser.get(TALK)
    assert "2 new messages" in page
    assert "Mia" not in page, "who of the team wrote it stays with the team"
    assert page.text.count('<b class="cut">Annas world</b>') == 1
    assert '<b class="cut">Anna</b>' in page
    page = await browser.follow(f"{TALK}/read", {"seq": "3"})
    assert "new message" not in page
    again = await browser.follow(TALK, {"text": "When is the *show*?", "key": "k"})
    assert again.text.count("<em>show</em>") == 1, "the same form twice is one message"


async def test_what_is_unread_is_marked_where_one_looks(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    await write(site.anna, who)
    assert "Your messages to them" in await browser.get("/")
    await answer(site.anna, who)
    for path in ("/", "/@anna/news"):
        page = await browser.get(path)
        assert "They answered you" in page, path
        assert "/messages/anna#unread" in page, path
    assert "They answered you" in await browser.get("/?show=unread")
    await browser.follow(f"{TALK}/read", {"seq": "2"})
    assert "They answered you" not in await browser.get("/")


async def test_where_nobody_may_write_no_page_leads_there(site: Site) -> None:
    _, browser = await bob(site)
    for path in ("/@anna", "/@anna/news", "/"):
        assert TALK not in await browser.get(path), path
    page = await browser.get(TALK)
    assert "The people who run this take no messages at the moment." in page
    assert "<textarea" not in page
    gold = await site.anna.tier("Gold", 10)
    await open_box(site.anna, min_rank=10)
    assert TALK not in await browser.get("/@anna")
    rich = await site.browser(await site.anna.member("Rich", tier=gold))
    assert TALK in await rich.get("/@anna")


async def test_what_cannot_be_sent_is_not_lost(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    long = "Dear all " * 500
    page = await browser.post(TALK, {"text": long, "key": "k"})
    assert page.status == 422
    assert "A message has at most 4,000 characters; this has 4,499." in page
    assert long.strip() in page
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        until = site.clock.now_ms + 3_600_000
        await actions.mute(tx, owner, site.anna.community, who.id, until=until, reason="Too loud")
    page = await browser.post(TALK, {"text": "But I only", "key": "k"})
    assert page.status == 403
    assert "You are muted here until 2026-01-01 01:00 UTC" in page
    assert "But I only</textarea>" in page
    german = await site.browser(who, "de")
    assert "Grund: Too loud" in await german.get(TALK)


async def test_who_is_banned_or_outside_has_no_such_page(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    await write(site.anna, who, "Before")
    async with site.db.write() as tx:
        owner = await site.anna.by(tx, site.anna.owner)
        await actions.ban(tx, owner, site.anna.community, who.id, reason="Enough")
    for page in (await browser.get(TALK), await browser.post(TALK, {"text": "x", "key": "k"})):
        assert page.status == 403
        assert "Enough" in page
        assert "Before" not in page
    assert (await browser.get(f"{TALK}/export")).status == 403
    stranger = await site.browser(await person(site.db))
    assert (await stranger.get(TALK)).location == "/@anna"
    assert (await stranger.post(TALK, {"text": "x", "key": "k"})).status == 403
    assert (await site.stranger().get(TALK)).location == f"/sign-in?next={TALK}"
    owner_browser = await site.browser(site.anna.owner)
    assert (await owner_browser.get(TALK)).location == "/studio/anna/messages"


async def test_one_deletes_ones_own_and_only_ones_own(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    eve = await site.anna.member("Eve")
    mine, hers = await write(site.anna, who, "Oops"), await write(site.anna, eve, "Secret")
    theirs = await answer(site.anna, who, "Pardon?")
    for other in (hers.id, "x", "\x00", ""):
        assert (await browser.post(f"{TALK}/delete", {"id": other})).status == 404, other
    assert (await browser.post(f"{TALK}/delete", {"id": theirs.id})).status == 403
    page = await browser.follow(f"{TALK}/delete", {"id": mine.id})
    assert "Oops" not in page
    assert await said(site.anna, who) == ["", "Pardon?"]


async def test_all_of_it_is_taken_along_as_a_file(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    assert (await browser.get(f"{TALK}/export")).status == 404
    for number in range(3):
        await write(site.anna, who, f"Line {number}")
    await answer(site.anna, who, "Yes")
    file = await browser.get(f"{TALK}/export")
    assert file.answer.headers["content-disposition"] == 'attachment; filename="messages-anna.json"'
    told = json.loads(file.answer.text)
    assert [one["text"] for one in told["messages"]] == ["Line 0", "Line 1", "Line 2", "Yes"]
    assert told["messages"][3]["author"] is None


async def test_a_long_conversation_comes_in_pages(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    for number in range(60):
        await (
            write(site.anna, who, f"L{number:02}") if number % 2 else _answered(site, who, f"L{number:02}")
        )
    page = await browser.get(TALK)
    assert "L59" in page
    assert "L09" not in page
    assert "?before=11" in page
    older = await browser.get(f"{TALK}?before=11")
    assert "L09" in older
    assert "L59" not in older
    assert (await browser.get(f"{TALK}?before=x")).status == 404


async def _answered(site: Site, who: Account, text: str) -> None:
    if text == "L00":
        await write(site.anna, who, text)
    else:
        await answer(site.anna, who, text)


async def test_scripts_are_answered_in_short(site: Site) -> None:
    await open_box(site.anna)
    who, browser = await bob(site)
    asked = {"channel-fragment": "1"}
    assert (await browser.post(TALK, {"text": "Hi", "key": "k"}, **asked)).status == 204
    refused = await browser.post(TALK, {"text": "", "key": "k2"}, **asked)
    assert (refused.status, refused.answer.json()["problems"]) == (422, {"text": "Write something first."})
    assert (await browser.post(f"{TALK}/read", {"seq": "1"}, **asked)).status == 204
    assert (await talk(site.anna, who)).read_seq == 1


async def test_leaving_and_erasing_take_the_conversation_along(site: Site) -> None:
    await open_box(site.anna)
    (who, browser), eve = await bob(site), await site.anna.member("Eve")
    hers = await site.browser(eve)
    for one in (who, eve):
        await write(site.anna, one)
        await answer(site.anna, one)
    assert "Your messages to the people who run it are deleted." in await browser.get("/@anna")
    await browser.follow("/@anna/leave")
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(table)) == 2
    assert (await hers.post("/account/delete", {"typed_name": "Eve"})).status == 303
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(table)) == 0
