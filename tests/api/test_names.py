"""Mentions, tags and catching up over the API."""

import pytest

from tests.api.conftest import Caller, Site, code_of

pytestmark = pytest.mark.anyio


async def news_of(caller: Caller) -> str:
    return str((await caller.found("/communities/anna/rooms/news"))["id"])


async def test_a_post_says_whom_it_names_and_they_find_it(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    assert bob.account
    offered = (await anna.found(f"/rooms/{room}/mentionable", q="bo"))["items"]
    [person] = [one for one in offered if one["kind"] == "person"]
    assert person["write"] == f"@[Bob]({bob.account.id})"
    made = await anna.made(f"/rooms/{room}/posts", {"text": f"Hello {person['write']} #Tour"})
    assert made["mentions"] == [{"id": bob.account.id, "name": "Bob", "handle": None, "avatar_url": None}]
    assert [one["id"] for one in (await bob.found("/me/mentions"))["items"]] == [made["id"]]
    assert [one["id"] for one in (await bob.found("/communities/anna/tags/tour"))["items"]] == [made["id"]]
    [mine] = (await bob.found("/me"))["memberships"]
    assert mine["rooms"][0]["mentions"] == 1


async def test_groups_are_offered_to_staff_with_how_many_they_are(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    everyone = [
        one for one in (await anna.found(f"/rooms/{room}/mentionable"))["items"] if one["kind"] == "everyone"
    ]
    assert [(one["write"], one["people"]) for one in everyone] == [("@everyone", 1)]
    theirs = (await bob.found(f"/rooms/{room}/mentionable"))["items"]
    assert {one["kind"] for one in theirs} == {"person"}
    outsider = await site.caller("Outsider")
    assert code_of(await outsider.get(f"/rooms/{room}/mentionable"))[0] == 403


async def test_a_member_catches_up_and_marks_all_as_read(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    made = await anna.made(f"/rooms/{room}/posts", {"text": "New"})
    found = await bob.found("/me/catch-up")
    assert [(one["why"], one["community"], one["room"], one["post"]["id"]) for one in found["items"]] == [
        (["post"], "anna", "news", made["id"])
    ]
    assert found["next_cursor"] is None
    read = await bob.post("/me/read-all", {"upto": found["upto"]})
    assert read.status_code == 200, read.text
    assert read.json() == {"rooms": [{"room_id": room, "seq": made["seq"]}]}
    assert (await bob.found("/me/catch-up"))["items"] == []
    assert ("read", {"room_id": room, "seqs": {bob.account.id: made["seq"]}}) in site.notes
    assert (await bob.found(f"/posts/{made['id']}"))["counts"]["views"] == 0, "nobody has looked at it"
    assert (await bob.post("/me/read-all", {})).json() == {"rooms": []}
    assert code_of(await bob.post("/me/read-all", {"community": "zoe"}))[0] == 404


async def test_comments_that_name_the_caller_are_listed_with_where_they_stand(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    room = await news_of(anna)
    assert bob.account
    under = await anna.made(f"/rooms/{room}/posts", {"text": "Hello"})
    write = f"@[Bob]({bob.account.id})"
    made = await anna.made(f"/posts/{under['id']}/comments", {"text": f"{write} #Tour"})
    assert made["mentions"] == [{"id": bob.account.id, "name": "Bob", "handle": None, "avatar_url": None}]
    url = f"/@anna/news/{under['seq']}?comment={made['id']}#c-{made['id']}"
    listed = made | {"comment_id": made["id"], "url": url}
    assert (await bob.found("/me/mentions"))["items"] == [listed]
    assert (await bob.found("/communities/anna/tags/tour"))["items"] == [listed]
    [said] = [one for one in (await bob.found("/me/catch-up"))["items"] if one["comment"]]
    assert (said["why"], said["post"]["id"], said["comment"]) == (["mention"], under["id"], listed)
    await bob.post("/me/read-all", {})
    assert (await bob.found("/me/catch-up"))["items"] == []


async def test_under_a_post_those_are_offered_who_wrote_there(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await site.member(anna), await site.member(anna, name="Eve")
    room = await news_of(anna)
    under = await anna.made(f"/rooms/{room}/posts", {"text": "Hello"})
    await eve.made(f"/posts/{under['id']}/comments", {"text": "Here"})
    names = [
        one["name"] for one in (await bob.found(f"/rooms/{room}/mentionable", post=under["id"]))["items"]
    ]
    assert set(names) == {"Anna", "Eve"}
    assert "Eve" not in [one["name"] for one in (await bob.found(f"/rooms/{room}/mentionable"))["items"]]
    assert code_of(await bob.get(f"/rooms/{room}/mentionable", post="0" * 36))[0] == 404
