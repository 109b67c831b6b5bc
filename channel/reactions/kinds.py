"""What one reacts with: an emoji that everybody has, or one of the community's own.

Of the latter reactions keep the id, so that a new name costs none of them its count; all the world sees `:name:`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from channel import emoji as emojis
from channel.emotes import actions, queries
from channel.emotes.model import Emote
from channel.reactions.model import Tally
from channel.storage import Tx


@dataclass(frozen=True, slots=True)
class Kind:
    """`shown` to people, `kept` in rows. `emote`: the community's own that it is."""

    shown: str
    kept: str
    emote: Emote | None = None

    async def use(self, tx: Tx) -> None:
        """A reaction is going to name it. Raises Invalid (emoji) for one that was removed."""
        if self.emote is not None:
            await actions.use(tx, self.emote)


async def kind(tx: Tx, community_id: str, text: str) -> Kind:
    """What `text` means in this community, also what was removed there. Raises Invalid (emoji)."""
    if emojis.is_own(text):
        found = await queries.written(tx, community_id, text)
        return Kind(found.shown, found.kept, found)
    chosen = emojis.parse(text)
    return Kind(chosen, chosen)


async def shown_as(tx: Tx, kept: Collection[str]) -> dict[str, str]:
    """What people see of each of these that is kept."""
    return dict(zip(kept, kept, strict=True)) | await queries.shown_as(tx, kept)


def of(tallies: Iterable[Tally]) -> set[str]:
    """Every emoji in these."""
    return {emoji for tally in tallies for emoji, _ in tally}
