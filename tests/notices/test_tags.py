"""What somebody chose for a #tag comes before what they chose for its room and for the rest, and tells of no tag that they
may not know of."""

import pytest

from channel import notices
from channel.accounts import Account
from channel.errors import Invalid
from channel.notices.actions import change
from channel.notices.model import (
    FAINT,
    HOWS,
    LOUD,
    MAX_TAGS,
    How,
    Rule,
    effective,
    for_post,
    parse_tag,
    tags_of,
)
from tests.notices.mailroom import Mailroom
from tests.posts.writing import post

MARA, OLA = "mara@example.net", "ola@example.net"


async def choose(room: Mailroom, who: Account, tags: dict[str, How | None], how: How | None = None) -> None:
    async with room.db.write() as tx:
        await notices.choose(tx, await room.scene.by(tx, who), room.scene.community, how, tags=tags)


async def test_only_what_has_the_tag_comes(room: Mailroom) -> None:
    await choose(room, await room.reader("Mara", None), {"tour": "instant"})
    await post(room.scene, "Words")
    await post(room.scene, "#other things")
    assert await room.to() == []
    await post(room.scene, "Dates of the #Tour")
    assert await room.to() == [MARA]


async def test_all_but_what_has_the_tag_comes(room: Mailroom) -> None:
    await choose(room, await room.reader("Mara"), {"tour": "none"})
    await post(room.scene, "Dates of the #tour")
    assert await room.to() == []
    await post(room.scene, "Words")
    assert await room.to() == [MARA]


async def test_the_tag_goes_before_the_room(room: Mailroom) -> None:
    mara = await room.reader("Mara", "none")
    await room.choose(mara, "instant", (room.scene.news, "none"))
    await choose(room, mara, {"tour": "instant"})
    await post(room.scene, "#tour")
    assert await room.to() == [MARA]


async def test_of_several_tags_the_one_that_tells_most_counts(room: Mailroom) -> None:
    mara = await room.reader("Mara", None)
    await choose(room, mara, {"tour": "none", "live": "important", "merch": "daily"})
    await post(room.scene, "#tour #live")
    assert await room.to() == []
    await post(room.scene, "#tour #live", important=True)
    assert await room.to() == [MARA]
    await post(room.scene, "#live #merch")
    assert await room.to() == []
    room.clock.forward(24 * 3_600_000)
    assert await room.to() == [MARA], "in the letter of the day"


async def test_a_tag_of_a_locked_text_decides_nothing_for_who_may_not_read_it(room: Mailroom) -> None:
    gold = await room.scene.tier("Gold", 10)
    rich, mara = await room.reader("Ola", None, tier=gold), await room.reader("Mara", None)
    for who in (rich, mara):
        await choose(room, who, {"reunion": "instant", "gig": "instant"})
    await post(room.scene, "The #reunion is on", min_rank=10, teaser="News")
    assert await room.to() == [OLA]
    await post(room.scene, "The #reunion is on", min_rank=10, teaser="A #gig")
    assert await room.to() == [MARA, OLA]


async def test_a_tag_of_a_locked_text_keeps_nothing_away_either(room: Mailroom) -> None:
    gold = await room.scene.tier("Gold", 10)
    rich, mara = await room.reader("Ola", tier=gold), await room.reader("Mara")
    for who in (rich, mara):
        await choose(room, who, {"reunion": "none"})
    await post(room.scene, "The #reunion is on", min_rank=10)
    assert await room.to() == [MARA]


async def test_what_was_chosen_since_it_was_planned_counts(room: Mailroom) -> None:
    mara = await room.reader("Mara", None)
    await choose(room, mara, {"tour": "instant"})
    await post(room.scene, "#tour")
    await room.planned()
    await choose(room, mara, {"tour": "none"})
    assert await room.to() == []
    assert await room.states() == {MARA: "cancelled unwanted"}


async def test_a_rule_that_is_taken_back_is_gone(room: Mailroom) -> None:
    mara = await room.reader("Mara")
    await choose(room, mara, {"tour": "none"})
    await choose(room, mara, {"tour": None})
    await post(room.scene, "#tour")
    assert await room.to() == [MARA]


async def test_a_letters_link_ends_one_tag(room: Mailroom) -> None:
    mara = await room.reader("Mara")
    async with room.db.write() as tx:
        await change(tx, mara.id, room.scene.community.id, "none", tag="tour")
    await post(room.scene, "#tour")
    await post(room.scene, "Words")
    assert ["Words" in one.text for one in await room.brought()] == [True]


async def test_more_tags_than_there_may_be_are_refused_and_nothing_is_written(room: Mailroom) -> None:
    mara = await room.reader("Mara", None)
    await choose(room, mara, {f"t{number}": "instant" for number in range(MAX_TAGS)})
    with pytest.raises(Invalid) as refused:
        await choose(room, mara, {"more": "instant"})
    assert set(refused.value.fields) == {"tag"}
    async with room.db.read() as tx:
        assert len(await notices.rules(tx, mara.id)) == MAX_TAGS


def test_no_tag_and_no_room_is_the_same_key() -> None:
    rules = [Rule("c", None, "daily", 5), Rule("c", "r", "none", 5), Rule("c", None, "instant", 5, "r")]
    assert [rule.place for rule in rules] == ["c", "r", "c#r"]
    assert effective(rules, "r", 5, important=False) == "none"
    assert effective(rules, "r", 5, ["r"], important=False) == "instant"
    assert effective(rules, "x", 5, ["x"], important=False) == "daily"
    assert effective(rules, "r", 6, ["r"], important=False) == "none", "chosen before they left"


def test_every_choice_has_its_place_in_both_orders() -> None:
    assert sorted(LOUD) == sorted(FAINT) == sorted(HOWS)
    held: dict[str | None, How] = {"#a": "important", "#b": "weekly"}
    assert for_post(held, "r", ["a", "b"], important=True) == "important"
    assert for_post(held, "r", ["a", "b"], important=False) == "weekly"
    assert for_post(held, "r", ["c"], important=False) is None
    assert tags_of([None, "r", "#b", "#a"]) == ["a", "b"]


@pytest.mark.parametrize(("typed", "tag"), [(" #Tour ", "tour"), ("GRÖSSE", "grösse")])
def test_a_tag_is_typed_with_or_without_its_sign(typed: str, tag: str) -> None:
    assert parse_tag(typed) == tag


@pytest.mark.parametrize("typed", ["", "#", "12", "a b", "##a", "x" * 41, "a\x00"])
def test_what_is_no_tag_is_refused_by_name(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_tag(typed, "field")
    assert set(refused.value.fields) == {"field"}
