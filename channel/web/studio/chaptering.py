"""The chapters of what the composer carries: lines in its form, kept when the post or its draft is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from channel.errors import Invalid
from channel.media import changing, chapters
from channel.media.model import Media
from channel.members import Action, Entitlement
from channel.storage import Tx
from channel.web.forms import Form

FIELD = "chapters-"


@dataclass(frozen=True, slots=True)
class Lines:
    """What stands in a field. `fresh`: it is not what is stored."""

    text: str
    fresh: bool


def fields(by: Entitlement, carried: Sequence[Media], form: Form) -> dict[str, Lines]:
    """The field of each that this writer may divide, by its id: what was typed, or what is stored."""
    typed = _typed(by, carried, form)
    return {
        one.id: Lines(typed.get(one.id, chapters.lines(one.chapters)), one.id in typed)
        for one in carried
        if _divides(by, one)
    }


def _divides(by: Entitlement, one: Media) -> bool:
    own = one.owner_id == by.account_id or by.may(Action.EDIT_ANY_POST)
    here = one.community_id == by.community_id
    return here and own and one.kind in changing.PLAYED and one.state not in ("failed", "refused")


def _typed(by: Entitlement, carried: Sequence[Media], form: Form) -> dict[str, str]:
    """Only what differs from what is stored: that may lie behind an end that was not known when it was written."""
    return {
        one.id: text
        for one in carried
        if (text := form.values.get(FIELD + one.id)) is not None
        and _divides(by, one)
        and "\n".join(text.split("\r\n")).strip() != chapters.lines(one.chapters)
    }


async def keep(tx: Tx, by: Entitlement, carried: Sequence[Media], form: Form) -> list[str]:
    """Divide what is carried as it was typed. Returns the ids of what changed. Raises Invalid, one field for each."""
    typed, problems = _typed(by, carried, form), dict[str, str]()
    for one in carried:
        if one.id in typed:
            try:
                await changing.chapter(tx, by, one, typed[one.id])
            except Invalid as error:
                problems[FIELD + one.id] = error.fields["chapters"]
    if problems:
        raise Invalid(problems)
    return [*typed]


def seen(by: Entitlement, carried: Sequence[Media], form: Form) -> tuple[Media, ...]:
    """What is carried, divided as it was typed, for a preview, which keeps nothing. Raises Invalid (chapters)."""
    typed = _typed(by, carried, form)
    return tuple(
        replace(one, chapters=chapters.parse_lines(typed[one.id], one.duration_ms))
        if one.id in typed
        else one
        for one in carried
    )
