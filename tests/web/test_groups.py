"""Groups as browsers without scripts meet them: topics, the conversation, and everything done there by plain forms."""

import re

import pytest

from channel import posts, topics
from channel.members import Role, governing
from channel.posts import queries
from channel.rooms import Room
from channel.search import catch_up
from channel.topics import marks
from tests.conftest import Clock
from tests.polls.asking import ask
from tests.topics.talking import group, merge, move, now, read_topic, say, start
from tests.web.conftest import Browser, Page, Site

ROOT = "/@anna/talk"


@pytest.fixture
async def room(site: Site) -> Room:
    return await group(site.anna)


async def bob_in(site: Site) -> Browser:
    return await site.browser(await site.anna.member("bob"))


def key_of(page: Page) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.answer.text)
    assert found, page.answer.text[:300]
    return found[1]


def listed(page: Page) -> list[str]:
    """The names of the topics in their order."""
    part = page.answer.text.partition("<channel-topics")[2].partition("</channel-topics>")[0]
    return re.findall(r'<h3><span class="cut">([^<]+)</span>', part)


async def test_a_member_starts_a_topic_and_another_one_answers(site: Site, room: Room) -> None:
    bob = await bob_in(site)
    page = await bob.get(ROOT)
    assert "What shall we talk about?" in page
    fields = {"key": key_of(page), "name": "The tour", "text": "When do you *come*?"}
    sent = await bob.post(f"{ROOT}/t", fields)
    assert (sent.status, sent.location) == (303, f"{ROOT}/t/2")
    assert (await bob.post(f"{ROOT}/t", fields)).location == f"{ROOT}/t/2"  # a second press
    eve = await site.browser(await site.anna.member("eve"))
    page = await eve.get(ROOT)
    assert listed(page) == ["The tour", "General"]
    assert "bob:" in page and "When do you come?" in page
    page = await eve.get(f"{ROOT}/t/2")
    assert "1 unread post" in page and "<em>come</em>" in page
    sent = await eve.post(f"{ROOT}/t/2", {"key": key_of(page), "text": "In May."})
    assert sent.status == 303
    assert "In May." in await bob.get(sent.location)


async def test_every_refusal_says_why_and_keeps_what_was_typed(site: Site, room: Room, clock: Clock) -> None:
    bob = await bob_in(site)
    await say(site.anna, room)
    owner = site.anna

    async def rules(**changed: object) -> None:
        async with site.db.write() as tx:
            by = await owner.by(tx, owner.owner)
            here = await governing.rooms.one(tx, room.id)
            await governing.edit_room(tx, by, owner.community, here, **changed)

    async def refused(status: int, words: str, text: str = "What I *typed* & meant") -> None:
        sent = await bob.post(f"{ROOT}/t/1", {"key": "k1", "text": text})
        assert sent.status == status
        assert words in sent
        assert sent.status == 422 or text in sent

    minute = clock() // 60_000 % 1440
    await rules(quiet_from=minute, quiet_to=(minute + 60) % 1440)
    await refused(403, "It is quiet here until")
    await rules(quiet_from=None, quiet_to=None, slow_s=300)
    assert (await bob.post(f"{ROOT}/t/1", {"key": "k0", "text": "first"})).status == 303
    sent = await bob.post(f"{ROOT}/t/1", {"key": "k1", "text": "What I typed"})
    assert (sent.status, sent.answer.headers["retry-after"]) == (429, "300")
    assert "Send your message again in 5 minutes." in sent and "What I typed" in sent
    await rules(slow_s=0, write_rank=1_000_001)
    await refused(403, "Writing here is for the team.")
    await rules(write_rank=None)
    long = "x" * 10_001
    sent = await bob.post(f"{ROOT}/t/1", {"key": "k1", "text": long})
    assert sent.status == 422 and long in sent
    sent = await bob.post(f"{ROOT}/t", {"key": "k2", "name": "General", "text": "mine"})
    assert sent.status == 422 and "There is a topic of this name already" in sent
    assert "mine</textarea>" in sent and 'value="General"' in sent


async def test_scripts_are_told_the_same_with_a_code(site: Site, room: Room) -> None:
    bob = await bob_in(site)
    tour = await start(site.anna, room, "The tour")
    own = {"channel-fragment": "1"}
    sent = await bob.post(f"{ROOT}/t/2", {"key": "k", "text": "hello"}, **own)
    assert sent.status == 201 and f'data-topic="{tour.id}"' in sent
    async with site.db.write() as tx:
        await topics.set_state(tx, await site.anna.by(tx, site.anna.owner), room, tour, "closed")
    sent = await bob.post(f"{ROOT}/t/2", {"key": "k2", "text": "hello"}, **own)
    assert sent.answer.json()["code"] == "topic_closed"
    assert "This topic is closed." in await bob.get(f"{ROOT}/t/2")


async def test_starred_on_top_muted_unlit_and_states_said(site: Site, room: Room) -> None:
    bob_account = await site.anna.member("bob")
    bob = await site.browser(bob_account)
    made = [await start(site.anna, room, name) for name in ("One", "Two", "Three")]
    for topic in made:
        await say(site.anna, room, topic=topic)
    assert listed(await bob.get(ROOT)) == ["Three", "Two", "One", "General"]
    await bob.follow(f"{ROOT}/t/2/mark", {"starred": "1"})
    await bob.follow(f"{ROOT}/t/4/mark", {"level": "mute"})
    page = await bob.get(ROOT)
    assert listed(page) == ["One", "Three", "Two", "General"]
    assert "(2) Talk" in page
    await bob.follow(f"{ROOT}/t/2/mark", {"starred": "0"})
    owner = await site.browser(site.anna.owner)
    page = await owner.follow(f"{ROOT}/t/3/change", {"do": "resolve"})
    assert "Resolved" in page
    assert "Closed" in await owner.follow(f"{ROOT}/t/4/change", {"do": "close"})
    page = await owner.follow(f"{ROOT}/t/4/change", {"do": "name", "name": "Third"})
    assert "Third" in page


async def test_reading_a_topic_leaves_the_others_unread(site: Site, room: Room) -> None:
    account = await site.anna.member("bob")
    bob = await site.browser(account)
    tour = await start(site.anna, room, "The tour")
    said = await say(site.anna, room, topic=tour)
    await say(site.anna, room)
    form = {"seq": str(said.seq + 1), "topic": tour.id, "next": f"{ROOT}/t/2"}
    page = await bob.follow(f"/rooms/{room.id}/read", form)
    assert "unread post" not in page.text.partition("<channel-feed")[2]
    async with site.db.read() as tx:
        assert (await posts.unread(tx, account.id, [room.id])) == {room.id: 1}
        assert (await queries.one(tx, said.id)).views == 1
    await bob.follow(f"/rooms/{room.id}/read", {"seq": "99", "next": ROOT})
    async with site.db.read() as tx:
        assert (await posts.unread(tx, account.id, [room.id])) == {room.id: 0}


async def test_links_of_moved_and_merged_messages_lead_to_them(site: Site, room: Room) -> None:
    bob = await bob_in(site)
    tour = await start(site.anna, room, "The tour")
    said = [await say(site.anna, room, f"number {n}", topic=tour) for n in range(3)]
    await move(site.anna, room, said[1:2], "Beds")
    link = await bob.get(f"{ROOT}/{said[1].seq}")
    assert link.location == f"{ROOT}/t/3?from={said[1].seq}#p{said[1].seq}"
    assert "number 1" in await bob.get(link.location)
    owner = await site.browser(site.anna.owner)
    async with site.db.read() as tx:
        beds = await topics.by_number(tx, room.id, 3)
    sent = await owner.post(f"{ROOT}/t/2/change", {"do": "merge", "into": beds.id})
    assert sent.location == f"{ROOT}/t/3"
    old = await bob.get(f"{ROOT}/t/2?from={said[0].seq}")
    assert old.location == f"{ROOT}/t/3?from={said[0].seq}"


async def test_a_moderator_chooses_messages_and_moves_them_or_says_which_one_answers(
    site: Site, room: Room
) -> None:
    mod = await site.browser(await site.anna.member("mod", role=Role.MODERATOR))
    bob = await bob_in(site)
    tour = await start(site.anna, room, "The tour")
    said = [await say(site.anna, room, f"number {n}", topic=tour) for n in range(3)]
    assert (await bob.get(f"{ROOT}/t/2/choose")).status == 403
    page = await mod.get(f"{ROOT}/t/2/choose?from={said[0].seq}&chosen={said[0].id}")
    assert f'value="{said[0].id}" checked' in page
    sent = await mod.post(f"{ROOT}/t/2/choose", {"do": "move", "posts": said[0].id})
    assert sent.status == 422 and "Say where they go" in sent and f'value="{said[0].id}" checked' in sent
    sent = await mod.post(f"{ROOT}/t/2/choose", {"do": "move", "posts": said[0].id, "name": "Beds"})
    assert sent.location == f"{ROOT}/t/3"
    assert [post.id for post in await read_topic(site.anna, tour)] == [post.id for post in said[1:]]
    page = await mod.follow(f"{ROOT}/t/2/choose", {"do": "answer", "posts": said[2].id})
    assert "Answered by Anna" in page and "Resolved" in page
    assert (await now(site.anna, tour)).answer_id == said[2].id


async def test_authors_change_and_delete_their_messages_by_forms(site: Site, room: Room) -> None:
    account = await site.anna.member("bob")
    bob, eve = await site.browser(account), await site.browser(await site.anna.member("eve"))
    mine = await say(site.anna, room, "first words", author=account)
    message = f"{ROOT}/m/{mine.id}"
    assert (await eve.get(message)).status == 403
    assert "first words" in await bob.get(message)
    assert "other words" in await bob.follow(message, {"text": "other words", "rev": "1"})
    sent = await bob.post(message, {"text": "late words", "rev": "1"})
    assert sent.status == 409 and "late words" in sent and "other words" in sent
    assert (await eve.post(f"{message}/delete")).status == 403
    assert "This post was deleted." in await bob.follow(f"{message}/delete")
    assert (await bob.get(message)).status == 404


async def test_a_guest_reads_and_is_asked_in(site: Site, room: Room) -> None:
    await say(site.anna, room, "hello everybody")
    page = await site.stranger().get(f"{ROOT}/t/1")
    assert "hello everybody" in page and "Members write here." in page
    assert "data-composer" not in page
    assert "Members write here." in await site.stranger().get(ROOT)


async def test_a_group_of_a_tier_is_closed_to_the_others(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    room = await group(site.anna, "gold", min_rank=10)
    await say(site.anna, room, "among us")
    bob, eve = await bob_in(site), await site.browser(await site.anna.member("eve", tier=gold))
    for path in ("/@anna/gold", "/@anna/gold/t/1"):
        page = await bob.get(path)
        assert page.status == 403 and "among us" not in page
        assert "among us" in await eve.get(path)
    assert (await bob.post("/@anna/gold/t/1", {"key": "k", "text": "x"})).status == 403


async def test_addresses_that_lead_nowhere_are_404_and_the_channel_has_no_topics(
    site: Site, room: Room
) -> None:
    bob = await bob_in(site)
    for path in (f"{ROOT}/t/9", f"{ROOT}/t/x", f"{ROOT}/t/{2**40}", "/@anna/news/t/1", f"{ROOT}/m/x"):
        assert (await bob.get(path)).status == 404, path
    assert (await bob.get(f"/rooms/{room.id}/posts?topic=%00")).status == 404


async def test_newcomers_find_no_word_of_a_hidden_past(site: Site, clock: Clock) -> None:
    room = await group(site.anna, history=0)
    tour = await start(site.anna, room, "Secret tour")
    old = await say(site.anna, room, "old words", topic=tour)
    clock.forward(1000)
    bob = await bob_in(site)
    clock.forward(1000)
    fresh = await say(site.anna, room, "fresh words")
    for path in (ROOT, f"{ROOT}/t/1", f"/rooms/{room.id}/posts", f"/rooms/{room.id}/posts?around={old.seq}"):
        page = await bob.get(path)
        assert "fresh words" in page, path
        assert "old words" not in page and "Secret tour" not in page, path
    for path in (f"{ROOT}/t/2", f"{ROOT}/{old.seq}", f"{ROOT}/{old.seq}/history"):
        page = await bob.get(path)
        assert page.status == 404, path
    assert (await bob.get(f"{ROOT}/{fresh.seq}")).status == 303
    assert "old words" not in await bob.get(f"/rooms/{room.id}/posts?topic={tour.id}")


async def test_groups_stand_below_the_channels(site: Site, room: Room) -> None:
    page = await (await bob_in(site)).get("/@anna/news")
    pane = page.text.partition('class="rooms-list"')[2].partition("</aside>")[0]
    assert pane.index("News") < pane.index("Groups") < pane.index("Talk")


async def test_marks_of_one_account_are_not_anothers(site: Site, room: Room) -> None:
    account, other = await site.anna.member("bob"), await site.anna.member("eve")
    tour = await start(site.anna, room, "The tour")
    await say(site.anna, room, topic=tour)
    async with site.db.write() as tx:
        await marks.follow(tx, account.id, tour, level="mute", starred=True)
    async with site.db.read() as tx:
        assert await posts.unread(tx, other.id, [room.id]) == {room.id: 1}
        assert await topics.queries.starred(tx, other.id, room.id) == []


async def test_the_studio_makes_a_group_and_keeps_its_rules(site: Site) -> None:
    owner = await site.browser(site.anna.owner)
    fields = {
        "name": "Workshop", "slug": "workshop", "about": "", "min_rank": "", "kind": "group", "slow_s": "30",
        "history": "50", "quiet_from": "22:00", "quiet_to": "07:30", "close_days": "30", "write_rank": "",
        "topic_rank": "1000001", "slow_free_rank": "",
    }  # fmt: skip
    assert (await owner.post("/studio/anna/rooms", fields)).status == 303
    page = await owner.get("/studio/anna/rooms/workshop")
    for held in ('value="22:00"', 'value="07:30"', 'value="50"', '<option value="1000001" selected>'):
        assert held in page, held
    wrong = fields | {"ruled": "1", "quiet_to": "25:00", "name": "Changed"}
    sent = await owner.post("/studio/anna/rooms/workshop", wrong)
    assert sent.status == 422 and "Write a time of day, like 22:00." in sent
    assert 'value="25:00"' in sent and 'value="Changed"' in sent
    assert (
        await owner.post("/studio/anna/rooms/workshop", fields | {"ruled": "1", "slow_s": ""})
    ).status == 303
    bob = await bob_in(site)
    page = await bob.get("/@anna/workshop")
    assert "Quiet from 22:00 to 07:30 UTC" in page and "Topics are started by the team." in page
    assert "Slow mode" not in page


async def test_messages_have_reactions_polls_and_are_found_where_they_stand(site: Site, room: Room) -> None:
    topic = await start(site.anna, room, "The tour")
    said = await say(site.anna, room, "Bring a torch", topic=topic)
    bob = await bob_in(site)
    sent = await bob.post(f"{ROOT}/{said.seq}/react", {"emoji": "❤️", "on": "1"})
    assert sent.location == f"{ROOT}/{said.seq}"
    assert (await bob.get(sent.location)).location == f"{ROOT}/t/2?from={said.seq}#p{said.seq}"
    page = await bob.get(f"{ROOT}/t/2")
    assert re.search(r'data-own="[^"]*' + said.id, page.answer.text)
    asked = await ask(site.anna, room=room)
    page = await bob.get(f"{ROOT}/t/1")
    assert "Celadon" in page
    assert (await bob.post(f"{ROOT}/{asked.seq}/vote", {"options": "1"})).status == 200
    assert (await bob.post(f"{ROOT}/{asked.seq}/comments", {"text": "Hi", "key": "x" * 16})).status == 404
    await catch_up(site.db)
    page = await bob.get("/@anna/search?q=torch")
    assert f'href="{ROOT}/t/2?from={said.seq}#p{said.seq}"' in page


async def test_a_browser_asks_how_far_topics_were_read_for_the_notices_that_stand_there(
    site: Site, room: Room
) -> None:
    bob, eve = await bob_in(site), await site.browser(await site.anna.member("eve"))
    here, there = await start(site.anna, room, "Glaze"), await start(site.anna, room, "Clay")
    said = await say(site.anna, room, "Runs", topic=here)
    fields = {"seq": str(said.seq), "topic": here.id}
    assert (await bob.post(f"/rooms/{room.id}/read", fields)).status < 400

    async def told(who: Browser, *ids: str) -> dict[str, int]:
        asked = "&".join(f"topic={one}" for one in ids)
        answer = (await who.get(f"/app/standing?{asked}")).answer.json()
        return {one["id"]: one["read"] for one in answer["topics"]}

    assert await told(bob, here.id, there.id) == {here.id: said.seq, there.id: 0}
    assert await told(bob) == {} == await told(site.stranger(), here.id)
    assert await told(eve, here.id) == {here.id: 0}, "what others read is nobody's business"
    nowhere = "0198d000-0000-7000-8000-000000000001"
    assert await told(bob, "../x", nowhere, *["odd"] * 60) == {nowhere: 0}
    into = await merge(site.anna, room, here, there)
    assert await told(bob, here.id, into.id) == {here.id: 0, into.id: 0}, "merging reads nothing"
    assert (await bob.post(f"/rooms/{room.id}/read", fields | {"topic": into.id})).status < 400
    assert await told(bob, here.id, into.id) == {here.id: said.seq, into.id: said.seq}
