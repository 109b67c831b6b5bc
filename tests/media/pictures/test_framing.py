"""A frame leaves only its piece: no pixel of the rest is in any size, however the file lies and whatever it is."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from channel.media.pictures import Frame, Prepared, prepare

RED, BLUE = (255, 0, 0), (0, 0, 255)
SIDEWAYS = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270,
            2: Image.Transpose.FLIP_LEFT_RIGHT, 5: Image.Transpose.TRANSPOSE, 7: Image.Transpose.TRANSVERSE,
            4: Image.Transpose.FLIP_TOP_BOTTOM}  # fmt: skip


def patch() -> Image.Image:
    """Red, with a blue piece: upright it lies between a quarter and a half across, the half and three quarters down."""
    image = Image.new("RGB", (400, 800), RED)
    image.paste(BLUE, (100, 400, 200, 600))
    return image


PIECE = Frame(2_500, 5_000, 2_500, 2_500)


def stored(image: Image.Image, orientation: int, format: str = "PNG") -> bytes:
    """As a camera writes it that was held so."""
    turn = SIDEWAYS[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    held = io.BytesIO()
    (image.transpose(turn) if turn is not None else image).save(held, format, exif=exif.tobytes())
    return held.getvalue()


async def made(folder: Path, content: bytes, frame: Frame) -> Prepared:
    (folder / "source").write_bytes(content)
    return await prepare(folder / "source", folder / "made", frame=frame)


def reddest(image: Image.Image) -> int:
    return max(image.convert("RGB").getchannel("R").tobytes())


def tiny(found: Prepared) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(found.placeholder.partition(",")[2])))


@pytest.mark.parametrize("orientation", SIDEWAYS)
async def test_nothing_of_the_rest_is_in_any_size_nor_in_the_placeholder(
    tmp_path: Path, orientation: int
) -> None:
    found = await made(tmp_path, stored(patch(), orientation), PIECE)
    assert (found.width, found.height) == (100, 200)
    assert len(found.variants) == 2
    for one in found.variants:
        with Image.open(one.path) as image:
            assert image.size == (100, 200)
            assert reddest(image) < 40, one.path.name
    assert reddest(tiny(found)) < 60


@pytest.mark.parametrize(
    ("turn", "piece", "size"),
    [(90, Frame(2_500, 2_500, 2_500, 2_500, 90), (200, 100)),
     (180, Frame(5_000, 2_500, 2_500, 2_500, 180), (100, 200)),
     (270, Frame(5_000, 5_000, 2_500, 2_500, 270), (200, 100))],
)  # fmt: skip
@pytest.mark.parametrize("orientation", [1, 6])
async def test_it_is_turned_first(
    tmp_path: Path, turn: int, piece: Frame, size: tuple[int, int], orientation: int
) -> None:
    found = await made(tmp_path, stored(patch(), orientation), piece)
    assert (found.width, found.height) == size
    with Image.open(found.variants[0].path) as image:
        assert image.size == size
        assert reddest(image) < 40


async def test_turned_only_all_of_it_is_there(tmp_path: Path) -> None:
    found = await made(tmp_path, stored(patch(), 1), Frame(turn=90))
    assert (found.width, found.height) == (800, 400)


async def test_a_photo_is_not_made_smaller_before_it_is_cut(tmp_path: Path) -> None:
    """A JPEG can be decoded at a half: what lies at the edge would be mixed with its neighbours."""
    image = Image.new("RGB", (4_000, 3_000), RED)
    image.paste(BLUE, (1_000, 750, 2_000, 1_500))
    found = await made(tmp_path, stored(image, 1, "JPEG"), Frame(2_500, 2_500, 2_500, 2_500))
    assert (found.width, found.height) == (1_000, 750)
    with Image.open(found.variants[-1].path) as shown:
        assert shown.width == 1_000
        assert reddest(shown.crop((8, 8, shown.width - 8, shown.height - 8))) < 40


async def test_half_a_pixel_is_left_out(tmp_path: Path) -> None:
    image = Image.new("RGB", (10, 10), RED)
    image.paste(BLUE, (3, 3, 7, 7))
    found = await made(tmp_path, stored(image, 1), Frame(2_501, 2_501, 4_998, 4_998))
    assert (found.width, found.height) == (4, 4)
    with Image.open(found.variants[0].path) as shown:
        assert reddest(shown) < 60


async def test_every_picture_of_an_animation_is_cut(tmp_path: Path) -> None:
    frames = [patch(), patch()]
    frames[1].paste((0, 255, 0), (100, 400, 200, 600))
    held = io.BytesIO()
    frames[0].save(held, "GIF", save_all=True, append_images=frames[1:], duration=100)
    found = await made(tmp_path, held.getvalue(), PIECE)
    assert found.animated and (found.width, found.height) == (100, 200)
    for one in (*found.variants, *found.stills):
        with Image.open(one.path) as image:
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                assert image.size == (100, 200)
                assert reddest(image) < 60
