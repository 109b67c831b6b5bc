"""How feeds are answered: with a tag of what is in them and a moment since when they are so, by which readers ask again."""

import hashlib
from collections import OrderedDict
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.render.formats import moment
from channel.web.media import named

MOST: Final = 10_000


class Firsts:
    """Since when each feed reads as it does, as far as this node knows: the last thousands that were asked for."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[str, int]] = OrderedDict()

    def since(self, address: str, etag: str, now_s: int) -> int:
        """The second in which this node first made what `etag` stands for; `now_s` for what it does not remember.

        Later than the truth at times, which costs a transfer; never earlier, which would keep news from a reader.
        """
        tag, since = self._known.pop(address, ("", now_s))
        since = since if tag == etag else now_s
        self._known[address] = (etag, since)
        while len(self._known) > MOST:
            self._known.popitem(last=False)
        return since


def served(request: Request, body: bytes, kind: str, cache: str, now_ms: int) -> Response:
    """The feed, or 304 for a reader that has it (RFC 9110, section 13)."""
    etag = f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'
    now_s = now_ms // 1000
    since_s = request.app.state.feeds.since(request.url.path, etag, now_s)
    # What came into being in this very second may change again within it: nobody is told that second before it is over.
    told_s = since_s - 1 if since_s == now_s else since_s
    headers = {
        "cache-control": cache,
        "etag": etag,
        "last-modified": format_datetime(moment(told_s * 1000), usegmt=True),
    }
    if _has_it(request, etag, since_s):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers | {"content-type": kind})


def _has_it(request: Request, etag: str, since_s: int) -> bool:
    tags = request.headers.get("if-none-match")
    if tags is not None:  # a date beside it is not looked at
        return named(tags, etag)
    try:
        had = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return had.tzinfo is not None and had.timestamp() >= since_s
