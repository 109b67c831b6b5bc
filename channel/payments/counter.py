"""The counter: what needs a provider. Each act is a write, a word with the provider outside of any transaction, and
another write; whatever dies in between is found again by a message, by the buyer's return or by the reconciliation.
"""

from collections.abc import Awaitable, Callable, Mapping

from channel.accounts import Account
from channel.errors import ChannelError, Conflict, Forbidden, NotFound
from channel.payments import connecting, offers, orders, queries, seats, sync
from channel.payments.model import DAY_MS, ORDER_MS, Connection, Holding, Order
from channel.payments.orders import Wish
from channel.payments.provider import Discount, Preview, Provider, Purchase
from channel.payments.seal import Seal
from channel.storage import Database, Tx
from channel.tiers.model import Price
from channel.tiers.queries import tier_by_id

Act = Callable[[Provider, Connection], Awaitable[None]]


class Counter:
    """One per process. `url` is the public base address, `providers` the adapters that app.py chose."""

    def __init__(self, db: Database, providers: Mapping[str, Provider], seal: Seal, url: str) -> None:
        self._db = db
        self.providers = providers
        self.seal = seal
        self._url = url

    def provider(self, connection: Connection) -> Provider:
        """Raises Conflict for one that is switched off on this installation."""
        found = self.providers.get(connection.provider)
        if found is None:
            raise Conflict("This way to pay is not available on this server.", code="no_such_provider")
        return found

    def hook_url(self, connection: Connection) -> str:
        """Where the provider sends its messages."""
        return f"{self._url}/api/hooks/{connection.provider}/{connection.id}"

    async def order(
        self,
        account: Account,
        connection_id: str,
        key: str,
        choose: Callable[[Tx, Connection], Awaitable[Wish]],
        *,
        language: str,
        back_to: str = "/",
    ) -> Order:
        """Begin an order and open the provider's checkout for it; the buyer goes to `url` of what is returned.

        `choose` says in the order's own transaction what is bought. Repeated with the same key it is the same order.
        Raises what `choose`, `orders.start` and the provider raise; then nothing was begun that holds anything.
        """
        async with self._db.write() as tx:
            connection = await queries.connection(tx, connection_id, self.seal)
            self._must_take(connection)
            wish = await choose(tx, connection)
            waits_ms = self.provider(connection).abilities.waits_days * DAY_MS or ORDER_MS
            begun, _ = await orders.start(tx, account.id, connection, wish, key, waits_ms=waits_ms)
            mine = await queries.holdings_of(tx, account.id, connection.community_id)
        if begun.url is not None or begun.state != "open":
            return begun
        customer = next(
            (one.customer for one in mine if one.connection_id == connection.id and one.customer), None
        )
        purchase = Purchase(
            order=begun, title=wish.title, language=language, email=account.email, customer=customer,
            discount=wish.discount, success_url=f"{self._url}/pay/{begun.id}", cancel_url=f"{self._url}{back_to}",
        )  # fmt: skip
        return await self._open(connection, purchase)

    def _must_take(self, connection: Connection) -> None:
        self.provider(connection)
        if connection.state != "on":
            raise Conflict("This way to pay is switched off at the moment.", code="provider_off")

    async def _open(self, connection: Connection, purchase: Purchase) -> Order:
        order = purchase.order
        try:
            checkout = await self.provider(connection).checkout(
                connection, purchase, key=f"checkout-{order.id}"
            )
        except ChannelError as error:
            async with self._db.write() as tx:
                await orders.close(tx, order, "declined")
                await self._note_problem(tx, connection, error)
            raise
        async with self._db.write() as tx:
            return await orders.opened(tx, order, checkout.external_id, checkout.url)

    async def _note_problem(self, tx: Tx, connection: Connection, error: ChannelError) -> None:
        """A key that is refused is the creator's to mend, so they are told; once, until it works again."""
        if isinstance(error, Forbidden):
            await connecting.note_problem(tx, connection, error.detail)

    async def refresh(self, connection_id: str, reference: str) -> Holding | None:
        """Fetch what the provider holds, and make our side equal to it. Raises Unavailable, Forbidden."""
        async with self._db.write() as tx:
            connection = await queries.connection(tx, connection_id, self.seal)
            asked = await sync.number(tx, connection)
        try:
            held = await self.provider(connection).fetch(connection, reference)
        except Forbidden as error:
            async with self._db.write() as tx:
                await self._note_problem(tx, connection, error)
            raise
        if held is None:
            return None
        async with self._db.write() as tx:
            await connecting.note_success(tx, connection)
            return await sync.apply(tx, connection, held, asked, seal=self.seal)

    async def look(self, order: Order) -> Order:
        """What became of an order, asked of the provider itself: for the page that the buyer comes back to."""
        if order.state == "open" and order.external_id is not None:
            await self.refresh(order.connection_id, order.external_id)
        async with self._db.read() as tx:
            return await queries.order(tx, order.id)

    async def give_up(self, order: Order) -> Order:
        """Nobody pays for it any more, unless it was paid a moment ago; what it held is free again.

        The checkout is closed first and then asked once more, so that nobody pays for what was given up.
        """
        if order.state == "open" and order.external_id is not None:
            async with self._db.read() as tx:
                connection = await queries.connection(tx, order.connection_id, self.seal)
            await self.provider(connection).close_checkout(connection, order.external_id)
            await self.refresh(connection.id, order.external_id)
        async with self._db.write() as tx:
            await orders.close(tx, await queries.order(tx, order.id), "abandoned")
            return await queries.order(tx, order.id)

    async def give_up_others(self, account_id: str, community_id: str, but: str = "") -> Order | None:
        """Give up what a buyer began here before, so that what it held is free; not the order of the key `but`.

        An order that turns out to be paid is returned, and the rest is left alone.
        """
        async with self._db.read() as tx:
            before = await offers.begun(tx, account_id, community_id)
        for one in before:
            if one.key != but:
                found = await self.give_up(one)
                if found.state == "paid":
                    return found
        return None

    async def cancel(self, holding: Holding, *, at_once: bool = False, reason: str = "") -> Holding:
        """End a subscription: at the end of what is paid, or at once."""
        async with self._db.write() as tx:
            await queries.note_reason(tx, holding, reason)
        return await self._act(
            holding,
            lambda provider, connection: provider.cancel(
                connection, holding.external_id, at_once=at_once, key=self._key("cancel", holding, at_once)
            ),
        )

    async def resume(self, holding: Holding) -> Holding:
        """Take back a cancellation or a pause."""
        return await self._act(
            holding,
            lambda provider, connection: provider.resume(
                connection, holding.external_id, key=self._key("resume", holding)
            ),
        )

    async def pause(self, holding: Holding) -> Holding:
        """Charge nothing until it is resumed."""
        return await self._act(
            holding,
            lambda provider, connection: provider.pause(
                connection, holding.external_id, key=self._key("pause", holding)
            ),
        )

    async def preview(self, holding: Holding, price: Price, amount: int) -> Preview:
        """What a switch would cost now and later."""
        connection = await self._connection(holding)
        return await self.provider(connection).preview(connection, holding.external_id, price, amount)

    async def switch(self, holding: Holding, price: Price, amount: int, *, prorate: bool = True) -> Holding:
        """Another tier or interval. Raises Conflict (tier_full): a seat is kept before the provider is asked."""
        kept = price.tier_id != holding.tier_id and await self._keep_seat(holding, price.tier_id)
        switched = await self._act(
            holding,
            lambda provider, connection: provider.switch(
                connection, holding.external_id, price, amount, prorate=prorate,
                key=self._key("switch", holding, price.id, amount),
            ),
        )  # fmt: skip
        if kept:
            async with self._db.write() as tx:
                await seats.stop_waiting(tx, holding.account_id, price.tier_id)
        return switched

    async def _keep_seat(self, holding: Holding, tier_id: str) -> bool:
        async with self._db.write() as tx:
            return await seats.hold(tx, await tier_by_id(tx, tier_id), holding.account_id)

    async def discount(self, holding: Holding, discount: Discount) -> Holding:
        """Let it cost less from the next charge on."""
        return await self._act(
            holding,
            lambda provider, connection: provider.discount(
                connection, holding.external_id, discount, key=self._key("discount", holding, discount.code)
            ),
        )

    async def refund(self, holding: Holding, charge_id: str, amount: int | None, key: str) -> Holding:
        """Pay back a charge. `key` is the form's: pressed twice it is paid back once."""
        return await self._act(
            holding,
            lambda provider, connection: provider.refund(
                connection, charge_id, amount, key=f"refund-{holding.id}-{key}"
            ),
        )

    async def portal(self, holding: Holding, back_to: str) -> str:
        """Where the buyer finds cards and invoices at the provider."""
        connection = await self._connection(holding)
        return await self.provider(connection).portal(connection, holding.customer, f"{self._url}{back_to}")

    @staticmethod
    def _key(act: str, holding: Holding, *more: object) -> str:
        """The same while nothing has changed: a click that is repeated happens once, a later one anew."""
        return "-".join(map(str, (act, holding.id, holding.applied, *more)))

    async def _connection(self, holding: Holding) -> Connection:
        async with self._db.read() as tx:
            return await queries.connection(tx, holding.connection_id, self.seal)

    async def _act(self, holding: Holding, act: Act) -> Holding:
        connection = await self._connection(holding)
        await act(self.provider(connection), connection)
        found = await self.refresh(connection.id, holding.external_id)
        if found is None:
            raise NotFound("There is no such purchase.")
        return found

    async def stop_all(
        self, account_id: str, community_id: str | None = None, *, at_once: bool = False
    ) -> int:
        """Cancel every running subscription of an account, in one community or all; how many that were.

        Raises Unavailable when one of them could not be: the caller goes no further.
        """
        async with self._db.read() as tx:
            mine = await queries.running(tx, account_id, community_id)
        for holding in mine:
            await self.cancel(holding, at_once=at_once)
        return len(mine)
