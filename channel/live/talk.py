"""What clients say: each message is read, paced, and answered in the order it came."""

import asyncio
import time
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final, assert_never

from channel.errors import ChannelError, Invalid, Unauthorized, Unavailable
from channel.live import protocol, reading
from channel.live.joining import Live, stream_name, subscribe
from channel.live.protocol import Cursor, Ping, Pong, Read, Subscribe, Typing, Unsubscribe
from channel.routing import Services

if TYPE_CHECKING:
    from channel.live.asgi import AsgiFollower
    from channel.live.socket import SocketFollower

    Speaker = SocketFollower | AsgiFollower

MESSAGES_PER_S: Final = 10
MESSAGE_BURST: Final = 20


class Desk:
    """One per node. Followers hand their messages in; most are answered at once, without a task."""

    def __init__(self, services: Services, live: Live) -> None:
        self._services = services
        self._live = live
        self._every_s = 1 / (MESSAGES_PER_S * services.settings.limit_scale)
        self._burst_s = MESSAGE_BURST / MESSAGES_PER_S
        self._working: set[asyncio.Task[None]] = set()

    def now_s(self) -> float:
        """For rates: a clock that nobody sets."""
        return time.monotonic()

    def hear(self, follower: "Speaker", text: str) -> None:
        """Take one message of a follower that waits for no answer. Ends it when it is no message, or too many."""
        message = self._understood(follower, text)
        if message is None or self._answered(follower, message):
            return
        follower.busy = True
        self.keep(self._work(follower, message))

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run it, and hold on to it until it is done."""
        task = asyncio.get_running_loop().create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)

    def _understood(self, follower: "Speaker", text: str) -> protocol.ClientMessage | None:
        if not self._allows(follower):
            follower.end(protocol.TOO_MANY, "too many messages")
            return None
        try:
            return protocol.parse(text)
        except Invalid as error:
            follower.say(protocol.error("protocol", error.detail))
            follower.end(protocol.PROTOCOL_ERROR, "not understood")
            return None

    def _allows(self, follower: "Speaker") -> bool:
        """MESSAGES_PER_S, MESSAGE_BURST at once (a leaky bucket: the moment up to which the rate is used up)."""
        now_s = self.now_s()
        follower.pace_s = max(follower.pace_s, now_s) + self._every_s
        return follower.pace_s <= now_s + self._burst_s

    def _answered(self, follower: "Speaker", message: protocol.ClientMessage) -> bool:
        """Answer what needs nobody else. False: it takes longer."""
        match message:
            case Unsubscribe(streams=names):
                for name in names:
                    self._live.hub.drop(follower, stream_name(name, follower))
            case Ping(id=message_id):
                follower.say(protocol.encode({"type": "pong", "id": message_id}))
            case Pong():
                pass  # it only proves that the client is there
            case Typing(stream=stream):
                self._live.presence.types(follower, stream_name(stream, follower))
            case Read(stream=stream, seq=seq, topic=topic) if follower.account_id and _hears(
                follower, stream
            ):
                self._live.reads.note(follower.account_id, stream.removeprefix("room:"), seq, topic or "")
            case Subscribe() | Read():
                return False
            case other:
                assert_never(other)
        return True

    async def _work(self, follower: "Speaker", message: protocol.ClientMessage | None) -> None:
        """This message, then those that came meanwhile."""
        try:
            while message is not None and not follower.closing:
                await self._handle(follower, message)
                message = self._next(follower)
        except Unavailable:
            follower.end(protocol.TRY_LATER, "the database cannot be reached")
        finally:
            follower.busy = False

    def _next(self, follower: "Speaker") -> protocol.ClientMessage | None:
        """The next one that was not answered at once."""
        while follower.inbox:
            message = self._understood(follower, follower.inbox.popleft())
            if message is not None and not self._answered(follower, message):
                return message
        return None

    async def _handle(self, follower: "Speaker", message: protocol.ClientMessage) -> None:
        if isinstance(message, Subscribe):
            await self._subscribe(follower, message.streams, message.format, message.id)
        elif isinstance(message, Read):
            await self._mark_read(follower, message)

    async def _subscribe(
        self,
        follower: "Speaker",
        streams: list[Cursor],
        form: protocol.Format,
        message_id: protocol.MessageId,
    ) -> None:
        asked = {stream_name(cursor.stream, follower) for cursor in streams}
        if len(asked.union(self._live.hub.follows(follower))) > protocol.MAX_STREAMS:
            detail = f"One connection follows at most {protocol.MAX_STREAMS} streams. Open another one."
            follower.say(protocol.error("too_many", detail, message_id=message_id))
            return
        async with self._live.entrance:
            await subscribe(self._live, follower, streams, form, message_id)

    async def _mark_read(self, follower: "Speaker", message: Read) -> None:
        stream = message.stream
        try:
            if follower.account_id is None:
                raise Unauthorized
            room_id = stream.removeprefix("room:")
            await reading.mark(self._services, follower.account_id, room_id, message.seq, message.topic or "")
        except Unavailable:
            raise
        except ChannelError as error:
            follower.say(protocol.error(error.code, error.detail, message_id=message.id, stream=stream))


def _hears(follower: "Speaker", stream: str) -> bool:
    """Whether it is told what happens in the room, so that nobody needs to be asked whether it may read."""
    return stream.startswith("room:") and any(
        one.stream.name == stream and one.cohort is not None for one in follower.subscriptions
    )
