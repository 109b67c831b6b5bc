"""Handing out what posts carry: ranges, tags, headers, who may have it and until when."""

from pathlib import Path

import pytest
from sqlalchemy import update

from channel import posts
from channel.accounts import Account, tokens
from channel.media import Media
from channel.media.preparing import INFECTED, WAITING
from channel.media.tables import media as media_table
from channel.posts import Draft
from channel.posts.model import Post
from channel.posts.tables import posts as post_table
from tests.media import papers
from tests.media.sending import photo, prepared, send
from tests.posts import writing
from tests.web.conftest import Site

ZIP = b"PK\x03\x04" + bytes(range(256)) * 40


async def carried(
    site: Site, content: bytes = ZIP, *, name: str = "Töne.zip", **more: object
) -> tuple[Media, Post]:
    """A file of Anna's and the post that carries it, to begin with for everybody."""
    one = await send(site.app.state.services.media, site.anna, content, name=name, alt="What it shows")
    if one.kind == "picture":
        await prepared(site.db, site.app.state.services.media, site.settings.data, one)
    post = await writing.post(site.anna, "Look", media=[one.id], **more)
    return one, post


async def test_a_file_of_a_public_post(site: Site) -> None:
    one, _ = await carried(site)
    got = await site.stranger().get(f"/media/{one.id}/file")
    headers = got.answer.headers
    assert (got.status, got.answer.content) == (200, ZIP)
    assert headers["content-type"] == "application/zip"
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''T%C3%B6ne.zip"
    assert headers["cache-control"] == "private, max-age=31536000, immutable"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["x-content-type-options"] == "nosniff"
    head = await site.stranger().head(f"/media/{one.id}/file")
    assert (head.answer.content, head.answer.headers["content-length"]) == (b"", str(len(ZIP)))
    again = await site.stranger().get(f"/media/{one.id}/file", **{"if-none-match": headers["etag"]})
    assert again.status == 304


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-7", 206, slice(len(ZIP) - 7, None)),
        (f"bytes=-{len(ZIP) * 2}", 200, slice(None)),
        (f"bytes=5-{len(ZIP) * 2}", 206, slice(5, None)),
        (f"bytes={len(ZIP)}-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-3", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=x-9", 200, slice(None)),
        ("lines=0-9", 200, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(1_000)), 200, slice(None)),
    ],
)
async def test_ranges(site: Site, asked: str, status: int, part: slice | None) -> None:
    one, _ = await carried(site)
    got = await site.stranger().get(f"/media/{one.id}/file", range=asked)
    assert got.status == status
    assert got.answer.content == (b"" if part is None else ZIP[part])
    if status == 206:
        first = part.indices(len(ZIP))[0]  # type: ignore[union-attr]
        assert (
            got.answer.headers["content-range"]
            == f"bytes {first}-{first + len(got.answer.content) - 1}/{len(ZIP)}"
        )


async def test_a_part_of_another_version_is_no_use(site: Site) -> None:
    one, _ = await carried(site)
    etag = f'"{one.sha256[:32]}"'
    for condition, status in (
        (etag, 206),
        ('"other"', 200),
        (f"W/{etag}", 200),
        ("Thu, 01 Jan 2026 00:00:00 GMT", 200),
    ):
        got = await site.stranger().get(f"/media/{one.id}/file", range="bytes=0-3", **{"if-range": condition})
        assert got.status == status, condition


async def test_pictures_come_in_sizes_and_never_as_they_were_sent(site: Site) -> None:
    one, _ = await carried(site, photo(900, 600), name="a.png")
    got = await site.stranger().get(f"/media/{one.id}/320.webp")
    assert (got.status, got.answer.headers["content-type"]) == (200, "image/webp")
    assert got.answer.headers["content-disposition"].startswith("inline")
    for name in ("file", "900.png", "321.webp", "320.jpg", "0320.webp", "original"):
        assert (await site.stranger().get(f"/media/{one.id}/{name}")).status == 404, name
    page = await site.stranger().get("/@anna/news")
    assert f'srcset="/media/{one.id}/320.avif 320w' in page
    assert 'width="900" height="600" alt="What it shows"' in page
    assert f'href="/media/{one.id}/900.webp"' in page


async def test_a_paid_one_is_for_those_who_read_the_post(site: Site) -> None:
    gold = await site.anna.tier("Gold", 10)
    fan, free = await site.anna.member("fan", tier=gold), await site.anna.member("free")
    one, post = await carried(site, min_rank=10)
    address = f"/media/{one.id}/file"
    got = await (await site.browser(fan)).get(address)
    assert (got.status, got.answer.headers["cache-control"]) == (200, "private, no-store")
    refused = await site.browser(free)
    for method in (refused.get, site.stranger().get):
        assert (await method(address)).status == 404
        assert (await method(address, range="bytes=0-3")).status == 404
    page = await refused.get(f"/@anna/news/{post.seq}")
    assert one.id not in page and "Töne" not in page and "What it shows" not in page
    async with site.db.write() as tx:
        await tx.run(update(post_table).where(post_table.c.id == post.id).values(min_rank=None))
    assert (await refused.get(address)).status == 200
    assert (await site.stranger().get(address)).answer.headers["cache-control"].startswith("private, max-age")


async def test_a_document_is_a_card_with_its_first_page_for_who_may_read_it(
    site: Site, tmp_path: Path
) -> None:
    desk = site.app.state.services.media
    await site.anna.tier("Gold", 10)
    one = await send(desk, site.anna, papers.paper(12), name="Glazes & more.pdf")
    await prepared(site.db, desk, tmp_path, one)
    post = await writing.post(site.anna, "", min_rank=10, media=[one.id])
    address = f"/@anna/news/{post.seq}"
    anna, bob = await site.browser(site.anna.owner), site.stranger()
    shown = await anna.get(address)
    assert "Glazes & more.pdf" in shown and "PDF · 12 pages · " in shown
    assert f'href="/media/{one.id}/file" download=' in shown.text
    assert f"/media/{one.id}/320.avif 320w" in shown
    assert "PDF · 12 Seiten · " in await (await site.browser(site.anna.owner, "de")).get(address)
    page = await anna.get(f"/media/{one.id}/320.webp")
    assert (page.status, page.answer.headers["content-type"]) == (200, "image/webp")
    whole = await anna.get(f"/media/{one.id}/file")
    assert whole.answer.headers["content-disposition"].startswith("attachment;")
    locked = await bob.get(address)
    assert one.id not in locked and "Glazes" not in locked and "12 pages" not in locked
    for name in ("file", "320.webp", "320.avif", "1200.webp"):
        assert (await bob.get(f"/media/{one.id}/{name}")).status == 404


async def test_what_the_scanner_refused_is_nobodys_and_its_sender_reads_why(site: Site) -> None:
    one, post = await carried(site, papers.paper(), name="evil.pdf")
    anna = await site.browser(site.anna.owner, "de")
    assert (await anna.get(f"/media/{one.id}/file")).status == 200, "the premise"
    for state, problem, told in (
        ("refused", INFECTED, "in dieser Datei etwas gefunden"),
        ("processing", WAITING, "Das wartet auf den Virenscanner"),
    ):
        async with site.db.write() as tx:
            values = {"state": state, "problem": problem}
            await tx.run(update(media_table).where(media_table.c.id == one.id).values(**values))
        for browser in (anna, site.stranger()):
            assert (await browser.get(f"/media/{one.id}/file")).status == 404
            assert "evil.pdf" not in await browser.get(f"/@anna/news/{post.seq}")
        page = await anna.get(f"/studio/anna/library/{one.id}")
        assert told in page and f"/media/{one.id}/file" not in page
        assert (await anna.get("/studio/anna/library")).status == 200
    assert "Abgelehnt" not in await anna.get("/studio/anna/library")


async def test_what_nobody_has_posted_is_its_senders(site: Site) -> None:
    one = await send(site.app.state.services.media, site.anna, ZIP)
    assert (await site.stranger().get(f"/media/{one.id}/file")).status == 404
    assert (await (await site.browser(site.anna.owner)).get(f"/media/{one.id}/file")).status == 200


async def test_deleting_the_post_ends_it_at_once(site: Site) -> None:
    one, post = await carried(site)
    async with site.db.write() as tx:
        await posts.delete(tx, await site.anna.by(tx, site.anna.owner), post)
    for browser in (site.stranger(), await site.browser(site.anna.owner)):
        assert (await browser.get(f"/media/{one.id}/file")).status == 404


async def test_taking_it_out_of_the_post_ends_it(site: Site) -> None:
    one, post = await carried(site)
    await writing.change(site.anna, post, "Look", media=[])
    assert (await site.stranger().get(f"/media/{one.id}/file")).status == 404


@pytest.mark.parametrize(
    "path",
    ["../../channel.db", "..%2f..%2fchannel.db", "%2e%2e/secret.key", "%252e%252e/secret.key", "file%00", "file/..",
     "\\..\\secret.key", "/etc/passwd", ".git", ".env", "channel.db-wal", ""],
)  # fmt: skip
async def test_addresses_lead_to_nothing_else(site: Site, path: str) -> None:
    one, _ = await carried(site)
    for start in (f"/media/{one.id}/", "/media/", "/media/uploads/"):
        got = await site.stranger().get(start + path)
        assert got.status in (404, 307) and b"SQLite" not in got.answer.content


async def test_a_page_that_was_sent_is_only_ever_saved(site: Site) -> None:
    for content in (
        b"<svg onload=alert(1)>",
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?>",
    ):
        one, _ = await carried(site, content, name="a.html")
        headers = (await site.stranger().get(f"/media/{one.id}/file")).answer.headers
        assert headers["content-type"] == "application/octet-stream"
        assert headers["content-disposition"].startswith("attachment")


async def test_a_sensitive_picture_is_covered(site: Site) -> None:
    from channel.media import actions, queries

    one, post = await carried(site, photo(), name="a.png")
    async with site.db.write() as tx:
        by = await site.anna.by(tx, site.anna.owner)
        await actions.describe(tx, by, await queries.one(tx, one.id), sensitive=True)
    page = await site.stranger().get(f"/@anna/news/{post.seq}")
    assert '<details class="veil">' in page


def test_a_post_needs_words_or_something_to_show() -> None:
    assert Draft.parse("", media=["00000000-0000-7000-8000-000000000000"]).text == ""
    with pytest.raises(Exception, match="Write something"):
        Draft.parse("", media=[])


async def bearer(site: Site, account: Account, scope: str = "read") -> dict[str, str]:
    """What a program of theirs sends along."""
    async with site.db.write() as tx:
        _, secret = await tokens.create_token(tx, account.id, name="t", scopes=[scope], days=None)
    return {"authorization": f"Bearer {secret}"}


async def test_a_program_is_handed_what_its_account_may_have(site: Site) -> None:
    """The API tells it these addresses, and it has no cookie."""
    gold = await site.anna.tier("Gold", 10)
    fan, free = await site.anna.member("fan", tier=gold), await site.anna.member("free")
    one, _ = await carried(site, min_rank=10)
    address, program = f"/media/{one.id}/file", site.stranger()
    got = await program.get(address, **await bearer(site, fan))
    assert (got.status, got.answer.content) == (200, ZIP)
    assert got.answer.headers["vary"] == "authorization, cookie"
    assert (await program.get(address, **await bearer(site, free))).status == 404
    assert (await program.get(address, authorization="Bearer ch_unknown")).status == 404
    assert (await program.get(address, **await bearer(site, fan, "members"))).status == 403
    cookie = await site.browser(fan)
    assert (await cookie.get(address, **await bearer(site, free))).status == 404, "the token says who asks"


async def test_a_token_opens_no_page(site: Site) -> None:
    """With one that may only read, a program could make itself a better one there."""
    program, told = site.stranger(), await bearer(site, site.anna.owner, "manage")
    assert (await program.get("/account", **told)).location.startswith("/sign-in")
