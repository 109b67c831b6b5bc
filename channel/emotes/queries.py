"""Finding emoji of communities' own. Nothing is asked of the database for texts that name none."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from channel import communities, members
from channel.emotes.model import Emote, address, is_key, is_name, name_of, unknown
from channel.emotes.tables import custom_emoji
from channel.errors import Invalid, NotFound
from channel.ids import is_id
from channel.storage import Prepared, Tx, reader

_emote = reader(Emote)
_OF_COMMUNITY = Prepared(
    select(custom_emoji)
    .where(custom_emoji.c.community_id == bindparam("community_id"), custom_emoji.c.key != "")
    .order_by(custom_emoji.c.name)
)
_BY_NAME = Prepared(
    select(custom_emoji).where(
        custom_emoji.c.community_id == bindparam("community_id"), custom_emoji.c.name == bindparam("name")
    )
)
_NAMED = Prepared(
    lambda words: select(custom_emoji.c.name, custom_emoji.c.key).where(
        custom_emoji.c.community_id == bindparam("community_id"), words.among(custom_emoji.c.name, "names")
    )
)
_SHOWN = Prepared(
    lambda words: select(custom_emoji.c.id, custom_emoji.c.name).where(words.among(custom_emoji.c.id, "ids"))
)
_FILE = Prepared(
    select(custom_emoji.c.sha256, custom_emoji.c.size, custom_emoji.c.community_id).where(
        custom_emoji.c.key == bindparam("key")
    )
)


@dataclass(frozen=True, slots=True)
class File:
    """A blob of the store, and its size in bytes."""

    sha256: str
    size: int


async def of_community(tx: Tx, community_id: str) -> list[Emote]:
    """All that can be reacted with, by name."""
    return [_emote(row) for row in await tx.all(_OF_COMMUNITY, community_id=community_id)]


async def by_name(tx: Tx, community_id: str, name: str) -> Emote | None:
    """The one of that name, also one that was removed while reactions show it; None where there is none."""
    row = await tx.one(_BY_NAME, community_id=community_id, name=name) if is_name(name) else None
    return _emote(row) if row else None


async def written(tx: Tx, community_id: str, shown: str, field: str = "emoji") -> Emote:
    """The one that `:name:` means, also a removed one. Raises Invalid naming `field`."""
    found = await by_name(tx, community_id, name_of(shown) or "")
    if found is None:
        raise Invalid({field: unknown(shown)})
    return found


async def pictures(tx: Tx, community_id: str, shown: Iterable[str]) -> dict[str, str]:
    """Where the pictures of those among `shown` lie that are the community's own and still there, by `:name:`."""
    names = sorted({name for one in shown if (name := name_of(one))})
    rows = await tx.all(_NAMED, community_id=community_id, names=names) if names else ()
    return {f":{row.name}:": address(row.key) for row in rows if row.key}


async def shown_as(tx: Tx, kept: Collection[str]) -> dict[str, str]:
    """`:name:` of each of these that reactions keep by its id; standard emoji are left out."""
    ids = sorted({one[1:-1] for one in kept if one.startswith(":") and is_id(one[1:-1])})
    rows = await tx.all(_SHOWN, ids=ids) if ids else ()
    return {f":{row.id}:": f":{row.name}:" for row in rows}


async def file(tx: Tx, key: str, account_id: str | None) -> File:
    """The picture at an address. Raises NotFound for one that was removed, or not to be seen any more.

    The key is what one has to know. A community that was deleted shows its pictures to those who still see it.
    """
    row = await tx.one(_FILE, key=key) if is_key(key) else None
    if row is not None:
        community = await communities.one(tx, row.community_id)
        if not community.deleted or (await members.entitlement(tx, community, account_id)).visible:
            return File(row.sha256, int(row.size))
    raise NotFound("There is no such picture.")


async def wanted(tx: Tx, keys: Sequence[str]) -> set[str]:
    """Those of these blobs that some emoji needs: the sweeper of the store asks."""
    if not keys:
        return set()
    rows = await tx.all(select(custom_emoji.c.sha256).where(custom_emoji.c.sha256.in_(keys)))
    return {row.sha256 for row in rows}
