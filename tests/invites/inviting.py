"""Making, using and looking at invites in tests."""

from channel import accounts, invites
from channel.accounts import Account
from channel.errors import Gone
from channel.invites import Invite, Seal
from channel.members.model import Membership
from tests.cast import Scene

SEAL = Seal(bytes(range(32)))


async def invite(scene: Scene, by: Account | None = None, **terms: object) -> Invite:
    async with scene.db.write() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.create(tx, judged, scene.community, SEAL, **terms)  # type: ignore[arg-type]


async def accept(scene: Scene, made: Invite, account: Account, note: str = "") -> tuple[Membership, bool]:
    async with scene.db.write() as tx:
        return await invites.accept(tx, made.code or "", account, note=note)


async def switch(scene: Scene, made: Invite, state: str, by: Account | None = None) -> Invite:
    async with scene.db.write() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.set_state(tx, judged, scene.community, made.id, state, seal=SEAL)  # type: ignore[arg-type]


async def seen(scene: Scene, made: Invite, by: Account | None = None) -> Invite:
    async with scene.db.read() as tx:
        judged = await scene.by(tx, by or scene.owner)
        return await invites.one(tx, judged, scene.community, made.id, seal=SEAL)


async def why_gone(scene: Scene, made: Invite) -> str | None:
    """The code with which the invite is refused, by preview and by accept alike; None when it is good."""
    codes: list[str | None] = []
    for look in (True, False):
        try:
            async with scene.db.write() as tx:
                if look:
                    await invites.preview(tx, made.code or "")
                else:
                    await invites.accept(tx, made.code or "", await accounts.create(tx, name="Trial"))
                raise ZeroDivisionError  # nothing of the trial is kept
        except Gone as gone:
            codes.append(gone.code)
        except ZeroDivisionError:
            codes.append(None)
    assert codes[0] == codes[1]
    return codes[0]
