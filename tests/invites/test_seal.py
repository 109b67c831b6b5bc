"""The key of the installation, what it seals, and the picture of a link."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree

import pytest

from channel.errors import Unavailable
from channel.invites import Seal, qr
from channel.invites.model import new_code
from channel.secret import KEY_FILE, secret_key


def test_what_is_sealed_opens_for_its_own_invite_and_key_alone() -> None:
    seal, code = Seal(b"k" * 32), new_code()
    closed = seal.close(code, "invite")
    assert code not in closed
    assert closed != seal.close(code, "invite")
    assert seal.open(closed, "invite") == code
    assert seal.open(closed, "other") is None
    assert Seal(b"j" * 32).open(closed, "invite") is None


def test_codes_carry_more_than_128_bit() -> None:
    codes = {new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert 62 ** min(map(len, codes)) > 2**128


def test_the_key_is_made_once_for_this_user_alone(tmp_path: Path) -> None:
    key = secret_key(tmp_path)
    assert len(key) == 32
    assert secret_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: secret_key(tmp_path), range(8)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(Unavailable, match="damaged"):
        secret_key(tmp_path)
    assert (tmp_path / KEY_FILE).read_bytes() == b"short"


def test_a_folder_that_is_not_there_is_said_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written"):
        secret_key(tmp_path / "nowhere")


def test_the_picture_has_no_inline_style_and_no_script() -> None:
    drawn = qr.svg("https://channel.example/join/" + new_code())
    root = ElementTree.fromstring(drawn)
    assert root.get("viewBox")
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in {"svg", "path"}
        assert not {"style", "class", "onload"} & element.attrib.keys()
