"""Sound and video that ffmpeg makes up for tests, and such as mean harm."""

import shutil
import struct
import subprocess
from pathlib import Path

from channel.media.children import ffmpeg

TONE = "sine=440:duration={s},volume='if(lt(t,{half}),0.1,0.8)':eval=frame"  # quiet, then loud
STRIPES = "testsrc2=size={size}:rate=30:duration={s}"


def made(path: Path, *arguments: str) -> Path:
    program = ffmpeg()
    assert program is not None
    subprocess.run([program, "-v", "error", "-nostdin", "-y", *arguments, str(path)], check=True)
    return path


def tone(path: Path, seconds: float = 4, *how: str) -> Path:
    asked = TONE.format(s=seconds, half=seconds / 2)
    return made(
        path,
        "-f",
        "lavfi",
        "-i",
        asked,
        "-metadata",
        "title=SECRET",
        "-metadata",
        "location=+52.5+13.4/",
        *how,
    )


def film(path: Path, size: str = "1280x720", seconds: float = 4, *how: str, sound: bool = True) -> Path:
    asked = ["-f", "lavfi", "-i", STRIPES.format(size=size, s=seconds)]
    if sound:
        asked += ["-f", "lavfi", "-i", f"sine=440:duration={seconds}"]
    return made(
        path, *asked, "-pix_fmt", "yuv420p", "-metadata", "title=SECRET", "-metadata", "comment=SECRET", *how
    )


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind + content


def naming(movie: bytes, address: bytes) -> bytes:
    """`movie` (MP4) whose tracks say that their samples are at `address`."""
    reference = box(b"url ", b"\x00\x00\x00\x00" + address + b"\x00")
    own = movie.replace(b"\x00\x00\x00\x0curl \x00\x00\x00\x01", reference)
    assert own != movie
    return own


def harmful(folder: Path) -> list[Path]:
    """Playlists and lists that name files and addresses, films that do, heads that lie, what is cut off."""
    whole = film(folder / "whole.mp4", "320x240", 2)
    voice = tone(folder / "whole.mp3", 2)
    ogg = tone(folder / "whole.ogg", 2, "-c:a", "libopus")
    movie, sound = whole.read_bytes(), voice.read_bytes()
    playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{}\n#EXT-X-ENDLIST\n"
    contents: dict[str, bytes] = {
        "file.m3u8": playlist.format("file:///etc/passwd").encode(),
        "playlist.mp4": playlist.format("file:///etc/passwd").encode(),
        "address.mp4": playlist.format("http://127.0.0.1:9/a.ts").encode(),
        "concat.mp4": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        "subfile.mp4": playlist.format("concat:file:///etc/passwd|subfile,,start,0,end,9,,:/etc/passwd").encode(),
        "behind-a-head.mp4": box(b"ftyp", b"isom\x00\x00\x02\x00isom") + playlist.format("file:///etc/passwd").encode(),
        "id3-playlist.mp3": b"ID3\x04\x00\x00\x00\x00\x00\x00" + playlist.format("file:///etc/passwd").encode(),
        "dash.webm": b'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><BaseURL>file:///etc/passwd</BaseURL></MPD>',
        "url.mp4": naming(movie, b"http://127.0.0.1:9/a.mp4"),
        "file-url.mp4": naming(movie, b"file:///etc/passwd"),
        "boxes.mp4": box(b"ftyp", b"isom\x00\x00\x02\x00isom") + box(b"moov", box(b"trak", b"") * 100_000),
        "deep.mp4": box(b"ftyp", b"isom\x00\x00\x02\x00isom") + b"".join(
            struct.pack(">I", 400_000 - 8 * n) + b"moov" for n in range(40_000)
        ),
        "long-box.mp4": box(b"ftyp", b"isom\x00\x00\x02\x00isom") + b"\x00\x00\x00\x01moov" + b"\xff" * 64,
        "empty.mp4": b"",
        "head.mp4": movie[:32],
        "head.webm": b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm" + b"\xff" * 400,
        "noise.mp3": b"\xff\xfb\x90\x00" * 20_000,
        "id3-bomb.mp3": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + b"\x00" * 4_000,
        "claims.wav": b"RIFF\xff\xff\xff\xffWAVEfmt \x10\x00\x00\x00\x01\x00\xff\xff\xff\xff\xff\xff" + b"\xff" * 200,
        "nothing.flac": b"fLaC" + b"\xff" * 300,
    }  # fmt: skip
    for part in (0.2, 0.5, 0.9):
        contents[f"cut-{part}.mp4"] = movie[: int(len(movie) * part)]
        contents[f"cut-{part}.mp3"] = sound[: int(len(sound) * part)]
        contents[f"cut-{part}.ogg"] = ogg.read_bytes()[: int(ogg.stat().st_size * part)]
    for turned in range(4):
        wild = bytearray(movie)
        for at in range(40 + turned, len(wild), 997):
            wild[at] ^= 0x41
        contents[f"turned-{turned}.mp4"] = bytes(wild)
    paths = []
    for name, content in contents.items():
        paths.append(folder / name)
        paths[-1].write_bytes(content)
    return [*paths, Path(shutil.copy(whole, folder / "film-called.mp3"))]
