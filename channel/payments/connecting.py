"""Connecting a community to the creator's own account with a provider. Keys are sealed before they are stored."""

import uuid
from dataclasses import replace

import msgspec
from sqlalchemy import delete, select, update

from channel.communities import Community
from channel.errors import Conflict, Invalid, Unavailable
from channel.events import LetterDue
from channel.members import Action, Entitlement, grants, unlocks
from channel.members.queries import owner_id
from channel.members.rights import require
from channel.outbox import emit
from channel.payments import bank, vouchers
from channel.payments.model import NO_KEYS, NO_OPTIONS, RUNS, Connection, Holding, Keys, Options, ProviderName
from channel.payments.provider import Probe
from channel.payments.queries import connected, connection, connection_of, holding_of
from channel.payments.seal import Seal
from channel.payments.tables import connections, holdings, orders
from channel.storage import Tx, locking

MAX_KEY_CHARS = 300
MAX_NOTE_CHARS = 60
KEYED = frozenset({"stripe"})  # whose messages come from outside, so that a secret must prove them


def id_of(community_id: str, provider: ProviderName) -> str:
    """The id that a connection will have: the provider has to be told our address before it gives us a secret."""
    return str(uuid.uuid5(uuid.UUID(community_id), provider))


def candidate(
    community_id: str, provider: ProviderName, keys: Keys, options: Options, *, now: int
) -> Connection:
    """A connection that is not stored yet, for a look at the provider before it is. `now`: epoch ms."""
    return Connection(
        id=id_of(community_id, provider), community_id=community_id, provider=provider, state="on", live=False,
        account="", keys=keys, options=options, problem="", checked_at=None, reconciled_at=None, created_at=now,
    )  # fmt: skip


async def connect(  # noqa: PLR0913 - each is a field of the form
    tx: Tx,
    by: Entitlement,
    community: Community,
    provider: ProviderName,
    seal: Seal,
    *,
    keys: Keys = NO_KEYS,
    options: Options = NO_OPTIONS,
    live: bool = False,
    account: str = "",
) -> Connection:
    """Connect, or give new keys and options to what is connected. What runs goes on.

    Raises Invalid for missing keys or a wrong bank account, Conflict (other_account) for keys of another account than purchases run on.
    """
    require(by, community, Action.CONNECT_MONEY)
    check_keys(provider, keys)
    options = check_options(provider, options)
    live = live or provider == "manual"  # where nobody plays with pretend money
    there = next((one for one in await connected(tx, community.id) if one.provider == provider), None)
    if there is not None and there.account and account and (there.account, there.live) != (account, live):
        raise Conflict(
            "These keys are of another account or mode than the one that is connected. Disconnect that one first.",
            code="other_account",
        )
    connection_id = there.id if there else id_of(community.id, provider)
    row = {
        "state": "on", "live": live, "account": account, "sealed": seal.close(keys, connection_id),
        "options": msgspec.json.encode(options).decode(), "problem": "", "checked_at": tx.now,
    }  # fmt: skip
    first = {
        "id": connection_id, "community_id": community.id, "provider": provider, "fetches": 0,
        "reconciled_at": None, "created_at": tx.now,
    }  # fmt: skip
    made = tx.insert(connections).values(**row | first)
    await tx.run(made.on_conflict_do_update(index_elements=["community_id", "provider"], set_=row))
    return await connection(tx, connection_id, seal)


def check_keys(provider: ProviderName, keys: Keys) -> None:
    """Raises Invalid: without its secrets anybody could tell us that somebody has paid."""
    problems: dict[str, str] = {}
    if provider in KEYED:
        if not keys.api.strip():
            problems["api_key"] = "Enter the secret key. Your provider shows it under its API keys."
        if not keys.webhook or not all(secret.strip() for secret in keys.webhook):
            problems["webhook_secret"] = (
                "Enter the signing secret of the webhook. Your provider shows it there."
            )
    if any(len(text) > MAX_KEY_CHARS for text in (keys.api, *keys.webhook)):
        problems["api_key"] = "That is too long for a key. Copy it again."
    if problems:
        raise Invalid(problems)


def check_options(provider: ProviderName, options: Options) -> Options:
    """What the creator chose, as it is stored. Raises Invalid with every wrong field."""
    note = " ".join(options.tax_note.split())
    if len(note) > MAX_NOTE_CHARS or not (note or " ").isprintable():
        raise Invalid(tax_note="At most 60 characters fit beside a price. Write less.")
    options = replace(options, tax_note=note)
    return bank.checked(options) if provider == "manual" else options


async def set_options(
    tx: Tx, by: Entitlement, community: Community, there: Connection, options: Options
) -> None:
    """Change what the creator chose; the keys stay. Raises Invalid."""
    require(by, community, Action.CONNECT_MONEY)
    stored = msgspec.json.encode(check_options(there.provider, options)).decode()
    await tx.run(update(connections).where(connections.c.id == there.id).values(options=stored))


async def switch(tx: Tx, by: Entitlement, community: Community, there: Connection, *, on: bool) -> None:
    """Off: nothing new is sold by it; what runs is charged and followed as before."""
    require(by, community, Action.CONNECT_MONEY)
    await tx.run(update(connections).where(connections.c.id == there.id).values(state="on" if on else "off"))


async def disconnect(tx: Tx, by: Entitlement, community: Community, there: Connection) -> None:
    """Forget the account and its keys. What pretend money opened closes; what was paid for once with real money stays.

    Raises Conflict (still_running, still_paying) while real subscriptions run on it or somebody is at its checkout:
    they would be charged, and nobody would know.
    """
    require(by, community, Action.CONNECT_MONEY)
    await tx.one(locking(tx.dialect, select(connections.c.id).where(connections.c.id == there.id)))
    mine = [
        holding_of(row) for row in await tx.all(select(holdings).where(holdings.c.connection_id == there.id))
    ]
    if there.live and any(one.kind == "subscription" and one.status in RUNS for one in mine):
        raise Conflict(
            "Subscriptions run on this account. Switch it off; disconnect it when the last one has ended.",
            code="still_running",
        )
    if there.live and await _at_the_checkout(tx, there):
        raise Conflict(
            "Somebody is paying at this moment. Switch it off, and disconnect it in an hour.",
            code="still_paying",
        )
    if not there.live:
        for one in sorted(mine, key=lambda held: held.account_id):  # as everybody locks people
            await _close(tx, one)
    await tx.run(delete(connections).where(connections.c.id == there.id))


async def _at_the_checkout(tx: Tx, there: Connection) -> bool:
    still = (orders.c.state == "open", orders.c.expires_at > tx.now)
    query = select(orders.c.id).where(orders.c.connection_id == there.id, *still)
    return await tx.one(query.limit(1)) is not None


async def _close(tx: Tx, held: Holding) -> None:
    if held.kind == "unlock":
        await unlocks.lock_all(tx, held.id)
    elif held.kind == "gift":
        gift = await vouchers.of_order(tx, held.order_id)
        if gift is not None:
            await vouchers.revoke(tx, gift)
    else:
        bought: tuple[grants.Source, ...] = ("subscription", "purchase")
        who = (held.community_id, held.account_id)
        if await grants.revoke(tx, *who, sources=bought, source_id=held.id):
            await grants.settle(tx, *who)


async def note_probe(tx: Tx, there: Connection, probe: Probe) -> None:
    """What a check of key, messages and mode found."""
    values = {"problem": probe.problems[0] if probe.problems else "", "checked_at": tx.now}
    await tx.run(update(connections).where(connections.c.id == there.id).values(**values))


async def note_problem(tx: Tx, there: Connection, problem: str) -> None:
    """The provider refuses our key: the owner is told, once until it works again."""
    fresh = update(connections).where(connections.c.id == there.id, connections.c.problem == "")
    if await tx.run(fresh.values(problem=problem[:500])):
        owner = await owner_id(tx, there.community_id)
        told = LetterDue(
            account_id=owner, community_id=there.community_id, letter="owner_key_refused", about=there.id
        )
        await emit(tx, told)


async def note_success(tx: Tx, there: Connection) -> None:
    """It answers us again."""
    await tx.run(
        update(connections)
        .where(connections.c.id == there.id, connections.c.problem != "")
        .values(problem="")
    )


async def check_secrets(tx: Tx, seal: Seal) -> None:
    """Before the server opens: a connection without its secrets would believe everybody. Raises Unavailable."""
    for row in await tx.all(select(connections).where(connections.c.provider.in_(sorted(KEYED)))):
        try:
            check_keys(row.provider, connection_of(row, seal).keys)
        except Invalid as error:
            raise Unavailable(
                f"The payment account {row.id} has an empty secret. Remove the row or restore a backup. ({error.detail})"
            ) from error
