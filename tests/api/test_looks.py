"""Pictures of one's own by the API: bytes in, an address out."""

from httpx2 import Response

from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.media.sending import photo


async def put(caller: Caller, path: str, content: bytes, **query: object) -> Response:
    return await caller.call("PUT", path, content=content, params=query)


async def test_an_accounts_picture(site: Site) -> None:
    anna = await site.creator()
    answer = await put(anna, "/me/avatar", photo(400, 300), x=0, y=100, zoom=150)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["avatar"].startswith("own:")
    assert told["avatar_url"] == f"/looks/{told['avatar'].removeprefix('own:')}/256.webp"
    assert (await anna.found("/me"))["account"] == told
    room = (await anna.found("/communities/anna/rooms"))["items"][0]
    post = await anna.made(f"/rooms/{room['id']}/posts", {"text": "Look"})
    assert post["author"]["avatar_url"] == told["avatar_url"]
    (member,) = (await anna.found("/communities/anna/members"))["items"]
    assert member["account"]["avatar_url"] == told["avatar_url"]
    assert (await anna.call("DELETE", "/me/avatar")).status_code == 204
    assert (await anna.found("/me"))["account"]["avatar_url"] is None
    assert (await anna.found(f"/posts/{post['id']}"))["author"]["avatar_url"] is None


async def test_a_communitys_pictures(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    for what in ("avatar", "cover"):
        answer = await put(anna, f"/communities/anna/{what}", photo(1300, 800))
        assert answer.status_code == 200, answer.text
        assert answer.json()[f"{what}_url"].startswith("/looks/")
        assert code_of(await put(bob, f"/communities/anna/{what}", photo()))[0] == 403
        assert code_of(await bob.call("DELETE", f"/communities/anna/{what}"))[0] == 403
        assert code_of(await put(site.nobody(), f"/communities/anna/{what}", photo()))[0] == 401
        own = answer.json()[what]
        other = "cover" if what == "avatar" else "avatar"
        assert fields_of(await anna.patch("/communities/anna", {other: own})) == {other}
        assert (await anna.patch("/communities/anna", {what: own})).status_code == 200
        assert (await anna.call("DELETE", f"/communities/anna/{what}")).status_code == 204
        assert (await anna.found("/communities/anna"))[f"{what}_url"] is None
    assert code_of(await put(anna, "/communities/nobody/cover", photo())) == (404, "not_found")


async def test_what_is_no_picture_changes_nothing(site: Site) -> None:
    anna = await site.creator()
    assert fields_of(await put(anna, "/me/avatar", b"")) == {"file"}
    assert fields_of(await put(anna, "/me/avatar", b"<svg/>")) == {"file"}
    assert fields_of(await put(anna, "/me/avatar", photo()[:100])) == {"file"}
    assert fields_of(await put(anna, "/me/avatar", photo(), zoom=99)) == {"zoom"}
    assert fields_of(await put(anna, "/me/avatar", photo(), x="left")) == {"x"}
    assert fields_of(await put(anna, "/me/avatar", photo(), width=9)) == {"width"}
    assert (await anna.found("/me"))["account"]["avatar"] == ""
