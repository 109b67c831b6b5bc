"""The server's side of preparing a picture: order a child, believe nothing of what it says, leave nothing behind."""

import asyncio
import importlib.util
import json
import logging
import os
import re
import shutil
import stat
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from channel.media.children import Ended, Limits, run
from channel.media.sniff import HEAD_BYTES, sniff

from .model import (
    FORMATS,
    MAX_PLACEHOLDER_CHARS,
    REASONS,
    WHOLE,
    Cut,
    Format,
    Frame,
    Prepared,
    Unreadable,
    Variant,
)

# What 40 million pixels take as a WebP, which libwebp holds twice and Pillow twice more; all other formats do with
# 512 MiB. The time on the wall is for a server that has much else to do: the child is nice.
LIMITS: Final = Limits(memory=768 * 1024 * 1024, cpu_s=10, file_bytes=32 * 1024 * 1024, seconds=120)
HEIC: Final = importlib.util.find_spec("pillow_heif") is not None
PDF: Final = importlib.util.find_spec("pypdfium2") is not None  # the extra [pdf]
AT_ONCE: Final = min(4, os.cpu_count() or 1)
CHILD: Final = Path(__file__).with_name("child.py")
MOST_PAGES: Final = 9_999_999
PLACEHOLDER: Final = re.compile(r"(data:image/webp;base64,[A-Za-z0-9+/]+={0,2})?")

log = logging.getLogger("channel.media")
_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class _What:
    """What is to be made of it."""

    cut: Cut | None = None
    frame: Frame = WHOLE
    page: bool = False


class _File(msgspec.Struct):
    name: str
    format: Format
    width: int
    height: int


class _Answer(msgspec.Struct):
    """What a child may say. It has handled a stranger's bytes, so all of it is checked."""

    width: int = 0
    height: int = 0
    animated: bool = False
    placeholder: str = ""
    variants: list[_File] = []
    stills: list[_File] = []
    pages: int = 0
    reason: str = ""
    why: str = ""


async def first_page(source: Path, into: Path) -> Prepared:
    """As prepare, of a PDF: its first page is the picture. Raises Unreadable also where the extra [pdf] is not installed."""
    return await _ordered(source, into, _What(page=True))


async def prepare(source: Path, into: Path, cut: Cut | None = None, *, frame: Frame = WHOLE) -> Prepared:
    """Make `source` into what can be served, in the folder `into`, which is made and must not have anything of it yet.

    At most AT_ONCE at a time, others wait. The files are not synced to the disk. Raises Unreadable, and then, as when it
    is cancelled, `into` is gone. `source` stays as it is. Nothing outside of the `frame` is in what is made. With `cut`:
    only that piece of its first picture, in its sizes.
    """
    return await _ordered(source, into, _What(cut, frame))


async def _ordered(source: Path, into: Path, what: _What) -> Prepared:
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
    done = False
    try:
        await asyncio.to_thread(_check, source, into, what.page)
        async with turn:
            order = _order(source, into, what)
            ended = await run([sys.executable, "-I", str(CHILD)], order, LIMITS.seconds)
        prepared = await asyncio.to_thread(_understood, ended, into)
        done = True
        return prepared
    finally:
        if not done:
            await asyncio.to_thread(shutil.rmtree, into, ignore_errors=True)


def _check(source: Path, into: Path, page: bool) -> None:
    with source.open("rb") as file:
        found = sniff(file.read(HEAD_BYTES))
    if found is None or (found.type != "application/pdf" if page else found.kind != "picture"):
        raise Unreadable("not_a_picture")
    if page and not PDF:
        raise Unreadable("no_pdf")
    if found.type == "image/heic" and not HEIC:
        raise Unreadable("no_heic")
    into.mkdir(parents=True, exist_ok=True)


def _order(source: Path, into: Path, what: _What) -> bytes:
    return json.dumps(
        {
            "source": str(source.absolute()),
            "into": str(into.absolute()),
            "heic": HEIC,
            "page": what.page,
            "cut": None if what.cut is None else asdict(what.cut),
            "frame": asdict(what.frame),
            "limits": {
                "memory": LIMITS.memory,
                "cpu_s": LIMITS.cpu_s,
                "file_bytes": LIMITS.file_bytes,
                "seconds": LIMITS.seconds,
            },
        }
    ).encode()


def _understood(ended: Ended, into: Path) -> Prepared:
    if ended.exhausted:
        raise Unreadable("too_heavy")
    try:
        answer = msgspec.json.decode(ended.answer, type=_Answer)
        if ended.code == 0 and answer.reason == "":
            return _believed(answer, into)
    except (msgspec.DecodeError, ValueError, OSError) as error:
        log.warning("A child that prepared a picture ended with %d and %s.", ended.code, error)
        raise Unreadable("broken") from error
    if answer.why:
        log.info("A picture is broken: %s", answer.why)
    raise Unreadable(next((reason for reason in REASONS if reason == answer.reason), "broken"))


def _believed(answer: _Answer, into: Path) -> Prepared:
    """Raises ValueError or OSError where the answer is not one of ours."""
    variants = tuple(_variant(file, into) for file in answer.variants)
    stills = tuple(_variant(file, into) for file in answer.stills)
    if not variants or answer.width < 1 or answer.height < 1:
        raise ValueError("no picture")
    if len(answer.placeholder) > MAX_PLACEHOLDER_CHARS or not PLACEHOLDER.fullmatch(answer.placeholder):
        raise ValueError("no placeholder of ours")
    expected = {variant.path.name for variant in (*variants, *stills)}
    if {entry.name for entry in into.iterdir()} != expected:
        raise ValueError("other files than it says")
    if not 0 <= answer.pages <= MOST_PAGES:
        raise ValueError("no number of pages")
    return Prepared(
        answer.width, answer.height, answer.animated, answer.placeholder, variants, stills, answer.pages
    )


def _variant(file: Any, into: Path) -> Variant:
    if not re.fullmatch(r"(still-)?[1-9][0-9]{0,4}\.(avif|webp)", file.name):
        raise ValueError("no name of ours")
    path = into / file.name
    if not stat.S_ISREG(path.lstat().st_mode):
        raise ValueError("no file")
    with path.open("rb") as opened:
        found = sniff(opened.read(HEAD_BYTES))
    if file.format not in FORMATS or found is None or found.type != f"image/{file.format}":
        raise ValueError("not what it says")
    return Variant(path, file.format, file.width, file.height, path.stat().st_size)
