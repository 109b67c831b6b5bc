"""The same for what comes by itself: every frame over WebSocket and SSE, the history of a room and what happens now."""

import contextlib
import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from channel.members import Action
from channel.posts import page
from channel.posts.steps import Step
from channel.rooms import Room
from tests.comments import saying
from tests.posts import writing
from tests.security.sights import GOLD, PLATINUM, Sight, World, read_rooms
from tests.security.wire import HERE, Line, event_stream, websocket
from tests.topics import talking


@dataclass
class Ear:
    """Somebody who listens, and what they heard."""

    sight: Sight
    line: Line
    heard: list[dict[str, Any]] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)

    async def listen(self, until: dict[str, int]) -> None:
        """Read on until each stream has come to its seq."""
        waiting = dict(until)
        while waiting:
            frame = await self.line.frame()
            assert frame is not None, f"{self.sight.name} was cut off"
            self.heard.append(frame)
            if frame["type"] == "event" and frame["seq"] >= waiting.get(frame["stream"], 2**62):
                del waiting[frame["stream"]]

    async def subscribe(self, streams: list[str], form: str) -> None:
        """Ask for everything from the beginning; the answer says what was granted."""
        cursors = [{"stream": name, "after": 0} for name in streams]
        await self.line.say(type="subscribe", id=1, streams=cursors, format=form)
        while True:
            frame = await self.line.frame()
            assert frame is not None, f"{self.sight.name} was cut off"
            self.heard.append(frame)
            if frame["type"] == "subscribed":
                self.heads = {one["stream"]: one["head"] for one in frame["streams"]}
            if frame["type"] == "subscribed" or len(self.refused) == len(streams):
                return

    @property
    def refused(self) -> set[str]:
        return {frame["stream"] for frame in self.heard if frame["type"] == "error"}

    def kinds(self, world: World) -> frozenset[str]:
        return world.canaries.seen_in(json.dumps(self.heard, ensure_ascii=False).encode())


def readable(sight: Sight, rooms: dict[str, list[Room]]) -> set[str]:
    """The streams of the rooms that this viewer may enter."""
    return {
        f"room:{room.id}"
        for handle, there in rooms.items()
        for room in there
        if sight.at(handle).reads(room.min_rank)
    }


def is_out(sight: Sight) -> bool:
    """A token that is good for nothing any more."""
    return sight.account is None and any(name == "authorization" for name, _ in sight.headers)


def listeners(world: World, form: str) -> list[Sight]:
    """As pages listen, by cookie, and as programs do. Those that may not read at all have tests of their own."""
    page = [viewer.page for viewer in world.viewers.values() if viewer.name not in ("reader", "writer")]
    program = [viewer.program for viewer in world.viewers.values() if viewer.name != "writer"]
    return page if form == "html" else [sight for sight in program if not is_out(sight)]


@pytest.mark.parametrize("form", ["json", "html"])
async def test_no_frame_over_a_socket_holds_what_its_reader_may_not_read(world: World, form: str) -> None:
    """By cookie and by token, from the first event on; then what happens while all of them listen."""
    rooms = await read_rooms(world)
    streams = [f"room:{room.id}" for there in rooms.values() for room in there]
    async with contextlib.AsyncExitStack() as open_lines:
        ears = []
        for sight in listeners(world, form):
            line = await open_lines.enter_async_context(websocket(world.app, sight.headers))
            assert (await line.next())["type"] == "websocket.accept", sight.name
            ear = Ear(sight, line)
            await ear.subscribe(streams, form)
            assert set(ear.heads) == readable(sight, rooms), sight.name
            assert ear.refused == set(streams) - set(ear.heads), sight.name
            ears.append(ear)
        for ear in ears:
            await ear.listen({stream: head for stream, head in ear.heads.items() if head})
        heads = await _happen(world, rooms, form)
        for ear in ears:
            await ear.listen({stream: heads[stream] for stream in ear.heads})
        for ear in ears:
            illegal = world.canaries.illegal(ear.kinds(world), ear.sight)
            assert not illegal, (ear.sight.name, sorted(illegal))
    by_name = {ear.sight.name: ear.kinds(world) for ear in ears}
    assert {
        "paid",
        "newerpaid",
        "vault",
        f"livepaid{form}",
        f"livefall{form}",
        f"livevault{form}",
    } <= by_name["gold"]
    assert {"members", "circle", f"livecircle{form}", f"liveteaser{form}"} <= by_name["free"]
    assert {"open", "freednow", f"liveopen{form}", f"livetalk{form}"} <= by_name["anonymous"]
    assert {"present", f"livefresh{form}"} <= by_name["free"]
    assert {f"livepast{form}", "past"} & by_name["moderator"]
    assert {"zoeopen", "zoepaid", f"livezoe{form}"} <= by_name["zoegold"]


async def _happen(world: World, rooms: dict[str, list[Room]], form: str) -> dict[str, int]:
    """Everything that can happen to a post, while they listen; the last seq of each room."""

    def say(kind: str, rank: int, handle: str = "anna") -> str:
        def reader(sight: Sight) -> bool:
            return sight.at(handle).visible and sight.at(handle).rank >= rank

        return world.canaries.new(f"{kind}{form}", reader)

    anna, change = world.anna, writing.change
    by_slug = {room.slug: room for room in rooms["anna"]}
    paid = await writing.post(anna, say("livepaid", GOLD), min_rank=GOLD, teaser=say("liveteaser", -1))
    await change(anna, paid, say("livechanged", GOLD), min_rank=GOLD)
    closing = await writing.post(anna, say("liveclosing", -1))
    await change(anna, closing, say("liveclosed", GOLD), min_rank=GOLD)
    gone = await writing.post(anna, say("livegone", GOLD), min_rank=GOLD)
    await writing.remove(anna, gone)
    opens = [Step(world.clock.now_ms + 1, GOLD)]
    planned = await writing.post(anna, say("livefall", GOLD), min_rank=PLATINUM, opens=opens)
    world.clock.forward(1)
    await writing.open_by_itself(anna, planned)
    await writing.post(anna, say("livequoting", -1), quote_id=paid.id)
    last = {anna.news.id: await writing.post(anna, say("liveopen", -1))}
    for slug, rank in (("circle", 0), ("vault", GOLD)):
        room = by_slug[slug]
        last[room.id] = await writing.post(anna, say(f"live{slug}", rank), room=room)
    await _change_the_past(world, by_slug["fresh"], form)
    for slug, rank in (("talk", -1), ("goldtalk", GOLD), ("fresh", 0)):
        room = by_slug[slug]
        last[room.id] = await talking.say(anna, room, say(f"live{slug}", rank))
    await writing.post(world.zoe, say("livezoe", -1, "zoe"))
    for room in rooms["zoe"]:
        last[room.id] = await writing.post(world.zoe, "Still here", room=room)
    return {f"room:{room_id}": post.seq for room_id, post in last.items()}


async def _change_the_past(world: World, room: Room, form: str) -> None:
    """What was said before they came is written anew while they listen, and moved to a topic of a telling name."""
    staff = lambda sight: sight.at("anna").may(Action.SEE_STUDIO)  # noqa: E731
    async with world.db.read() as tx:
        past = (await page(tx, room.id, limit=100))[-1]
    again = await writing.change(world.anna, past, world.canaries.new(f"livepast{form}", staff))
    await talking.move(world.anna, room, [again], world.canaries.new(f"livepasttopic{form}", staff))


@pytest.mark.parametrize("form", ["json", "html"])
async def test_no_comment_comes_to_whoever_may_not_read_its_post(world: World, form: str) -> None:
    """What was said under open and paid posts, what is said now, and what is said after an open post was closed."""
    anna, things, owner = world.anna, world.things["anna"], world.anna.owner
    closing = await writing.post(anna, "Open for a while")

    def say(kind: str, rank: int) -> str:
        def reader(sight: Sight) -> bool:
            return sight.at("anna").visible and sight.at("anna").rank >= rank

        return world.canaries.new(f"{kind}{form}", reader)

    await saying.say(anna, closing, owner, "While it was open")
    streams = [f"thread:{one.id}" for one in (things.post, things.paid_post, closing)]
    async with contextlib.AsyncExitStack() as open_lines:
        ears = []
        for sight in listeners(world, form):
            line = await open_lines.enter_async_context(websocket(world.app, sight.headers))
            assert (await line.next())["type"] == "websocket.accept", sight.name
            ear = Ear(sight, line)
            await ear.subscribe(streams, form)
            standing = sight.at("anna")
            mine = {streams[0], streams[2]} if standing.reads(None) else set()
            assert set(ear.heads) == mine | ({streams[1]} if standing.reads(GOLD) else set()), sight.name
            ears.append(ear)
        await saying.say(anna, things.post, owner, say("nowopen", -1))
        await saying.say(anna, things.paid_post, owner, say("nowpaid", GOLD))
        await writing.change(anna, closing, "Closed now", min_rank=GOLD)
        await saying.say(anna, closing, owner, say("nowclosed", GOLD))
        heads = {stream: len(await saying.log(anna, one)) for stream, one in zip(
            streams, (things.post, things.paid_post, closing), strict=True)}  # fmt: skip
        for ear in ears:
            until = {stream: heads[stream] for stream in ear.heads if stream != streams[2]}
            if ear.sight.at("anna").reads(GOLD):
                until[streams[2]] = heads[streams[2]]
            await ear.listen(until)
        for ear in ears:
            illegal = world.canaries.illegal(ear.kinds(world), ear.sight)
            assert not illegal, (ear.sight.name, sorted(illegal))
    by_name = {ear.sight.name: ear.kinds(world) for ear in ears}
    assert {"paidcomment", f"nowpaid{form}", f"nowclosed{form}"} <= by_name["gold"]
    assert {"opencomment", f"nowopen{form}"} <= by_name["anonymous"]
    assert "heldcomment" in by_name["moderator"]
    assert "heldcomment" not in by_name["free"]


def refusal(sight: Sight, stream: str, rooms: dict[str, list[Room]]) -> int:
    """What is said of a stream that one may not hear: nothing, where one may not know of it."""
    handle = next(
        handle for handle, there in rooms.items() if any(stream == f"room:{room.id}" for room in there)
    )
    standing = sight.at(handle)
    return 403 if standing.visible or standing.banned else 404


@pytest.mark.parametrize("form", ["json", "html"])
async def test_no_server_sent_event_holds_what_its_reader_may_not_read(world: World, form: str) -> None:
    rooms = await read_rooms(world)
    some = ("anonymous", "free", "gold", "banned", "lapsed", "outsider", "creator", "suspended")
    for sight in (sight for sight in listeners(world, form) if sight.name in some):
        mine = readable(sight, rooms)
        for stream in (f"room:{room.id}" for there in rooms.values() for room in there):
            async with event_stream(
                world.app, sight.headers, f"/live/sse?stream={stream}&after=0&format={form}"
            ) as line:
                start = await line.next()
                assert start["status"] == (200 if stream in mine else refusal(sight, stream, rooms)), (
                    sight.name,
                    stream,
                )
                heard: list[dict[str, Any]] = []
                head = 2**62
                while (frame := await line.frame()) is not None:
                    heard.append(frame)
                    if frame["type"] == "subscribed":
                        head = frame["streams"][0]["head"]
                    if frame["type"] == "event" and frame["seq"] >= head or head == 0:
                        break
            told = any(frame["type"] == "subscribed" for frame in heard)
            assert told == (stream in mine), (sight.name, stream)
            seen = world.canaries.seen_in(json.dumps(heard, ensure_ascii=False).encode())
            assert not world.canaries.illegal(seen, sight), (sight.name, stream)


async def test_nobody_hears_the_stream_of_another_account(world: World) -> None:
    owner, gold = world.viewers["owner"], world.viewers["gold"]
    assert owner.page.account
    for headers in (gold.page.headers, gold.program.headers, (("origin", HERE),)):
        async with websocket(world.app, headers) as line:
            assert (await line.next())["type"] == "websocket.accept"
            ear = Ear(gold.page, line)
            await ear.subscribe([f"account:{owner.page.account.id}"], "json")
            assert not ear.heads
            assert ear.heard[-1]["code"] == "not_found"


async def test_a_token_that_is_not_good_any_more_is_told_so_and_hears_nothing(world: World) -> None:
    """Not even what everybody may hear: its program would wait for ever for what it used to hear."""
    out = [viewer.program for viewer in world.viewers.values() if is_out(viewer.program)]
    assert {sight.name for sight in out} >= {"revoked", "suspended"}
    for sight in out:
        async with websocket(world.app, sight.headers) as line:
            assert (await line.next())["type"] == "websocket.accept", sight.name
            await line.say(
                type="subscribe", id=1, streams=[{"stream": f"room:{world.anna.news.id}", "after": 0}]
            )
            ended = await line.next()
            assert (ended["type"], ended["code"]) == ("websocket.close", 4001), sight.name
        async with event_stream(
            world.app, sight.headers, f"/live/sse?stream=room:{world.anna.news.id}"
        ) as line:
            assert (await line.next())["status"] == 401, sight.name


async def test_a_token_that_may_not_read_hears_nothing(world: World) -> None:
    """Given to a program that only posts."""
    writer = world.viewers["writer"].program
    assert writer.scopes == {"post"}
    async with websocket(world.app, writer.headers) as line:
        first = await line.next()
        assert first["type"] == "websocket.http.response.start", "the handshake was accepted"
        assert first["status"] == 403
    room = world.anna.news.id
    async with event_stream(world.app, writer.headers, f"/live/sse?stream=room:{room}") as line:
        assert (await line.next())["status"] == 403
