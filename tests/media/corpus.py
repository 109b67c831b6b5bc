"""Files that mean harm: what each is called, and its bytes. `written(folder)` puts all of them into a folder.

Bombs that are small and want to be large, heads that lie, files that are two things, bytes that were turned over.
"""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

SCRIPT = b"<script>alert(document.domain)</script>"
SVG = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="alert(1)">%s</svg>"""
PNG_START = b"\x89PNG\r\n\x1a\n"
SIDES = (80, 60)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, data: bytes, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return PNG_START + chunk(b"IHDR", head) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """That many zero bytes, deflated, without ever holding them."""
    packer, piece = zlib.compressobj(9), bytes(1 << 20)
    made = [packer.compress(piece[: min(len(piece), count - at)]) for at in range(0, count, len(piece))]
    return b"".join(made) + packer.flush()


def photo(size: tuple[int, int] = SIDES) -> Image.Image:
    grey = Image.effect_noise(size, 60)
    return Image.merge("RGB", (grey, Image.linear_gradient("L").resize(size), grey.rotate(90).resize(size)))


def saved(image: Image.Image, format: str, **how: Any) -> bytes:
    held = io.BytesIO()
    image.save(held, format, **how)
    return held.getvalue()


def moving(format: str, frames: int, size: tuple[int, int] = (16, 16), **how: Any) -> bytes:
    shown = [Image.new("RGB", size, (n * 83 % 256, n // 3 % 256, 90)) for n in range(frames)]
    return saved(shown[0], format, save_all=True, append_images=shown[1:], duration=40, loop=0, **how)


def good() -> dict[str, bytes]:
    """One of each format, as they should be."""
    return {
        "jpg": saved(photo(), "JPEG"),
        "progressive.jpg": saved(photo(), "JPEG", progressive=True),
        "png": saved(photo(), "PNG"),
        "webp": saved(photo(), "WEBP"),
        "lossless.webp": saved(photo(), "WEBP", lossless=True),
        "gif": saved(photo().quantize(), "GIF"),
        "moving.gif": moving("GIF", 5),
        "moving.webp": moving("WEBP", 5),
        "moving.png": moving("PNG", 5),
        "avif": saved(photo(), "AVIF"),
    }


def gif_frames(count: int, side: int = 1) -> bytes:
    """A GIF of `count` pictures that takes a few bytes for each."""
    frame = (
        b"\x21\xf9\x04\x00\x00\x00\x00\x00"
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 1, 1, 0)
        + b"\x02\x02\x44\x01\x00"
    )
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\x00\x00" + b"\x00\x00\x00\xff\xff\xff"
    return head + frame * count + b"\x3b"


def apng(width: int, height: int, frames: int) -> bytes:
    data = zeros((width * 3 + 1) * height)
    parts = [PNG_START, chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    parts += [chunk(b"acTL", struct.pack(">II", frames, 0))]
    for number in range(min(frames, 200)):
        control = struct.pack(">IIIIIHHBB", number * 2, width, height, 0, 0, 1, 25, 0, 0)
        parts += [chunk(b"fcTL", control)]
        parts += [
            chunk(b"IDAT", data) if number == 0 else chunk(b"fdAT", struct.pack(">I", number * 2 - 1) + data)
        ]
    return b"".join(parts) + chunk(b"IEND", b"")


def webp_claiming(width: int, height: int) -> bytes:
    """A lossless WebP whose head says that size, with nothing behind it."""
    bits = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<I", 5) + b"\x2f" + struct.pack("<I", bits) + b"\x00"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_claiming(width: int, height: int) -> bytes:
    plain = bytearray(saved(photo(), "JPEG"))
    at = plain.index(b"\xff\xc0")
    plain[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(plain)


def with_segments(segments: bytes) -> bytes:
    plain = saved(photo(), "JPEG")
    return plain[:2] + segments + plain[2:]


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def exif_of(entries: int) -> bytes:
    """EXIF with as many entries as fit into segments, each pointing at itself."""
    count = min(entries, 5_000)
    tiff = b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", count)
    tiff += (
        b"".join(struct.pack("<HHII", n % 65_535, 5, 0x00FFFFFF, 8) for n in range(count))
        + b"\x08\x00\x00\x00"
    )
    return b"".join(segment(0xE1, b"Exif\x00\x00" + tiff[:65_000]) for _ in range(max(1, entries // count)))


def bombs() -> Iterator[tuple[str, Callable[[], bytes]]]:
    yield "50000-wide-1-bit.png", lambda: png(50_000, 50_000, zeros(6_251 * 50_000), 1, 0)
    yield "30000-wide-grey.png", lambda: png(30_000, 30_000, zeros(1_000_000), 8, 0)
    yield "zero-wide.png", lambda: png(0, 10, zeros(10))
    yield "2-to-the-31.png", lambda: png(2**31 - 1, 2**31 - 1, zeros(1_000))
    yield "interlaced-claim.png", lambda: png(6_000, 6_000, zeros(100), 16, 6)
    yield (
        "text-bomb.png",
        lambda: png(8, 8, zeros(200), extra=chunk(b"zTXt", b"a\x00\x00" + zeros(200_000_000))),
    )
    yield (
        "itxt-bomb.png",
        lambda: png(8, 8, zeros(200), extra=chunk(b"iTXt", b"a\x00\x01\x00\x00\x00" + zeros(200_000_000))),
    )
    yield (
        "icc-bomb.png",
        lambda: png(8, 8, zeros(200), extra=chunk(b"iCCP", b"a\x00\x00" + zeros(200_000_000))),
    )
    yield "many-texts.png", lambda: png(8, 8, zeros(200), extra=chunk(b"tEXt", b"a\x00" + b"b" * 99) * 60_000)
    yield "long-chunk.png", lambda: PNG_START + struct.pack(">I", 2**31 - 1) + b"IHDR" + b"\x00" * 64
    yield "exif-bomb.png", lambda: png(8, 8, zeros(200), extra=chunk(b"eXIf", b"II*\x00" + b"\xff" * 100_000))
    yield "apng-bomb.png", lambda: apng(4_000, 4_000, 60)
    yield "apng-million.png", lambda: apng(100, 100, 1_000_000)
    yield "10000-frames.gif", lambda: gif_frames(10_000)
    yield "1000-large-frames.gif", lambda: gif_frames(1_000, 6_000)
    yield "65535-wide.gif", lambda: gif_frames(1, 65_535)
    yield "million-frames.gif", lambda: gif_frames(400_000)
    yield "endless-comment.gif", lambda: gif_frames(1)[:-1] + b"\x21\xfe" + b"\xff" + b"a" * 3_000_000
    yield "1500-frames.webp", lambda: moving("WEBP", 1_500, (4, 4))
    yield "16383-wide.webp", lambda: webp_claiming(16_383, 16_383)
    yield "heavy-for-nothing.webp", lambda: webp_claiming(6_300, 6_300)
    yield "65500-wide.jpg", lambda: jpeg_claiming(65_500, 65_500)
    yield "6000-wide-of-nothing.jpg", lambda: jpeg_claiming(6_300, 6_300)
    yield "million-exif.jpg", lambda: with_segments(exif_of(1_000_000))
    yield (
        "exif-loop.jpg",
        lambda: with_segments(
            segment(0xE1, b"Exif\x00\x00II*\x00\x08\x00\x00\x00\xff\xff" + b"\x08\x00" * 900)
        ),
    )
    yield (
        "icc-parts.jpg",
        lambda: with_segments(
            b"".join(
                segment(0xE2, b"ICC_PROFILE\x00" + bytes((n, 255)) + b"\x00" * 65_000) for n in range(1, 255)
            )
        ),
    )
    yield "icc-nonsense.jpg", lambda: saved(photo(), "JPEG", icc_profile=random.Random(7).randbytes(5_000))
    yield "comments.jpg", lambda: with_segments(segment(0xFE, b"c" * 65_000) * 300)
    yield (
        "mpo-loop.jpg",
        lambda: with_segments(segment(0xE2, b"MPF\x00II*\x00\x08\x00\x00\x00\x01\x00" + b"\x02\xb0" * 40)),
    )
    yield "many-scans.jpg", lambda: saved(photo((2_000, 2_000)), "JPEG", progressive=True) * 3
    yield (
        "huge.tif",
        lambda: (
            b"II*\x00\x08\x00\x00\x00\x02\x00" + struct.pack("<HHIIHHII", 256, 4, 1, 2**31, 257, 4, 1, 2**31)
        ),
    )
    yield "huge.psd", lambda: b"8BPS\x00\x01" + b"\x00" * 6 + struct.pack(">HIIHH", 3, 300_000, 300_000, 8, 3)
    yield "huge.bmp", lambda: b"BM" + struct.pack("<IIIIiiHHI", 0, 0, 54, 40, 2**31 - 1, 2**31 - 1, 1, 24, 0)
    yield (
        "huge.fits",
        lambda: b"SIMPLE  =                    T".ljust(80) + b"NAXIS1  = 999999999".ljust(2_800),
    )
    yield "huge.gd", lambda: b"\xff\xfe\xff\xff\xff\xff" + b"\x00" * 1_040
    yield (
        "huge.avif",
        lambda: good()["avif"].replace(struct.pack(">II", *SIDES), struct.pack(">II", 65_535, 65_535)),
    )
    yield "grid.avif", lambda: good()["avif"].replace(b"av01", b"grid")
    yield "ftyp-only.avif", lambda: b"\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"
    yield (
        "boxes-in-boxes.avif",
        lambda: (
            b"\x00\x00\x00\x14ftypavif\x00\x00\x00\x00avif"
            + b"".join(struct.pack(">I", 80_000 - 12 * n) + b"meta\x00\x00\x00\x00" for n in range(6_000))
        ),
    )
    yield "ftyp-only.heic", lambda: b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"
    yield "16-bit.png", lambda: png(3_000, 3_000, zeros((3_000 * 8 + 1) * 3_000), 16, 6)


def two_things() -> Iterator[tuple[str, Callable[[], bytes]]]:
    jpg, gif, picture = good()["jpg"], good()["gif"], good()["png"]

    def archive(name: str, content: bytes, times: int = 1) -> bytes:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as pack:
            for number in range(times):
                pack.writestr(f"{number}{name}", content)
        return held.getvalue()

    yield "script.svg", lambda: SVG % (SCRIPT + b"<text>&x;</text>")
    yield "foreign.svg", lambda: SVG % b'<foreignObject><iframe src="javascript:alert(1)"/></foreignObject>'
    yield "link.svg", lambda: SVG % b'<image xlink:href="http://192.0.2.1/x.png"/>'
    yield "script-as.png", lambda: SVG % SCRIPT
    yield "script-as.jpg", lambda: b"<!doctype html>" + SCRIPT
    yield "page-in.png", lambda: png(8, 8, zeros(200), extra=chunk(b"tEXt", b"Comment\x00" + SCRIPT))
    yield "page-behind.png", lambda: picture + SCRIPT
    yield (
        "js-and-jpeg.jpg",
        lambda: jpg[:2] + segment(0xFE, b"*/=alert(1)/*" + b"/" * 12_000) + jpg[2:] + b"*/",
    )
    yield "gifar.gif", lambda: gif + archive("Evil.class", b"\xca\xfe\xba\xbe")
    yield "gif-and-js.gif", lambda: b"GIF89a=1;alert(1)//" + gif[20:]
    yield "jpeg-and-zip.jpg", lambda: jpg + archive("x.html", SCRIPT)
    yield "pdf-and-jpeg.jpg", lambda: jpg[:2] + segment(0xFE, b"%PDF-1.4 /JS (app.alert(1))") + jpg[2:]
    yield (
        "script.pdf",
        lambda: b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF",
    )
    yield "bomb.docx", lambda: archive("word.xml", bytes(50_000_000), 3)
    yield "bomb.zip", lambda: archive("in.zip", archive("in.zip", archive("zero", bytes(20_000_000))))
    yield "gif-called.jpg", lambda: gif
    yield "jpeg-called.png", lambda: jpg
    yield "text-called.webp", lambda: b"RIFF\xff\xff\xff\xffWEBP" + b"hello" * 50
    yield "program-called.png", lambda: b"\x7fELF\x02\x01\x01" + bytes(300)
    yield "playlist-called.jpg", lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    yield (
        "postscript.eps",
        lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file\n",
    )
    yield "mvg.png", lambda: b"push graphic-context\nfill 'url(https://192.0.2.1/\"|ls \"-la)'\n"
    yield "xbm-as.png", lambda: b"#define a_width 99999\n#define a_height 99999\nstatic char a[] = {"
    yield "empty.png", lambda: b""
    yield "one-byte.jpg", lambda: b"\xff"
    yield "start-only.jpg", lambda: b"\xff\xd8\xff"
    yield "start-only.png", lambda: PNG_START
    yield "start-only.gif", lambda: b"GIF89a"
    yield "zeros.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(1_000_000)


def damaged() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each format cut off at many places, and with bytes turned over."""
    chance = random.Random(24)
    for name, whole in good().items():
        for part in (0.1, 0.35, 0.6, 0.9, 0.99):
            yield (
                f"cut-{int(part * 100)}.{name}",
                lambda whole=whole, part=part: whole[: int(len(whole) * part)],
            )  # type: ignore[misc]
        for number in range(4):
            turned = bytearray(whole)
            for _ in range(8):
                turned[chance.randrange(12, len(turned))] ^= 1 << chance.randrange(8)
            yield f"turned-{number}.{name}", lambda turned=turned: bytes(turned)  # type: ignore[misc]


def described() -> PngImagePlugin.PngInfo:
    """What a PNG says of itself beside its pixels."""
    said = PngImagePlugin.PngInfo()
    said.add_text("Comment", "SECRET comment")
    said.add_itxt("XML:com.adobe.xmp", "<x:xmpmeta>SECRET xmp</x:xmpmeta>")
    return said


def written(folder: Path) -> list[Path]:
    """All of them, in `folder`."""
    paths = []
    for name, made in (*bombs(), *two_things(), *damaged()):
        path = folder / name
        path.write_bytes(made())
        paths.append(path)
    return paths
