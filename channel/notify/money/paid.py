"""Letters about what happened to money: it came, it did not, it went back."""

from channel import accounts
from channel.i18n import translate_error
from channel.notify.money.case import Bought, Case, Draft, bought
from channel.payments import Status, ledger, queries
from channel.payments.ledger import Entry


async def receipt(case: Case) -> Draft:
    """A payment came. Always told, also to who was put out meanwhile: it is their money."""
    entry, what = await _entry(case)
    holding = what.holding
    period = await ledger.pays_for(case.tx, holding, entry)
    once = holding.interval == "once" and holding.kind == "purchase"
    return Draft(
        _words(entry, what) | {
            "period": period, "for_good": once and holding.access_until is None,
            "open_until": holding.access_until if once else None, "note": what.connection.options.tax_note,
        }
    )  # fmt: skip


async def payment_failed(case: Case) -> Draft | None:
    """None when it was paid meanwhile, or is over."""
    entry, what = await _entry(case)
    if what.holding.status is not Status.PAST_DUE or not case.inside:
        return None
    until = what.holding.access_until
    stays = until if until is not None and until > case.tx.now else None
    return Draft(_words(entry, what) | {"stays_until": stays})


async def refunded(case: Case) -> Draft:
    """Money went back. Always told."""
    entry, what = await _entry(case)
    holding = what.holding
    opens = holding.kind in ("subscription", "purchase", "unlock") and case.inside
    closed = holding.access_until is not None and holding.access_until <= case.tx.now
    return Draft(_words(entry, what) | {"opens": opens, "closed": closed})


async def owner_payment_failed(case: Case) -> Draft | None:
    """For whoever runs the community: once for each payment that does not come, however often it is tried."""
    entry, what = await _entry(case)
    if what.holding.status is not Status.PAST_DUE or await ledger.failed_before(case.tx, what.holding, entry):
        return None
    return Draft(_words(entry, what) | await _payer(case, entry) | {"until": what.holding.access_until})


async def owner_disputed(case: Case) -> Draft:
    """A payer's bank wants money back, and there is little time to answer."""
    entry, what = await _entry(case)
    return Draft(_words(entry, what) | await _payer(case, entry))


async def owner_key_refused(case: Case) -> Draft | None:
    """None when the key works again."""
    connection = await queries.connection(case.tx, case.about)
    if not connection.problem:
        return None
    language = case.account.language or case.community.language
    problem = translate_error(language, connection.problem)
    return Draft({"provider": connection.provider, "problem": problem}, once=_day(case))


async def _entry(case: Case) -> tuple[Entry, Bought]:
    entry = await ledger.one(case.tx, case.about)
    return entry, await bought(case.tx, entry.holding_id)


def _words(entry: Entry, what: Bought) -> dict[str, object]:
    return {
        "entry": entry, "holding": what.holding, "amount": abs(entry.amount) or what.holding.amount,
        "pretend": what.pretend, "link": entry.link if entry.link.startswith("https://") else "",
        "by_hand": what.connection.provider == "manual",
    }  # fmt: skip


async def _payer(case: Case, entry: Entry) -> dict[str, object]:
    return {"payer": (await accounts.one(case.tx, entry.account_id)).name}


def _day(case: Case) -> str:
    return str(case.tx.now // (24 * 3600 * 1000))
