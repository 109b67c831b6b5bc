"""Comments as programs write and read them, on both databases."""

from typing import Any

import pytest

from tests.api.conftest import Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
POSTS = ("read", "post")


async def published(anna: Caller, **more: object) -> str:
    room = (await anna.found("/communities/anna/rooms/news"))["id"]
    return str((await anna.made(f"/rooms/{room}/posts", {"text": "Hello", **more}))["id"])


async def writer(site: Site, anna: Caller, name: str = "Bob", **invite: object) -> Caller:
    """A member whose token may write."""
    member = await site.member(anna, name=name, **invite)
    assert member.account
    return await site.program(member.account, scopes=POSTS)


async def test_a_comment_is_written_answered_edited_and_deleted(site: Site) -> None:
    anna = await site.creator()
    bob = await writer(site, anna)
    post = await published(anna)
    path = f"/posts/{post}/comments"
    made = await bob.made(path, {"text": "**Nice**"})
    assert (made["thread"], made["seq"], made["rev"], made["state"]) == (post, 1, 1, "shown")
    assert "<strong>Nice</strong>" in made["html"]
    assert made["author"] == {
        "id": bob.account.id,
        "name": "Bob",
        "handle": None,
        "avatar_url": None,
        "role": None,
    }  # type: ignore[union-attr]
    answer = await anna.made(path, {"text": "Thanks", "reply_to": made["id"]})
    assert (answer["reply_to"], answer["author"]["role"]) == (made["id"], "owner")
    one = f"/posts/{made['id']}"
    assert await site.nobody().found(one) == made
    assert (await bob.patch(one, {"text": "Nicer"})).json()["rev"] == 2
    assert code_of(await bob.patch(one, {"text": "x", "rev": 1})) == (409, "edited_meanwhile")
    assert fields_of(await bob.patch(one, {"teaser": "x"})) == {"text"}
    assert code_of(await anna.patch(one, {"text": "Not mine"})) == (403, "forbidden")
    assert (await anna.found(f"/posts/{post}"))["counts"]["comments"] == 2
    assert (await bob.delete(one)).status_code == 204
    gone = await bob.found(one)
    assert gone["deleted"] is True
    assert "Nicer" not in str(gone)
    assert (await anna.found(f"/posts/{post}"))["counts"]["comments"] == 1
    log = await anna.found(f"/streams/thread:{post}/events")
    assert [event["kind"] for event in log["items"]] == [
        "comment.published", "comment.published", "comment.edited", "comment.deleted",
    ]  # fmt: skip
    assert ("counts", {"room_id": made["room_id"], "post_ids": [post]}) in site.notes


async def test_pages_go_from_the_oldest_or_from_the_newest(site: Site) -> None:
    anna = await site.creator()
    post = await published(anna)
    for n in range(5):
        await anna.made(f"/posts/{post}/comments", {"text": f"n{n}"})

    async def all_of(**query: object) -> list[str]:
        found: list[Any] = []
        page = await anna.found(f"/posts/{post}/comments", limit=2, **query)
        while True:
            found += [one["text"] for one in page["items"]]
            if page["next_cursor"] is None:
                return found
            page = await anna.found(f"/posts/{post}/comments", limit=2, cursor=page["next_cursor"], **query)

    assert await all_of() == ["n0", "n1", "n2", "n3", "n4"]
    assert await all_of(order="newest") == ["n4", "n3", "n2", "n1", "n0"]
    assert fields_of(await anna.get(f"/posts/{post}/comments", cursor="next")) == {"cursor"}


async def test_the_same_key_comments_once(site: Site) -> None:
    anna = await site.creator()
    post = await published(anna)
    first = await anna.post(f"/posts/{post}/comments", {"text": "Once"}, key="k")
    again = await anna.post(f"/posts/{post}/comments", {"text": "Once"}, key="k")
    assert (first.status_code, again.json()) == (201, first.json())
    assert len((await anna.found(f"/posts/{post}/comments"))["items"]) == 1


async def test_what_stands_under_a_locked_post_is_locked_with_it(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await writer(site, anna)
    post = await published(anna, min_rank=10)
    made = await anna.made(f"/posts/{post}/comments", {"text": "Paid words"})
    for caller in (bob, site.nobody()):
        answers = [
            await caller.get(f"/posts/{post}/comments"),
            await caller.get(f"/posts/{made['id']}"),
            await caller.get(f"/streams/thread:{post}/events"),
        ]
        assert [code_of(answer) for answer in answers] == [(403, "post_locked")] * 3
        assert not any("Paid words" in answer.text for answer in answers)
    assert code_of(await bob.post(f"/posts/{post}/comments", {"text": "x"})) == (403, "post_locked")
    assert code_of(await bob.post(f"/posts/{made['id']}/report", {"reason": "spam"})) == (403, "post_locked")
    assert "counts" not in await bob.found(f"/posts/{post}")


async def test_a_comment_waits_is_approved_or_removed_with_a_reason(site: Site) -> None:
    anna = await site.creator()
    bob = await writer(site, anna)
    post = await published(anna)
    room = "/communities/anna/rooms/news"
    assert (await anna.patch(room, {"comment_first_held": True})).json()["comment_first_held"] is True
    path = f"/posts/{post}/comments"
    held = await bob.made(path, {"text": "My first"})
    assert held["state"] == "held"
    assert (await site.nobody().found(path))["items"] == []
    [mine] = (await bob.found(path))["items"]
    assert mine == held
    log = (await site.nobody().found(f"/streams/thread:{post}/events"))["items"]
    assert [(one["kind"], one["data"]) for one in log] == [("comment.held", {"comment": None})]
    assert code_of(await bob.post(f"/posts/{held['id']}/approve"))[0] == 403
    shown = (await anna.post(f"/posts/{held['id']}/approve")).json()
    assert (shown["state"], shown["seq"]) == ("shown", 2)
    assert (await anna.post(f"/posts/{held['id']}/remove", {"reason": "Off the point"})).status_code == 204
    assert (await bob.found(f"/posts/{held['id']}"))["reason"] == "Off the point"
    assert (await site.nobody().found(f"/posts/{held['id']}"))["reason"] == ""
    assert code_of(await anna.post(f"/posts/{held['id']}/approve")) == (409, "not_held")


async def test_each_refusal_has_its_code_and_its_words(site: Site) -> None:
    anna = await site.creator()
    bob = await writer(site, anna)
    post = await published(anna)
    path, room = f"/posts/{post}/comments", "/communities/anna/rooms/news"
    said = {"text": "x"}
    assert code_of(await site.nobody().post(path, said))[0] == 401
    stranger = await site.caller("Sam")
    assert code_of(await stranger.post(path, said)) == (403, "join_first")
    assert fields_of(await bob.post(path, {"text": "x" * 4001})) == {"text"}
    assert fields_of(await bob.post(path, {"text": "x", "reply_to": post})) == {"reply_to"}
    for rules, code in (
        ({"comment_age_days": 2}, "too_new"),
        ({"comment_rank": 10}, "rank_too_low"),
        ({"comments": False}, "comments_off"),
    ):
        await anna.patch(room, rules)
        assert code_of(await bob.post(path, said)) == (403, code)
    await anna.patch(room, {"comments": True, "comment_rank": None, "comment_age_days": 0, "comment_days": 1})
    assert (await anna.put(path, {"open": False})).status_code == 204
    assert code_of(await bob.post(path, said)) == (403, "comments_off")
    assert (await anna.put(path, {"open": True})).status_code == 204
    assert (await bob.post(path, said)).status_code == 201
    site.clock.forward(24 * 3_600_000)
    assert code_of(await bob.post(path, said)) == (403, "comments_closed")
    member = f"/communities/anna/members/{bob.account.id}"  # type: ignore[union-attr]
    await anna.patch(room, {"comment_days": None})
    assert (await anna.patch(member, {"state": "muted"})).status_code == 200
    answer = await bob.post(path, said)
    assert code_of(answer) == (403, "muted")
    assert "You are muted here" in answer.json()["detail"]


async def test_a_post_and_a_comment_are_reported_once_by_each(site: Site) -> None:
    anna = await site.creator()
    bob = await writer(site, anna)
    post = await published(anna)
    made = await anna.made(f"/posts/{post}/comments", {"text": "Hm"})
    for about in (post, made["id"], made["id"]):
        assert (
            await bob.post(f"/posts/{about}/report", {"reason": "abuse", "words": "See"})
        ).status_code == 204
    assert fields_of(await bob.post(f"/posts/{post}/report", {"reason": "mood"})) == {"reason"}
    assert (
        code_of(await bob.post("/posts/0198d000-0000-7000-8000-000000000000/report", {"reason": "spam"}))[0]
        == 404
    )
