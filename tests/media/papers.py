"""PDFs made for tests: plain ones, and such as nobody makes in good faith."""

import zlib
from collections.abc import Iterator

RED = b"1 0 0 rg 0 0 300 200 re f 0 g BT /F1 24 Tf 20 100 Td (Glaze) Tj ET"


def paper(
    pages: int = 1,
    *,
    box: bytes = b"0 0 300 400",
    content: bytes = RED,
    catalog: bytes = b"",
    page: bytes = b"",
    trailer: bytes = b"",
    packed: bool = False,
    count: int | None = None,
) -> bytes:
    """`count`: how many pages it says that it has."""
    kids = b" ".join(b"%d 0 R" % (5 + at) for at in range(pages))
    how = b" /Filter /FlateDecode" if packed else b""
    told = pages if count is None else count
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R %b >>" % catalog,
        b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, told),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d%b >>\nstream\n%b\nendstream" % (len(content), how, content),
    ]
    each = (
        b"<< /Type /Page /Parent 2 0 R /MediaBox [%b] /Contents 4 0 R /Resources << /Font << /F1 3 0 R >> >> %b >>"
        % (box, page)
    )
    return written([*objects, *[each] * pages], trailer)


def written(objects: list[bytes], trailer: bytes = b"") -> bytes:
    out, places = bytearray(b"%PDF-1.7\n"), []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, text)
    at = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R %b >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(places) + 1,
        trailer,
        at,
    )
    return bytes(out)


def image(width: int, height: int, packed: bytes) -> bytes:
    """A page that draws one grey picture of that size."""
    return written([
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>",
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceGray /BitsPerComponent 8 "
        b"/Filter [/FlateDecode] /Length %d >>\nstream\n%b\nendstream" % (width, height, len(packed), packed),
        b"<< /Length 30 >>\nstream\nq 300 0 0 400 0 0 cm /I Do Q  \nendstream",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents 4 0 R "
        b"/Resources << /XObject << /I 3 0 R >> >> >>",
    ])  # fmt: skip


LOCKED = (
    b"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <" + b"28" * 32 + b"> /U <" + b"61" * 32 + b"> >> "
    b"/ID [<00><00>]"
)


def hostile() -> Iterator[tuple[str, bytes]]:
    """What may be refused, but must not cost much: by name."""
    whole = paper(3)
    yield "cut in the middle", whole[: len(whole) // 2]
    yield "nothing but its beginning", b"%PDF-1.7"
    yield "no pages", paper(0)
    yield "noise", b"%PDF-1.7\n" + bytes(range(256)) * 400
    yield "with a password", paper(trailer=LOCKED)
    yield "a page without end", paper(box=b"0 0 1e30 1e30")
    yield "a page of no size", paper(box=b"0 0 0 0")
    yield "a page of no number", paper(box=b"nan nan inf inf")
    yield "a page a million long", paper(box=b"0 0 1 1000000")
    yield "a page a million wide", paper(box=b"0 0 1000000 1")
    yield "a hundred thousand pages", paper(100_000)
    yield "two thousand million pages", paper(1, count=2_000_000_000)
    yield "fewer than no pages", paper(1, count=-5)
    yield "1 GiB of nothing to draw", paper(content=zlib.compress(bytes(1024**3), 1), packed=True)
    yield "endless drawing", paper(content=zlib.compress(b"0 0 300 400 re f\n" * 1_000_000, 1), packed=True)
    yield "a picture of 400 million pixels", image(20_000, 20_000, zlib.compress(bytes(400_000_000), 1))
    yield "a picture larger than it is", image(60_000, 60_000, zlib.compress(b"x"))
    yield "its own parent", paper().replace(b"/Kids [5 0 R]", b"/Kids [2 0 R]")
    yield (
        "itself within itself",
        paper(content=b"/X Do", page=b"").replace(b"/Font << /F1 3 0 R >>", b"/XObject<</X 4 0 R>>"),
    )
    yield "deep brackets", paper(catalog=b"/A " + b"[" * 100_000 + b"]" * 100_000)
    yield "a script", paper(catalog=SCRIPT)
    yield "a script of the page", paper(page=b"/AA << /O << /S /JavaScript /JS (while(true){}) >> >>")
    yield "a program", paper(catalog=b"/OpenAction << /S /Launch /F (/bin/sh) >>")
    yield (
        "a file from elsewhere",
        paper(catalog=b"/OpenAction << /S /GoToR /F (file:///etc/passwd) /D [0 /Fit] >>"),
    )


SCRIPT = b"/OpenAction << /S /JavaScript /JS (while\\(true\\){}; app.launchURL\\('http://127.0.0.1/'\\)) >>"
