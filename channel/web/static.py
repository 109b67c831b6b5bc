"""Our own files, read once at the start: a versioned address for ever-cached copies, compressed beforehand.

Our scripts and style sheets are sent without their comments and spaces, which are a third of the scripts; what is
vendored is sent as it was published.

`/static/{version}/…` never changes its meaning, so browsers keep it; scripts import each other relatively and stay in
their version. `/static/…` without a version is asked again each time (ETag).
"""

import gzip
import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import rjsmin
from starlette.requests import Request
from starlette.responses import Response

from channel.errors import NotFound

COMPRESSED = {".css", ".js", ".svg", ".webmanifest", ".json", ".txt"}
SCRIPTS = "js/"
# Of a style sheet: a string, which is kept, or what only people read between two words of it.
PIECE = re.compile(rb"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?:\s|/\*.*?\*/)+""", re.DOTALL)
FOREVER = "public, max-age=31536000, immutable"
# Of what is everybody's and the same for all: pages of other sites may show it, and their scripts read it.
OPEN_TO_ALL = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
# What our frames on other sites load. In these nothing has an origin, so what is ours comes from elsewhere to them.
FRAMED = ("css/tokens.css", "css/hues.css", "css/embed.css", "js/embed.js", "art/")
TYPES = {".js": "text/javascript", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml"}


def static_folder() -> Path:
    """Inside the installed wheel, or beside the package in a checkout."""
    inside = Path(__file__).parent.parent / "static"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "static"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    content: bytes
    packed: bytes | None
    media_type: str
    etag: str
    framed: bool = False


class Assets:
    """Every static file by its path; nothing else can be asked for."""

    def __init__(self, folder: Path) -> None:
        contents = {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in sorted(folder.rglob("*"))
            if file.is_file() and not file.name.startswith(".")
        }
        contents |= {path: _bare(content) for path, content in contents.items() if path.startswith(SCRIPTS)}
        contents["app.css"] = _stylesheet(folder, "order.txt")
        contents["desk.css"] = _stylesheet(folder, "desk.txt")
        contents |= {path: _plain(content) for path, content in contents.items() if path.endswith(".css")}
        self.version = hashlib.sha256(b"".join(contents.values())).hexdigest()[:12]
        self._assets = {path: _asset(path, content) for path, content in contents.items()}

    def address(self, path: str) -> str:
        """The versioned address that templates print."""
        return f"/static/{self.version}/{path}"

    @property
    def paths(self) -> list[str]:
        """Every file, below /static/{version}/."""
        return list(self._assets)

    def content(self, path: str) -> bytes:
        return self._assets[path].content

    async def serve(self, request: Request) -> Response:
        """`/static/{path}` with or without a version in front."""
        path = request.path_params["path"]
        version, _, rest = path.partition("/")
        versioned = version == self.version
        asset = self._assets.get(rest if versioned else path)
        if asset is None:
            raise NotFound("There is no such file.")
        return answer(request, asset, FOREVER if versioned else "no-cache")


def answer(request: Request, asset: Asset, cache: str) -> Response:
    """The file, or 304 when the browser has it."""
    headers = {"cache-control": cache, "etag": asset.etag, "vary": "accept-encoding"}
    if asset.framed:
        headers["cross-origin-resource-policy"] = "cross-origin"
    if request.headers.get("if-none-match") == asset.etag:
        return Response(status_code=304, headers=headers)
    packed = asset.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    if packed is not None:
        headers["content-encoding"] = "gzip"
    return Response(packed or asset.content, headers=headers, media_type=asset.media_type)


def _stylesheet(folder: Path, order: str) -> bytes:
    """One stylesheet of many, which a file names in cascade order. desk.txt: those that no room needs."""
    names = (folder / "css" / order).read_text("utf-8").split()
    return b"\n".join((folder / "css" / name).read_bytes() for name in names)


@lru_cache(1024)
def _bare(content: bytes) -> bytes:
    """A script without what only people read."""
    return str(rjsmin.jsmin(content.decode())).encode()


@lru_cache(1024)
def _plain(content: bytes) -> bytes:
    """A style sheet without what only people read."""
    return PIECE.sub(lambda found: found[1] or (b"\n" if b"\n" in found[0] else b" "), content)


@lru_cache(1024)  # one process may build more than one application
def _asset(path: str, content: bytes) -> Asset:
    suffix = Path(path).suffix
    kind = TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    packed = gzip.compress(content, 9, mtime=0) if suffix in COMPRESSED and len(content) > 500 else None
    etag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
    return Asset(content, packed, kind, etag, path.startswith(FRAMED))
