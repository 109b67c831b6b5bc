"""Whether the stores of media can be used, and whether what they should hold is there."""

from collections.abc import Mapping
from typing import Final

from channel.control.finding import Finding
from channel.errors import ChannelError
from channel.media import homes
from channel.media.blobs import Blobs
from channel.media.checking import Fault, Lost, Step, looked_for, tried
from channel.settings import Settings
from channel.storage import Database

NAMED: Final = 3
DOES: Final[dict[Step, str]] = {
    "store": "takes no files",
    "read": "gives no files back",
    "list": "does not list its files",
    "remove": "removes no files",
}
RIGHTS: Final[dict[Step, str]] = {
    "store": "s3:PutObject and s3:GetObject",
    "read": "s3:GetObject",
    "list": "s3:ListBucket",
    "remove": "s3:DeleteObject",
}
AWAY: Final = (
    "Check the address of the bucket (CHANNEL_S3_ENDPOINT), its name in CHANNEL_STORAGE, and the network."
)


async def examine(db: Database, settings: Settings, stores: Mapping[str, Blobs]) -> list[Finding]:
    """A small file is stored, read, listed and removed in each; then some of those that the database names are looked for."""
    found: list[Finding] = []
    for name, store in stores.items():
        fault = await tried(store)
        where = _where(name, settings)
        if fault is None:
            found.append(Finding("good", f"Media can be stored in {where}, read and removed"))
        else:
            found.append(_faulty(name, where, fault, settings))
    found += await _homeless(db, stores)
    if all(one.level == "good" for one in found):  # else all of them would be missing
        found.append(await _sample(db, stores))
    return found


async def _homeless(db: Database, stores: Mapping[str, Blobs]) -> list[Finding]:
    """Communities whose own store is not set up any more."""
    async with db.read() as tx:
        own = await homes.named(tx)
    away = [f"@{handle}" for handle, store in own if store not in stores]
    if not away:
        return []
    names = ", ".join(away[:NAMED])
    return [
        Finding(
            "bad",
            f"Media of {len(away)} communities should go to a store that is not set up: {names}",
            "Set CHANNEL_STORAGE=s3://BUCKET again, or say channel media store --community HANDLE --to default.",
        )
    ]


def _where(name: str, settings: Settings) -> str:
    if name == "s3" and settings.bucket is not None:
        folder = f"/{settings.bucket.folder}" if settings.bucket.folder else ""
        return f"s3://{settings.bucket.name}{folder}"
    return str(settings.data / "media")


def _faulty(name: str, where: str, fault: Fault, settings: Settings) -> Finding:
    why = f" ({fault.reason.rstrip('.')})" if fault.reason else ""
    what = f"{where} {DOES[fault.step]}{why}"
    if name == "local":
        remedy = f"Make {where} a folder that the user of the server may write to, on a disk with room."
        return Finding("bad", what, remedy)
    denied = fault.reason in ("PermissionDenied", "Unauthenticated")
    remedy = AWAY
    if denied or fault.step != "store":
        remedy = f"Give the key of CHANNEL_S3_KEY_ID the right {RIGHTS[fault.step]} on this bucket."
    return Finding("bad", what, remedy)


async def _sample(db: Database, stores: Mapping[str, Blobs]) -> Finding:
    try:
        looked = await looked_for(db, stores)
    except ChannelError as error:
        return Finding("bad", error.detail, "See the server's log.")
    if not looked.lost:
        return Finding("good", f"{looked.many} files of media were looked for, and all are there")
    names = ", ".join(_named(one) for one in looked.lost[:NAMED])
    return Finding(
        "bad",
        f"{len(looked.lost)} of {looked.many} files of media that were looked for are missing or cut short: {names}",
        "Put them back from a backup or a copy of the bucket, or replace them in the studio's library.",
    )


def _named(one: Lost) -> str:
    return f"{one.name} of @{one.handle}"
