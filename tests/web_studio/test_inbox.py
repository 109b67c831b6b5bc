"""The inbox in the studio, with plain forms: looked through, worked off, answered where it stands."""

import re
from dataclasses import dataclass

import pytest

from channel.accounts import Account
from channel.inbox import Item
from channel.inbox.model import DAY_MS
from channel.members import Role, queries
from channel.posts.model import Post
from tests.cast import person
from tests.comments import saying
from tests.inbox.test_reports import report
from tests.inbox.waiting import ask_in, kinds, put, the
from tests.messages import writing as writing_to
from tests.posts import writing
from tests.questions import asking
from tests.web_studio.conftest import Browser, Site, says

SCRIPT = {"channel-fragment": "1"}


@dataclass
class Full:
    """A community in which something of each kind waits."""

    site: Site
    anna: Browser
    bob: Account
    mia: Account
    post: Post

    async def fields(self, kind: str, do: str, **more: object) -> dict[str, object]:
        item = await the(self.site.anna, kind)
        return {"do": do, "item": str(item.key), "mark": item.mark, "rev": item.rev, **more}

    async def item(self, kind: str, **more: object) -> Item:
        return await the(self.site.anna, kind, **more)


@pytest.fixture
async def full(site: Site, anna: Browser) -> Full:
    scene, hour = site.anna, 3_600_000
    bob, mia = await site.member("Bob"), await site.member("Mia", role=Role.MODERATOR)
    post = await writing.post(scene, "The evening of songs")
    await saying.say(scene, post, bob, "Will it be **recorded**?")
    site.clock.forward(hour)
    await writing_to.open_box(scene)
    await writing_to.write(scene, bob, "A word in private")
    site.clock.forward(hour)
    await asking.ask(scene, bob, await asking.box(scene), "Why songs?")
    site.clock.forward(hour)
    await saying.rule(scene, comment_first_held=True)
    await saying.say(scene, post, await site.member("Eve"), "Look at my page")
    await report(scene, post, bob, "Too many songs")
    await ask_in(scene, await person(site.db, "Ida"), "Let me in, please")
    return Full(site, anna, bob, mia, post)


async def test_all_that_waits_stands_on_one_page_longest_first(full: Full) -> None:
    page = await full.anna.see("/inbox")
    texts = ("Will it be recorded?", "A word in private", "Why songs?", "Look at my page", "Too many songs",
             "Let me in, please")  # fmt: skip
    places = [page.text.index(words) for words in texts]
    assert places == sorted(places)
    assert "News: The evening of songs" in page
    assert re.search(r'href="/studio/anna/inbox"[^>]*>.*?<span class="badge">6</span>', page.text, re.DOTALL)
    only = await full.anna.see("/inbox?kind=message")
    assert "A word in private" in only
    assert "Why songs?" not in only
    assert "6 things wait in the inbox" in await full.anna.see()


async def test_links_lead_to_where_each_thing_stands(full: Full) -> None:
    page = await full.anna.see("/inbox")
    comment, question = await full.item("comment"), await full.item("question")
    (jump,) = page.ids(rf'href="([^"]*#c-{comment.key.what})"')
    there = await full.anna.see(jump.partition("#")[0])
    assert f'id="c-{comment.key.what}"' in there
    assert f"/studio/anna/questions?of=box#q-{question.key.what}" in page
    talk = await full.item("message")
    assert "A word in private" in await full.anna.see(f"/messages/{talk.key.what}")


async def test_an_editor_sees_nothing_that_moderators_decide(full: Full) -> None:
    editor = await full.site.browser(await full.site.member("Edi", role=Role.EDITOR))
    page = await editor.see("/inbox")
    assert "A word in private" in page
    for words in ("Look at my page", "Too many songs", "Let me in, please"):
        assert words not in page, words
    refused = await editor.post("/inbox", await full.fields("held", "done"))
    assert refused.status_code == 404


async def test_done_later_and_back_again(full: Full) -> None:
    page = await full.anna.send("/inbox", await full.fields("comment", "done"))
    assert "Done. It comes back when they write again." in page
    assert "Will it be recorded?" not in page
    assert "Done by Anna" in await full.anna.see("/inbox?show=done")
    later = await full.fields("message", "later", until="tomorrow", show="open", whose="all")
    page = await full.anna.send("/inbox", later)
    assert "Put off." in page
    item = await full.item("message", show="later")
    assert item.later_until == 1_767_225_600_000 + DAY_MS + 8 * 3_600_000, "at eight in the morning"
    assert "2 January 2026, 08:00 UTC" in await full.anna.see("/inbox?show=later")
    back = {"do": "reopen", "item": str(item.key), "mark": item.mark, "rev": item.rev, "show": "later"}
    assert "Back in the inbox." in await full.anna.send("/inbox", back)
    assert "message" in await kinds(full.site.anna)


async def test_tomorrow_is_that_of_the_senders_clock(full: Full) -> None:
    await full.anna.send("/inbox", await full.fields("message", "later", until="week", offset="-120"))
    item = await full.item("message", show="later")
    assert item.later_until == 1_767_225_600_000 + 7 * DAY_MS + 6 * 3_600_000, (
        "eight o'clock two hours ahead of UTC"
    )
    at = await full.fields("question", "later", at="2026-01-05T12:30", offset="300")
    await full.anna.send("/inbox", at)
    assert (await full.item("question", show="later")).later_until == 1_767_225_600_000 + 4 * DAY_MS + (
        17 * 60 + 30
    ) * 60_000
    for wrong in ({"at": "soon"}, {"at": "2020-01-01T00:00"}, {}, {"until": "never"}):
        answer = await full.anna.post("/inbox", await full.fields("comment", "later", **wrong))
        assert answer.status_code == 422, wrong


async def test_things_are_given_to_each_other(full: Full) -> None:
    page = await full.anna.send("/inbox", await full.fields("message", "assign", to=full.mia.id))
    assert "Given." in page
    mia = await full.site.browser(full.mia)
    assert "A word in private" in await mia.see("/inbox?whose=mine")
    assert "A word in private" not in await full.anna.see("/inbox?whose=unassigned")
    assert "Nothing is yours" in await full.anna.see("/inbox?whose=mine")
    refused = await full.anna.post("/inbox", await full.fields("message", "assign", to=full.bob.id))
    says(refused, 422, "Choose somebody whose role here allows to deal with this.")


async def test_who_is_second_is_told_so(full: Full) -> None:
    seen = await full.fields("comment", "later", until="week")
    await full.anna.send("/inbox", await full.fields("comment", "done"))
    mia = await full.site.browser(full.mia)
    says(await mia.post("/inbox", seen), 409, "Somebody else of the team did something with this meanwhile.")
    await writing_to.answer(full.site.anna, full.bob)
    left = await full.anna.send("/inbox", seen | {"item": seen["item"], "do": "done"})
    assert "Done." in left
    gone = await full.anna.send("/inbox", {"do": "done", "item": f"message.{'0' * 8}-0000-7000-8000-{'0' * 12}.{full.bob.id}"})  # fmt: skip
    assert "It has left the inbox already" in gone
    for text in ("", "x", "message.x.y", "\x00"):
        assert (await full.anna.post("/inbox", {"do": "done", "item": text})).status_code == 404


async def test_comments_and_messages_are_answered_where_they_stand(full: Full) -> None:
    page = await full.anna.send(
        "/inbox", await full.fields("comment", "reply", text="Yes, it will", key="k1")
    )
    assert "Answered." in page
    assert "Will it be recorded?" not in page
    async with full.site.db.read() as tx:
        found = await saying.reading.queries.page(tx, full.post.id, ("", False))
    assert [(one.text, one.reply_to) for one in found][1] == ("Yes, it will", found[0].id)
    sent = await full.fields("message", "reply", text="In private, too", key="k2", **{"as": "self"})
    await full.anna.send("/inbox", sent)
    assert await writing_to.said(full.site.anna, full.bob) == ["A word in private", "In private, too"]
    assert await kinds(full.site.anna) == ["question", "held", "report", "request"]


async def test_an_answer_that_cannot_go_is_not_lost(full: Full) -> None:
    long = "So sorry " * 500
    for kind in ("comment", "message"):
        answer = await full.anna.post("/inbox", await full.fields(kind, "reply", text=long, key="k"))
        says(answer, 422, "4,000 characters", long.strip(), "Your answer")
    fields = await full.fields("comment", "reply", text="Too late", key="k")
    async with full.site.db.write() as tx:
        thread, comment = await saying.reading.of_comment(
            tx, (await full.item("comment")).key.what, full.bob.id, hold=True
        )
        await saying.comments.delete(tx, thread, comment)
    says(await full.anna.post("/inbox", fields), 422, "Too late", "This no longer waits.")


async def test_held_comments_are_shown_and_people_let_in(full: Full) -> None:
    assert "Everybody sees it now." in await full.anna.send("/inbox", await full.fields("held", "approve"))
    ida = (await full.item("request")).key.who
    assert "They are in." in await full.anna.send("/inbox", await full.fields("request", "approve"))
    async with full.site.db.read() as tx:
        standing = await queries.standing(tx, full.site.anna.community.id, ida)
    assert standing is not None and standing.state == "active"
    await ask_in(full.site.anna, await person(full.site.db, "Tim"))
    assert "Turned down." in await full.anna.send("/inbox", await full.fields("request", "refuse"))
    assert await kinds(full.site.anna) == ["comment", "message", "question", "comment", "report"]


async def test_scripts_are_told_what_was_done(full: Full) -> None:
    answer = await full.anna.post("/inbox", await full.fields("comment", "done"), **SCRIPT)
    assert answer.json() == {"said": "Done. It comes back when they write again.", "stays": False}
    seen = await full.fields("message", "done")
    await writing_to.write(full.site.anna, full.bob, "And another")
    stays = (await full.anna.post("/inbox", seen, **SCRIPT)).json()
    assert stays == {"said": "Something new came in meanwhile, so it stays.", "stays": True}
    refused = await full.anna.post("/inbox", await full.fields("message", "later"), **SCRIPT)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")


async def test_how_long_answers_take_stands_beside_it(full: Full) -> None:
    page = await full.anna.see("/inbox")
    assert "0 of 1 answered" in page
    full.site.clock.forward(2 * 3_600_000)
    await writing_to.answer(full.site.anna, full.bob)
    page = await full.anna.see("/inbox")
    assert "4 h 0 min" in page
    assert "1 of 1 answered" in page
    assert "1 left" in page


async def test_a_conversation_is_read_and_answered_on_its_page(full: Full) -> None:
    there = f"/messages/{(await full.item('message')).key.what}"
    page = await full.anna.see(there)
    assert "A word in private" in page
    page = await full.anna.send(there, {"do": "send", "text": "Gladly", "key": "k", "as": "team"})
    assert "as Annas world" in page
    assert "Nothing waits here." in page
    mine = re.search(r'name="message" value="([^"]+)"', page.text)
    assert mine is not None
    page = await full.anna.send(there, {"do": "delete", "message": mine[1]})
    assert "Gladly" not in page
    assert await kinds(full.site.anna) == ["comment", "message", "question", "held", "report", "request"]
    mia = await full.site.browser(full.mia)
    assert (await mia.post(there, {"do": "delete", "message": mine[1]})).status_code == 403
    for path in ("/messages/x", f"/messages/{full.bob.id}", "/messages/%00"):
        assert (await full.anna.get(path)).status_code == 404
    long = "x" * 4_001
    says(await full.anna.post(there, {"text": long, "key": "k3"}), 422, "4,000 characters", long)


async def test_nobody_reads_the_conversations_of_another_community(full: Full) -> None:
    zoe = await full.site.another("zoe")
    browser = await full.site.browser(zoe.owner, zoe)
    talk = (await full.item("message")).key
    for path in (f"/messages/{talk.what}", f"/studio/anna/messages/{talk.what}"):
        answer = await browser.get(path)
        assert answer.status_code in (403, 404)
        assert "A word in private" not in answer.text
    assert (await browser.post("/inbox", {"do": "done", "item": str(talk)})).status_code == 303
    assert "message" in await kinds(full.site.anna)
    for kind in ("comment", "message", "held", "request"):
        item = await full.item(kind)
        for do in ("reply", "approve", "refuse"):
            fields = {"do": do, "item": str(item.key), "text": "Mine now", "key": "k"}
            assert (await browser.post("/inbox", fields)).status_code in (303, 404, 422), (kind, do)
    assert len(await kinds(full.site.anna)) == 6, "nothing was answered, shown or let in"
    async with full.site.db.read() as tx:
        who = (await full.item("request")).key.who
        standing = await queries.standing(tx, full.site.anna.community.id, who)
    assert standing is not None and standing.state == "requested"


async def test_the_creator_says_who_may_write(full: Full) -> None:
    await full.site.anna.tier("Gold", 10)
    page = await full.anna.send("/messages", {"who": "10"})
    assert re.search(r'value="10" checked', page.text)
    assert (await full.anna.send("/messages", {"who": "off"})).text.count("checked") == 1
    for wrong in ("11", "", "x"):
        says(await full.anna.post("/messages", {"who": wrong}), 422)
    mia = await full.site.browser(full.mia)
    assert "Who may write to you" not in (await mia.see("/messages")).text
    assert (await mia.post("/messages", {"who": "0"})).status_code == 403


async def test_saved_answers_are_kept_and_put_in_without_scripts(full: Full) -> None:
    page = await full.anna.send("/answers", {"do": "keep", "name": "Record", "text": "It *is* recorded."})
    (kept,) = page.ids(r'name="id" value="([^"]+)"')
    says(await full.anna.post("/answers", {"do": "keep", "name": "Record", "text": "Again"}), 422,
         "There is a saved answer of this name.", "Again</textarea>")  # fmt: skip
    page = await full.anna.send(
        "/answers", {"do": "change", "id": kept, "name": "Recording", "text": "It is."}
    )
    assert "Recording" in page
    insert = await full.fields("comment", "insert", text="Dear Bob,", saved=kept)
    answer = await full.anna.post("/inbox", insert)
    says(answer, 200, "Dear Bob,\n\nIt is.</textarea>")
    assert await kinds(full.site.anna) == ["comment", "message", "question", "held", "report", "request"]
    there = f"/messages/{(await full.item('message')).key.what}"
    says(await full.anna.post(there, {"do": "insert", "text": "", "saved": kept}), 200, "It is.</textarea>")
    assert "No saved answers yet" in await full.anna.send("/answers", {"do": "drop", "id": kept})
    for wrong in (kept, "x", "\x00", ""):
        assert (await full.anna.post("/answers", {"do": "drop", "id": wrong})).status_code == 404


async def test_an_empty_inbox_says_so(site: Site, anna: Browser) -> None:
    assert "Nothing waits for you" in await anna.see("/inbox")
    assert "Nothing is put off" in await anna.see("/inbox?show=later")
    assert "Nobody can write to you" in await anna.see("/messages")
    page = await anna.see("/inbox?kind=nonsense&whose=x&show=y")
    assert "Nothing waits for you" in page
    assert (await anna.get("/inbox?cursor=x")).status_code == 422


async def test_more_than_a_page_comes_in_pages(site: Site, anna: Browser) -> None:
    box = await asking.box(site.anna)
    for number in range(30):
        site.clock.forward(1_000)
        await asking.ask(site.anna, await site.member(f"M{number}"), box, f"Q{number:02}")
    page = await anna.see("/inbox")
    assert "Q24" in page
    assert "Q25" not in page
    (more,) = page.ids(r'href="([^"]*cursor=[^"]*)"')
    rest = await anna.see(more.replace("&amp;", "&"))
    assert "Q25" in rest
    assert "Q24" not in rest


async def test_what_is_assigned_to_others_is_not_counted_as_ones_own(full: Full) -> None:
    for kind in ("comment", "message"):
        await put(full.site.anna, "assign", await full.item(kind), to=full.mia.id)
    page = await full.anna.see("/posts")
    assert re.search(r'href="/studio/anna/inbox"[^>]*>.*?<span class="badge">4</span>', page.text, re.DOTALL)
