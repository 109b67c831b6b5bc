"""Content credentials: read in a child, told in few and harmless words, and nobody asked for them."""

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from channel import members
from channel.errors import NotFound
from channel.media import Desk, Media, actions, credentials, queries
from channel.media.credentials import Credentials, Found, reading, telling
from channel.media.credentials.model import (
    MAX_STEPS,
    MAX_STORE_BYTES,
    MAX_WORD_CHARS,
    cleaned,
    decoded,
    encoded,
)
from channel.media.local import LocalBlobs
from channel.media.moving import Mover
from channel.storage import Database
from tests import cast
from tests.cast import Scene
from tests.media import recordings
from tests.media.sending import desk, photo, prepared, send
from tests.media.signing import (
    CAMERA,
    COMPOSITE,
    ORGANIZATION,
    SIGNER,
    action,
    chain,
    signed,
)

JPEG = photo(format="JPEG")


async def look(folder: Path, content: bytes, type_: str = "image/jpeg", **more: Any) -> Found:
    source, store = folder / "source", folder / "store"
    source.write_bytes(content)
    store.unlink(missing_ok=True)
    return await credentials.read(source, type_, store, **more)


async def said(folder: Path, content: bytes, type_: str = "image/jpeg", **more: Any) -> Credentials:
    return (await look(folder, content, type_, **more)).credentials


async def test_a_signed_picture_says_who_signed_it_and_what_was_done(tmp_path: Path) -> None:
    content, store = signed(JPEG)
    found = await look(tmp_path, content)
    told = found.credentials
    assert (told.state, told.ai) == ("untrusted", "generated")
    assert (told.signer, told.organization, told.made_with) == (SIGNER, ORGANIZATION, "Test Camera 1.0")
    assert [(step.action, step.agent, step.source) for step in told.steps] == [
        ("c2pa.created", "Painter", "trainedAlgorithmicMedia"),
        ("c2pa.color_adjustments", "Darkroom", ""),
    ]
    assert told.steps[0].at == 1_767_323_045_000
    assert found.store is not None
    assert found.store.read_bytes() == store


async def test_who_is_on_the_list_is_known(tmp_path: Path) -> None:
    content, _ = signed(JPEG)
    assert (await said(tmp_path, content, trust=chain().root)).state == "valid"
    assert (await said(tmp_path, content, trust=chain("Somebody", "Else").root)).state == "untrusted"


@pytest.mark.parametrize("format", ["PNG", "WEBP", "AVIF"])
async def test_every_picture_holds_them_in_its_way(tmp_path: Path, format: str) -> None:
    type_ = f"image/{format.lower()}"
    content, store = signed(photo(format=format), type_)
    found = await look(tmp_path, content, type_)
    assert found.credentials.state == "untrusted"
    assert found.store is not None
    assert found.store.read_bytes() == store


@pytest.mark.parametrize("type_", ["video/mp4", "audio/mp4", "audio/wav", "audio/mpeg"])
async def test_sounds_and_films_too(tmp_path: Path, type_: str) -> None:
    made = {
        "video/mp4": lambda: recordings.film(tmp_path / "a.mp4", "320x240", 1),
        "audio/mp4": lambda: recordings.tone(tmp_path / "a.m4a", 1, "-c:a", "aac"),
        "audio/wav": lambda: recordings.tone(tmp_path / "a.wav", 1),
        "audio/mpeg": lambda: recordings.tone(tmp_path / "a.mp3", 1),
    }[type_]()
    content, store = signed(made.read_bytes(), type_)
    found = await look(tmp_path, content, type_, long=True)
    assert (found.credentials.state, found.credentials.signer) == ("untrusted", SIGNER)
    if type_ == "audio/mpeg":
        assert found.store is None, "in a tag that is not taken apart here"
    else:
        assert found.store is not None
        assert found.store.read_bytes() == store


async def test_what_was_changed_afterwards_names_nobody(tmp_path: Path) -> None:
    content, _ = signed(JPEG)
    changed = bytearray(content)
    changed[-40] ^= 1
    found = await look(tmp_path, bytes(changed))
    assert found.credentials == Credentials("invalid", "generated")
    assert found.store is None


async def test_of_what_was_cut_off_nothing_is_believed(tmp_path: Path) -> None:
    content, store = signed(JPEG)
    for size in (len(content) // 3, content.index(b"c2pa") + 8, content.index(store[:30]) + len(store) // 2):
        assert await said(tmp_path, content[:size]) == Credentials("invalid")


async def test_most_files_have_none_and_start_no_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(*given: Any, **more: Any) -> Any:
        raise AssertionError("a child was started")

    monkeypatch.setattr(reading, "run", none)
    assert await said(tmp_path, JPEG) == Credentials("none")
    assert await said(tmp_path, b"c2p" + JPEG + b"provenanc") == Credentials("none")
    with pytest.raises(AssertionError):
        await said(tmp_path, b"x" * (reading.PIECE_BYTES - 2) + b"c2pa")


async def test_the_word_alone_is_no_credential(tmp_path: Path) -> None:
    assert await said(tmp_path, JPEG + b"provenance") == Credentials("none")


async def test_what_lies_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    """Neither by name nor by address: the child has no socket to ask with."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for host in ("127.0.0.1", "localhost"):
            address = f"http://{host}:{server.getsockname()[1]}/a.c2pa"
            content, _ = signed(JPEG, remote=address)
            assert address.encode() in content
            assert await said(tmp_path, content) == Credentials("elsewhere")
        with pytest.raises(TimeoutError):
            server.accept()


async def test_the_child_cannot_open_a_socket_or_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes over the library is where it was: told by a library that tries."""
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "c2pa.py").write_text(
        "import json, os, socket\n"
        "tried = []\n"
        "def attempt(what):\n"
        "    try:\n"
        "        what(); tried.append('open')\n"
        "    except OSError:\n"
        "        tried.append('shut')\n"
        "class Context:\n"
        "    from_dict = staticmethod(lambda told: None)\n"
        "class Reader:\n"
        "    def __init__(self, *given, **more): pass\n"
        "    def json(self):\n"
        "        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))\n"
        "        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))\n"
        "        attempt(lambda: open('/etc/passwd'))\n"
        "        return json.dumps({'active_manifest': 'a', 'validation_state': 'Valid', 'manifests': {'a': {\n"
        "            'signature_info': {'common_name': ' '.join(tried)}}}})\n"
    )
    child = tmp_path / "child.py"
    child.write_text(
        f"import sys, runpy\nsys.path.insert(0, {str(fake)!r})\nrunpy.run_path({str(reading.CHILD)!r}, run_name='__main__')\n"
    )
    monkeypatch.setattr(reading, "CHILD", child)
    told = await said(tmp_path, b"c2pa")
    assert told.signer == "shut shut shut"


@pytest.mark.parametrize("answer", [b"", b"{", b"[]", b'{"state":"best"}', b'{"state":"valid","steps":7}'])
async def test_nothing_of_a_child_is_believed(
    tmp_path: Path, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    child.write_text(f"import sys\nsys.stdout.buffer.write({answer!r})\n")
    monkeypatch.setattr(reading, "CHILD", child)
    assert await said(tmp_path, b"c2pa") == Credentials("not_checked")


async def test_a_child_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(reading, "CHILD", child)
    monkeypatch.setattr(reading, "LIMITS", replace(reading.LIMITS, seconds=1))
    assert await said(tmp_path, b"c2pa") == Credentials("not_checked")


async def test_without_the_library_nothing_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AVAILABLE", False)
    content, _ = signed(JPEG)
    assert await look(tmp_path, content) == Found(Credentials("not_checked"))


async def test_hostile_words_are_plain_and_short(tmp_path: Path) -> None:
    bad = "<script>alert(1)</script>\u202e\x07\u200b\n\r" + "A" * 1_000
    many = [action("edited", softwareAgent={"name": bad}, when=bad) for _ in range(150)]
    content, _ = signed(
        JPEG, actions=[*CAMERA, *many], made_with=bad, by=chain("Eve\u202e<b>", "Evil\u2066 & Sons")
    )
    told = await said(tmp_path, content)
    assert told.state == "untrusted"
    assert len(told.steps) == MAX_STEPS
    assert (told.signer, told.organization) == ("Eve<b>", "Evil & Sons")
    for text in (told.made_with, *(step.agent for step in told.steps)):
        assert len(text) <= MAX_WORD_CHARS
        assert text.startswith("<script>alert(1)</script> AAA") and text.isprintable()
    assert all(step.at is None for step in told.steps)


async def test_huge_credentials_are_told_of_and_not_kept(tmp_path: Path) -> None:
    content, store = signed(JPEG, thumbnail=b"\xff\xd8\xff" + b"x" * MAX_STORE_BYTES)
    assert len(store) > MAX_STORE_BYTES
    found = await look(tmp_path, content)
    assert (found.credentials.state, found.store) == ("untrusted", None)


async def test_how_ai_was_used_is_told_of_the_whole_history(tmp_path: Path) -> None:
    painted, _ = signed(JPEG)
    taken, _ = signed(JPEG, actions=CAMERA)
    opened = action("opened", parameters={"ingredientIds": ["parentOf"]})
    placed = action("placed", parameters={"ingredientIds": ["componentOf"]})
    cropped, _ = signed(JPEG, actions=[opened, action("cropped")], parent=painted)
    with_part, _ = signed(JPEG, actions=[*CAMERA, placed], part=painted)
    composite, _ = signed(JPEG, actions=[action("created", digitalSourceType=COMPOSITE)])
    for content, use in (
        (taken, "none"),
        (painted, "generated"),
        (cropped, "generated"),
        (with_part, "assisted"),
        (composite, "assisted"),
    ):
        assert (await said(tmp_path, content)).ai == use
    told = await said(tmp_path, cropped)
    assert [step.action for step in told.steps][:1] == ["c2pa.created"], "from the first version on"
    assert [step.action for step in told.steps][-1:] == ["c2pa.cropped"]
    assert (await said(tmp_path, with_part)).ingredients == 1


@pytest.mark.parametrize(
    "store",
    [
        None, [], {}, {"active_manifest": "a"}, {"active_manifest": ["a"], "manifests": {"a": {}}},
        {"active_manifest": "a", "manifests": []}, {"active_manifest": "a", "manifests": {"b": {}}},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_invalid(store: Any) -> None:
    assert telling.told(store).state == "invalid"


def test_wrong_kinds_of_everything_break_nothing() -> None:
    for value in (None, 7, "x", [], [[]], {}, {"a": 1}, [None], [{"label": 3}]):
        one = dict.fromkeys(("ingredients", "assertions", "signature_info", "claim_generator_info"), value)
        told = telling.told({"active_manifest": "a", "manifests": {"a": one}, "validation_state": value})
        assert told.state == "invalid"
        deep = {"assertions": [{"label": "c2pa.actions", "data": {"actions": value}}], "ingredients": [value]}
        assert telling.told({"active_manifest": "a", "manifests": {"a": deep}, "validation_state": "Valid"})


def test_versions_that_name_each_other_end() -> None:
    manifests = {
        name: {"ingredients": [{"relationship": "parentOf", "active_manifest": other}]}
        for name, other in (("a", "b"), ("b", "a"))
    }
    assert telling.told({"active_manifest": "a", "manifests": manifests, "validation_state": "Valid"}).state


def test_what_is_stored_comes_back_and_stays_clean() -> None:
    one = cleaned(Credentials("valid", "assisted", "A", "B", 5, "C", (), 2))
    assert decoded(encoded(one)) == one
    lied = json.dumps(
        {"state": "untrusted", "signer": "\u202ex" * 500, "signed_at": 10**15, "ingredients": -4}
    )
    told = decoded(lied)
    assert (len(told.signer), told.signed_at, told.ingredients) == (MAX_WORD_CHARS, None, 0)
    assert decoded('{"state": "none", "signer": "Eve"}') == Credentials("none")


@pytest.fixture
def here(db: Database, tmp_path: Path) -> Desk:
    return desk(db, tmp_path)


@pytest.fixture
async def scene(db: Database) -> Scene:
    return await cast.creator(db)


async def taken(
    db: Database, here: Desk, scene: Scene, folder: Path, content: bytes, name: str = "a.jpg"
) -> Media:
    one = await send(here, scene, content, name=name)
    await prepared(db, here, folder, one)
    async with db.read() as tx:
        return await queries.one(tx, one.id)


async def test_what_is_sent_is_read_and_kept(db: Database, here: Desk, scene: Scene, tmp_path: Path) -> None:
    content, store = signed(JPEG)
    one = await taken(db, here, scene, tmp_path, content)
    assert (one.state, one.credentials_state, one.keep_credentials) == ("ready", "untrusted", False)
    assert one.proof is not None
    assert (one.proof.said.signer, one.proof.size) == (SIGNER, len(store))
    assert b"".join([piece async for piece in here.blobs.read(one.proof.sha256, 0, len(store))]) == store
    async with db.read() as tx:
        assert await queries.wanted(tx, [one.proof.sha256, one.sha256]) == {one.proof.sha256, one.sha256}
    for made in one.variants:
        shown = b"".join([piece async for piece in here.blobs.read(made.sha256, 0, made.size)])
        assert b"c2pa" not in shown and SIGNER.encode() not in shown


async def test_none_and_not_checked_are_two_things(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = await taken(db, here, scene, tmp_path, JPEG)
    assert (one.credentials_state, one.proof) == ("none", None)
    monkeypatch.setattr(reading, "AVAILABLE", False)
    one = await taken(db, here, scene, tmp_path, signed(JPEG)[0])
    assert (one.state, one.credentials_state, one.proof) == ("ready", "not_checked", None)


async def test_a_film_without_ffmpeg_is_read_all_the_same(
    db: Database, here: Desk, scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = recordings.film(tmp_path / "a.mp4", "320x240", 1).read_bytes()
    monkeypatch.setattr("channel.media.children.converting.ffmpeg", lambda: None)
    one = await taken(db, here, scene, tmp_path, signed(film, "video/mp4")[0], "a.mp4")
    assert (one.as_sent, one.credentials_state) == (True, "untrusted")


async def test_an_original_that_is_given_up_is_needed_by_nothing(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await taken(db, here, scene, tmp_path, signed(JPEG)[0])
    async with db.write() as tx:
        by = await members.entitlement(tx, scene.community, scene.owner.id)
        before = await queries.used_bytes(tx, scene.community.id)
        one = await actions.forget_original(tx, by, one)
        assert one.original_gone
        assert await queries.used_bytes(tx, scene.community.id) == before - one.size
        assert one.proof is not None
        assert await queries.wanted(tx, [one.sha256, one.proof.sha256]) == {one.proof.sha256}


async def test_they_move_with_the_medium_and_a_given_up_original_stays(
    db: Database, here: Desk, scene: Scene, tmp_path: Path
) -> None:
    one = await taken(db, here, scene, tmp_path, signed(JPEG)[0])
    async with db.write() as tx:
        await actions.forget_original(tx, await scene.by(tx, scene.owner), one)
    far = LocalBlobs(tmp_path / "far")
    await Mover(db, here.blobs, far, tmp_path / "scratch").move(scene.community.id, lambda done, of: None)
    assert one.proof is not None
    assert await far.size(one.proof.sha256) == one.proof.size
    with pytest.raises(NotFound):
        await far.size(one.sha256)
