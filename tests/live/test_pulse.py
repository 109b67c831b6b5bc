"""What stands beside the log: how many are here, who is writing, and that neither says more than it should."""

import contextlib

import pytest

from channel.accounts import Account
from channel.accounts.actions import set_presence
from channel.bus.local import LocalBus
from channel.live import pulse
from channel.live.hub import Hub
from channel.live.pulse import Presence, rounded
from channel.members import actions
from channel.members.model import Role
from tests.live.site import Follower, Site


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.05)


@pytest.mark.parametrize(
    ("count", "told"), [(5, 5), (99, 99), (100, 100), (129, 120), (9_876, 9_800), (19_000, 19_000)]
)
def test_a_crowd_is_told_by_two_digits(count: int, told: int) -> None:
    assert rounded(count) == told


async def test_how_many_are_here_is_told_from_five_on(site: Site) -> None:
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(site.follow())
        await first.subscribe(site.stream)
        others: list[Follower] = []
        leaving = await stack.enter_async_context(contextlib.AsyncExitStack())
        for _ in range(4):
            one = await leaving.enter_async_context(site.follow())
            await one.subscribe(site.stream)
            others.append(one)
        assert (await first.next("presence")) == {"type": "presence", "stream": site.stream, "here": 5}
        await leaving.aclose()
        assert (await first.next("presence"))["here"] is None


async def test_those_on_another_node_count_until_it_falls_silent(site: Site) -> None:
    hub: Hub = site.app.state.live.hub
    async with site.follow() as live:
        await live.subscribe(site.stream)
        presence = Presence(site.db, hub, LocalBus().note)
        presence.note("here", {"node": "other", "streams": {site.stream: 41}})
        for _ in range(pulse.HERE_EVERY_S):
            await presence.beat()
        assert (await live.next("presence"))["here"] == 42
        hub.now_s += pulse.FORGET_NODE_S + 1
        for _ in range(pulse.HERE_EVERY_S):
            await presence.beat()
        assert (await live.next("presence"))["here"] is None


@pytest.mark.parametrize(
    "data", [{}, {"node": "x"}, {"node": "x", "streams": 7}, {"node": "x", "streams": {"room:1": "many"}}]
)
async def test_a_note_that_makes_no_sense_is_passed_over(site: Site, data: dict[str, object]) -> None:
    presence = Presence(site.db, site.app.state.live.hub, LocalBus().note)
    for topic in ("here", "typing", "counts", "read"):
        presence.note(topic, data)
        site.app.state.live.tail.note(topic, data)
    for _ in range(pulse.HERE_EVERY_S):
        await presence.beat()


async def test_who_is_writing_is_told_by_name_three_at_most_and_only_of_those_who_may(site: Site) -> None:
    writers = [await site.member(f"Editor {number}") for number in range(5)]
    for one in writers:
        await site.act(actions.give_role, one.id, Role.EDITOR)
    silent = await site.member("Member")
    async with contextlib.AsyncExitStack() as stack:
        people = [await stack.enter_async_context(site.follow(one)) for one in (*writers, silent)]
        for follower in people:
            await follower.subscribe(site.stream)
        for follower in people:
            for _ in range(3):
                await follower.say(type="typing", stream=site.stream)
        told = await people[0].next("typing")
        seen = {one["id"] for one in told["who"]}
        many = len(told["who"]) + told["more"]
        while many < len(writers):  # a beat may fall between two who began
            told = await people[0].next("typing")
            seen |= {one["id"] for one in told["who"]}
            many += len(told["who"]) + told["more"]
    assert silent.id not in seen
    assert seen <= {one.id for one in writers}
    assert len(told["who"]) <= pulse.TYPISTS


async def test_who_does_not_listen_is_not_writing_there(site: Site) -> None:
    editor = await site.member("Editor")
    await site.act(actions.give_role, editor.id, Role.EDITOR)
    async with site.follow(editor) as deaf, site.follow(site.creator) as live:
        await live.subscribe(site.stream)
        await deaf.say(type="typing", stream=site.stream)
        await deaf.say(type="ping", id=1)
        await deaf.next("pong")
        await live.say(type="typing", stream=site.stream)
        assert [one["id"] for one in (await live.next("typing"))["who"]] == [site.creator.id]


async def _appear(site: Site, account: Account, shown: bool) -> None:
    async with site.db.write() as tx:
        await set_presence(tx, account.id, shown)


async def test_who_does_not_want_to_be_seen_is_not_counted_from_that_moment_on(site: Site) -> None:
    shy, bold = await site.member("Shy"), await site.member("Bold")
    async with contextlib.AsyncExitStack() as stack:
        people = [await stack.enter_async_context(site.follow(one)) for one in (bold, shy, None, None, None)]
        for one in people:
            await one.subscribe(site.stream)
        assert (await people[0].next("presence"))["here"] == 5
        await _appear(site, shy, False)
        assert (await people[0].next("presence"))["here"] is None, "four are nobody's business"
        await _appear(site, shy, True)
        assert (await people[0].next("presence"))["here"] == 5


async def test_nobody_counts_who_comes_unseen(site: Site) -> None:
    shy = await site.member("Shy")
    await _appear(site, shy, False)
    async with contextlib.AsyncExitStack() as stack:
        people = [
            await stack.enter_async_context(site.follow(one)) for one in (None, shy, shy, None, None, None)
        ]
        for one in people:
            await one.subscribe(site.stream)
        last = await stack.enter_async_context(site.follow())
        await last.subscribe(site.stream)
        assert (await people[0].next("presence"))["here"] == 5


async def test_nobody_sees_that_somebody_unseen_is_writing(site: Site) -> None:
    shy, bold = await site.member("Shy"), await site.member("Bold")
    for one in (shy, bold):
        await site.act(actions.give_role, one.id, Role.EDITOR)
    await _appear(site, shy, False)
    async with site.follow(shy) as unseen, site.follow(bold) as seen, site.follow(site.creator) as reader:
        for follower in (unseen, seen, reader):
            await follower.subscribe(site.stream, "me")
        # What another node hears of them, or heard before they said so, is not believed either.
        site.app.state.live.presence.note("typing", {"stream": site.stream, "account_id": shy.id})
        await unseen.say(type="typing", stream=site.stream)
        await unseen.say(type="ping", id=1)
        await unseen.next("pong")
        await seen.say(type="typing", stream=site.stream)
        told = await reader.next("typing")
        assert ([one["id"] for one in told["who"]], told["more"]) == ([bold.id], 0)
        await _appear(site, shy, True)
        assert (await unseen.next("event"))["data"] == {"presence": True}, "on the account's own stream"
        await unseen.say(type="typing", stream=site.stream)
        while (told := await reader.next("typing"))["who"][0]["id"] != shy.id:
            pass
