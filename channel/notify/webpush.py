"""Web push over HTTP (RFC 8030), by the guarded client and to known push services only."""

import logging
from collections.abc import Callable, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Final

from channel.errors import Invalid, Unavailable
from channel.notify import sealing
from channel.notify.pusher import Outcome, Parcel
from channel.outside import Answer, Outside, Target
from channel.push.keys import private_key
from channel.push.model import parse_endpoint

MOST_ANSWER_BYTES: Final = 4_096  # nothing of it is shown to anybody
RENEW_S: Final = 3_600  # before an introduction ends
MOST_INTRODUCTIONS: Final = 100  # kept; there are few push services
LONGEST_WAIT_S: Final = 24 * 3_600

log = logging.getLogger("channel.push")


class WebPush:
    """A Pusher. `secret` is that of secret.key; `contact` tells a push service whom to write to; `clock`: epoch ms."""

    def __init__(
        self, outside: Outside, secret: bytes, *, contact: str, more: Sequence[str], clock: Callable[[], int]
    ) -> None:
        self._outside = outside
        self._secret = secret
        self._contact = contact
        self._more = more
        self._clock = clock
        self._introductions: dict[str, tuple[str, int]] = {}  # by origin; and until when, epoch seconds

    async def send(self, parcel: Parcel) -> Outcome:
        """See Pusher."""
        target = parse_endpoint(parcel.to.endpoint, self._more)
        if target is None:
            return Outcome("refused", "Its push service is not one that this server pushes to.")
        try:
            body = sealing.close(parcel.content, parcel.to.p256dh, parcel.to.auth)
        except ValueError:
            return Outcome("refused", "Its key is none. Switch notices off and on again there.")
        try:
            answer = await self._outside.post(
                target.url, body, self._headers(target, parcel), most_bytes=MOST_ANSWER_BYTES, keep=True
            )
        except Unavailable:
            return Outcome("later", "The push service did not answer.", silent=True)
        except Invalid:
            return Outcome("refused", "The push service is at no public address.")
        return self._outcome(answer)

    async def rest(self) -> None:
        """See Pusher."""
        await self._outside.rest()

    def _headers(self, target: Target, parcel: Parcel) -> Mapping[str, str]:
        return {
            "Authorization": self._introduction(f"{target.scheme}://{target.netloc}"),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(parcel.ttl_s),
            "Topic": parcel.topic,
            # "high" wakes a phone that sleeps; a post is worth that much to who asked to have it at once.
            "Urgency": "high",
        }

    def _introduction(self, origin: str) -> str:
        now_s = self._clock() // 1000
        header, until_s = self._introductions.get(origin, ("", 0))
        if until_s <= now_s:
            if len(self._introductions) >= MOST_INTRODUCTIONS:
                self._introductions.clear()
            header = sealing.introduction(private_key(self._secret), origin, self._contact, now_s)
            self._introductions[origin] = (header, now_s + sealing.TOKEN_LASTS_S - RENEW_S)
        return header

    def _outcome(self, answer: Answer) -> Outcome:
        match answer.status:
            case 200 | 201 | 202 | 204:
                return Outcome("taken")
            case 404 | 410:
                return Outcome("gone")
            case 413:
                return Outcome("refused", "The notice was too large for the push service (413).")
            case 408 | 425 | 429 | 500 | 502 | 503 | 504 as status:
                problem = f"The push service asks to come back later ({status})."
                return Outcome("later", problem, self._wait_s(answer.headers.get("retry-after", "")))
            case 401 | 403 as status:
                log.warning("A push service does not take our key (%s).", status)
                return Outcome(
                    "refused",
                    f"The push service does not take our key ({status}). Switch notices off and on again there.",
                )
            case status:
                return Outcome("refused", f"The push service refused the notice ({status}).")

    def _wait_s(self, said: str) -> int | None:
        """Of a Retry-After header: seconds, or a date. None for nothing that makes sense."""
        if said.isascii() and said.isdigit() and len(said) < 8:
            return min(int(said), LONGEST_WAIT_S)
        try:
            at_s = int(parsedate_to_datetime(said).timestamp())
        except (TypeError, ValueError):
            return None
        return min(max(0, at_s - self._clock() // 1000), LONGEST_WAIT_S)
