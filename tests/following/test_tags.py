"""Who follows without an account chooses by #tag, too, and takes it along into an account."""

import pytest

from channel import notices, push
from channel.errors import Invalid
from channel.following import FollowDevice, Wish, actions, devices
from channel.following.sight import device
from channel.notices.model import Times, key_of
from channel.notify.pushed.strangers import Followers
from channel.push.queue import Claimed
from tests.following.conftest import Followroom
from tests.posts.writing import post
from tests.push.browsers import Browser

ZOE = "zoe@example.net"


async def on_device(room: Followroom, tag: str = "") -> FollowDevice:
    async with room.db.write() as tx:
        return await devices.switch_on(
            tx, room.scene.community, Browser().subscription, language="en", zone="UTC", network="192.0.2.1", tag=tag
        )  # fmt: skip


async def test_an_address_may_ask_for_one_tag_alone(room: Followroom) -> None:
    async with room.db.write() as tx:
        wish = Wish.parse(room.scene.community.id, ZOE, "instant", "en", tag="#Tour")
        await actions.ask(tx, room.scene.community, wish, network="192.0.2.1")
    [letter] = await room.brought()
    assert "#tour, and nothing else" in " ".join(letter.text.split())
    async with room.db.write() as tx:
        zoe = await actions.confirm(tx, await actions.confirmation(tx, wish))
    assert (zoe.how, zoe.chosen) == ("none", {"#tour": "instant"})
    await post(room.scene, "Words")
    assert await room.to() == []
    await post(room.scene, "The #tour")
    assert await room.to() == [ZOE]


async def test_a_follower_leaves_a_tag_out(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    await room.change(zoe, rooms={key_of("tour"): "none"})
    await post(room.scene, "#tour")
    assert await room.to() == []
    await post(room.scene, "Words")
    assert await room.to() == [ZOE]
    await room.change(zoe, rooms={key_of("tour"): None})
    await post(room.scene, "#tour")
    assert await room.to() == [ZOE]


async def test_what_was_chosen_since_it_was_planned_counts(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    await post(room.scene, "#tour")
    await room.planned()
    await room.change(zoe, rooms={key_of("tour"): "none"})
    assert await room.to() == []
    assert await room.fates() == {ZOE: "cancelled unwanted"}


async def test_a_digest_of_all_makes_one_of_what_was_chosen_by_tag(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    await room.change(zoe, rooms={key_of("tour"): "instant", key_of("merch"): "none"})
    async with room.db.write() as tx:
        await actions.soften(tx, zoe.id, "daily")
        assert (await actions.one(tx, zoe.id)).chosen == {"#tour": "daily", "#merch": "none"}


async def test_more_tags_than_there_may_be_are_refused(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    with pytest.raises(Invalid) as refused:
        await room.change(zoe, rooms={key_of(f"t{number}"): "none" for number in range(21)})
    assert set(refused.value.fields) == {"tag"}


async def test_a_device_is_told_of_one_tag_alone(room: Followroom) -> None:
    one = await on_device(room, "tour")
    assert (one.how, one.chosen) == ("none", {"#tour": "instant"})
    plain, tagged = await post(room.scene, "Words"), await post(room.scene, "#tour")
    claims = [
        Claimed(f"n{number}", made.id, one.id, one.id, room.scene.community.id, "", 0, 0, one.to, False, "en")
        for number, made in enumerate((plain, tagged))
    ]
    async with room.db.write() as tx:
        verdicts = await Followers().judge(tx, b"s" * 32, claims)
    assert [verdict.over for verdict in verdicts] == ["unwanted", ""]


async def test_switching_on_for_a_tag_narrows_nothing_that_was_chosen_before(room: Followroom) -> None:
    browser = Browser()
    async with room.db.write() as tx:
        here = {"language": "en", "zone": "UTC", "network": "192.0.2.1"}
        await devices.switch_on(tx, room.scene.community, browser.subscription, **here)
        again = await devices.switch_on(tx, room.scene.community, browser.subscription, **here, tag="tour")
    assert (again.how, again.chosen) == ("instant", {"#tour": "instant"})


async def test_what_was_chosen_by_tag_comes_along_into_an_account(room: Followroom) -> None:
    zoe, one = await room.follower("zoe"), await on_device(room)
    await room.change(zoe, "daily", rooms={key_of("tour"): "instant"})
    account = await room.scene.member("Zoe")
    async with room.db.write() as tx:
        await devices.change(tx, one.id, "important", Times(), {key_of("tour"): "instant"})
        one = await device(tx, one.id)
        by, here = await room.scene.by(tx, account), []
        await actions.hand_over(tx, await actions.one(tx, zoe.id), by, room.scene.community, here)
        await devices.hand_over(tx, one, by, room.scene.community, here, push.Owner(account.id, None))
        letters_too = {rule.key: rule.how for rule in await notices.rules(tx, account.id)}
        pushed = {rule.key: rule.how for rule in await push.rules(tx, account.id)}
    assert letters_too == {None: "daily", "#tour": "instant"}
    assert pushed == {None: "important", "#tour": "instant"}
