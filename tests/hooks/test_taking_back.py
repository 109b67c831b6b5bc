"""What mirrors show of places that are gone or closed is taken back, also by mirrors that rest or lost their owner."""

from typing import Any

import pytest
from sqlalchemy import select

from channel import hooks
from channel.errors import Invalid
from channel.hooks import closing
from channel.hooks.model import Hook
from channel.hooks.tables import mirrored
from channel.members import Role, actions, governing
from channel.rooms import Room
from tests.hooks.desk import SECRET, Switchboard
from tests.hooks.receiver import Got
from tests.hooks.test_mirrors import BOT, DISCORD, numbered, telegram
from tests.posts.writing import change, post, remove

KINDS = {
    "telegram": {"kind": "telegram", "token": BOT, "chat": "@annas_kiln", "url": ""},
    "discord": {"kind": "discord", "url": DISCORD},
    "mastodon": {"kind": "mastodon", "url": "https://mastodon.social/@anna", "token": "t" * 40},
    "generic": {"kind": "generic"},
}


async def mirror(board: Switchboard, kind: str = "telegram", **more: Any) -> Hook:
    board.there.speak = telegram if kind == "telegram" else numbered
    hook, _ = await board.hook(**{**KINDS[kind], "name": "My mirror", **more})
    return hook


async def delete_room(board: Switchboard, room: Room) -> None:
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await closing.delete_room(tx, owner, board.scene.community, room, typed_slug=room.slug)


async def switch(board: Switchboard, hook: Hook, state: str) -> None:
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await hooks.change(tx, owner, board.scene.community, SECRET, hook.id, {"state": state})


def taken_back(board: Switchboard) -> int:
    """How many posts the other side was asked to delete since somebody asked last."""
    found = [one for one in board.there.got if _deletes(one)]
    assert len(found) == len(board.there.got), "something else was sent"
    board.there.got.clear()
    return len(found)


def _deletes(one: Got) -> bool:
    return one.method == "DELETE" or "deleteMessage" in one.path or b'"mirror.delete"' in one.body


@pytest.mark.parametrize("kind", [*KINDS])
async def test_what_a_room_held_that_is_deleted_is_taken_back(board: Switchboard, kind: str) -> None:
    other = await board.scene.room("other")
    await mirror(board, kind)
    await post(board.scene, "It stays")
    await post(board.scene, "Hello", room=other)
    await post(board.scene, "Good morning", room=other)
    await board.send()
    board.there.got.clear()
    await delete_room(board, other)
    await board.send()
    assert taken_back(board) == 2
    async with board.db.read() as tx:
        assert len(await tx.all(select(mirrored))) == 1
    await board.send()
    assert taken_back(board) == 0


async def test_a_mirror_of_that_room_alone_takes_all_back_and_rests(board: Switchboard) -> None:
    """It neither goes with the room, nor shows all the others from then on."""
    other = await board.scene.room("other")
    hook = await mirror(board, room_id=other.id)
    await post(board.scene, "Hello", room=other)
    await board.send()
    board.there.got.clear()
    await delete_room(board, other)
    await post(board.scene, "Elsewhere")
    await board.send()
    assert taken_back(board) == 1
    now = await board.now(hook)
    assert (now.state, now.problem, now.room_id) == ("stopped", closing.ROOM_GONE, None)


async def test_a_room_that_is_not_deleted_after_all_stays_there(board: Switchboard) -> None:
    other = await board.scene.room("other")
    await mirror(board)
    await post(board.scene, "Hello", room=other)
    await board.send()
    board.there.got.clear()
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        with pytest.raises(Invalid):
            await closing.delete_room(tx, owner, board.scene.community, other, typed_slug="others")
    await board.send()
    assert taken_back(board) == 0


async def test_a_deleted_community_is_taken_back_from_mirrors_of_others(board: Switchboard) -> None:
    carol = await board.scene.member("Carol", role=Role.ADMIN)
    await mirror(board, by=carol)
    await post(board.scene, "Hello")
    await board.send()
    board.there.got.clear()
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await governing.delete_community(
            tx, owner, board.scene.community, typed_handle=board.scene.community.handle
        )
    await board.send()
    assert taken_back(board) == 1


async def test_a_mirror_without_its_owner_goes_on_taking_back(board: Switchboard) -> None:
    carol = await board.scene.member("Carol", role=Role.ADMIN)
    hook = await mirror(board, by=carol)
    one = await post(board.scene, "Hello")
    two = await post(board.scene, "Good morning")
    await board.send()
    board.there.got.clear()
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await actions.ban(tx, owner, board.scene.community, carol.id)
    await remove(board.scene, one)
    await board.send()
    assert taken_back(board) == 1
    await post(board.scene, "Nobody may see this by her")
    await board.send()
    assert (await board.now(hook)).state == "stopped"
    await remove(board.scene, two)
    await board.send()
    assert taken_back(board) == 1


async def test_a_paused_mirror_takes_back_and_makes_up_for_edits_when_it_goes_on(board: Switchboard) -> None:
    hook = await mirror(board)
    one = await post(board.scene, "Hello")
    two = await post(board.scene, "Good morning")
    await post(board.scene, "Untouched")
    await board.send()
    board.there.got.clear()
    await switch(board, hook, "paused")
    board.clock.forward(1_000)
    await change(board.scene, one, "Hello again")
    await remove(board.scene, two)
    await board.send()
    assert taken_back(board) == 1
    await switch(board, hook, "active")
    await board.send()
    assert [got.path.rpartition("/")[2] for got in board.there.got] == ["editMessageText"]
    assert "Hello again" in board.there.got[0].said["text"]


async def test_what_is_paused_sends_nothing_and_keeps_what_waits(board: Switchboard) -> None:
    hook, _ = await board.hook("post.*")
    board.there.answers = ["500 Oops", "200 OK"]
    await post(board.scene, "Hello")
    await board.send()
    assert await board.states() == ["waiting"]
    await switch(board, hook, "paused")
    board.clock.forward(60_000)
    assert await board.send() == 0
    await switch(board, hook, "active")
    await board.send()
    assert await board.states() == ["sent"]


@pytest.mark.parametrize("how", ["closed", "deleted"])
async def test_what_closes_while_a_post_is_on_its_way_is_taken_back(board: Switchboard, how: str) -> None:
    """The room changes between the moment it was judged and the answer of the other side."""
    other = await board.scene.room("other")
    await mirror(board)
    await post(board.scene, "Hello", room=other)
    sent = board.courier._sent

    async def slowly(*given: Any) -> Any:
        answer = await sent(*given)
        board.courier._sent = sent  # type: ignore[method-assign]
        if how == "deleted":
            await delete_room(board, other)
        else:
            async with board.db.write() as tx:
                owner = await board.scene.by(tx, board.scene.owner)
                await governing.edit_room(tx, owner, board.scene.community, other, min_rank=0)
        return answer

    board.courier._sent = slowly  # type: ignore[method-assign]
    await board.send()
    await board.send()
    assert [got.path.rpartition("/")[2] for got in board.there.got] == ["sendMessage", "deleteMessage"]
