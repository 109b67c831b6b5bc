"""The line to Stripe: its library, loaded when somebody first needs it, in threads, without any global of it.

A server that nobody connected to Stripe pays neither the memory nor the time for it.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from channel.errors import Forbidden
from channel.payments.model import Connection
from channel.payments.stripe.refusals import in_our_words

if TYPE_CHECKING:
    from stripe import HTTPClient, ListObject
    from stripe._base_address import BaseAddresses
    from stripe._v1_services import V1Services

CONNECT_S: Final = 3.0
READ_S: Final = 8.0
RETRIES: Final = 1  # of what got no answer; the library repeats it with the same key
AT_ONCE: Final = 4  # threads that may wait for Stripe, of those that all of the process shares
KEY: Final = re.compile(r"[rs]k_(test|live)_\w{8,}", re.ASCII)
T = TypeVar("T")
Wire = Mapping[str, Any]  # an object of Stripe's, as plain data

# Below this level the library writes whole answers, with names and addresses in them, and its own one what is asked.
for chatty in ("stripe", "urllib3"):
    logging.getLogger(chatty).setLevel(logging.WARNING)


class Line:
    """One per process. `address` is where Stripe is, None for Stripe itself."""

    def __init__(self, address: str | None = None) -> None:
        self._address = address
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._http: HTTPClient | None = None

    async def ask(self, connection: Connection, call: "Callable[[V1Services], T]") -> T:
        """Let `call` speak with the connection's account, in a thread; it returns plain data.

        Raises Unavailable, Forbidden (provider_key), Invalid, Conflict, NotFound, as refusals.py says.
        """
        if not KEY.fullmatch(connection.keys.api):
            raise Forbidden("Stripe's secret key is missing or cut off. Enter it again.", code="provider_key")
        async with self._gate:
            return await asyncio.to_thread(self._ask, connection.keys.api, call)

    def _ask(self, key: str, call: "Callable[[V1Services], T]") -> T:
        import stripe

        if self._http is None:
            # Of two threads that get here at once one makes one too many, which does no harm.
            self._http = stripe.RequestsClient(timeout=(CONNECT_S, READ_S))
        addresses: BaseAddresses | None = None if self._address is None else {"api": self._address}
        client = stripe.StripeClient(
            key, base_addresses=addresses, max_network_retries=RETRIES, http_client=self._http
        )
        try:
            return call(client.v1)
        except stripe.StripeError as error:
            # Without the cause: Stripe's own words hold parts of keys, ids and addresses.
            raise in_our_words(error) from None


def up_to(found: "ListObject[Any]", most: int) -> list[Wire]:
    """The first `most` of a list, however many pages that are, as plain data."""
    return [one.to_dict() for one in islice(found.auto_paging_iter(), most)]


def id_of(reference: Any) -> str:
    """The id of what is an id, or the object itself once it is expanded; "" for nothing."""
    if isinstance(reference, Mapping):
        return str(reference["id"])
    return str(reference or "")
