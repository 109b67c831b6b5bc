"""Answers to letters about a topic become messages in it, by the rules of its page, or come back with a reason."""

from collections.abc import Sequence
from typing import Any

import pytest

from channel.accounts import Account, suspend
from channel.members import actions, governing, joining
from channel.posts.model import Post
from channel.rooms import Room
from channel.topics import Topic, set_state
from tests.cast import join_unasked
from tests.comments import saying
from tests.incoming.parcels import attach, mail, sent
from tests.incoming.postbox import Postbox, written
from tests.media.sending import photo
from tests.posts.writing import post, remove
from tests.topics import talking

BECOMES, PRIVATE = "becomes a message in Glaze, under your name", "and to nobody else"
HOUR_MS = 3_600_000


def one_line(text: str) -> str:
    """Without the breaks of plain letters."""
    return " ".join(text.split())


class Talk:
    """A group of Anna's that takes answers by mail, with a topic that Bob follows by letter."""

    def __init__(self, box: Postbox, group: Room, topic: Topic, bob: Account) -> None:
        self.box = box
        self.scene = box.room.scene
        self.group = group
        self.topic = topic
        self.bob = bob

    async def letter(self, text: str = "Did you try less water?", topic: Topic | None = None) -> Post:
        """Anna says something, and its letters are out."""
        said = await talking.say(self.scene, self.group, text, topic=topic or self.topic)
        await self.box.room.brought(self.box.postman())
        return said

    async def rule(self, **rules: object) -> None:
        await saying.rule(self.scene, self.group, **rules)

    async def words(self, topic: Topic | None = None) -> list[str]:
        """What stands in the topic and is not Anna's."""
        found = await talking.read_topic(self.scene, topic or self.topic)
        return [one.text for one in found if one.author.id != self.scene.owner.id]

    def says(self, kind: str = "plain") -> str:
        """The last letter, in one line."""
        return one_line(str(self.box.room.relay.mails[-1].get_body((kind,)).get_content()))  # type: ignore[union-attr]


async def talk_in(box: Postbox, *, how: str = "instant", language: str = "en", **rules: Any) -> Talk:
    scene = box.room.scene
    group = await talking.group(scene, **rules)
    topic = await talking.start(scene, group, "Glaze")
    bob = await box.room.reader("Bob", None, language=language)
    await talking.follow(scene, topic, bob, push="none", mail=how)
    await saying.rule(scene, group, mail_replies=True)
    return Talk(box, group, topic, bob)


async def test_an_answer_becomes_a_message_with_only_what_was_written(box: Postbox) -> None:
    talk = await talk_in(box)
    await talk.letter()
    assert BECOMES in talk.says() and BECOMES in talk.says("html")
    mail = written(
        "A bit, see #news.\r\n\r\nOn Sat, 28 Nov 2026, Channel wrote:\r\n> Did you try less water?\r\n-- \r\nBob\r\n"
    )
    assert await box.take(mail, box.reply_to())
    [_, said] = await talking.read_topic(talk.scene, talk.topic)
    assert (said.text, said.author.id) == ("A bit, see #news.", talk.bob.id)
    assert 'href="/@anna/news"' in said.html, "laid out as what is written on the page"
    assert box.told == [], "the log of the group tells of it"
    assert not await box.take(mail, box.reply_to()), "handed over twice"
    assert await talk.words() == ["A bit, see #news."]
    assert await box.answers() == []
    await talk.letter("And now?")
    assert await box.messages(talk.bob) == []


async def test_the_letter_and_a_refusal_speak_the_language_of_the_reader(box: Postbox) -> None:
    talk = await talk_in(box, language="de")
    await talk.letter()
    assert "Deine Antwort auf diese Mail wird unter deinem Namen zur Nachricht in „Glaze“." in talk.says()
    await talk.rule(mail_replies=False)
    await box.take(written("Ein wenig."), box.reply_to())
    [told] = await box.answers()
    assert "werden in diesem Raum nicht angenommen" in one_line(told)
    assert "Zum Thema" in told
    assert "Ein wenig." in told
    assert await talk.words() == []


async def test_nothing_can_be_answered_unless_the_group_allows_it(box: Postbox) -> None:
    talk = await talk_in(box)
    await talk.rule(mail_replies=False)
    await box.answerable()
    await talk.letter()
    assert box.reply_to() == ""
    assert BECOMES not in talk.says()
    await talk.rule(mail_replies=True)
    await talk.letter("Again")
    where = box.reply_to()
    await talk.rule(mail_replies=False)
    await box.take(written("Too late"), where)
    assert await talk.words() == []
    assert ["are not taken in this room" in one for one in await box.answers()] == [True]


async def _muted(talk: Talk) -> None:
    async with talk.scene.db.write() as tx:
        await actions.mute(tx, await talk.scene.by(tx, talk.scene.owner), talk.scene.community, talk.bob.id)


async def _banned(talk: Talk) -> None:
    async with talk.scene.db.write() as tx:
        await actions.ban(tx, await talk.scene.by(tx, talk.scene.owner), talk.scene.community, talk.bob.id)


async def _left(talk: Talk) -> None:
    async with talk.scene.db.write() as tx:
        await joining.leave(tx, talk.bob.id, talk.scene.community)


async def _tier(talk: Talk) -> None:
    await talk.rule(min_rank=10)


async def _team_only(talk: Talk) -> None:
    await talk.rule(write_rank=1000001)


async def _quiet_hours(talk: Talk) -> None:
    minute = talk.box.room.clock.now_ms // 60_000 % 1440
    await talk.rule(quiet_from=(minute - 5) % 1440, quiet_to=(minute + 60) % 1440)


async def _closed(talk: Talk) -> None:
    async with talk.scene.db.write() as tx:
        await set_state(tx, await talk.scene.by(tx, talk.scene.owner), talk.group, talk.topic, "closed")


async def _too_fast(talk: Talk) -> None:
    await talk.rule(slow_s=3600)
    await talking.say(talk.scene, talk.group, "On the page", topic=talk.topic, author=talk.bob)


async def _community_closed(talk: Talk) -> None:
    async with talk.scene.db.write() as tx:
        await governing.close(tx, await talk.scene.by(tx, talk.scene.owner), talk.scene.community)


async def _past_hidden(talk: Talk) -> None:
    """They left and came back, and the group shows nothing of before."""
    await talk.rule(history=0)
    await _left(talk)
    talk.box.room.clock.forward(1000)
    async with talk.scene.db.write() as tx:
        await join_unasked(tx, talk.bob, talk.scene.community)


REFUSED = [
    (_muted, "muted"), (_banned, "banned"), (_left, "Join the community first"), (_tier, "does not open this room"),
    (_team_only, "for the team"), (_quiet_hours, "quiet here until"), (_closed, "This topic is closed"),
    (_too_fast, "goes slowly here"), (_community_closed, "The community is closed"), (_past_hidden, "no such topic"),
]  # fmt: skip


@pytest.mark.parametrize(("happens", "why"), REFUSED)
async def test_the_rules_of_the_page_hold_at_the_moment_when_it_comes(
    box: Postbox, happens: Any, why: str
) -> None:
    talk = await talk_in(box)
    await box.box()
    await talk.letter()
    where = box.reply_to()
    await happens(talk)
    before = await talk.words()
    await box.take(written("My secret recipe"), where)
    assert await talk.words() == before
    [told] = await box.answers()
    assert told.startswith("bob@example.net")
    assert why in one_line(told) and "My secret recipe" in told
    assert await box.messages(talk.bob) == [], "what was to be said in a topic is said there or nowhere"


@pytest.mark.parametrize(
    ("text", "more", "answers"),
    [
        ("I am Bob!", {"sender": "mallory@example.com"}, ["another address"]),
        ("> Did you try less water?", {}, ["no words of your own"]),
        ("hot " * 10_000, {}, ["hot hot"]),
        ("I am away.", {"Auto_Submitted": "auto-replied"}, []),
        ("I am away.", {"Precedence": "bulk"}, []),
        ("Not delivered", {"Return_Path": "<>"}, []),
        ("Not delivered", {"From": "MAILER-DAEMON@example.net"}, []),
        ("I am Channel.", {"sender": "hello@example.org"}, ["another address"]),
    ],
)
async def test_what_is_no_answer_of_theirs_is_said_nowhere(
    box: Postbox, text: str, more: dict[str, str], answers: Sequence[str]
) -> None:
    talk = await talk_in(box)
    await talk.letter()
    await box.take(written(text, **more), box.reply_to())
    assert await talk.words() == []
    told = await box.answers()
    assert len(told) == len(answers)
    assert all(words in one for words, one in zip(answers, told, strict=True))


async def test_whoever_answers_too_often_or_is_gone_says_nothing(box: Postbox) -> None:
    talk = await talk_in(box)
    await talk.letter()
    where = box.reply_to()
    box.busy.add(talk.bob.id)
    await box.take(written("Again!"), where)
    assert ["within an hour" in one for one in await box.answers()] == [True]
    box.busy.clear()
    async with box.room.db.write() as tx:
        await suspend(tx, talk.bob.id)
    await box.take(written("Me?", name="2"), where)
    assert await talk.words() == []
    assert await box.answers() == []


async def test_an_address_is_of_one_account_and_cannot_be_changed_into_another(box: Postbox) -> None:
    talk = await talk_in(box)
    eve = await box.room.reader("Eve", None)
    await talking.follow(talk.scene, talk.topic, eve, push="none", mail="instant")
    await talk.letter()
    to = {str(one["To"]): str(one["Reply-To"]) for one in box.room.relay.mails[-2:]}
    assert len(set(to.values())) == 2
    await box.take(written("As Eve", sender="eve@example.net"), to["bob@example.net"])
    assert await talk.words() == []
    local, _, domain = to["bob@example.net"].partition("@")
    start = local.index("+") + 1
    for place in (start, start + 1, len(local) - 1):
        other = next(char for char in "abp" if char != local[place])
        forged = f"{local[:place]}{other}{local[place + 1 :]}@{domain}"
        assert not await box.take(written("Forged", name=str(place)), forged)
    assert await talk.words() == []


async def test_it_goes_where_the_message_is_by_now_and_stays_when_that_is_deleted(box: Postbox) -> None:
    talk = await talk_in(box)
    said = await talk.letter()
    where = box.reply_to()
    clay = await talking.start(talk.scene, talk.group, "Clay")
    await talking.move(talk.scene, talk.group, [said], clay)
    await box.take(written("Moved", name="1"), where)
    assert (await talk.words(), await talk.words(clay)) == ([], ["Moved"])
    more = await talking.start(talk.scene, talk.group, "More")
    await talking.merge(talk.scene, talk.group, clay, more)
    await box.take(written("Merged", name="2"), where)
    assert await talk.words(more) == ["Moved", "Merged"]
    await remove(talk.scene, said)
    await box.take(written("Deleted", name="3"), where)
    assert await talk.words(more) == ["Moved", "Merged", "Deleted"]
    assert await box.answers() == []


async def test_several_messages_of_one_topic_are_answered_together_and_several_topics_nowhere(
    box: Postbox,
) -> None:
    talk = await talk_in(box, how="daily")
    clay = await talking.start(talk.scene, talk.group, "Clay")
    await talking.follow(talk.scene, clay, talk.bob, push="none", mail="daily")

    async def a_day(*topics: Topic) -> str:
        for topic in topics:
            await talking.say(talk.scene, talk.group, "Hello", topic=topic)
        await box.room.planned()
        box.room.clock.forward(24 * HOUR_MS)
        await box.room.brought(box.postman())
        return box.reply_to()

    where = await a_day(talk.topic, talk.topic)
    assert "Glaze: 2 new messages" in str(box.room.relay.mails[-1]["Subject"])
    assert BECOMES in talk.says() and BECOMES in talk.says("html")
    await box.take(written("To both"), where)
    assert await talk.words() == ["To both"]
    assert await a_day(talk.topic, clay) == ""
    assert "becomes a message" not in talk.says()


async def test_a_digest_of_posts_and_messages_is_answered_nowhere(box: Postbox) -> None:
    talk = await talk_in(box, how="daily")
    await box.answerable()
    await box.room.choose(talk.bob, "daily")
    await talking.say(talk.scene, talk.group, "Hello", topic=talk.topic)
    await post(talk.scene, "A post")
    await box.room.planned()
    box.room.clock.forward(24 * HOUR_MS)
    await box.room.brought(box.postman())
    assert box.reply_to() == ""


async def test_an_answer_goes_to_the_inbox_where_the_group_says_so_and_stays_private(box: Postbox) -> None:
    talk = await talk_in(box)
    await box.box()
    await talk.rule(mail_to="inbox")
    said = await talk.letter()
    assert PRIVATE in talk.says() and BECOMES not in talk.says()
    where = box.reply_to()
    await talk.rule(mail_to="comment")
    await box.take(written("For you"), where)
    [told] = await box.messages(talk.bob)
    assert told.partition("\n\n")[0].endswith(f"/@anna/talk/{said.seq})")
    assert await talk.words() == []
    await talk.letter("Again")
    where = box.reply_to()
    await talk.rule(mail_to="inbox")
    await box.take(written("For you, too", name="2"), where)
    assert len(await box.messages(talk.bob)) == 2
    assert await talk.words() == []


async def test_who_may_not_write_there_is_offered_what_they_may_do(box: Postbox) -> None:
    talk = await talk_in(box, write_rank=1000001)
    await talk.letter()
    assert box.reply_to() == ""
    await box.box()
    await talk.letter("Again")
    assert PRIVATE in talk.says() and BECOMES not in talk.says()
    await talk.rule(write_rank=None)
    await _quiet_hours(talk)
    await talk.letter("In quiet hours")
    assert BECOMES in talk.says(), "they are over when it is answered"


async def test_attachments_are_not_taken(box: Postbox) -> None:
    talk = await talk_in(box)
    await talk.letter()
    made = mail("Look at this")
    made.replace_header("From", "bob@example.net")
    attach(made, photo(), "kiln.png")
    await box.take(sent(made), box.reply_to())
    [_, said] = await talking.read_topic(talk.scene, talk.topic)
    assert (said.text, said.media_count) == ("Look at this", 0)
