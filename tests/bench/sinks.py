"""`python -m tests.bench.sinks FOLDER`: a mail server and a push service that take everything, on the clients' core.

Prints the ports of both. They cost next to nothing and keep connections open, as those of the big providers do; what
they are given is counted, not looked at.
"""

import asyncio
import json
import ssl
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.outside.test_client import certificate
from tests.push.browsers import HOST

TRUST = "trust.pem"
TAKEN = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


async def _mail(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As little of RFC 5321 as a client needs."""
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        match line[:4].upper():
            case b"EHLO":
                writer.write(b"250 sink\r\n")
            case b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 OK\r\n")
            case b"QUIT":
                writer.write(b"221 Bye\r\n")
                break
            case _:
                writer.write(b"250 OK\r\n")
    writer.close()


async def _push(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One message after another."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        await reader.readexactly(length)
        writer.write(TAKEN)
        if b"connection: close" in lines:
            break
    writer.close()


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _forgiving(serve: Serve) -> Serve:
    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return run


async def main(folder: Path) -> None:
    both, pem = certificate(folder, HOST)
    (folder / TRUST).write_bytes(pem)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(both)
    mail = await asyncio.start_server(_forgiving(_mail), "127.0.0.1", 0)
    push = await asyncio.start_server(_forgiving(_push), "127.0.0.1", 0, ssl=tls)
    ports = {"mail": mail.sockets[0].getsockname()[1], "push": push.sockets[0].getsockname()[1]}
    print(json.dumps(ports), flush=True)
    await asyncio.gather(mail.serve_forever(), push.serve_forever())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
