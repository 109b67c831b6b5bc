"""Addresses by which programs post: made for one room, under a bot's name, with the rights of whoever made them."""

from dataclasses import replace

from sqlalchemy import func, select, update

from channel import accounts, communities, members, posts, rooms
from channel.accounts.queries import active
from channel.communities import Community
from channel.communities.actions import hold
from channel.errors import ChannelError, Conflict, Forbidden, Invalid
from channel.hooks.model import MAX_INCOMING, Incoming, parse_name
from channel.hooks.queries import by_secret, require_hooks, way_in
from channel.hooks.seal import Seal
from channel.hooks.tables import incoming
from channel.ids import new_id, new_token, token_hash
from channel.members import Entitlement
from channel.posts.model import Draft, Post, Rendered
from channel.posts.rights import require_author
from channel.rooms import Room
from channel.storage import Tx


async def create(
    tx: Tx, by: Entitlement, community: Community, seal: Seal, *, name: str, room_id: str
) -> Incoming:
    """An address, with its secret. Its bot is an account of that name that nobody signs in as.

    Raises Invalid (name, room_id), NotFound, Forbidden, Conflict at 20.
    """
    require_hooks(by, community)
    name = parse_name(name)
    known = {room.id: room for room in await rooms.of_community(tx, community.id)}
    if room_id not in known or known[room_id].is_group:
        raise Invalid(room_id="Choose a channel of this community.")
    require_author(by, by.account_id or "", known[room_id])
    await hold(tx, community.id)
    mine = (incoming.c.community_id == community.id, incoming.c.state == "active")
    if await tx.value(select(func.count()).select_from(incoming).where(*mine)) >= MAX_INCOMING:
        raise Conflict("A community has at most 20 such addresses. Revoke one first.", code="too_many_hooks")
    bot = await accounts.create(tx, name=name, bot=True)
    row_id, secret = new_id(tx.now), new_token()
    await tx.run(
        incoming.insert().values(
            id=row_id, community_id=community.id, room_id=room_id, bot_id=bot.id, owner_id=by.account_id,
            name=name, secret_hash=token_hash(secret), secret_sealed=seal.close(secret, row_id), state="active",
            created_at=tx.now,
        )
    )  # fmt: skip
    return await way_in(tx, by, community, row_id, seal)


async def revoke(tx: Tx, by: Entitlement, community: Community, incoming_id: str) -> None:
    """The address takes nothing from now on; what came by it stays. Raises NotFound, Forbidden."""
    await way_in(tx, by, community, incoming_id)
    await tx.run(update(incoming).where(incoming.c.id == incoming_id).values(state="revoked"))


async def prepare(text: str) -> Rendered:
    """What came, as HTML. A program calls nobody by name. Takes time, so it comes before the transaction. Raises Invalid (text)."""
    return await posts.prepare(Draft.parse(text), rooms={})


async def publish(
    tx: Tx, secret: str, rendered: Rendered, key: str | None
) -> tuple[Post, Room, Community, Entitlement]:
    """Post it, with the rights that whoever made the address has now. The same key again is the same post.

    Returns what its room and the bot are there, too. Raises NotFound, Gone, Forbidden (code hook_owner) when they may
    not post here any more.
    """
    way = await by_secret(tx, secret)
    community = await communities.one(tx, way.community_id)
    room = await rooms.one(tx, way.room_id)
    try:
        await active(tx, way.owner_id)
        by = await members.entitlement(tx, community, way.owner_id)
        require_author(by, way.owner_id, room)
    except ChannelError as error:
        raise Forbidden(
            "Whoever made this address may not post there any more. Make a new one.", code="hook_owner"
        ) from error
    bot = await accounts.one(tx, way.bot_id)
    acting = replace(by, account_id=bot.id)
    post, created = await posts.publish(tx, acting, bot, room, rendered, key)
    if created:
        counted = {"posts": incoming.c.posts + 1, "used_at": tx.now}
        await tx.run(update(incoming).where(incoming.c.id == way.id).values(**counted))
    return post, room, community, by
