"""`channel` for which the push service of a test, on loopback, is the one that browsers name. See test_told.py."""

import os
import ssl
from pathlib import Path
from typing import Any

import channel.app
from channel.cli import main
from channel.outside import Outside
from channel.outside.wire import connect
from tests.push.browsers import PUBLIC

PORT, TRUST = "TOLD_PORT", "TOLD_TRUST"


def _outside(host: str) -> Outside:
    async def resolve(host: str, port: int) -> list[str]:
        return [PUBLIC]

    async def to_here(address: str, port: int, timeout: float | None) -> Any:
        return await connect("127.0.0.1", int(os.environ[PORT]), timeout)

    trust = ssl.create_default_context(cadata=Path(os.environ[TRUST]).read_text())
    return Outside(host, resolve=resolve, connect=to_here, trust=trust)


if __name__ == "__main__":
    channel.app.Outside = _outside  # type: ignore[attr-defined, assignment]
    main()
