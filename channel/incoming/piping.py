"""A mail from a mail server's pipe, answered by the exit codes of sysexits.h that Postfix, Exim and maddy know."""

import base64
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final

from channel.errors import NotFound
from channel.incoming.keeping import Arrived
from channel.incoming.reading import MAX_BYTES
from channel.incoming.spooling import FOLDERS, Spool

TAKEN: Final = 0
NO_USER: Final = 67  # EX_NOUSER
TRY_AGAIN: Final = 75  # EX_TEMPFAIL
PIECE_BYTES: Final = 64 * 1024
MOST_BYTES: Final = 50 * 1024 * 1024  # as large as mail servers take
FILE: Final = "mail"


def receive(
    recipient: str, stream: IO[bytes], ask: Callable[[dict[str, Any]], Any], scratch: Callable[[], Path]
) -> int:
    """Read the mail to its end and have it kept by `ask`. Returns the exit code, and never raises: whatever goes wrong,
    the mail server keeps the mail and tries again.

    The control socket takes short lines only: all of a large mail is handed over as a file in the folder `scratch`.
    """
    try:
        raw = stream.read(MAX_BYTES)
        if not raw.strip():
            return _say(TRY_AGAIN, "There is no mail on standard input.")
        given = {"raw": base64.b64encode(raw).decode(), "recipient": recipient}
        more = stream.read(PIECE_BYTES)
        if not more:
            ask(given)
            return TAKEN
        with _folder(scratch()) as folder:
            _write(folder / FILE, raw + more, stream)
            ask(given | {"folder": folder.name})
    except NotFound as error:
        return _say(NO_USER, error.detail)
    except Exception as error:  # noqa: BLE001 - a traceback is a permanent failure to some mail servers
        return _say(TRY_AGAIN, str(error) or type(error).__name__)
    return TAKEN


@contextmanager
def _folder(scratch: Path) -> Iterator[Path]:
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=FOLDERS, dir=scratch) as name:
        yield Path(name)


def _write(file: Path, begins: bytes, stream: IO[bytes]) -> None:
    """As much as any mail has. The rest is read and let go: a mail server that cannot write on calls it a failure."""
    with file.open("wb") as into:
        size = into.write(begins)
        while piece := stream.read(PIECE_BYTES):
            size += into.write(piece[: MOST_BYTES - size])


def spooled(spool: Spool, given: Mapping[str, Any], scratch: Path) -> Arrived | None:
    """The other side: what `ask` was given, fed to `spool`. Blocks. Raises NotFound, DiskFull, Unavailable."""
    name = given.get("folder")
    if name is None:
        spool.feed(base64.b64decode(given["raw"]))
    elif re.fullmatch(f"{FOLDERS}[A-Za-z0-9_]+", str(name)):
        with (scratch / str(name) / FILE).open("rb") as mail:
            while (piece := mail.read(PIECE_BYTES)) and spool.feed(piece):
                pass
    else:
        raise NotFound("There is no such mail.")
    return spool.end()


def _say(code: int, problem: str) -> int:
    line = " ".join(problem.split())[:300]
    sys.stderr.write(f"channel: {line}\n")
    return code
