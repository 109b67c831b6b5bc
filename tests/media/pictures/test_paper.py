"""The first page of a PDF, whatever PDF it is: a picture of it or none, and the server notices little of it."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from channel.media import pictures
from channel.media.pictures import ordering
from tests.media import papers, peak
from tests.media.left import children

MOST_GROWN_BYTES = 64 * 1024 * 1024
HARMLESS = (
    "a hundred thousand pages", "a page a million long", "a page a million wide", "a script", "a script of the page",
    "a program", "a file from elsewhere",
)  # fmt: skip


def put(folder: Path, content: bytes, name: str = "a") -> Path:
    path = folder / f"{name}.pdf"
    path.write_bytes(content)
    return path


async def test_the_first_page_becomes_a_picture_in_every_width(tmp_path: Path) -> None:
    made = await pictures.first_page(put(tmp_path, papers.paper(12)), tmp_path / "made")
    assert (made.pages, made.width, made.height, made.animated) == (12, 1200, 1600, False)
    assert {(one.width, one.format) for one in made.variants} == {
        (width, format) for width in (320, 640, 1200) for format in ("avif", "webp")
    }
    assert made.placeholder.startswith("data:image/webp;base64,")
    (largest,) = (one for one in made.variants if one.width == 1200 and one.format == "webp")
    page = Image.open(largest.path).convert("RGB")
    left, lower = page.getpixel((10, 1200)), page.getpixel((10, 10))
    assert isinstance(left, tuple) and left[0] > 200 and left[1] < 60, "what is drawn is seen"
    assert isinstance(lower, tuple) and min(lower) > 240, "paper is white"
    red = page.getchannel("R").histogram()
    assert sum(red[:60]) > 500, "letters are drawn, though no font of the system can be opened any more"


async def test_what_is_a_picture_is_no_paper_and_the_other_way_round(tmp_path: Path) -> None:
    photo = io.BytesIO()
    Image.new("RGB", (8, 8)).save(photo, "PNG")
    for content, way in ((photo.getvalue(), pictures.first_page), (papers.paper(), pictures.prepare)):
        with pytest.raises(pictures.Unreadable) as refused:
            await way(put(tmp_path, content), tmp_path / "made")
        assert refused.value.reason == "not_a_picture"


async def test_without_the_extra_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "PDF", False)
    with pytest.raises(pictures.Unreadable) as refused:
        await pictures.first_page(put(tmp_path, papers.paper()), tmp_path / "made")
    assert refused.value.reason == "no_pdf"


async def test_hostile_ones_are_drawn_or_refused_within_bounds(tmp_path: Path) -> None:
    before, grown_from = children(), peak.anew()
    became: dict[str, pictures.Prepared | str] = {}
    turn = asyncio.Semaphore(4)

    async def one(number: int, name: str, content: bytes) -> None:
        async with turn:
            source = await asyncio.to_thread(put, tmp_path, content, str(number))
            try:
                became[name] = await pictures.first_page(source, tmp_path / f"made-{number}")
            except pictures.Unreadable as refused:
                became[name] = refused.reason
                assert not (tmp_path / f"made-{number}").exists(), "a refused one leaves something"

    made = await asyncio.to_thread(lambda: [*papers.hostile()])
    grown_from = peak.anew()
    async with asyncio.TaskGroup() as group:
        for number, (name, content) in enumerate(made):
            group.create_task(one(number, name, content))

    assert peak.bytes_now() - grown_from <= MOST_GROWN_BYTES
    assert children() <= before
    assert len(became) == len(made)
    assert [name for name in HARMLESS if isinstance(became[name], str)] == []
    assert became["with a password"] == became["no pages"] == became["noise"] == "broken"
    many = became["a hundred thousand pages"]
    assert isinstance(many, pictures.Prepared) and many.pages == 100_000
    for page in became.values():
        if isinstance(page, pictures.Prepared):
            assert page.width <= 1280 and page.height <= 2000
