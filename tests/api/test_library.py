"""The library over HTTP, and the picture on a locked card."""

from tests.api.conftest import Caller, Site
from tests.api.test_media import whole
from tests.media.sending import photo


async def room_of(anna: Caller) -> str:
    return str((await anna.found("/communities/anna/rooms"))["items"][0]["id"])


async def test_what_a_community_has(site: Site) -> None:
    anna = await site.creator()
    room = await room_of(anna)
    one = await whole(anna, photo(), alt="The kiln", name="kiln.png")
    two = await whole(anna, b"%PDF-1.7 notes", name="notes.pdf")
    post = await anna.made(f"/rooms/{room}/posts", {"text": "Look", "media": [one["id"]]})
    listed = await anna.found("/communities/anna/media")
    assert {(item["medium"]["id"], item["posts"]) for item in listed["items"]} == {
        (one["id"], 1),
        (two["id"], 0),
    }
    assert listed["items"][0]["by"]["name"] == "Anna" and listed["next_cursor"] is None
    first = await anna.found("/communities/anna/media", limit=1)
    rest = await anna.found("/communities/anna/media", limit=1, cursor=first["next_cursor"])
    assert {first["items"][0]["medium"]["id"], rest["items"][0]["medium"]["id"]} == {one["id"], two["id"]}
    for query, names in (
        ({"q": "KILN"}, ["kiln.png"]),
        ({"kind": "file"}, ["notes.pdf"]),
        ({"after": "2999-01-01T00:00:00Z"}, []),
        ({"undescribed": "true"}, []),
    ):
        found = await anna.found("/communities/anna/media", **query)
        assert [item["medium"]["name"] for item in found["items"]] == names, query
    usage = await anna.found("/communities/anna/media/usage")
    assert (usage["pictures"], usage["described"]) == (1, 1)
    assert usage["used"] >= one["size"] + two["size"] and usage["quota"] > usage["used"]
    where = await anna.found(f"/communities/anna/media/{one['id']}/posts")
    assert [item["id"] for item in where["items"]] == [post["id"]]
    bob = await site.member(anna)
    for path in ("", "/usage", f"/{one['id']}/posts"):
        assert (await bob.get(f"/communities/anna/media{path}")).status_code == 403
        assert (await site.nobody().get(f"/communities/anna/media{path}")).status_code in (401, 403)


async def test_another_file_in_its_place(site: Site) -> None:
    anna = await site.creator()
    room = await room_of(anna)
    old, new = await whole(anna, photo(), alt="The kiln"), await whole(anna, photo(colour="red"))
    post = await anna.made(f"/rooms/{room}/posts", {"text": "Look", "media": [old["id"]]})
    bob = await site.member(anna)
    put = f"/media/{old['id']}/replacement"
    refused = await bob.call("PUT", put, {"media_id": new["id"]})
    assert refused.status_code in (403, 404, 422)
    answer = await anna.call("PUT", put, {"media_id": new["id"]})
    assert (answer.status_code, answer.json()["alt"]) == (200, "The kiln")
    shown = await anna.found(f"/posts/{post['id']}")
    assert [medium["id"] for medium in shown["media"]] == [new["id"]]
    assert (await anna.get(f"/media/{old['id']}")).status_code == 404
    again = await anna.call("PUT", f"/media/{new['id']}/replacement", {"media_id": old["id"]})
    assert again.status_code == 422


async def test_a_picture_on_the_locked_card(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Inside", "rank": 10})
    bob, room = await site.member(anna), await room_of(anna)
    card, inner = await whole(anna, photo(), name="card.png"), await whole(anna, photo(colour="red"))
    body = {"text": "Secret", "media": [inner["id"]], "min_rank": 10, "teaser_picture": {"id": card["id"]}}
    post = await anna.made(f"/rooms/{room}/posts", body)
    assert (await bob.found(f"/posts/{post['id']}"))["teaser_picture"] is None, "not prepared yet"
    assert (await bob.get(f"/media/{card['id']}")).status_code == 200
    assert (await bob.get(f"/media/{inner['id']}")).status_code == 404
    kept = await anna.call("PATCH", f"/posts/{post['id']}", {"text": "Secret, again"})
    assert kept.status_code == 200 and (await bob.get(f"/media/{card['id']}")).status_code == 200
    blurred = {"teaser_picture": {"id": card["id"], "blurred": True}}
    assert (await anna.call("PATCH", f"/posts/{post['id']}", blurred)).status_code == 200
    assert (await bob.get(f"/media/{card['id']}")).status_code == 404
    shown = await anna.call("PATCH", f"/posts/{post['id']}", {"teaser_picture": {"id": inner["id"]}})
    assert shown.status_code == 422 and shown.json()["errors"][0]["field"] == "teaser_picture"
    assert (await anna.call("PATCH", f"/posts/{post['id']}", {"teaser_picture": None})).status_code == 200
    assert (await anna.get(f"/media/{card['id']}")).status_code == 404, "nothing has it any more"
