"""The commands' work, the same beside a running server and alone. Each takes and gives plain JSON."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from channel import accounts, communities, incoming, tiers
from channel.accounts import links, tokens
from channel.accounts.model import SCOPES
from channel.control import archive, doctor
from channel.errors import Invalid, NotFound, Unavailable
from channel.incoming import bounces
from channel.incoming.bounces import masked
from channel.incoming.piping import spooled
from channel.media import homes
from channel.media.blobs import Blobs
from channel.media.moving import Mover
from channel.media.proving import Prover
from channel.members import joining
from channel.posts import carrying
from channel.render.json import iso
from channel.secret import secret_key
from channel.settings import Settings
from channel.storage import Database, Tx

LINK_MINUTES = 60
BATCH = 20  # in one transaction: some ten milliseconds
MAX_BATCH = 100_000
ONE_STORE = "There is one store only. Set CHANNEL_STORAGE=s3://BUCKET and restart the server first."


@dataclass(frozen=True, slots=True)
class Ground:
    """What a command works on."""

    db: Database
    settings: Settings
    stores: Mapping[str, Blobs] = field(default_factory=dict)  # of media, by name
    blobs: Blobs | None = None  # all of these as one


Progress = Callable[[int, int], None]
Verb = Callable[[Ground, Mapping[str, Any], Progress], Awaitable[Any]]


async def account_create(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """An account with a handle; its first sign-in link."""
    async with ground.db.write() as tx:
        account = await accounts.create(
            tx,
            name=given["name"],
            handle=given["handle"],
            email=given.get("email"),
            is_admin=bool(given.get("admin")),
        )
        return {"url": await _link(ground, tx, account.id), "id": account.id}


async def account_link(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """A fresh sign-in link."""
    async with ground.db.write() as tx:
        account = await _account(tx, given["handle"])
        return {"url": await _link(ground, tx, account.id)}


async def _account(tx: Tx, handle: str) -> accounts.Account:
    try:
        return await accounts.by_handle(tx, handle)
    except NotFound as error:
        remedy = "Look at its handle, or make it with: channel account create"
        raise NotFound(f"There is no such account: {handle}. {remedy}") from error


async def _link(ground: Ground, tx: Tx, account_id: str) -> str:
    secret = await links.sign_in_link(tx, account_id, minutes=LINK_MINUTES)
    return f"{ground.settings.url}/sign-in/link/{secret}"


async def account_token(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """A bearer token, with all scopes that fit the account unless some are named."""
    async with ground.db.write() as tx:
        account = await _account(tx, given["handle"])
        asked = frozenset(given.get("scopes") or ())
        scopes = asked or frozenset(scope for scope in SCOPES if scope != "admin" or account.is_admin)
        _, secret = await tokens.create_token(tx, account.id, name="command line", scopes=scopes, days=None)
    return {"token": secret}


async def account_batch(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """Many followers of one community, a bearer token each, one a line in a file: for load tests."""
    count = int(given["count"])
    if not 1 <= count <= MAX_BATCH:
        raise Invalid(count=f"Choose a number from 1 to {MAX_BATCH}.")
    out = Path(given["out"])
    await asyncio.to_thread(
        _write_private, out, ""
    )  # whether it can be written is known before the work is done
    async with ground.db.read() as tx:
        community = await communities.by_handle(tx, given["community"])
        tier = await _tier(tx, community.id, given.get("tier"))
    secrets: list[str] = []
    for start in range(0, count, BATCH):
        async with ground.db.write() as tx:
            for number in range(start, min(start + BATCH, count)):
                account = await accounts.create(tx, name=f"Follower {number + 1}")
                await joining.join(tx, account, community, tier_id=tier.id)
                _, secret = await tokens.create_token(
                    tx, account.id, name="batch", scopes=frozenset({"read", "post"}), days=None
                )
                secrets.append(secret)
        progress(len(secrets), count)
    await asyncio.to_thread(_write_private, out, "".join(f"{secret}\n" for secret in secrets))
    return {"count": len(secrets), "out": str(out)}


async def _tier(tx: Tx, community_id: str, name: str | None) -> tiers.Tier:
    offered = await tiers.of_community(tx, community_id)
    for tier in offered:
        if (name is None and tier.rank == 0) or (
            name is not None and tier.name.casefold() == name.casefold()
        ):
            return tier
    raise NotFound(f"There is no tier {name!r}. There are: {', '.join(tier.name for tier in offered)}.")


def _write_private(path: Path, text: str) -> None:
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Invalid(out=f"{path} cannot be written ({error.strerror}). Choose another file.") from error


async def backup(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """One file with everything, made while people read and write, verified before it gets its name."""
    return await archive.backup(ground.db, ground.settings, Path(given["file"]), progress)


async def media_move(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """The media of a community from one store to the other, verified; what is told is moving.Moved."""
    name, to = given["community"], given["to"]
    if to not in ground.stores or len(ground.stores) < 2:
        raise Invalid(to=ONE_STORE)
    async with ground.db.read() as tx:
        community = await communities.by_handle(tx, name)
    [source] = [store for known, store in ground.stores.items() if known != to]
    mover = Mover(ground.db, source, ground.stores[to], ground.settings.data / "scratch")
    return asdict(await mover.move(community.id, progress, dry=bool(given.get("dry_run"))))


async def media_store(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """Where new media of a community go; all communities that have a store of their own, where none is named."""
    name, to = given.get("community"), given.get("to")
    if not name:
        async with ground.db.read() as tx:
            return {"server": ground.settings.media_store, "own": await homes.named(tx)}
    if to not in (None, "default", *ground.stores):
        raise Invalid(to=ONE_STORE)
    async with ground.db.write() as tx:
        community = await communities.by_handle(tx, name)
        if to is not None:
            await homes.settle(tx, community.id, "" if to == "default" else to)
        own = await homes.home(tx, community.id)
    return {"server": ground.settings.media_store, "own": [(community.handle, own)] if own else []}


async def media_credentials(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """Read the content credentials of what is not checked; what is told is proving.Proved."""
    community_id = None
    if given.get("community"):
        async with ground.db.read() as tx:
            community_id = (await communities.by_handle(tx, given["community"])).id
    assert ground.blobs is not None
    scratch, trust = ground.settings.data / "scratch", ground.settings.c2pa_trust
    prover = Prover(ground.db, ground.blobs, scratch, carrying.tell, trust=trust)
    return asdict(await prover.run(community_id, progress, dry=bool(given.get("dry_run"))))


async def check(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """What is well and what is not, a line each."""
    return [finding.as_json() for finding in await doctor.examine(ground.db, ground.settings, ground.stores)]


async def mail_receive(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """Keep a mail for `recipient`: `raw` (base64), or all of it in a `folder`. Raises NotFound for none of our addresses."""
    addresses = incoming.addresses_of(ground.settings.incoming_address, secret_key(ground.settings.data))
    if addresses is None:
        raise Unavailable("No mail comes in here: set CHANNEL_INCOMING_ADDRESS.")
    if ground.blobs is None:
        raise Unavailable("There is no store for media, where large mails wait.")
    scratch, most = ground.settings.data / "scratch", ground.settings.incoming_largest
    where = (addresses, scratch, str(given["recipient"]))
    with incoming.Spool(*where, now=ground.db.clock(), most=most) as spool:
        arrived = await asyncio.to_thread(spooled, spool, given, scratch)
        if arrived is None:
            return {"kept": False}
        return {"kept": await incoming.take_in(ground.db, ground.blobs, arrived)}


async def mail_paused(ground: Ground, given: Mapping[str, Any], progress: Progress) -> Any:
    """Who gets no letters because of their address, and since when; addresses are told in part."""
    async with ground.db.read(heavy=True) as tx:
        found = await bounces.paused(tx)
    return [
        {
            "address": masked(one.account.email or ""),
            "who": f"@{one.account.handle}" if one.account.handle else one.account.name,
            "why": one.why,
            "since": iso(one.since),
        }
        for one in found
    ]


VERBS: dict[str, Verb] = {
    "account.create": account_create,
    "account.link": account_link,
    "account.token": account_token,
    "account.batch": account_batch,
    "backup": backup,
    "doctor": check,
    "mail.receive": mail_receive,
    "mail.paused": mail_paused,
    "media.credentials": media_credentials,
    "media.move": media_move,
    "media.store": media_store,
}
