"""Emoji of a community's own by the API: sent, listed, renamed, removed, reacted with."""

from urllib.parse import quote

from httpx2 import Response

from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.media.sending import photo

HERE = "/communities/anna/emoji"


async def put(caller: Caller, name: str = "party", content: bytes | None = None, **query: object) -> Response:
    sent = photo() if content is None else content
    return await caller.call("PUT", f"{HERE}/{quote(name)}", content=sent, params=query)


async def test_staff_send_rename_and_remove_them(site: Site) -> None:
    anna = await site.creator()
    assert await site.nobody().found(HERE) == {"items": [], "next_cursor": None}
    answer = await put(anna)
    assert answer.status_code == 200, answer.text
    party = answer.json()
    assert (party["name"], party["emoji"]) == ("party", ":party:")
    assert party["url"].startswith("/emoji/")
    again = (await put(anna)).json()
    assert again["url"] != party["url"], "another picture has another address"
    assert (await site.nobody().found(HERE))["items"] == [again]
    renamed = await anna.patch(f"{HERE}/party", {"name": "fete"})
    assert renamed.status_code == 200 and renamed.json() == again | {"name": "fete", "emoji": ":fete:"}
    assert code_of(await anna.patch(f"{HERE}/party", {"name": "other"}))[0] == 404
    assert fields_of(await anna.patch(f"{HERE}/fete", {"name": "a b"})) == {"name"}
    assert (await anna.call("DELETE", f"{HERE}/fete")).status_code == 204
    assert (await anna.call("DELETE", f"{HERE}/fete")).status_code == 404
    assert (await anna.found(HERE))["items"] == []


async def test_others_may_not(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    await put(anna)
    for caller, status in ((bob, 403), (site.nobody(), 401)):
        assert code_of(await put(caller, "other"))[0] == status
        assert code_of(await caller.patch(f"{HERE}/party", {"name": "other"}))[0] == status
        assert code_of(await caller.call("DELETE", f"{HERE}/party"))[0] == status
    assert (await bob.found(HERE))["items"]


async def test_what_is_wrong_is_named(site: Site) -> None:
    anna = await site.creator()
    assert fields_of(await put(anna, content=b"")) == {"file"}
    assert fields_of(await put(anna, content=b"<svg/>")) == {"file"}
    assert fields_of(await put(anna, "rocket")) == {"name"}
    assert fields_of(await put(anna, "a-b")) == {"name"}
    assert fields_of(await put(anna, zoom=100)) == {"zoom"}
    assert (await anna.found(HERE))["items"] == []


async def test_members_react_with_them(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    url = (await put(anna)).json()["url"]
    room = (await anna.found("/communities/anna/rooms"))["items"][0]
    post = await anna.made(f"/rooms/{room['id']}/posts", {"text": "Look"})
    assert "emoji" not in post["counts"]
    path = f"/posts/{post['id']}/reactions"
    told = (await bob.call("PUT", f"{path}/{quote(':party:')}")).json()
    assert (told["counts"], told["mine"], told["emoji"]) == ({":party:": 1}, [":party:"], {":party:": url})
    counts = (await anna.found(f"/posts/{post['id']}"))["counts"]
    assert (counts["reactions"], counts["emoji"]) == ({":party:": 1}, {":party:": url})
    await anna.patch(f"{HERE}/party", {"name": "fete"})
    assert (await bob.found(path))["counts"] == {":fete:": 1}
    await anna.call("DELETE", f"{HERE}/fete")
    told = await bob.found(path)
    assert told["counts"] == {":fete:": 1} and "emoji" not in told
    assert fields_of(await anna.call("PUT", f"{path}/{quote(':fete:')}")) == {"emoji"}
    assert (await bob.call("DELETE", f"{path}/{quote(':fete:')}")).json()["counts"] == {}


async def test_rooms_offer_what_there_is(site: Site) -> None:
    anna = await site.creator()
    await put(anna)
    room = (await anna.found("/communities/anna/rooms"))["items"][0]
    path = f"/communities/anna/rooms/{room['slug']}"
    assert fields_of(await anna.patch(path, {"reaction_set": ["👍", ":nothing:"]})) == {"reaction_set"}
    assert fields_of(await anna.patch(path, {"reaction_default": ":nothing:"})) == {"reaction_default"}
    changed = (
        await anna.patch(path, {"reaction_set": ["👍", ":party:"], "reaction_default": ":party:"})
    ).json()
    assert (changed["reaction_set"], changed["reaction_default"]) == (["👍", ":party:"], ":party:")
    new = {"slug": "more", "name": "More", "reaction_set": [":nothing:"]}
    assert fields_of(await anna.post("/communities/anna/rooms", new)) == {"reaction_set"}
