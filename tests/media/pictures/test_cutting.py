"""Pieces of one shape and size: where they lie, how close, and that nothing of the file comes along."""

import io
from pathlib import Path

import pytest
from PIL import Image

from channel.media.pictures import Cut, prepare

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def striped(
    path: Path, colours: tuple[tuple[int, int, int], ...], *, down: bool = False, **more: object
) -> Path:
    """Stripes of 100 pixels from left to right, or from top to bottom."""
    length = 100 * len(colours)
    image = Image.new("RGB", (100, length) if down else (length, 100))
    for at, colour in enumerate(colours):
        image.paste(
            colour, (0, at * 100, 100, at * 100 + 100) if down else (at * 100, 0, at * 100 + 100, 100)
        )
    image.save(path, "PNG", **more)
    return path


async def colour(source: Path, into: Path, cut: Cut) -> tuple[int, ...]:
    """Of the middle of the piece, in its largest size."""
    made = (await prepare(source, into, cut)).variants[-1]
    with Image.open(made.path) as image:
        assert image.size == cut.sizes[-1]
        return image.convert("RGB").getpixel((image.width // 2, image.height // 2))  # type: ignore[return-value]


def like(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize(("at", "wanted"), [(0, RED), (50, GREEN), (100, BLUE)])
async def test_the_piece_lies_where_it_is_wanted(
    tmp_path: Path, at: int, wanted: tuple[int, int, int], down: bool
) -> None:
    source = striped(tmp_path / "source", (RED, GREEN, BLUE), down=down)
    cut = Cut(((32, 32), (64, 64)), **({"y": at} if down else {"x": at}))
    assert like(await colour(source, tmp_path / "made", cut), wanted)


async def test_closer_is_a_smaller_piece(tmp_path: Path) -> None:
    source = striped(tmp_path / "source", (RED, GREEN, BLUE))
    near = await colour(source, tmp_path / "near", Cut(((64, 64),), x=100, zoom=400))
    assert like(near, BLUE)
    left_of_it = await colour(source, tmp_path / "wide", Cut(((96, 32),), x=100, zoom=100))
    assert like(left_of_it, GREEN), "as wide as the picture, so its middle is the picture's"


async def test_a_whole_one_keeps_what_is_clear_clear(tmp_path: Path) -> None:
    source = striped(tmp_path / "source", (RED, RED))
    made = (await prepare(source, tmp_path / "made", Cut(((64, 64),), whole=True))).variants
    with Image.open(made[0].path) as image:
        assert image.size == (64, 64) and image.mode == "RGBA"
        assert image.getpixel((32, 4))[3] == 0  # type: ignore[index]
        assert like(image.getpixel((32, 32))[:3], RED)  # type: ignore[index]


async def test_nothing_of_the_file_comes_along(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "cnry-in-exif"
    source = striped(tmp_path / "source", (RED,), exif=exif.tobytes())
    for one in (await prepare(source, tmp_path / "made", Cut(((96, 96), (256, 256))))).variants:
        assert b"cnry" not in one.path.read_bytes()
        assert one.format == "webp"


async def test_of_an_animation_the_first_picture_counts(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (50, 50), one) for one in (RED, GREEN)]
    held = io.BytesIO()
    frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=100)
    (tmp_path / "source").write_bytes(held.getvalue())
    prepared = await prepare(tmp_path / "source", tmp_path / "made", Cut(((32, 32),)))
    assert not prepared.animated
    with Image.open(prepared.variants[0].path) as image:
        assert not getattr(image, "is_animated", False)
        assert like(image.convert("RGB").getpixel((5, 5)), RED)  # type: ignore[arg-type]
