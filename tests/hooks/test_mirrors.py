"""Posts shown elsewhere: what everybody may read and no more, edits and deletions followed, failures in the log."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from channel import invites
from channel.communities.tables import communities
from channel.hooks.tables import mirrored
from channel.members import Role, actions, governing
from tests.hooks.desk import SECRET, Switchboard
from tests.hooks.receiver import Got
from tests.media.sending import LIMITS, desk, photo, send
from tests.posts.writing import change, post, remove

BOT = "123456:" + "a" * 35
DISCORD = "https://discord.com/api/webhooks/123456789/" + "w" * 60


def telegram(one: Got) -> tuple[str, Any]:
    return "200 OK", {"ok": True, "result": {"message_id": 77} if "sendMessage" in one.path else True}


def numbered(one: Got) -> tuple[str, Any]:
    return ("204 No Content" if one.method == "DELETE" and "webhooks" in one.path else "200 OK"), {"id": "99"}


async def made(board: Switchboard, kind: str, **more: Any) -> None:
    """A mirror of this kind, and an other side that plays along."""
    given = {
        "telegram": {"token": BOT, "chat": "@annas_kiln", "url": ""},
        "discord": {"url": DISCORD},
        "mastodon": {"url": "https://mastodon.social/@anna", "token": "t" * 40},
        "generic": {},
    }[kind]
    board.there.speak = telegram if kind == "telegram" else numbered
    await board.hook(kind=kind, name=f"My {kind}", **given, **more)


async def via(board: Switchboard) -> str:
    async with board.db.read() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        [link] = (await invites.listing(tx, owner, board.scene.community, seal=invites.Seal(SECRET))).items
    return f"https://channel.example.org/@anna/news/1?via={link.code}"


async def test_a_telegram_channel_follows(board: Switchboard) -> None:
    await made(board, "telegram")
    one = await post(board.scene, "The **kiln** is hot.\n\nCome ||tomorrow||!")
    await board.send()
    await change(board.scene, one, "It is cold.")
    await board.send()
    await remove(board.scene, one)
    await board.send()
    assert [got.path for got in board.there.got] == [
        f"/bot{BOT}/{verb}" for verb in ("sendMessage", "editMessageText", "deleteMessage")
    ]
    told = [got.said for got in board.there.got]
    link = await via(board)
    assert told[0] == {"chat_id": "@annas_kiln", "text": f"The kiln is hot.\n\nCome ▒▒▒!\n\n{link}"}
    assert told[1] == {"chat_id": "@annas_kiln", "message_id": 77, "text": f"It is cold.\n\n{link}"}
    assert told[2] == {"chat_id": "@annas_kiln", "message_id": 77}
    assert board.there.resolved == ["api.telegram.org"] * 3


async def test_how_ai_was_used_is_said_and_never_of_what_is_locked(board: Switchboard) -> None:
    await made(board, "telegram")
    await post(board.scene, "word " * 2_000, ai="assisted")
    await board.scene.tier("Gold", 10)
    await post(board.scene, "zirkonsilikat", min_rank=10, teaser="About glaze", ai="generated")
    await board.send()
    first, locked = (got.said["text"] for got in board.there.got)
    assert first.endswith(f" …\n\nAI-assisted\n{await via(board)}") and len(first) <= 4_096
    assert "AI" not in locked


async def test_what_a_camera_calls_a_picture_is_not_what_a_mirror_says(
    board: Switchboard, tmp_path: Path
) -> None:
    await made(board, "telegram")
    one = await send(desk(board.db, tmp_path, LIMITS), board.scene, photo(), name="IMG_4711.png")
    await post(board.scene, "", media=[one.id])
    await board.send()
    [got] = board.there.got
    assert got.said["text"] == f"A picture\n\n{await via(board)}"


async def test_a_discord_webhook_follows_and_calls_nobody(board: Switchboard) -> None:
    await made(board, "discord")
    one = await post(board.scene, "@everyone " + "ä😀" * 2_000)
    await board.send()
    await change(board.scene, one, "Short")
    await board.send()
    await remove(board.scene, one)
    await board.send()
    place = DISCORD.removeprefix("https://discord.com")
    assert [(got.method, got.path) for got in board.there.got] == [
        ("POST", f"{place}?wait=true"), ("PATCH", f"{place}/messages/99"), ("DELETE", f"{place}/messages/99"),
    ]  # fmt: skip
    said = board.there.got[0].said
    assert said["allowed_mentions"] == {"parse": []}
    assert len(said["content"].encode("utf-16-le")) // 2 <= 2_000
    assert said["content"].endswith(await via(board))


async def test_a_mastodon_account_follows(board: Switchboard) -> None:
    await made(board, "mastodon", content="teaser")
    one = await post(board.scene, "word " * 300)
    await board.send()
    await change(board.scene, one, "Other words")
    await board.send()
    await remove(board.scene, one)
    await board.send()
    assert [(got.method, got.path) for got in board.there.got] == [
        ("POST", "/api/v1/statuses"), ("PUT", "/api/v1/statuses/99"), ("DELETE", "/api/v1/statuses/99"),
    ]  # fmt: skip
    first = board.there.got[0]
    assert first.headers["authorization"] == "Bearer " + "t" * 40
    assert first.headers["idempotency-key"] == (await board.log())[0].id
    assert len(first.said["status"]) <= 500
    assert len(first.said["status"].partition("\n")[0]) <= 285


async def test_a_server_of_ones_own_follows_with_a_signature(board: Switchboard) -> None:
    await made(board, "generic")
    one = await post(board.scene, "Hello")
    await board.send()
    await remove(board.scene, one)
    await board.send()
    first, last = board.there.got
    assert first.said["type"] == "mirror.publish"
    assert first.said["data"]["post"]["text"] == "Hello"
    assert first.said["data"]["post"]["url"] == await via(board)
    assert (last.said["type"], last.said["data"]) == ("mirror.delete", {"post": {"id": one.id}})
    assert first.headers["webhook-signature"].startswith("v1,")


@pytest.mark.parametrize("kind", ["telegram", "discord", "mastodon", "generic"])
async def test_what_is_locked_never_leaves(board: Switchboard, kind: str) -> None:
    """Neither at first, nor by an edit, nor what was open and is not any more."""
    scene = board.scene
    await scene.tier("Gold", 10)
    vault = await scene.room("vault", min_rank=10)
    group = await scene.room("attic")
    await made(board, kind)
    one = await post(scene, "zirkonsilikat", min_rank=10, teaser="About glaze")
    await post(scene, "kobaltoxid", min_rank=0)
    await post(scene, "chromoxid", room=vault)
    two = await post(scene, "Open to all")
    await board.send()
    await change(scene, one, "uranoxid", min_rank=10, teaser="About glaze")
    await change(scene, two, "manganoxid", min_rank=10, teaser="Now for some")
    await board.send()
    told = b"".join(got.body for got in board.there.got).decode()
    assert not [word for word in ("zirkon", "kobalt", "chrom", "uran", "mangan") if word in told]
    assert "For Gold: About glaze" in told
    assert "For Gold: Now for some" in told
    assert group.slug == "attic"


async def test_what_becomes_private_is_taken_back(board: Switchboard) -> None:
    await made(board, "telegram")
    one = await post(board.scene, "Hello")
    await board.send()
    async with board.db.write() as tx:
        await tx.run(update(communities).values(visibility="private"))
    await change(board.scene, one, "inside")
    await post(board.scene, "more inside")
    await board.send()
    assert [got.path.rpartition("/")[2] for got in board.there.got] == ["sendMessage", "deleteMessage"]
    async with board.db.read() as tx:
        assert await tx.all(select(mirrored)) == []


@pytest.mark.parametrize("how", ["room", "community"])
async def test_what_stands_in_a_place_that_closes_is_taken_back_without_an_edit(
    board: Switchboard, how: str
) -> None:
    scene = board.scene
    other = await scene.room("other")
    await made(board, "telegram")
    await post(scene, "Hello")
    await post(scene, "Good morning")
    await post(scene, "Elsewhere", room=other)
    await board.send()
    board.there.got.clear()
    async with board.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        if how == "room":
            await governing.edit_room(tx, owner, scene.community, scene.news, min_rank=0)
        else:
            await governing.edit_community(tx, owner, scene.community, visibility="private")
    await board.send()
    assert {got.path.rpartition("/")[2] for got in board.there.got} == {"deleteMessage"}
    assert len(board.there.got) == (2 if how == "room" else 3)
    async with board.db.read() as tx:
        assert len(await tx.all(select(mirrored))) == (1 if how == "room" else 0)
    board.there.got.clear()
    async with board.db.write() as tx:  # and is not put there again by itself
        owner = await scene.by(tx, scene.owner)
        if how == "room":
            await governing.edit_room(tx, owner, scene.community, scene.news, min_rank=None)
        else:
            await governing.edit_community(tx, owner, scene.community, visibility="public")
    await board.send()
    assert board.there.got == []


async def test_an_edit_of_what_was_never_there_brings_nothing(board: Switchboard) -> None:
    one = await post(board.scene, "Old")
    await made(board, "telegram")
    await change(board.scene, one, "Old and changed")
    await board.send()
    assert board.there.got == []
    assert await board.states() == ["cancelled"]


async def test_what_the_other_side_refuses_stands_in_the_log_and_delays_nothing(board: Switchboard) -> None:
    await made(board, "telegram")
    board.there.speak = lambda one: ("403 Forbidden", {"ok": False, "description": "bot was kicked"})
    await post(board.scene, "Hello")
    await board.send()
    [one] = await board.log()
    assert (one.state, one.status, one.problem) == ("failed", 403, "It answered 403.")
    board.there.speak = lambda one: ("429 Slow|Retry-After: 5\r\n", {"ok": False})
    await post(board.scene, "Again")
    await board.send()
    assert (await board.log())[1].state == "waiting"
    board.there.speak = telegram
    board.clock.forward(10_000)
    await board.send()
    assert await board.states() == ["failed", "sent"]


async def test_without_its_owner_a_mirror_shows_nothing_more(board: Switchboard) -> None:
    carol = await board.scene.member("Carol", role=Role.ADMIN)
    board.there.speak = telegram
    await board.hook(kind="telegram", token=BOT, chat="@annas_kiln", by=carol)
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await actions.ban(tx, owner, board.scene.community, carol.id)
    await post(board.scene, "Hello")
    await board.send()
    assert board.there.got == []


async def test_the_whole_text_keeps_its_shape_and_its_links_and_opens_no_spoiler(board: Switchboard) -> None:
    await made(board, "telegram")
    await post(
        board.scene,
        "# New glaze\n\n[Tickets](https://tickets.example/1) are out ||a secret||:\n\n- one\n- two\n\na ||b\n\nc|| d",
    )
    await board.send()
    [got] = board.there.got
    words = got.said["text"].removesuffix(f"\n\n{await via(board)}")
    assert words == (
        "New glaze\n\nTickets (https://tickets.example/1) are out ▒▒▒:\n\n- one\n- two\n\na ||b\n\nc|| d"
    )
