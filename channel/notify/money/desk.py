"""Who writes which letter about money, to whom, and whether at all.

Each is due once (payments puts it into the outbox with the fact), and attempted at least once: the job goes when the
mail server has taken the letter. If we die between the two it is sent again, with the same Message-ID, so that mail
programs show it once. The other way round a crash would lose a receipt. What is told was read in one moment, just
before; if it does not hold any more, nothing is sent.

People without a proven address get none. Who was put out or left is told of their money and of nothing else.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from channel.errors import NotFound
from channel.events import LetterDue, LetterPlanned
from channel.members.queries import owner_id
from channel.notify import letters
from channel.notify.money import gifts, paid, passes
from channel.notify.money.case import Case, Draft, case_of
from channel.notify.sender import Mail
from channel.payments import Seal, queries, vouchers
from channel.settings import Settings
from channel.storage import Database, Tx

Told = LetterDue | LetterPlanned
Writer = Callable[[Case], Awaitable[Draft | None]]

WRITERS: Final[dict[str, Writer]] = {
    "receipt": paid.receipt,
    "payment_failed": paid.payment_failed,
    "refunded": paid.refunded,
    "welcome": passes.welcome,
    "cancelled": passes.cancelled,
    "ended": passes.ended,
    "trial_ending": passes.trial_ending,
    "renewal_ahead": passes.renewal_ahead,
    "price_change": passes.price_change,
    "price_change_off": passes.price_change_off,
    "seat_free": passes.seat_free,
    "dues": passes.dues,
    "owner_payment_failed": paid.owner_payment_failed,
    "owner_disputed": paid.owner_disputed,
    "owner_key_refused": paid.owner_key_refused,
}
GIFT: Final = "gift"


@dataclass(frozen=True, slots=True)
class _Ready:
    """All that a letter needs, read in one transaction; its words are put together after it."""

    draft: Draft
    to: str
    language: str
    tag: str


async def write(db: Database, seal: Seal, settings: Settings, event: Told) -> Mail | None:
    """The letter; None when nobody is to be told. Raises TypeError for a letter that nobody writes, Undeliverable."""
    if event.letter != GIFT and event.letter not in WRITERS:
        raise TypeError(f"No letter is called {event.letter}.")
    async with db.read() as tx:
        try:
            if isinstance(event, LetterDue) and event.letter == GIFT:
                ready = await _gift(tx, seal, event.about)
            else:
                ready = await _told(tx, event)
        except NotFound:  # what it is about has gone, with its community
            return None
    if ready is None:
        return None
    return letters.about_money(
        settings, event.letter, ready.draft.words, to=ready.to, language=ready.language, tag=ready.tag
    )


async def left(db: Database, event: Told) -> None:
    """The mail server has taken it. A gift is shown to its giver as sent, and not sent again."""
    if isinstance(event, LetterDue) and event.letter == GIFT:
        async with db.write() as tx:
            await vouchers.note_sent(tx, event.about)


async def _gift(tx: Tx, seal: Seal, voucher_id: str) -> _Ready | None:
    found = await gifts.gift(tx, seal, voucher_id)
    return None if found is None else _Ready(*found, tag=f"{GIFT} {voucher_id}")


async def _told(tx: Tx, event: Told) -> _Ready | None:
    case = await _case(tx, event)
    account, community = case.account, case.community
    if account.state != "active" or not account.email:
        return None
    draft = await WRITERS[event.letter](case)
    if draft is None:
        return None
    return _Ready(
        replace(draft, words={**draft.words, "community": community}), account.email,
        account.language or community.language, " ".join((event.letter, account.id, case.about, draft.once)),
    )  # fmt: skip


async def _case(tx: Tx, event: Told) -> Case:
    if isinstance(event, LetterPlanned):
        held = await queries.holding(tx, event.holding_id)
        return await case_of(tx, held.account_id, held.community_id, held.id, for_at=event.for_at)
    reader = event.account_id
    if event.letter.startswith("owner_"):  # whoever owns it by now
        reader = await owner_id(tx, event.community_id)
    return await case_of(tx, reader, event.community_id, event.about)
