"""Files over HTTP: sent in one request or resumably, and carried by posts."""

import base64
import hashlib

from httpx2 import Response
from sqlalchemy import func, select

from channel.media import actions
from channel.media.credentials import Credentials, Step
from channel.media.model import Proof
from channel.media.tables import uploads
from tests.api.conftest import Caller, Site
from tests.media.sending import photo

TUS = {"tus-resumable": "1.0.0"}
PIECE = TUS | {"content-type": "application/offset+octet-stream"}


def meta(**values: str) -> str:
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


async def begin(caller: Caller, size: int, **values: str) -> Response:
    told = {"community": "anna", "filename": "a.png"} | values
    return await caller.call(
        "POST", "/media", headers=TUS | {"upload-length": str(size), "upload-metadata": meta(**told)}
    )


async def piece(caller: Caller, path: str, content: bytes, offset: int, **headers: str) -> Response:
    return await caller.call(
        "PATCH", path, content=content, headers=PIECE | {"upload-offset": str(offset)} | headers
    )


def path_of(answer: Response) -> str:
    return answer.headers["location"].removeprefix("/api/v1")


async def whole(caller: Caller, content: bytes, **query: str) -> dict:  # type: ignore[type-arg]
    answer = await caller.call(
        "POST", "/media", content=content, params={"community": "anna", "name": "a.png"} | query
    )
    assert answer.status_code == 201, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_in_one_request(site: Site) -> None:
    anna = await site.creator()
    made = await whole(anna, photo(), alt="A teal square")
    assert (made["kind"], made["type"], made["state"], made["alt"]) == (
        "picture", "image/png", "processing", "A teal square",
    )  # fmt: skip
    assert made["url"] is None
    assert await anna.found(f"/media/{made['id']}") == made
    assert (await site.nobody().get(f"/media/{made['id']}")).status_code == 404


async def test_resumably(site: Site) -> None:
    anna = await site.creator()
    content = b"%PDF-1.7" + b"x" * 5_000
    begun = await begin(anna, len(content), filename="Notes.pdf", alt="Notes")
    assert begun.status_code == 201, begun.text
    assert begun.headers["tus-resumable"] == "1.0.0" and begun.headers["upload-expires"]
    path = path_of(begun)
    first = await piece(anna, path, content[:2_000], 0)
    assert (first.status_code, first.headers["upload-offset"]) == (204, "2000")
    there = await anna.call("HEAD", path, headers=TUS)
    assert (there.headers["upload-offset"], there.headers["upload-length"]) == ("2000", str(len(content)))
    assert there.headers["cache-control"] == "private, no-store"
    wrong = await piece(anna, path, content[2_000:], 1_999)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "wrong_offset")
    digest = base64.b64encode(hashlib.sha256(content[2_000:]).digest()).decode()
    bad = await piece(anna, path, b"other", 2_000, **{"upload-checksum": f"sha256 {digest}"})
    assert (bad.status_code, bad.json()["code"]) == (460, "checksum_mismatch")
    last = await piece(anna, path, content[2_000:], 2_000, **{"upload-checksum": f"sha256 {digest}"})
    assert (last.status_code, last.headers["upload-offset"]) == (204, str(len(content)))
    made = await anna.found(f"/media/{path.rpartition('/')[2]}")
    assert (made["kind"], made["name"], made["alt"], made["state"]) == ("file", "Notes.pdf", "Notes", "ready")
    again = await anna.call("HEAD", path, headers=TUS)  # whoever lost the last answer
    assert again.headers["upload-offset"] == str(len(content))


async def test_what_the_protocol_refuses(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    path = path_of(await begin(anna, 100))
    assert (await anna.call("HEAD", path)).status_code == 412
    for method in ("HEAD", "PATCH", "DELETE"):
        headers = PIECE | {"upload-offset": "0"}
        stranger = await (await site.program(bob.account)).call(method, path, headers=headers)  # type: ignore[arg-type]
        assert stranger.status_code == 404
    plain = await anna.call("PATCH", path, content=b"x", headers=TUS | {"upload-offset": "0"})
    assert plain.status_code == 415
    assert (await anna.call("PATCH", path, content=b"x", headers=PIECE)).status_code == 422
    assert (await piece(anna, path, b"x" * 101, 0)).status_code == 422
    assert (await anna.call("DELETE", path, headers=TUS)).status_code == 204
    assert (await anna.call("HEAD", path, headers=TUS)).status_code == 404
    assert (await piece(anna, "/media/uploads/..%2f..%2fchannel.db", b"x", 0)).status_code == 404
    for length in ("", "-1", "x", "9" * 30, "0"):
        answer = await anna.call(
            "POST",
            "/media",
            headers=TUS | {"upload-length": length, "upload-metadata": meta(community="anna")},
        )
        assert answer.status_code == 422, length
    told = await site.nobody().call("OPTIONS", "/media")
    assert told.headers["tus-extension"] == "creation,expiration,termination,checksum"


async def test_begun_twice_with_a_key_is_one_upload(site: Site) -> None:
    anna = await site.creator()
    headers = TUS | {"upload-length": "100", "upload-metadata": meta(community="anna", filename="a.pdf")}
    key = {"idempotency-key": "the-key-of-one-upload"}
    first = await anna.call("POST", "/media", headers=headers | key)
    assert first.status_code == 201, first.text
    await piece(anna, path_of(first), b"%PDF-1.7", 0)
    again = await anna.call("POST", "/media", headers=headers | key)
    assert (again.status_code, again.headers["location"]) == (201, first.headers["location"])
    assert again.headers["upload-offset"] == "0", "the first answer; HEAD says how far it is"
    there = await anna.call("HEAD", path_of(first), headers=TUS)
    assert there.headers["upload-offset"] == "8"
    other = await anna.call("POST", "/media", headers=headers | key | {"upload-length": "101"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    fresh = await anna.call("POST", "/media", headers=headers)
    assert fresh.headers["location"] != first.headers["location"]
    async with site.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(uploads)) == 2
    staging = site.app.state.services.media.staging.path("x").parent
    assert len([*staging.iterdir()]) == 2, "nothing of the repeated one is left"


async def test_more_than_any_file_may_have_is_413(site: Site) -> None:
    anna = await site.creator()
    told = await site.nobody().call("OPTIONS", "/media")
    assert {"POST", "OPTIONS"} <= {*told.headers["allow"].split(", ")}
    answer = await begin(anna, int(told.headers["tus-max-size"]) + 1)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["tus-resumable"] == "1.0.0"


async def test_posts_carry_them(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Inside", "rank": 10})
    bob = await site.member(anna)
    room = (await anna.found("/communities/anna/rooms"))["items"][0]["id"]
    one, two = await whole(anna, photo(), alt="secret words"), await whole(anna, photo(colour="red"))
    body = {"text": "", "media": [two["id"], one["id"]], "min_rank": 10}
    post = await anna.made(f"/rooms/{room}/posts", body)
    assert [medium["id"] for medium in post["media"]] == [two["id"], one["id"]]
    locked = await bob.found(f"/posts/{post['id']}")
    assert (locked["locked"], locked["kinds"], locked["carries"]) == (
        True,
        ["text", "picture"],
        {"picture": 2},
    )
    assert one["id"] not in str(locked) and "secret" not in str(locked)
    assert (await bob.get(f"/media/{one['id']}")).status_code == 404
    opened = await anna.call("PATCH", f"/posts/{post['id']}", {"min_rank": None})
    assert len(opened.json()["media"]) == 2
    assert (await bob.found(f"/media/{one['id']}"))["alt"] == "secret words"
    fewer = await anna.call("PATCH", f"/posts/{post['id']}", {"media": [one["id"]]})
    assert [medium["id"] for medium in fewer.json()["media"]] == [one["id"]]
    assert (await anna.get(f"/media/{two['id']}")).status_code == 404  # nothing carried it any more
    assert (await bob.call("PATCH", f"/media/{one['id']}", {"alt": "mine"})).status_code in (403, 404)
    changed = await anna.call("PATCH", f"/media/{one['id']}", {"alt": "Better", "focal": {"x": 10, "y": 90}})
    assert (changed.json()["alt"], changed.json()["focal"]) == ("Better", {"x": 10, "y": 90})
    assert (await anna.delete(f"/posts/{post['id']}")).status_code == 204
    assert (await anna.get(f"/media/{one['id']}")).status_code == 404


async def test_what_a_post_may_not_carry(site: Site) -> None:
    anna, bea = await site.creator(), await site.creator("bea")
    room = (await anna.found("/communities/anna/rooms"))["items"][0]["id"]
    there = await bea.call("POST", "/media", content=photo(), params={"community": "bea"})
    one = await whole(anna, photo())
    for media in (
        [there.json()["id"]], [one["id"], one["id"]], ["x"], [one["id"]] * 11,
        ["00000000-0000-7000-8000-000000000000"],
    ):  # fmt: skip
        answer = await anna.post(f"/rooms/{room}/posts", {"text": "x", "media": media})
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"].startswith("media"), media
    assert (await anna.post(f"/rooms/{room}/posts", {"text": ""})).status_code == 422


async def test_in_a_group_by_its_rank(site: Site) -> None:
    anna = await site.creator()
    bob = await site.program((await site.member(anna)).account)  # type: ignore[arg-type]
    refused = await bob.call("POST", "/media", content=photo(), params={"community": "anna"})
    assert (refused.status_code, refused.json()["code"]) == (403, "rank_too_low")
    body = {"slug": "talk", "name": "Talk", "kind": "group"}
    group = (await anna.made("/communities/anna/rooms", body))["id"]
    mine = await whole(bob, photo())
    theirs = await whole(anna, photo())
    assert (await bob.post(f"/rooms/{group}/posts", {"text": "", "media": [theirs["id"]]})).status_code == 422
    said = await bob.made(f"/rooms/{group}/posts", {"text": "", "media": [mine["id"]]})
    assert said["media"][0]["id"] == mine["id"]
    await anna.call("PATCH", "/communities/anna/rooms/talk", {"rules": {"upload_rank": 1_000_001}})
    refused = await bob.post(f"/rooms/{group}/posts", {"text": "", "media": [mine["id"]]})
    assert (refused.status_code, refused.json()["code"]) == (403, "rank_too_low")


async def test_deleting_a_medium_takes_it_from_its_posts(site: Site) -> None:
    anna = await site.creator()
    room = (await anna.found("/communities/anna/rooms"))["items"][0]["id"]
    one = await whole(anna, photo())
    post = await anna.made(f"/rooms/{room}/posts", {"text": "Look", "media": [one["id"]]})
    assert (await anna.delete(f"/media/{one['id']}")).status_code == 204
    left = await anna.found(f"/posts/{post['id']}")
    assert left["media"] == [] and left["rev"] > post["rev"]


async def test_words_to_a_video(site: Site) -> None:
    anna = await site.creator()
    film = await whole(anna, box_of_a_film(), name="a.mp4")
    words = "WEBVTT\n\nSTYLE\n::cue{}\n\n00:01.000 --> 00:02.000\nHello\n"
    path = f"/media/{film['id']}"
    told = (await anna.patch(path, {"captions": {"DE": words, "en": words}})).json()
    assert told["captions"] == [
        {"language": language, "url": f"/media/{film['id']}/captions-{language}.vtt"}
        for language in ("de", "en")
    ]
    told = (await anna.patch(path, {"captions": {"de": None}})).json()
    assert [one["language"] for one in told["captions"]] == ["en"]
    for captions, code in (({"de": "no captions"}, 422), ({"not a language": words}, 422)):
        assert (await anna.patch(path, {"captions": captions})).status_code == code
    picture = await whole(anna, photo())
    refused = await anna.patch(f"/media/{picture['id']}", {"captions": {"de": words}})
    assert refused.json()["errors"][0]["field"] == "captions"


async def test_what_is_prepared_tells_how_far_it_is(site: Site) -> None:
    anna = await site.creator()
    film = await whole(anna, box_of_a_film(), name="a.mp4")
    assert (film["kind"], film["state"], film["progress"], film["url"]) == ("video", "processing", 0, None)
    assert (film["duration_ms"], film["stream"], film["as_sent"], film["captions"]) == (None, None, False, [])


def box_of_a_film() -> bytes:
    """What begins like one."""
    return b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)


async def test_content_credentials_are_told_and_kept_on_request(site: Site) -> None:
    anna = await site.creator()
    made = await whole(anna, photo(), name="a.png")
    assert made["credentials"] == {
        "state": "not_checked", "ai": "none", "signer": "", "organization": "", "signed_at": None, "made_with": "",
        "steps": [], "ingredients": 0, "page_url": None, "file_url": None,
    }  # fmt: skip
    said = Credentials(
        "valid", "assisted", "Mara", "Brandt", 0, "Camera 1", (Step("c2pa.created", "Cam", "", 1),), 2
    )
    async with site.db.write() as tx:
        await actions.say(tx, made["id"], Proof(said, "0" * 64, 10))
    told = (await anna.found(f"/media/{made['id']}"))["credentials"]
    assert (told["state"], told["ai"], told["signed_at"]) == ("valid", "assisted", "1970-01-01T00:00:00.000Z")
    assert told["steps"] == [
        {"action": "c2pa.created", "agent": "Cam", "source": "", "at": "1970-01-01T00:00:00.001Z"}
    ]
    assert (told["page_url"], told["file_url"]) == (f"/media/{made['id']}/credentials", None)
    kept = await anna.call("PATCH", f"/media/{made['id']}", json={"keep_credentials": True})
    assert kept.json()["credentials"]["file_url"] == f"/media/{made['id']}/credentials.c2pa"
    wrong = await anna.call("PATCH", f"/media/{made['id']}", json={"keep_credentials": "yes"})
    assert wrong.status_code == 422


async def test_the_same_key_sends_a_file_once(site: Site) -> None:
    anna = await site.creator()
    params = {"community": "anna", "name": "a.txt"}

    async def send(content: bytes, key: str = "a-key-of-sixteen", **more: str) -> Response:
        headers = {"idempotency-key": key}
        return await anna.call("POST", "/media", content=content, params=params | more, headers=headers)

    first, again = await send(b"hello"), await send(b"hello")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content and first.headers["location"] == again.headers["location"]
    assert len((await anna.found("/communities/anna/media"))["items"]) == 1
    for other in (await send(b"hullo"), await send(b"hello", name="b.txt")):
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    fresh = await send(b"hello", "another-key-of-sixteen")
    assert fresh.json()["id"] != first.json()["id"]
    assert (await send(b"hello", "\t")).status_code == 422
    assert len((await anna.found("/communities/anna/media"))["items"]) == 2


async def test_a_crop_is_fractions_that_its_people_alone_are_told(site: Site) -> None:
    anna = await site.creator()
    made = await whole(anna, photo())
    path = f"/media/{made['id']}"
    assert (made.get("crop"), (await anna.found(path))["whole_url"]) == (None, f"{path}/whole")
    crop = {"x": 0.25, "y": 0.1, "width": 0.5, "height": 0.9, "turn": 90}
    told = await anna.call("PATCH", path, json={"crop": crop})
    assert told.status_code == 200, told.text
    assert (told.json()["crop"], told.json()["state"]) == (crop, "processing")
    assert (await anna.found(path))["crop"] == crop
    for wrong in ({"x": 0.6, "width": 0.5}, {"width": 0}, {"width": 0.001}, {"turn": 45}, {"x": 2}):
        assert (await anna.call("PATCH", path, json={"crop": wrong})).status_code == 422, wrong
    assert (await anna.call("PATCH", path, json={"crop": None})).json()["crop"] is None
    note = await whole(anna, b"PK\x03\x04", name="a.zip")
    refused = await anna.call("PATCH", f"/media/{note['id']}", json={"crop": crop})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "crop")
    assert (await anna.found(f"/media/{note['id']}"))["whole_url"] is None


async def test_chapters_are_checked_and_told(site: Site) -> None:
    anna = await site.creator()
    film = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2" + bytes(64)
    path = f"/media/{(await whole(anna, film, name='film.mp4'))['id']}"
    parts = [{"at_ms": 0, "title": "Welcome"}, {"at_ms": 90_500, "title": "At the kiln"}]
    told = (await anna.call("PATCH", path, json={"chapters": parts})).json()
    assert (told["chapters"], told["chapters_url"]) == (parts, f"{path}/chapters.vtt")
    for wrong in (
        parts[::-1],
        parts[1:],
        [{"at_ms": 0, "title": " "}],
        [parts[0], parts[0]],
        [{"at_ms": -1, "title": "x"}],
    ):
        answer = await anna.call("PATCH", path, json={"chapters": wrong})
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["field"].startswith("chapters"), answer.text
    lines = {"chapters": "0:00 Welcome\n1:30 At the kiln"}
    told = (await anna.call("PATCH", path, json=lines)).json()
    assert [one["at_ms"] for one in told["chapters"]] == [0, 90_000]
    wrong = await anna.call("PATCH", path, json={"chapters": "0:00 Welcome\nAt the kiln"})
    assert wrong.status_code == 422 and wrong.json()["detail"].startswith("Line 2 of the chapters")
    gone = (await anna.call("PATCH", path, json={"chapters": []})).json()
    assert (gone["chapters"], gone["chapters_url"]) == ([], None)
    picture = f"/media/{(await whole(anna, photo()))['id']}"
    assert (await anna.call("PATCH", picture, json={"chapters": parts})).status_code == 422


async def test_a_file_for_no_community_is_told_to_name_one(site: Site) -> None:
    anna = await site.creator()
    at_once = await anna.call("POST", "/media", content=photo(), params={"name": "a.png"})
    resumably = await anna.call("POST", "/media", headers=TUS | {"upload-length": "9"})
    for refused in (at_once, resumably):
        assert refused.status_code == 422
        assert "community" in {error["field"] for error in refused.json()["errors"]}
