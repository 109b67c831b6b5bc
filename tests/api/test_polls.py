"""Polls by the API: made with a post, voted in, ended, and never telling what is sealed."""

from typing import Any

import pytest
from sqlalchemy import select

from channel.api.idempotency import idempotency
from channel.chores import scheduler
from channel.polls.tables import ballots
from channel.worker import Worker
from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio
POLL: dict[str, Any] = {"options": ["Celadon", "Cobalt", "Oxblood"]}


async def asked(site: Site, anna: Caller, post: dict[str, Any] | None = None, **poll: Any) -> Any:
    """A post with a poll."""
    room = await news_of(anna)
    body = {"text": "Which glaze?", "poll": POLL | poll, **(post or {})}
    return await anna.made(f"/rooms/{room}/posts", body)


async def joined(site: Site, anna: Caller, name: str) -> Caller:
    """A member with a program of all scopes."""
    made = await site.member(anna, name=name)
    assert made.account
    return await site.program(made.account)


async def voted(caller: Caller, post: Any, *options: int, **more: Any) -> Any:
    answer = await caller.put(f"/posts/{post['id']}/vote", {"options": list(options), **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_post_is_published_with_its_poll(site: Site) -> None:
    anna = await site.creator()
    post = await asked(site, anna)
    assert post["poll"] == {
        "question": "",
        "kind": "poll",
        "options": [
            {"id": 1, "text": "Celadon", "votes": 0},
            {"id": 2, "text": "Cobalt", "votes": 0},
            {"id": 3, "text": "Oxblood", "votes": 0},
        ],
        "total": 0,
        "multiple": False,
        "anonymous": True,
        "sealed": False,
        "may_change": True,
        "min_rank": None,
        "closes_at": None,
        "closed": False,
        "closed_at": None,
        "right": None,
        "explanation": None,
    }
    assert post["mine"] == {"reactions": [], "vote": None}
    plain = await anna.made(f"/rooms/{post['room_id']}/posts", {"text": "No poll"})
    assert plain["poll"] is None
    assert plain["mine"] == {"reactions": []}


async def test_a_poll_that_is_none_is_refused_with_its_fields_and_nothing_is_published(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    for poll, field in (
        ({"options": ["One"]}, "poll.options"),
        ({"options": ["One", "One"]}, "poll_options"),
        ({"options": ["One", "Two"], "closes_at": "2020-01-01T00:00:00Z"}, "poll_closes_at"),
        ({"options": ["One", "Two"], "min_rank": 3}, "poll_min_rank"),
        ({"options": ["One", "Two"], "colour": "red"}, "poll.colour"),
    ):
        answer = await anna.post(f"/rooms/{room}/posts", {"text": "?", "poll": poll})
        assert fields_of(answer) == {field}
    assert (await anna.found(f"/rooms/{room}/posts"))["items"] == []


async def test_a_vote_is_answered_with_a_code_and_told_to_those_who_look(site: Site) -> None:
    anna = await site.creator()
    bob = await joined(site, anna, "Bob")
    post = await asked(site, anna)
    told = await voted(bob, post, 2)
    assert (told["options"], told["poll"]["total"], told["right"]) == ([2], 1, None)
    assert [option["votes"] for option in told["poll"]["options"]] == [0, 1, 0]
    seen = await bob.found(f"/posts/{post['id']}")
    unknown = {"options": None, "receipt": None, "right": None, "explanation": None}
    assert seen["mine"]["vote"] == unknown, "the server knows that he voted, and not what"
    assert (await anna.found(f"/posts/{post['id']}"))["mine"] == {"reactions": [], "vote": None}
    assert ("counts", {"room_id": post["room_id"], "post_ids": [post["id"]]}) in site.notes
    again = await bob.put(f"/posts/{post['id']}/vote", {"options": [1]})
    assert code_of(again) == (409, "receipt_needed")
    changed = await voted(bob, post, 1, receipt=told["receipt"])
    assert changed["receipt"] == told["receipt"]
    wrong = await bob.call("DELETE", f"/posts/{post['id']}/vote", {"receipt": "nothing"})
    assert fields_of(wrong) == {"receipt"}
    gone = await bob.call("DELETE", f"/posts/{post['id']}/vote", {"receipt": told["receipt"]})
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await bob.found(f"/posts/{post['id']}"))["poll"]["total"] == 0


async def test_in_an_open_poll_ones_own_vote_is_told_again(site: Site) -> None:
    anna = await site.creator()
    bob = await joined(site, anna, "Bob")
    post = await asked(site, anna, anonymous=False)
    told = await voted(bob, post, 3)
    own = (await bob.found(f"/posts/{post['id']}"))["mine"]["vote"]
    assert (own["options"], own["receipt"]) == ([3], told["receipt"])
    assert (await bob.delete(f"/posts/{post['id']}/vote")).status_code == 204


async def test_nothing_is_remembered_of_a_vote_that_came_with_a_key(site: Site) -> None:
    anna = await site.creator()
    bob = await joined(site, anna, "Bob")
    post = await asked(site, anna)
    headers = {"idempotency-key": "0b9f6c0e-5d1f-4a53-9c5b-5b8f2a0d7e11"}
    answer = await bob.call("PUT", f"/posts/{post['id']}/vote", {"options": [1]}, headers=headers)
    assert answer.status_code == 200
    async with site.db.read() as tx:
        kept = await tx.all(select(idempotency).where(idempotency.c.scope == f"account:{bob.account.id}"))  # type: ignore[union-attr]
        assert kept == []
        assert await tx.all(select(ballots))


async def test_refusals_have_words_and_codes(site: Site) -> None:
    anna = await site.creator()
    bob = await joined(site, anna, "Bob")
    post = await asked(site, anna, {"text": "Final?"}, may_change=False)
    path = f"/posts/{post['id']}/vote"
    for options in ([], [4], [1, 2]):
        assert (await bob.put(path, {"options": options})).status_code == 422
    assert (await bob.put(path, {"options": [13]})).status_code == 422
    assert code_of(await site.nobody().put(path, {"options": [1]})) == (401, "unauthorized")
    stranger = await site.caller("Eve")
    assert code_of(await stranger.put(path, {"options": [1]})) == (403, "join_first")
    reader = await site.program(bob.account, scopes=("read",))  # type: ignore[arg-type]
    assert code_of(await reader.put(path, {"options": [1]})) == (403, "scope")
    told = await voted(bob, post, 1)
    assert code_of(await bob.put(path, {"options": [2]})) == (409, "already_voted")
    taking = await bob.call("DELETE", path, {"receipt": told["receipt"]})
    assert code_of(taking) == (409, "vote_final")
    assert code_of(await bob.post(f"/posts/{post['id']}/poll/close")) == (403, "forbidden")
    assert code_of(await bob.get(f"/posts/{post['id']}/poll/receipts")) == (409, "poll_open")
    assert (await anna.post(f"/posts/{post['id']}/poll/close")).json()["poll"]["closed"] is True
    assert code_of(await anna.put(path, {"options": [2]})) == (409, "poll_closed")
    room = post["room_id"]
    plain = await anna.made(f"/rooms/{room}/posts", {"text": "No poll"})
    for answer in (
        await bob.put(f"/posts/{plain['id']}/vote", {"options": [1]}),
        await anna.post(f"/posts/{plain['id']}/poll/close"),
        await bob.get(f"/posts/{plain['id']}/poll/receipts"),
    ):
        assert code_of(answer) == (404, "not_found")


async def test_after_the_end_everybody_finds_their_code_in_the_tally(site: Site) -> None:
    anna = await site.creator()
    post = await asked(site, anna, multiple=True)
    codes = {}
    for number in range(5):
        one = await joined(site, anna, f"M{number}")
        codes[(await voted(one, post, 1, number % 3 + 1))["receipt"]] = sorted({1, number % 3 + 1})
    await anna.post(f"/posts/{post['id']}/poll/close")
    path = f"/posts/{post['id']}/poll/receipts"
    first = await anna.found(path, limit=3)
    rest = await anna.found(path, limit=3, cursor=first["next_cursor"])
    assert rest["next_cursor"] is None
    listed = {one["receipt"]: one["options"] for one in first["items"] + rest["items"]}
    assert listed == codes
    third = await anna.found(path, option=3)
    assert {one["receipt"] for one in third["items"]} == {c for c, chosen in codes.items() if 3 in chosen}
    [code, *_] = codes
    [one] = (await anna.found(path, receipt=code.lower()))["items"]
    assert (one["receipt"], one["options"]) == (code, codes[code])
    assert (await anna.found(path, receipt="ABCD-EFGH-JKLM"))["items"] == []
    assert fields_of(await anna.get(path, cursor="x")) == {"cursor"}
    tally = (await anna.found(f"/posts/{post['id']}"))["poll"]["options"]
    for option in tally:
        assert option["votes"] == sum(option["id"] in chosen for chosen in codes.values())


async def test_a_quiz_tells_the_right_answer_to_who_has_answered(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await joined(site, anna, "Bob"), await joined(site, anna, "Eve")
    more = {"kind": "quiz", "right": [2], "explanation": "Iron and oak."}
    post = await asked(site, anna, **more)
    assert (post["poll"]["right"], post["poll"]["explanation"]) == (None, None), "not even to its author"
    told = await voted(bob, post, 1)
    assert (told["right"], told["explanation"]) == ([2], "Iron and oak.")
    assert (await bob.found(f"/posts/{post['id']}"))["mine"]["vote"]["right"] == [2]
    hidden = await eve.found(f"/posts/{post['id']}")
    assert "Iron" not in str(hidden)
    assert hidden["poll"]["right"] is None
    sealed = await asked(site, anna, sealed=True, **more)
    assert (await voted(bob, sealed, 1))["right"] is None, "a sealed quiz is answered at its end"
    done = (await anna.post(f"/posts/{sealed['id']}/poll/close")).json()
    assert (done["poll"]["right"], done["poll"]["explanation"]) == ([2], "Iron and oak.")


async def test_a_sealed_poll_tells_nobody_how_it_stands_until_it_ends(site: Site) -> None:
    anna = await site.creator()
    people = [await joined(site, anna, f"M{number}") for number in range(5)]
    end = site.clock.now_ms + 3_600_000
    post = await asked(site, anna, sealed=True, closes_at="2026-01-01T01:00:00Z")
    assert end == 1_767_229_200_000
    for number, one in enumerate(people):
        told = await voted(one, post, 1)
        assert told["poll"]["total"] == (5 if number == 4 else None), "few are nearly names"
        _without_tallies(told["poll"])
    for caller in (anna, people[0], site.nobody()):
        found = await caller.found(f"/posts/{post['id']}")
        _without_tallies(found["poll"])
        listed = await caller.found(f"/rooms/{post['room_id']}/posts")
        _without_tallies(listed["items"][0]["poll"])
        events = await caller.found(f"/streams/room:{post['room_id']}/events")
        for event in events["items"]:
            _without_tallies(event["data"]["post"]["poll"])
        assert code_of(await caller.get(f"/posts/{post['id']}/poll/receipts")) == (409, "poll_open")
    site.clock.forward(3_600_000)
    _without_tallies((await anna.found(f"/posts/{post['id']}"))["poll"])
    await Worker(site.db, {"schedule": scheduler(site.db)}).work_off()
    poll = (await site.nobody().found(f"/posts/{post['id']}"))["poll"]
    assert [option["votes"] for option in poll["options"]] == [5, 0, 0]
    assert poll["closed"] is True


def _without_tallies(poll: Any) -> None:
    assert {option["votes"] for option in poll["options"]} == {None}
    assert [option["id"] for option in poll["options"]] == [1, 2, 3], "in the author's order"


async def test_of_a_locked_post_nothing_is_told_but_that_it_asks(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    bob = await joined(site, anna, "Bob")
    post = await asked(site, anna, {"min_rank": 10})
    locked = await bob.found(f"/posts/{post['id']}")
    assert locked["kinds"] == ["text", "poll"]
    assert not {"poll", "mine"} & locked.keys()
    assert "Celadon" not in str(locked)
    assert code_of(await bob.put(f"/posts/{post['id']}/vote", {"options": [1]})) == (403, "post_locked")
    assert code_of(await bob.get(f"/posts/{post['id']}/poll/receipts")) == (403, "post_locked")
