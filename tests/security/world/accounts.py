"""Accounts: those who look, with the credentials that they have or have lost, and what is theirs alone."""

from typing import Any

from sqlalchemy import update

from channel import accounts
from channel.accounts import Account, links, sessions, tokens
from channel.accounts.model import SCOPES
from channel.accounts.tables import accounts as account_table
from channel.accounts.tables import tokens as token_table
from channel.members import Role, State
from channel.members.model import STAFF_RANK
from channel.storage import Tx
from tests.security.sights import DAY_MS, NOBODY_IN, Sight, Standing, Viewer
from tests.security.wire import HERE, Headers
from tests.security.world.ground import Ground


class Accounts(Ground):
    """Ways in, and what an owner keeps to themselves."""

    async def _seen(
        self,
        name: str,
        account: Account,
        *,
        role: Role = Role.MEMBER,
        state: State | None = State.ACTIVE,
        rank: int = -1,
        zoe: Standing | None = None,
    ) -> None:
        """A viewer with a session and a token of every scope."""
        belongs = state in (State.ACTIVE, State.MUTED)
        anna = Standing(
            role=role if belongs else None,
            state=state,
            rank=STAFF_RANK if belongs and role is not Role.MEMBER else rank,
            visible=state is not State.BANNED,
        )
        standings = {"anna": anna, "zoe": zoe or NOBODY_IN["zoe"]}
        scopes = frozenset(SCOPES) - (frozenset() if account.is_admin else {"admin"})
        cookie = (("cookie", f"channel={await self._session(account)}"), ("origin", HERE))
        bearer = await self._token(account, scopes)
        self.viewers[name] = Viewer(
            name,
            Sight(name, account, None, standings, headers=cookie),
            Sight(name, account, scopes, standings, headers=bearer),
        )

    async def _session(self, account: Account, device: str = "test") -> str:
        async with self.db.write() as tx:
            _, secret = await sessions.open_session(tx, account.id, device=device, how="link")
        return secret

    async def _token(self, account: Account, scopes: frozenset[str], **more: Any) -> Headers:
        async with self.db.write() as tx:
            given: dict[str, Any] = {"name": "test", "days": None} | more
            _, secret = await tokens.create_token(tx, account.id, scopes=scopes, **given)
        return (("authorization", f"Bearer {secret}"),)

    async def _expiring_token(self) -> Headers:
        """The owner's, from two days ago, for one day."""
        self.clock.forward(-2 * DAY_MS)
        bearer = await self._token(self.anna.owner, frozenset({"read", "post", "members", "manage"}), days=1)
        self.clock.forward(2 * DAY_MS)
        return bearer

    async def _without_credentials(self, expired: Headers) -> None:
        """Those whose credentials are none (any more), and programs that were given little."""
        owner, here = self.anna.owner, ("origin", HERE)
        self._put("anonymous", (here,), ())
        async with self.db.write() as tx:
            token, secret = await tokens.create_token(tx, owner.id, name="t", scopes={"manage"}, days=None)
            await tokens.revoke_token(tx, owner.id, token.id)
            ended, cookie = await sessions.open_session(tx, owner.id, device="lost", how="link")
            await sessions.end_session(tx, owner.id, ended)
        revoked = (("authorization", f"Bearer {secret}"),)
        self._put("revoked", (("cookie", f"channel={cookie}"), here), revoked, broken=True)
        self._put("expired", (here,), expired, broken=True)
        suspended = await self.anna.member("suspended", tier=self.gold)
        cookie, bearer = (
            await self._session(suspended),
            await self._token(suspended, frozenset(SCOPES) - {"admin"}),
        )
        async with self.db.write() as tx:
            await tx.run(
                update(account_table).where(account_table.c.id == suspended.id).values(state="suspended")
            )
        self._put("suspended", (("cookie", f"channel={cookie}"), here), bearer, broken=True)
        for name, scopes in (("reader", {"read"}), ("writer", {"post"})):
            bearer = await self._token(owner, frozenset(scopes))
            program = Sight(
                name, owner, frozenset(scopes), self.viewers["owner"].program.standings, headers=bearer
            )
            self.viewers[name] = Viewer(name, Sight(name, headers=(here, *bearer)), program)

    def _put(self, name: str, page: Headers, program: Headers, *, broken: bool = False) -> None:
        self.viewers[name] = Viewer(
            name, Sight(name, headers=page), Sight(name, broken=broken, headers=program)
        )

    async def _account(self, name: str, *, admin: bool = False) -> Account:
        async with self.db.write() as tx:
            return await accounts.create(tx, name=name, is_admin=admin)

    async def _owners_ways_in(self, device: str) -> None:
        """A token and a session of the owner, whose names are for nobody else."""
        owner, mine = self.anna.owner, self._only("owner")
        token_name = self._canary("tokenname", mine)
        await self._token(owner, frozenset({"read"}), name=token_name[:60])
        await self._session(owner, device=device)

    async def _owners_secrets(self, tx: Tx) -> None:
        """Their address; and of sessions, tokens, links and proofs the one that the doors are tried with."""
        owner, mine = self.anna.owner, self._only("owner")
        address = self._canary("mail", mine).lower()[:50] + "@example.org"
        await tx.run(update(account_table).where(account_table.c.id == owner.id).values(email=address))
        self.own["session"] = (await sessions.listing(tx, owner.id, None))[0].id
        self.own["token"] = (await tokens.listing(tx, owner.id))[0].id
        self.own["link"] = await links.sign_in_link(tx, self.viewers["left"].page.account.id, minutes=60)  # type: ignore[union-attr]
        self.own["proof"] = await accounts.emails.email_proof(tx, owner.id, "new@example.org")
        await tx.run(update(token_table).values(used_at=tx.now))  # fresh: using one writes nothing
