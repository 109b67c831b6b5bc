"""The child that reads the credentials of one file: gives up its rights, then asks the library, and answers in JSON.

The library is native code that parses a stranger's bytes. It has one file to read and one to write, no other and no
socket, so that whatever the file says it asks nobody: neither for credentials that lie elsewhere nor about certificates.
"""

import json
import os
import sys
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from channel.media.children.confine import Limits, confine  # not by the door, which brings asyncio
from channel.media.children.landlock import close_files

from .model import Credentials, State, encoded
from .store import held
from .telling import told

# Belt and braces: there is no socket to fetch with.
SETTINGS: Final[dict[str, Any]] = {
    "verify": {"verify_trust": True, "verify_timestamp_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": []},
}  # fmt: skip


def main() -> None:
    order = json.load(sys.stdin)
    import c2pa  # noqa: PLC0415 - the extra [c2pa]

    context = c2pa.Context.from_dict(SETTINGS | _trust(order["trust"]))
    with open(order["source"], "rb") as file, Path(order["store"]).open("xb") as store:
        close_files((), ())
        confine(Limits(**order["limits"]))
        try:
            found = _read(c2pa, context, file, order["type"])
        except MemoryError:
            found = Credentials("not_checked")
        except Exception as error:  # noqa: BLE001 what it raises is a matter of the bytes
            found = Credentials(_state(c2pa, error, named=order["named"]))
        if found.state in ("valid", "untrusted", "invalid"):
            store.write(held(file, order["type"]))
            store.flush()
    sys.stdout.write(encoded(found))
    sys.stdout.flush()
    os._exit(0)  # see pictures/work.py


def _trust(anchors: str) -> dict[str, Any]:
    return {"trust": {"trust_anchors": anchors}} if anchors else {}


def _read(c2pa: Any, context: Any, file: IO[bytes], type_: str) -> Credentials:
    return told(msgspec.json.decode(c2pa.Reader(type_, file, context=context).json()))


def _state(c2pa: Any, error: Exception, *, named: bool) -> State:
    """`named`: there are credentials in it, by the looks of it; else what failed is no matter of theirs."""
    if isinstance(error, c2pa.C2paError.ManifestNotFound):
        return "none"
    if str(error).startswith("Remote"):
        return "elsewhere"
    if isinstance(error, c2pa.C2paError.NotSupported):
        return "not_checked"
    return "invalid" if named else "none"
