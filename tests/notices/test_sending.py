"""From a post to letters in mailboxes: who gets one, and who does not any more. On both databases."""

import asyncio

import pytest
from sqlalchemy import select, update

from channel import rooms
from channel.accounts import suspend
from channel.communities.tables import communities
from channel.members import actions, joining
from channel.members.tables import memberships
from channel.notices import actions as choosing
from channel.notices.links import Ends, opened
from channel.notices.tables import notices
from tests.notices.mailroom import SECRET, Mailroom
from tests.posts.writing import change, post, remove

HOUR_MS = 3_600_000


async def test_nobody_gets_a_letter_that_they_have_not_chosen(room: Mailroom) -> None:
    await room.reader("Bob", None)
    await room.reader("Carol", "none")
    await post(room.scene)
    assert await room.to() == []
    assert await room.states() == {}


async def test_a_post_that_nobody_is_told_of_asks_for_no_work(room: Mailroom) -> None:
    await room.reader("Bob", "none")
    await post(room.scene)
    assert await room.jobs() == 0
    await room.reader("Carol", "daily")
    await post(room.scene)
    assert await room.jobs() == 1


async def test_a_post_comes_whole_to_whoever_chose_it_and_not_to_its_writer(room: Mailroom) -> None:
    await room.reader("Bob")
    await room.address(room.scene.owner, "anna@example.net")
    await room.choose(room.scene.owner, "instant")
    made = await post(room.scene, "The kiln is **hot** today. ||Blue||\n\nMore in #news")
    [letter] = await room.brought()
    assert letter.to == "bob@example.net"
    assert letter.subject == "Annas world: The kiln is hot today. ▒▒▒ More in #news"
    assert "The kiln is hot today." in letter.text
    assert "<strong>hot</strong>" in letter.html
    assert "Blue" not in letter.text + letter.html
    assert f"https://channel.example.org/@anna/news/{made.seq}" in letter.links()
    assert f"https://channel.example.org/@anna/news/{made.seq}" in letter.shown_links()
    assert await room.to() == [], "once"


async def test_a_letter_says_whose_list_it_is_and_how_to_leave_it(room: Mailroom) -> None:
    bob = await room.reader("Bob", language="de")
    await post(room.scene)
    [letter] = await room.brought()
    mail = letter.mail
    raw = (room.relay.envelopes[0].content or b"").decode("ascii")  # type: ignore[union-attr]
    [off] = [link for link in letter.links() if "/notices/off/" in link]
    assert f"\r\nList-Unsubscribe: <{off}>\r\n" in raw, "in one piece: mail programs decode nothing there"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(mail["From"]) == "Annas world <hello@example.org>", (
        "whose post it is, from the operator's address"
    )
    assert mail["List-Id"] == "Annas world <anna.channel.example.org>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Precedence"] == "bulk"
    assert letter.id.endswith("@channel.example.org>")
    token = off.rpartition("/")[2]
    assert opened(SECRET, token) == Ends(bob.id, room.scene.community.id, room.scene.news.id)
    assert "src=" not in letter.html, "nothing is fetched when it is read"
    assert "Weniger Mails" in letter.text


async def test_what_is_locked_for_the_reader_comes_as_a_teaser_and_nothing_else(room: Mailroom) -> None:
    gold = await room.scene.tier("Gold", 10)
    await room.reader("Bob")
    await room.reader("Carol", tier=gold)
    await room.reader("Dora", "daily")
    await post(room.scene, "zirkonsilikat", min_rank=10, teaser="About glaze")
    letters = {one.to: one for one in await room.brought()}
    room.clock.forward(24 * HOUR_MS)
    letters |= {one.to: one for one in await room.brought()}
    assert "zirkonsilikat" in letters["carol@example.net"].text
    await room.reader("Emil", "daily")
    for number in range(2):
        await post(room.scene, "zirkonsilikat", min_rank=10, teaser=f"About glaze {number}")
    room.clock.forward(24 * HOUR_MS)
    emils = next(one for one in await room.brought() if one.to == "emil@example.net")
    assert "See what opens it: " in emils.text
    assert "Read it" not in emils.text, "they cannot"
    for locked in ("bob@example.net", "dora@example.net"):
        raw = str(letters[locked].mail)
        assert "About glaze" in letters[locked].text
        assert "Gold" in letters[locked].text
        assert "zirkonsilikat" not in raw + letters[locked].text + letters[locked].html


async def test_a_name_that_reads_as_an_address_is_none_of_a_sender(room: Mailroom) -> None:
    await room.reader("Bob")
    async with room.db.write() as tx:
        await tx.run(update(communities).values(name="help@bank.example"))
    await post(room.scene)
    [letter] = await room.brought()
    assert str(letter.mail["From"]) == "Channel <hello@example.org>"


async def test_letters_say_what_is_important(room: Mailroom) -> None:
    await room.reader("Bob")
    await post(room.scene, "The kiln is hot", important=True)
    [alone] = await room.brought()
    assert "Anna in News · important" in alone.text
    for text, important in (("Some words", False), ("The kiln is cold", True)):
        await post(room.scene, text, important=important)
    [both] = await room.brought()
    assert "News · Anna\nSome words" in both.text
    assert "News · Anna · important\nThe kiln is cold" in both.text


async def test_letters_say_how_ai_was_used_and_not_of_what_is_locked(room: Mailroom) -> None:
    await room.reader("Bob", language="de")
    await post(room.scene, "A picture", ai="generated")
    [letter] = await room.brought()
    assert "Von KI erzeugt" in letter.text and "Von KI erzeugt" in letter.html
    gold = await room.scene.tier("Gold", 10)
    await post(room.scene, "Some words", ai="assisted")
    await post(room.scene, "Others", ai="generated", min_rank=gold.rank, teaser="About glaze")
    await post(room.scene, "By hand")
    [digest] = await room.brought()
    assert digest.text.count("KI-unterstützt") == 1
    assert "erzeugt" not in digest.text


async def test_digests_hold_what_came_since_the_last_one(room: Mailroom) -> None:
    await room.reader("Bob", "daily")
    for text in ("One", "Two"):
        await post(room.scene, text)
    assert await room.to() == []
    room.clock.forward(18 * HOUR_MS)
    [letter] = await room.brought()
    assert letter.subject == "Annas world: One and 1 more"
    assert letter.text.index("One") < letter.text.index("Two")
    await post(room.scene, "Three")
    room.clock.forward(24 * HOUR_MS)
    [letter] = await room.brought()
    assert "Three" in letter.text
    assert "Two" not in letter.text


async def test_a_long_digest_says_how_many_more_there_are(room: Mailroom) -> None:
    await room.reader("Bob", "weekly")
    for number in range(23):
        await post(room.scene, f"Post {number:03}")
    room.clock.forward(7 * 24 * HOUR_MS)
    [letter] = await room.brought()
    assert letter.text.count("Post 0") == 20
    assert "And 3 more." in letter.text


async def test_in_quiet_hours_letters_wait_also_those_that_were_chosen_before(room: Mailroom) -> None:
    bob, _ = await room.reader("Bob"), await room.reader("Carol")
    await room.times(bob, quiet_from=23 * 60, quiet_to=60)  # it is midnight, UTC
    await post(room.scene)
    await room.planned()
    carol = room.scene.people["Carol"]
    await room.times(carol, quiet_from=23 * 60, quiet_to=120)  # after it was planned
    assert await room.to() == []
    room.clock.forward(HOUR_MS)
    assert await room.to() == ["bob@example.net"]
    room.clock.forward(HOUR_MS)
    assert await room.to() == ["carol@example.net"]


async def test_a_rooms_rule_comes_first(room: Mailroom) -> None:
    other = await room.scene.room("other")
    bob, carol = await room.reader("Bob", "none"), await room.reader("Carol")
    await room.choose(bob, "none", (other, "instant"))
    await room.choose(carol, "instant", (other, "none"))
    await post(room.scene)
    assert await room.to() == ["carol@example.net"]
    await post(room.scene, room=other)
    assert await room.to() == ["bob@example.net"]


async def test_silent_posts_and_messages_of_groups_tell_nobody(room: Mailroom) -> None:
    await room.reader("Bob")
    await post(room.scene, silent=True)
    assert await room.to() == []


async def test_an_edit_before_it_leaves_is_in_it(room: Mailroom) -> None:
    await room.reader("Bob")
    made = await post(room.scene, "Old words")
    await room.planned()
    await change(room.scene, made, "New words")
    [letter] = await room.brought()
    assert "New words" in letter.text
    assert "Old words" not in letter.text


async def seen(room: Mailroom, name: str, seq: int) -> None:
    async with room.db.write() as tx:
        await rooms.actions.mark_read(tx, room.scene.news.id, {room.scene.people[name].id: seq})


async def test_what_happened_meanwhile_counts_when_it_leaves(room: Mailroom) -> None:
    """Everybody is planned for; everything but one reader changes before the postman comes."""
    gold = await room.scene.tier("Gold", 10)
    names = ("Seen", "Banned", "Left", "Muted", "Gone", "Moved", "Stopped", "Suspended", "Kept", "Lapsed")
    for name in names:
        await room.reader(name, tier=gold if name == "Lapsed" else None)
    made = await post(room.scene, "Words")
    await room.planned()
    people, scene = room.scene.people, room.scene
    await seen(room, "Seen", made.seq)
    async with room.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        await actions.ban(tx, owner, scene.community, people["Banned"].id)
        await joining.leave(tx, people["Left"].id, scene.community)
        await joining.erase_account(tx, people["Gone"].id)
        await choosing.forget(tx, people["Gone"].id)
        await choosing.stop(tx, people["Stopped"].id)
        await suspend(tx, people["Suspended"].id)
        lapsed = memberships.c.account_id == people["Lapsed"].id
        await tx.run(update(memberships).where(lapsed).values(tier_until=tx.now))
    await room.choose(people["Muted"], "none")
    await room.address(people["Moved"], None)
    assert await room.to() == ["kept@example.net", "lapsed@example.net"], (
        "an open post is for who lapsed, too"
    )
    states = await room.states()
    assert states["seen@example.net"] == "cancelled seen"
    assert states["banned@example.net"] == states["left@example.net"] == "cancelled left"
    assert states["muted@example.net"] == states["stopped@example.net"] == "cancelled unwanted"
    assert states["suspended@example.net"] == states[people["Moved"].id] == "cancelled no address"
    assert people["Gone"].id not in states


async def test_who_lapsed_gets_nothing_of_a_room_that_is_closed_now_and_no_paid_byte(room: Mailroom) -> None:
    gold = await room.scene.tier("Gold", 10)
    vault = await room.scene.room("vault", min_rank=10)
    bob = await room.reader("Bob", tier=gold)
    await post(room.scene, "zirkonsilikat one", room=vault)
    await post(room.scene, "zirkonsilikat two", min_rank=10)
    await room.planned()
    async with room.db.write() as tx:
        await tx.run(update(memberships).where(memberships.c.account_id == bob.id).values(tier_until=tx.now))
    [letter] = await room.brought()
    assert "zirkonsilikat" not in str(letter.mail) + letter.text + letter.html + letter.subject
    assert "two" not in letter.text


async def test_a_deleted_post_is_not_told(room: Mailroom) -> None:
    await room.reader("Bob")
    made = await post(room.scene)
    await room.planned()
    await remove(room.scene, made)
    assert await room.to() == []
    assert await room.states() == {"bob@example.net": "cancelled deleted"}


async def test_who_left_and_came_back_has_to_choose_again(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    async with room.db.write() as tx:
        await joining.leave(tx, bob.id, room.scene.community)
    room.clock.forward(1000)
    async with room.db.write() as tx:
        await joining.join(tx, bob, room.scene.community)
    await post(room.scene)
    assert await room.to() == []
    await room.choose(bob, "instant")
    await post(room.scene)
    assert await room.to() == ["bob@example.net"]


async def test_an_address_is_the_one_that_holds_when_it_leaves(room: Mailroom) -> None:
    bob = await room.reader("Bob")
    await post(room.scene)
    await room.planned()
    await room.address(bob, "new@example.net")
    assert await room.to() == ["new@example.net"]


async def test_two_postmen_bring_each_letter_once(room: Mailroom) -> None:
    for number in range(30):
        await room.reader(f"R{number}")
    await post(room.scene)
    await room.planned()
    one, two = room.hire(), room.hire()
    async with asyncio.TaskGroup() as both:
        for postman in (one, two, one, two):
            both.create_task(postman.round())
    await room.brought()
    to = sorted(str(mail["To"]) for mail in room.relay.mails)
    assert to == sorted(f"r{number}@example.net" for number in range(30))


async def test_old_rows_are_forgotten(room: Mailroom) -> None:
    from channel.notices import LETTERS

    await room.reader("Bob")
    await post(room.scene)
    assert await room.to() == ["bob@example.net"]
    for days, many in ((29, 1), (2, 0)):
        room.clock.forward(days * 24 * HOUR_MS)
        async with room.db.write() as tx:
            await LETTERS.sweep(tx)
            assert len(await tx.all(select(notices.c.id))) == many


@pytest.mark.parametrize("how", ["instant", "daily"])
async def test_the_same_letter_has_the_same_id_whenever_it_is_tried(room: Mailroom, how: str) -> None:
    await room.reader("Bob", how)  # type: ignore[arg-type]
    await post(room.scene)
    await room.planned()
    room.clock.forward(24 * HOUR_MS)
    room.relay.answer = "451 later"
    assert await room.to() == []
    room.relay.answer = "250 OK"
    room.clock.forward(HOUR_MS)
    [letter] = await room.brought()
    assert letter.id.count("@") == 1
