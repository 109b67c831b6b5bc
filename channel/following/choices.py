"""What was chosen for single rooms and for tags, by those who follow without an account: written in one way for both."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, delete, select, update

from channel.following.tables import follow_device_rules, follow_device_tags, follow_rules, follow_tags
from channel.notices.model import LOUDER, How, require_few_tags
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Choices:
    """The two tables of one kind of followers, and the column of both that says whose a row is."""

    of_rooms: Table
    of_tags: Table
    owner: str

    async def write(self, tx: Tx, owner_id: str, chosen: Mapping[str, str | None]) -> None:
        """By id of a room, and for tags by key_of; None: as the others. What is not named stays. Raises Invalid (tag) for too
        many tags. The caller says which rooms there are."""
        for key, how in chosen.items():
            table, column, value = (
                (self.of_tags, "tag", key[1:]) if key.startswith("#") else (self.of_rooms, "room_id", key)
            )
            mine = (table.c[self.owner] == owner_id, table.c[column] == value)
            await tx.run(delete(table).where(*mine))
            if how is not None:
                await tx.run(tx.insert(table).values(**{self.owner: owner_id, column: value, "how": how}))
        held = await tx.all(select(self.of_tags.c.tag).where(self.of_tags.c[self.owner] == owner_id))
        require_few_tags(row.tag for row in held)

    async def soften(self, tx: Tx, owner_id: str, how: How) -> None:
        """Those that tell more than this are this now."""
        for table in (self.of_rooms, self.of_tags):
            mine = (table.c[self.owner] == owner_id, table.c.how.in_(LOUDER[how]))
            await tx.run(update(table).where(*mine).values(how=how))

    async def forget(self, tx: Tx, owner_id: str) -> None:
        """They follow no more."""
        for table in (self.of_rooms, self.of_tags):
            await tx.run(delete(table).where(table.c[self.owner] == owner_id))


BY_MAIL: Final = Choices(follow_rules, follow_tags, "follower_id")
ON_DEVICES: Final = Choices(follow_device_rules, follow_device_tags, "device_id")
