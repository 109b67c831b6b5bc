"""Thousands of followers over WebSocket in a process of their own, so that they take nothing from the test's.

`Crowd` starts it and tells it what to do; members.py is what runs there. Orders and answers are a line of JSON each.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]


class Crowd:
    """The followers with these tokens, each known by its place in the list. `who` is always (first, behind the last)."""

    def __init__(self, port: int, stream: str, tokens: Sequence[str]) -> None:
        self.everybody = (0, len(tokens))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.members", str(port), stream],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self._ask({"do": "gather", "tokens": list(tokens)})

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for end in filter(None, (self._process.stdin, self._process.stdout)):
            end.close()

    def connect(self, who: tuple[int, int], *, seed: int = 0) -> None:
        """Come, in an order that `seed` decides, and subscribe from the cursor on. Does not wait.

        Where nobody answers they knock again, without any jitter.
        """
        self._ask({"do": "connect", "who": who, "seed": seed})

    def squeeze(self, who: tuple[int, int], tiny: bool = True) -> None:
        """Their next connections have a receive buffer of TINY_BUFFER_BYTES."""
        self._ask({"do": "squeeze", "who": who, "tiny": tiny})

    def stop_reading(self, who: tuple[int, int], *, trickle: bool = False) -> None:
        """Keep the connection and read nothing of it any more; or next to nothing, at which no kernel gives up."""
        self._ask({"do": "stop_reading", "who": who, "trickle": trickle})

    def ping(self, who: tuple[int, int], per_s: int) -> None:
        """Send so many ping frames of 125 bytes a second for as long as the connection lasts."""
        self._ask({"do": "ping", "who": who, "per_s": per_s})

    def drop(self, who: tuple[int, int]) -> None:
        """Go without a goodbye, and stay away."""
        self._ask({"do": "drop", "who": who})

    def forget(self, who: tuple[int, int], events: int) -> None:
        """Go back by so many events, as one that had not stored its cursor since."""
        self._ask({"do": "forget", "who": who, "events": events})

    def behind(self, who: tuple[int, int], seq: int, within_s: float) -> int:
        """Wait until all of them stand at `seq`. Returns how many do not when the time is over."""
        return int(self._ask({"do": "until_seq", "who": who, "seq": seq, "within_s": within_s})["left"])

    def listening(self, who: tuple[int, int], within_s: float) -> int:
        """Wait until all of them have been subscribed since they came. Returns how many have not when the time is over."""
        return int(self._ask({"do": "until_subscribed", "who": who, "within_s": within_s})["left"])

    def connected(self, who: tuple[int, int], within_s: float) -> int:
        """Wait until the connections of all of them have ended. Returns how many have not when the time is over."""
        return int(self._ask({"do": "until_ended", "who": who, "within_s": within_s})["left"])

    def report(self, who: tuple[int, int]) -> dict[str, Any]:
        """`faults` by name; `ends` (close codes, "eof", "reset") and `gaps` told since the last report; the least and the
        most `seq` and `sessions`."""
        return self._ask({"do": "report", "who": who})

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the crowd ended with {self._process.wait()}"
        answer: dict[str, Any] = json.loads(line)
        return answer
