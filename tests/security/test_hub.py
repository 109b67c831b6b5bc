"""What a hub is told of every room there is: only where everybody's feeds lie that a stranger may read anyway."""

from pathlib import Path
from urllib.parse import parse_qs

from channel.notify.websub import hub_handler
from channel.tasks import FeedsChanged
from tests.hooks.receiver import receiver
from tests.security.expecting.feeds import FEEDS
from tests.security.sights import World, read_rooms
from tests.security.wire import HERE, ask

HOST = "hub.friend.org"


async def test_the_hub_is_told_of_nothing_that_a_stranger_may_not_read(world: World, tmp_path: Path) -> None:
    """Bodies and headers of every ping, of rooms and groups, open and paid, of a public and a private community."""
    stranger, rooms, open_ones = world.viewers["anonymous"].page, await read_rooms(world), 0
    async with receiver(tmp_path, HOST) as there:
        there.answers = ["204 No Content"]
        tell = hub_handler(world.db, there.outside(), f"https://{HOST}/", HERE)
        for scene in (world.anna, world.zoe):
            handle = scene.community.handle
            for room in rooms[handle]:
                await tell(FeedsChanged(room_id=room.id))
                told = {parse_qs(one.body.decode())["hub.url"][0] for one in there.got}
                for one in there.got:
                    seen = world.canaries.seen_in(repr((one.path, one.headers)).encode() + one.body)
                    assert not seen, (room.slug, sorted(seen))
                there.got.clear()
                standing = stranger.at(handle)
                if not standing.visible or not standing.reads(room.min_rank) or room.is_group:
                    assert not told, room.slug
                    continue
                open_ones += 1
                places = (f"/@{handle}/{room.slug}", f"/@{handle}")
                assert told == {f"{HERE}{place}/{name}" for place in places for name in FEEDS}
                for address in told:
                    answer = await ask(world.app, "GET", address.removeprefix(HERE))
                    assert answer.status == 200, address
    assert open_ones and any(room.is_group for room in rooms["anna"]), "there is something of each"
    assert any(room.min_rank for room in rooms["anna"]) and not stranger.at("zoe").visible
