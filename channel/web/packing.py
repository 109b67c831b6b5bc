"""Pages as gzip (RFC 1952) for browsers that take it: a sixth of what a phone has to wait for."""

import secrets
import struct
import zlib

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

LEAST_BYTES = 1_000
LEVEL = 3
MOST_NOISE_BYTES = 100
RAW_DEFLATE = -15
HEAD = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"  # deflate, a file's name follows, no time, any system


def takes_gzip(headers: Headers) -> bool:
    """RFC 9110, section 12.5.3. A weight of zero, which no browser sends, is a refusal."""
    for offer in headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = offer.replace(" ", "").partition(";q=")
        if name in ("gzip", "*"):
            return not weight or weight.strip("0.") != ""
    return False


def pack(request: Request, response: Response, *, own: bool) -> None:
    """Make the page smaller where that is worth it, for who takes it so.

    `own`: it holds what only this viewer may know. Who sees lengths, and has the viewer's browser ask for words of their
    choice again and again, could guess that letter by letter (BREACH): so what answers to words, a query or a form, stays
    as it is, and everything else gets a name of random length in front.
    """
    response.headers.add_vary_header("accept-encoding")
    body = bytes(response.body)
    if len(body) < LEAST_BYTES or not takes_gzip(request.headers):
        return
    if own and (request.url.query or request.method != "GET"):
        return
    name = secrets.token_hex(MOST_NOISE_BYTES)[: secrets.randbelow(MOST_NOISE_BYTES + 1)] if own else ""
    response.body = _gzip(body, name)
    response.headers["content-encoding"] = "gzip"
    response.headers["content-length"] = str(len(response.body))


def _gzip(body: bytes, name: str) -> bytes:
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW_DEFLATE)
    inner = deflate.compress(body) + deflate.flush()
    return HEAD + name.encode() + b"\0" + inner + struct.pack("<II", zlib.crc32(body), len(body) & 0xFFFFFFFF)
