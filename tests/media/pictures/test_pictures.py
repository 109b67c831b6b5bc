"""What becomes of a photo: its sizes, its colours, which way is up, and that nothing else comes along."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image, ImageCms, ImageDraw

from channel.media import pictures
from channel.media.pictures import ordering
from channel.media.pictures.model import widths
from channel.media.sniff import sniff
from tests.media import corpus

RED, BLUE = (220, 30, 30), (30, 30, 220)


def halves(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, BLUE)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2 - 1, size[1]), RED)
    return image


def kept(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def near(found: object, wanted: tuple[int, ...], by: int = 24) -> bool:
    assert isinstance(found, tuple)
    return all(abs(a - b) <= by for a, b in zip(found, wanted, strict=False))


async def test_a_photo_comes_in_all_widths_and_both_formats(tmp_path: Path) -> None:
    photo = kept(tmp_path / "a", corpus.saved(corpus.photo((3_000, 2_000)), "JPEG", quality=90))
    made = await pictures.prepare(photo, tmp_path / "into")
    assert (made.width, made.height, made.animated, made.stills) == (3_000, 2_000, False, ())
    sizes = [(v.width, v.format) for v in made.variants]
    assert sizes == [(w, f) for w in (320, 640, 1280, 2560) for f in ("avif", "webp")]
    for variant in made.variants:
        with Image.open(variant.path) as shown:
            assert shown.size == (variant.width, variant.height)
            assert shown.format == variant.format.upper()
            assert not shown.info.get("icc_profile")
        assert variant.size == variant.path.stat().st_size
        assert abs(variant.height - variant.width * 2 / 3) <= 1


@pytest.mark.parametrize(
    ("size", "made"),
    [
        ((100, 50), (100,)), ((320, 10), (320,)), ((340, 10), (340,)), ((700, 10), (320, 700)), ((1, 1), (1,)),
        ((1_300, 10), (320, 640, 1_300)), ((2_560, 1), (320, 640, 1280, 2560)), ((1_000, 32_000), (320, 500)),
        ((1, 40_000_000), (1,)),
    ],
)  # fmt: skip
def test_no_variant_is_larger_than_the_original(size: tuple[int, int], made: tuple[int, ...]) -> None:
    assert widths(*size) == made


@pytest.mark.parametrize("name", corpus.good())
async def test_each_format_can_be_read(name: str, tmp_path: Path) -> None:
    made = await pictures.prepare(kept(tmp_path / "a", corpus.good()[name]), tmp_path / "into")
    assert made.animated == name.startswith("moving")
    assert (made.width, made.height) == ((16, 16) if made.animated else corpus.SIDES)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
async def test_each_kind_of_pixels_can_be_read(mode: str, tmp_path: Path) -> None:
    grey = Image.linear_gradient("L")
    image = (
        grey.convert("I").point(lambda value: value * 257).convert(mode)
        if mode == "I;16"
        else grey.convert(mode)
    )
    made = await pictures.prepare(kept(tmp_path / "a", corpus.saved(image, "PNG")), tmp_path / "into")
    with Image.open(made.variants[1].path) as shown:
        assert near(shown.convert("RGB").getpixel((128, 8)), (8, 8, 8), 20)
        assert near(shown.convert("RGB").getpixel((128, 250)), (250, 250, 250), 20)


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, (10, 150)), (2, (390, 150)), (3, (390, 150)), (4, (10, 150)), (5, (150, 10)), (6, (150, 10)), (7, (150, 390)), (8, (150, 390))],
)  # fmt: skip
async def test_photos_are_turned_upright(orientation: int, red_at: tuple[int, int], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = kept(tmp_path / "a", corpus.saved(halves(), "JPEG", exif=exif))
    made = await pictures.prepare(photo, tmp_path / "into")
    assert (made.width, made.height) == ((300, 400) if orientation > 4 else (400, 300))
    with Image.open(made.variants[-1].path) as shown:
        assert shown.size == (made.width, made.height)
        assert near(shown.convert("RGB").getpixel(red_at), RED)


async def test_a_large_photo_that_lies_on_its_side_is_no_smaller(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = kept(tmp_path / "a", corpus.saved(halves((6_000, 3_000)), "JPEG", exif=exif))
    made = await pictures.prepare(photo, tmp_path / "into")
    assert (made.width, made.height) == (3_000, 6_000)
    assert (made.variants[-1].width, made.variants[-1].height) == (2_560, 5_120)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
async def test_nothing_that_a_file_says_of_itself_is_passed_on(format: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 29: "SECRET"})
    more = {
        "PNG": {"pnginfo": corpus.described()},
        "JPEG": {"comment": b"SECRET"},
        "GIF": {"comment": b"SECRET"},
    }
    said = {} if format == "GIF" else {"exif": exif, "xmp": b"<x:xmpmeta>SECRET</x:xmpmeta>"}
    content = corpus.saved(halves(), format, **said, **more.get(format, {}))
    assert b"SECRET" in content
    made = await pictures.prepare(kept(tmp_path / "a", content), tmp_path / "into")
    for served in (*(variant.path.read_bytes() for variant in made.variants), made.placeholder.encode()):
        for word in (b"SECRET", b"Exif", b"EXIF", b"xmpmeta", b"XMP ", b"ICCP", b"application/rdf+xml"):
            assert word not in served, word
    with Image.open(made.variants[0].path) as shown:
        assert not dict(shown.getexif())


async def test_colours_are_brought_to_srgb(tmp_path: Path) -> None:
    """By a profile whose red is green, so that no screen would take one for the other."""
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = srgb.replace(b"rXYZ", b"?XYZ").replace(b"gXYZ", b"rXYZ").replace(b"?XYZ", b"gXYZ")
    turned = turned.replace("sRGB".encode("utf-16-be"), "Mine".encode("utf-16-be"))
    lab = ImageCms.ImageCmsProfile(
        ImageCms.createProfile("LAB", 5_000)
    ).tobytes()  # of other pixels: left alone
    for number, (profile, wanted) in enumerate(
        ((srgb, RED), (turned, (30, 220, 30)), (lab, RED), (b"?", RED))
    ):
        content = corpus.saved(halves(), "PNG", icc_profile=profile)
        made = await pictures.prepare(kept(tmp_path / f"{number}.png", content), tmp_path / str(number))
        with Image.open(made.variants[-1].path) as shown:
            assert near(shown.convert("RGB").getpixel((10, 150)), wanted), number


async def test_a_photo_for_print_is_shown_in_its_colours(tmp_path: Path) -> None:
    photo = kept(tmp_path / "a", corpus.saved(halves().convert("CMYK"), "JPEG"))
    made = await pictures.prepare(photo, tmp_path / "into")
    with Image.open(made.variants[-1].path) as shown:
        assert near(shown.convert("RGB").getpixel((10, 150)), RED, 40)


async def test_what_shows_through_still_does(tmp_path: Path) -> None:
    image = halves().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    made = await pictures.prepare(kept(tmp_path / "a", corpus.saved(image, "PNG")), tmp_path / "into")
    for variant in made.variants:
        with Image.open(variant.path) as shown:
            alpha = shown.convert("RGBA").getchannel("A")
            assert alpha.getpixel((10, 5)) < 20
            assert alpha.getpixel((10, variant.height - 5)) > 235
    image.putalpha(255)
    made = await pictures.prepare(kept(tmp_path / "b", corpus.saved(image, "PNG")), tmp_path / "opaque")
    with Image.open(made.variants[0].path) as shown:
        assert shown.mode == "RGB", "an alpha channel that hides nothing is left out"


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
async def test_animations_keep_moving(format: str, tmp_path: Path) -> None:
    shown = [Image.new("RGB", (900, 300), colour) for colour in (RED, BLUE, RED)]
    content = corpus.saved(
        shown[0], format, save_all=True, append_images=shown[1:], duration=[100, 250, 70], loop=0
    )
    made = await pictures.prepare(kept(tmp_path / "a", content), tmp_path / "into")
    assert made.animated
    assert [(v.width, v.height, v.format) for v in made.variants] == [(640, 213, "webp")]
    with Image.open(made.variants[0].path) as moves:
        assert moves.n_frames == 3
        lasting = []
        for number, colour in enumerate((RED, BLUE, RED)):
            moves.seek(number)
            moves.load()
            assert near(moves.convert("RGB").getpixel((5, 5)), colour)
            lasting.append(moves.info["duration"])
        assert lasting == [100, 250, 70]
        assert moves.info["loop"] == 0
    assert {still.format for still in made.stills} == {"avif", "webp"}
    assert made.stills[-1].width == 900
    with Image.open(made.stills[-1].path) as still:
        assert not getattr(still, "is_animated", False)
        assert near(still.convert("RGB").getpixel((5, 5)), RED)


async def test_the_placeholder_is_tiny_and_looks_alike(tmp_path: Path) -> None:
    for name, image in (
        ("halves", halves()),
        ("noise", corpus.photo((900, 900))),
        ("clear", halves().convert("RGBA")),
    ):
        made = await pictures.prepare(
            kept(tmp_path / name, corpus.saved(image, "PNG")), tmp_path / f"{name}-into"
        )
        assert 0 < len(made.placeholder) <= 400
        start, content = made.placeholder.split(",")
        assert start == "data:image/webp;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as tiny:
            assert max(tiny.size) <= 32
            if name == "halves":
                assert near(tiny.convert("RGB").getpixel((4, 12)), RED, 60)


async def test_forty_million_pixels_are_the_most(tmp_path: Path) -> None:
    most = kept(tmp_path / "a", corpus.saved(Image.new("L", (8_000, 5_000)), "PNG"))
    made = await pictures.prepare(most, tmp_path / "into")
    assert made.width * made.height == pictures.MAX_PIXELS
    more = kept(tmp_path / "b", corpus.saved(Image.new("L", (8_000, 5_001)), "PNG"))
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.prepare(more, tmp_path / "more")
    assert refused.value.reason == "too_many_pixels"
    assert "40 million" in str(refused.value)


async def test_a_photo_of_a_telephone_as_heic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pillow_heif

    held = io.BytesIO()
    pillow_heif.from_pillow(halves()).save(held, quality=80)
    photo = kept(tmp_path / "a", held.getvalue())
    made = await pictures.prepare(photo, tmp_path / "into")
    with Image.open(made.variants[-1].path) as shown:
        assert near(shown.convert("RGB").getpixel((10, 150)), RED)
    monkeypatch.setattr(ordering, "HEIC", False)
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.prepare(photo, tmp_path / "without")
    assert refused.value.reason == "no_heic"


def test_files_are_known_by_their_first_bytes() -> None:
    for name, content in corpus.good().items():
        found = sniff(content[:64])
        assert found is not None
        assert found.kind == "picture"
        assert found.suffix == "." + name.rpartition(".")[2]
    for head, type_ in (
        (b"%PDF-1.7", "application/pdf"), (b"PK\x03\x04", "application/zip"), (b"fLaC", "audio/flac"),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"), (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x00\x00\x00\x20ftypM4A ", "audio/mp4"), (b"OggS" + bytes(24) + b"OpusHead", "audio/ogg"),
        (b"RIFF\x00\x00\x00\x00WAVE", "audio/wav"), (b"ID3\x04", "audio/mpeg"), (b"\xff\xfb\x90\x00", "audio/mpeg"),
        (b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + b"V_VP9", "video/webm"),
        (b"\x1a\x45\xdf\xa3" + b"\x42\x82\x84webm" + b"A_OPUS", "audio/webm"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x1cftypmif1\x00\x00\x00\x00mif1avif", "image/avif"),
    ):  # fmt: skip
        found = sniff(head)
        assert found is not None
        assert found.type == type_
