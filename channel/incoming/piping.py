"""A mail from a mail server's pipe, answered by the exit codes of sysexits.h that Postfix, Exim and maddy know."""

import base64
import sys
from collections.abc import Callable
from typing import IO, Any, Final

from channel.errors import NotFound
from channel.incoming.reading import MAX_BYTES

TAKEN: Final = 0
NO_USER: Final = 67  # EX_NOUSER
TRY_AGAIN: Final = 75  # EX_TEMPFAIL
PIECE_BYTES: Final = 64 * 1024


def receive(recipient: str, stream: IO[bytes], ask: Callable[[dict[str, Any]], Any]) -> int:
    """Read the mail to its end and have it kept by `ask`. Returns the exit code, and never raises: whatever goes wrong,
    the mail server keeps the mail and tries again."""
    try:
        raw = _read(stream)
        if not raw.strip():
            return _say(TRY_AGAIN, "There is no mail on standard input.")
        ask({"raw": base64.b64encode(raw).decode(), "recipient": recipient})
    except NotFound as error:
        return _say(NO_USER, error.detail)
    except Exception as error:  # noqa: BLE001 - a traceback is a permanent failure to some mail servers
        return _say(TRY_AGAIN, str(error) or type(error).__name__)
    return TAKEN


def _read(stream: IO[bytes]) -> bytes:
    """As much as is looked at. The rest is read and let go: a mail server that cannot write on calls it a failure."""
    raw = stream.read(MAX_BYTES)
    while stream.read(PIECE_BYTES):
        pass
    return raw


def _say(code: int, problem: str) -> int:
    line = " ".join(problem.split())[:300]
    sys.stderr.write(f"channel: {line}\n")
    return code
