"""Following by mail without an account: asking, confirming, what comes, and how it ends. On both databases."""

import pytest
from sqlalchemy import func, select, update

from channel import outbox
from channel.accounts import guesses
from channel.accounts import one_time as expired
from channel.accounts.tables import one_time
from channel.chores import janitor
from channel.communities.tables import communities
from channel.errors import Gone, Invalid, NotFound, TooMany
from channel.events import CommunityDeleted
from channel.following import actions, links, planning, queries
from channel.following.model import CONFIRM_MS, DAY_MS, RESTS_MS, Wish
from channel.following.tables import follow_letters, follow_rules, followers
from channel.posts.rounds import IN_A_JOB
from channel.tasks import FollowersDue
from tests.following.conftest import Followroom, secret_in
from tests.notices.mailroom import SECRET
from tests.posts.writing import change, post, remove

HOUR_MS = 3_600_000


async def test_an_address_follows_once_it_says_yes_and_not_before(room: Followroom) -> None:
    await room.asks("zoe")
    [letter] = await room.brought()
    assert (letter.to, letter.subject) == ("zoe@example.net", "Follow Annas world by mail?")
    await post(room.scene, "Before")
    assert await room.brought() == [], "asking is not following"
    assert await room.kept() == []
    secret = secret_in(letter.text, "yes")
    async with room.db.write() as tx:
        assert (await actions.waiting(tx, secret)).email == "zoe@example.net"
        follower = await actions.confirm(tx, secret)
    made = await post(room.scene, "The kiln is **hot**")
    [letter] = await room.brought()
    assert letter.subject == "Annas world: The kiln is hot"
    assert "<strong>hot</strong>" in letter.html
    assert f"https://channel.example.org/@anna/news/{made.seq}" in letter.links()
    mine = f"https://channel.example.org/follow/by/{links.sealed(SECRET, follower.id)}"
    assert {mine, f"{mine}/off"} <= set(letter.links())
    assert not [link for link in letter.links() if "/account" in link]
    assert letter.mail["List-Unsubscribe"] == f"<{mine}/off>"
    assert letter.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "src=" not in letter.html, "nothing is fetched when it is read"
    assert await room.to() == [], "once"


async def test_the_link_works_once_and_not_for_ever(room: Followroom) -> None:
    await room.asks("zoe")
    [letter] = await room.brought()
    secret = secret_in(letter.text, "yes")
    async with room.db.write() as tx:
        await actions.confirm(tx, secret)
    with pytest.raises(Gone, match="you follow already"):
        async with room.db.write() as tx:
            await actions.confirm(tx, secret)
    await room.asks("yan")
    [letter] = await room.brought()
    room.clock.forward(CONFIRM_MS)
    with pytest.raises(Gone):
        async with room.db.write() as tx:
            await actions.confirm(tx, secret_in(letter.text, "yes"))


async def test_nothing_is_kept_of_who_never_says_yes(room: Followroom) -> None:
    await room.asks("zoe")
    await room.brought()
    room.clock.forward(CONFIRM_MS + 1)
    async with room.db.write() as tx:
        await expired.sweep(tx)
        await guesses.sweep(tx)
    async with room.db.read() as tx:
        for column in (one_time.c.data, outbox.jobs.c.data, outbox.events.c.data, followers.c.email):
            assert not [row for row in await tx.all(select(column)) if "zoe" in row[0]], column


async def test_who_is_known_is_told_by_letter_and_in_no_other_way(room: Followroom) -> None:
    await room.reader("Bob", None)
    await room.follower("zoe")
    for name in ("bob", "zoe", "new"):
        await room.asks(name)
    found = {one.to: one for one in await room.brought()}
    assert found["bob@example.net"].subject == "You have an account on channel.example.org"
    assert "/sign-in?next=/follow/@anna" in found["bob@example.net"].text
    assert "/follow/by/" in found["zoe@example.net"].text
    assert found["zoe@example.net"].subject == "You follow Annas world already"
    assert "/follow/yes/" in found["new@example.net"].text
    assert "/follow/yes/" not in found["bob@example.net"].text + found["zoe@example.net"].text


async def test_nobody_is_bombed_with_letters(room: Followroom) -> None:
    for number in range(3):
        await room.asks("zoe", network=f"192.0.2.{number}")
    with pytest.raises(TooMany):
        await room.asks("Zoe", network="192.0.2.9")
    assert len(await room.brought()) == 3
    room.clock.forward(HOUR_MS + 1)
    for number in range(3):
        await room.asks("zoe", network=f"192.0.2.{number}")
    room.clock.forward(HOUR_MS + 1)
    with pytest.raises(TooMany):
        await room.asks("zoe", network="192.0.2.9")


async def test_one_network_cannot_write_to_many(room: Followroom) -> None:
    for number in range(20):
        await room.asks(f"somebody{number}")
    with pytest.raises(TooMany):
        await room.asks("another")
    await room.asks("another", network="192.0.2.2")


async def test_only_an_address_can_follow_and_only_what_strangers_see(room: Followroom) -> None:
    with pytest.raises(Invalid):
        Wish.parse(room.scene.community.id, "no address", "instant", "en")
    await room.asks("zoe")
    [letter] = await room.brought()
    await room.hidden()
    with pytest.raises(NotFound):
        await room.asks("yan")
    with pytest.raises(NotFound):
        async with room.db.write() as tx:
            await actions.confirm(tx, secret_in(letter.text, "yes"))


async def test_each_gets_it_when_they_chose(room: Followroom) -> None:
    await room.follower("now")
    daily, weekly = await room.follower("day", "daily"), await room.follower("week", "weekly")
    await room.follower("never", "none")
    quiet = await room.follower("quiet")
    await room.change(daily, "daily", hour=6)
    await room.change(weekly, "weekly", hour=6)
    minute = room.clock() // 60_000 % (24 * 60)
    await room.change(quiet, quiet_from=minute, quiet_to=(minute + 60) % (24 * 60))
    await post(room.scene, "One")
    assert await room.to() == ["now@example.net"]
    await post(room.scene, "Two")
    assert await room.to() == ["now@example.net"]
    room.clock.forward(HOUR_MS)
    [after] = [one for one in await room.brought() if one.to.startswith("quiet")]
    assert after.subject == "Annas world: One and 1 more", "what waited comes together"
    room.clock.forward(24 * HOUR_MS)
    letters = {one.to: one for one in await room.brought()}
    assert letters["day@example.net"].subject == "Annas world: One and 1 more"
    room.clock.forward(8 * DAY_MS)
    assert await room.to() == ["week@example.net"]


async def test_a_room_of_its_own_way(room: Followroom) -> None:
    zoe = await room.follower("zoe", "none")
    tips = await room.scene.room("tips")
    await room.change(zoe, "none", rooms={tips.id: "instant"})
    await post(room.scene, "In news")
    assert await room.to() == []
    await post(room.scene, "In tips", room=tips)
    assert await room.to() == ["zoe@example.net"]
    await room.change(zoe, "instant", rooms={tips.id: "none"})
    await post(room.scene, "Again in tips", room=tips)
    assert await room.to() == []
    await room.change(zoe, "instant", rooms={tips.id: None})
    await post(room.scene, "And again", room=tips)
    assert await room.to() == ["zoe@example.net"]


async def test_silent_posts_and_what_members_say_tell_nobody(room: Followroom) -> None:
    await room.follower("zoe")
    await post(room.scene, "Hush", silent=True)
    assert await room.to() == []


async def test_a_post_of_a_community_that_nobody_follows_asks_for_no_work(room: Followroom) -> None:
    await post(room.scene)
    async with room.db.read() as tx:
        waiting = select(func.count()).select_from(outbox.jobs).where(outbox.jobs.c.consumer == "following")
        assert await tx.value(waiting) == 0


@pytest.mark.parametrize("what", ["deleted", "locked", "stopped", "muted", "private", "member"])
async def test_what_changes_before_it_leaves_counts(room: Followroom, what: str) -> None:
    zoe = await room.follower("zoe")
    await room.scene.tier("Gold", 10)
    made = await post(room.scene, "secretword")
    await room.planned()
    match what:
        case "deleted":
            await remove(room.scene, made)
        case "locked":
            await change(room.scene, made, "secretword", min_rank=10)
        case "stopped":
            async with room.db.write() as tx:
                await actions.stop(tx, zoe.id)
        case "muted":
            await room.change(zoe, "none")
        case "private":
            await room.hidden()
        case "member":
            await room.reader("Zoe", "instant")
    came = await room.to()
    assert came == [], what
    if what == "member":
        await post(room.scene, "Both ways")
        assert await room.to() == ["zoe@example.net"], "one letter, by the way of members"


async def test_nothing_is_kept_of_who_stops(room: Followroom) -> None:
    zoe = await room.follower("zoe", "daily")
    await room.change(zoe, "daily", rooms={room.scene.news.id: "daily"})
    await post(room.scene)
    await room.planned()
    for _ in range(2):
        async with room.db.write() as tx:
            await actions.stop(tx, zoe.id)
    async with room.db.read() as tx:
        for table in (followers, follow_rules, follow_letters):
            assert await tx.all(select(table)) == []
    with pytest.raises(NotFound):
        await room.change(zoe, "instant")


async def test_an_address_that_is_refused_is_left_alone_and_forgotten_at_last(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    room.relay.recipients["zoe@example.net"] = "550 5.1.1 nobody here"
    for count in (1, 2):
        await post(room.scene, f"Number {count}")
        assert await room.to() == []
        await post(room.scene, f"Number {count} again")
        await room.brought()
        assert room.relay.asked.count("zoe@example.net") == count, "left alone"
        room.clock.forward(RESTS_MS)
    assert await room.kept() == ["zoe@example.net"]
    await post(room.scene, "The third")
    await room.brought()
    assert await room.kept() == []
    with pytest.raises(NotFound):
        async with room.db.write() as tx:
            await actions.try_again(tx, zoe.id)


async def test_who_tries_again_is_written_to_again(room: Followroom) -> None:
    zoe = await room.follower("zoe")
    room.relay.recipients["zoe@example.net"] = "550 5.1.1 nobody here"
    await post(room.scene)
    await room.brought()
    assert (await room.fates())["zoe@example.net"].startswith("failed")
    del room.relay.recipients["zoe@example.net"]
    async with room.db.write() as tx:
        await actions.try_again(tx, zoe.id)
    await post(room.scene)
    assert await room.to() == ["zoe@example.net"]


async def test_a_crowd_is_planned_in_pieces_and_nobody_is_left_out_or_told_twice(room: Followroom) -> None:
    many = 2 * IN_A_JOB + 10
    pattern = await room.follower("pattern")
    async with room.db.write(heavy=True) as tx:
        [row] = await tx.all(select(followers).where(followers.c.id == pattern.id))
        rows = [
            row._asdict()
            | {"id": f"00000000-0000-7000-8000-{number:012x}", "email": f"p{number}@example.net"}
            for number in range(many)
        ]
        await tx.run_many(followers.insert(), rows)
    made = await post(room.scene)
    await room.planned()
    await planning.plan(room.db, FollowersDue(post_id=made.id))
    async with room.db.read() as tx:
        told = await tx.all(select(follow_letters.c.follower_id))
        assert len(told) == len(set(told)) == many + 1
        assert await queries.count(tx, room.scene.community.id) == many + 1


async def test_a_community_that_goes_takes_its_followers_along(room: Followroom) -> None:
    await room.follower("zoe")
    await post(room.scene)
    await room.planned()
    async with room.db.write() as tx:
        await tx.run(update(communities).values(deleted_at=tx.now, purge_at=tx.now))
    assert await room.to() == []
    await janitor(room.db)(
        CommunityDeleted(account_id=room.scene.owner.id, community_id=room.scene.community.id, purge_at=0)
    )
    assert await room.kept() == []


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "A" * 86])
def test_a_link_that_was_not_sealed_here_opens_nothing(token: str) -> None:
    with pytest.raises(NotFound):
        links.opened(SECRET, token)


def test_a_link_of_another_key_opens_nothing() -> None:
    who = "00000000-0000-7000-8000-000000000001"
    assert links.opened(SECRET, links.sealed(SECRET, who)) == who
    with pytest.raises(NotFound):
        links.opened(SECRET, links.sealed(b"other" * 8, who))


async def test_the_letters_read_in_german_too(room: Followroom) -> None:
    await room.asks("zoe", language="de")
    [letter] = await room.brought()
    assert letter.subject == "Annas world per Mail folgen?"
    assert letter.words() == letter.shown_words()


async def test_an_address_that_there_is_none_of_leaves_nothing_behind(room: Followroom) -> None:
    room.relay.recipients["nobody@example.net"] = "550 5.1.1 nobody here"
    await room.asks("nobody")
    assert await room.to() == []
    assert room.relay.asked == ["nobody@example.net"], "it was tried, once"
    async with room.db.read() as tx:
        assert await tx.all(select(outbox.jobs)) == []
