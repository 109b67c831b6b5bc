"""Messages in tests, written as pages and programs do: prepared first, then sent in one transaction."""

import secrets

from channel import messages
from channel.accounts import Account
from channel.messages import Box, Conversation, Message, places, queries
from tests.cast import Scene


async def open_box(scene: Scene, *, on: bool = True, min_rank: int = 0) -> Box:
    """The scene's owner lets followers write."""
    async with scene.db.write() as tx:
        by = await scene.by(tx, scene.owner)
        return await messages.set_box(tx, by, scene.community, on=on, min_rank=min_rank)


async def write_once(scene: Scene, who: Account, text: str, *, key: str = "") -> tuple[Message, bool]:
    """A message of a follower, and whether it is new."""
    rendered = await messages.prepare(text, rooms={})
    async with scene.db.write() as tx:
        by = await scene.by(tx, who)
        return await messages.write(tx, by, who, rendered, key or secrets.token_hex(8))


async def write(scene: Scene, who: Account, text: str = "Hello there") -> Message:
    """The same, for the first time."""
    made, created = await write_once(scene, who, text)
    assert created
    return made


async def answer(
    scene: Scene,
    to: Account,
    text: str = "Hello to you",
    *,
    by: Account | None = None,
    as_team: bool = True,
    key: str = "",
) -> Message:
    """An answer, by the scene's owner unless told otherwise."""
    author = by or scene.owner
    rendered = await messages.prepare(text, rooms={})
    conversation = await talk(scene, to)
    async with scene.db.write() as tx:
        found = await places.for_team(tx, conversation.id, author.id)
        made, _ = await messages.answer(
            tx, found, author, rendered, key or secrets.token_hex(8), as_team=as_team
        )
    return made


async def remove(scene: Scene, message: Message, *, by: Account | None = None) -> Message:
    """Delete a message, by its author unless told otherwise."""
    async with scene.db.write() as tx:
        found, now = await places.of_message(tx, message.id, (by or message.author).id)
        return await messages.delete(tx, found, now)


async def talk(scene: Scene, who: Account) -> Conversation:
    """The conversation of a follower, as it is stored."""
    async with scene.db.read() as tx:
        found = await queries.find(tx, scene.community.id, who.id)
    assert found is not None, "nothing was written"
    return found


async def said(scene: Scene, who: Account) -> list[str]:
    """What stands in the conversation of a follower, oldest first; "" for what was deleted."""
    conversation = await talk(scene, who)
    async with scene.db.read() as tx:
        found, _ = await queries.page(tx, conversation.id, limit=100)
    return [one.text for one in found]
