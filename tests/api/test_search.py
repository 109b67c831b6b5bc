"""The search of the API: one community, one room, or all that the caller follows."""

import pytest

from channel.search import catch_up
from tests.api.conftest import Site, code_of, fields_of

pytestmark = pytest.mark.anyio


async def test_posts_are_found_with_the_words_around_what_was_found(site: Site) -> None:
    anna = await site.creator()
    room = (await anna.found("/communities/anna/rooms/news"))["id"]
    for text in ("The *first* firing", "A second <firing>"):
        await anna.made(f"/rooms/{room}/posts", {"text": text})
    await catch_up(site.db)
    page = await anna.found("/search", q="fir", limit=1, community="anna")
    [item] = page["items"]
    assert item["post"]["text"] == "A second <firing>"
    assert item["snippet"] == [
        {"text": "A second <", "found": False},
        {"text": "firing", "found": True},
        {"text": ">", "found": False},
    ]
    assert item["url"] == f"http://channel.test/@anna/news?from={item['post']['seq']}#p{item['post']['seq']}"
    assert (item["community"], item["room"]) == ("anna", "news")
    assert (item["kind"], item["comment"]) == ("post", None)
    rest = await anna.found(
        "/search", q="fir", limit=1, community="anna", room="news", cursor=page["next_cursor"]
    )
    assert [one["post"]["text"] for one in rest["items"]] == ["The *first* firing"]
    assert rest["next_cursor"] is None
    assert (await anna.found("/search", q="fir", limit=5))["items"] == page["items"] + rest["items"]


async def test_comments_and_messages_come_with_what_they_belong_to(site: Site) -> None:
    anna = await site.creator()
    room = (await anna.found("/communities/anna/rooms/news"))["id"]
    post = await anna.made(f"/rooms/{room}/posts", {"text": "About clay"})
    said = await anna.made(f"/posts/{post['id']}/comments", {"text": "A glaze"})
    talk = await anna.made("/communities/anna/rooms", {"slug": "talk", "name": "Talk", "kind": "group"})
    await anna.made(f"/rooms/{talk['id']}/posts", {"text": "Another glaze", "topic": "Kiln"})
    await catch_up(site.db)
    found = {one["kind"]: one for one in (await anna.found("/search", q="glaze", community="anna"))["items"]}
    assert set(found) == {"comment", "message"}
    comment, message = found["comment"], found["message"]
    assert comment["comment"]["text"] == "A glaze"
    assert comment["comment"]["thread"] == comment["post"]["id"] == post["id"]
    assert comment["url"].endswith(f"/@anna/news/{post['seq']}?comment={said['id']}#c-{said['id']}")
    assert (message["room"], message["comment"], message["post"]["topic"]["name"]) == ("talk", None, "Kiln")
    only = await anna.found("/search", q="is:comment from:me", community="anna")
    assert [one["kind"] for one in only["items"]] == ["comment"]
    await anna.call("DELETE", f"/posts/{said['id']}")
    assert (await anna.found("/search", q="is:comment", community="anna"))["items"] == []


async def test_what_cannot_be_asked_is_refused_with_its_field(site: Site) -> None:
    anna = await site.creator()
    for query, field in (
        ({"q": "has:cheese", "community": "anna"}, "q"),
        ({"q": "mit:käse", "community": "anna"}, "q"),
        ({"q": "is:open", "community": "anna"}, "q"),
        ({"q": "%", "community": "anna"}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "x", "room": "news"}, "room"),
        ({"q": "x", "community": "anna", "cursor": "rubbish"}, "cursor"),
        ({"community": "anna"}, "q"),
    ):
        answer = await anna.get("/search", **query)
        assert answer.status_code == 422, query
        assert field in fields_of(answer), query
    nowhere = ({"community": "nobody"}, {"community": "anna", "room": "nowhere"}, {"community": "\x85"})
    for query in nowhere:
        assert code_of(await anna.get("/search", q="x", **query)) == (404, "not_found"), query
