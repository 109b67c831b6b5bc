"""What became of connections on this node since it started, in numbers and, once a second, in a line of the log.

Labels are words of this program: nothing that a client sent, so there are few of them whatever clients do.
"""

import logging
from collections import Counter
from typing import Final

from channel.logs import facts

log = logging.getLogger("channel.live")
CUT: Final = {
    "stalled": "took nothing for too long",
    "behind": "fell too far behind",
    "unsent": "left its answers lying",
    "far": "fell further behind than the log is read for",
    "silent": "was not heard from any more",
}
SAID: Final = frozenset({"1002", "1007", "1009", "4009", "4029"})  # closes that say something about a client
LOST, LEFT = "lost", "left"  # closed by the network, and by the client


class Tallies:
    """One per hub."""

    def __init__(self) -> None:
        self.open: Counter[str] = Counter()  # by kind: ws, sse
        self.cuts: Counter[str] = Counter()  # by one of CUT
        self.closes: Counter[str] = Counter()  # by code, or LOST, or LEFT
        self.resumes: Counter[str] = Counter()  # by where what was missed came from, see joining.py
        self.refused: Counter[str] = Counter()  # by the limit that refused
        self.sent_bytes = 0  # besides events
        self.sent_frames = 0
        self._streams: dict[str, str] = {}  # of a class, a stream that it happened in
        self._told: Counter[tuple[str, str]] = Counter()

    def cut(self, reason: str, stream: str = "") -> None:
        """A connection is ended because it does not keep up."""
        self.cuts[reason] += 1
        self._streams[f"cut {reason}"] = stream

    def resumed(self, way: str, stream: str) -> None:
        """A subscription begins."""
        self.resumes[way] += 1
        self._streams[f"resume {way}"] = stream

    def tell(self) -> None:
        """One line for each class that something happened in since the last call."""
        for event, tally, chosen in (
            ("cut", self.cuts, self.cuts.keys()),
            ("refused", self.refused, self.refused.keys()),
            ("closed", self.closes, SAID & self.closes.keys()),
            ("resume", self.resumes, {"reset"} & self.resumes.keys()),
        ):
            for reason in sorted(chosen):
                count = tally[reason] - self._told[event, reason]
                if count:
                    self._told[event, reason] = tally[reason]
                    self._line(event, reason, count)

    def _line(self, event: str, reason: str, count: int) -> None:
        stream = self._streams.get(f"{event} {reason}", "")
        more = {"stream": stream} if stream else {}
        code = {"code": int(reason)} if reason.isdigit() else {"code": 4008} if event == "cut" else {}
        if event == "cut" and reason == "silent":
            code = {}
        level = logging.INFO if event == "resume" else logging.WARNING
        words = CUT.get(reason, reason) if event == "cut" else reason
        told = facts(f"live.{event}", reason=reason, count=count, **code, **more)
        log.log(level, "live %s: %s, %d time%s", event, words, count, "s" if count != 1 else "", extra=told)
