"""Questions over the API: asked, voted for, sorted, answered; and who sees what of it."""

from typing import Any

import pytest

from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio


async def member(site: Site, owner: Caller, **more: object) -> Caller:
    """Somebody who joined by an invite, with a token that writes."""
    joined = await site.member(owner, **more)  # type: ignore[arg-type]
    assert joined.account is not None
    return await site.program(joined.account)


async def prompting(anna: Caller, **more: object) -> Any:
    """A post that asks for questions."""
    return await anna.made(f"/rooms/{await news_of(anna)}/posts", {"text": "Ask me", "prompt": more})


async def test_a_post_asks_and_says_so(site: Site) -> None:
    anna = await site.creator()
    post = await prompting(anna, open_until="2026-01-02T00:00:00Z")
    assert post["prompt"] == {
        "open": True, "open_until": "2026-01-02T00:00:00.000Z", "answers": 0, "may": True, "min_rank": 0,
        "votes": True, "shown": "all",
    }  # fmt: skip
    plain = await anna.made(f"/rooms/{await news_of(anna)}/posts", {"text": "Hello"})
    assert plain["prompt"] is None
    seen = await site.nobody().found(f"/posts/{post['id']}")
    assert seen["prompt"]["may"] is False, "who is not in it cannot ask"
    wrong = {"text": "Ask", "prompt": {"open_until": "2020-01-01T00:00:00Z"}}
    assert fields_of(await anna.post(f"/rooms/{await news_of(anna)}/posts", wrong)) == {"open_until"}


async def test_from_the_question_to_the_answer(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna), await member(site, anna, name="Eve")
    post = await prompting(anna)
    under = f"/posts/{post['id']}/questions"
    made = await bob.made(under, {"text": "Why blue?"})
    assert (made["mine"], made["state"], made["votes"], made["author"]["name"]) == (True, "open", 0, "Bob")
    voted = await eve.put(f"/questions/{made['id']}/vote")
    assert (voted.status_code, voted.json()["votes"], voted.json()["voted"]) == (200, 1, True)
    assert code_of(await bob.put(f"/questions/{made['id']}/vote")) == (409, "own_question")
    assert ("counts", {"room_id": post["room_id"], "post_ids": [post["id"]]}) in site.notes
    reply = {"room_id": post["room_id"], "text": "The sea."}
    assert code_of(await bob.post(f"/questions/{made['id']}/answer", reply))[0] == 403
    answered = await anna.made(f"/questions/{made['id']}/answer", reply)
    assert answered["text"] == "> Why blue?\n>\n> – Bob\n\nThe sea."
    [seen] = (await eve.found(under))["items"]
    assert seen["state"] == "answered"
    assert seen["answer"]["url"] == f"http://channel.test/@anna/news/{answered['seq']}"
    [event] = [
        one for one in (await bob.found("/streams/me/events"))["items"] if one["kind"] == "question.answered"
    ]
    assert event["data"] == {"community": "anna", "question_id": made["id"], "post_id": answered["id"]}
    again = await anna.post(f"/questions/{made['id']}/answer", reply)
    assert code_of(again) == (409, "question_closed")


async def test_one_key_is_one_question(site: Site) -> None:
    anna = await site.creator()
    bob = await member(site, anna)
    under = f"/posts/{(await prompting(anna))['id']}/questions"
    answers = [await bob.post(under, {"text": "Why?"}, key="0123456789abcdef") for _ in range(3)]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await bob.found(under, mine=True))["items"]) == 1


async def test_who_asked_stays_unsaid_where_they_wanted_that(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna, name="Bobby Tables"), await member(site, anna, name="Eve")
    post = await prompting(anna)
    made = await bob.made(f"/posts/{post['id']}/questions", {"text": "Why?", "show_name": False})
    assert made["author"]["name"] == "Bobby Tables", "who asked knows"
    addresses = [f"/posts/{post['id']}/questions", f"/posts/{post['id']}", f"/rooms/{post['room_id']}/posts",
                 f"/streams/room:{post['room_id']}/events"]  # fmt: skip
    reply = {"room_id": post["room_id"], "text": "So."}
    for step in ("open", "answered"):
        if step == "answered":
            await anna.made(f"/questions/{made['id']}/answer", reply)
        for caller in (eve, site.nobody()):
            for address in addresses:
                text = (await caller.get(address)).text
                assert "Bobby" not in text, (step, address)
                assert str(bob.account and bob.account.id) not in text, (step, address)
    [staff] = (await anna.found(f"/posts/{post['id']}/questions", state="answered"))["items"]
    assert staff["author"]["name"] == "Bobby Tables", "those who run it know"


async def test_what_others_asked_is_seen_as_the_creator_chose(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna), await member(site, anna, name="Eve")
    post = await prompting(anna, shown="answered")
    under = f"/posts/{post['id']}/questions"
    made = await bob.made(under, {"text": "Why?"})
    assert (await eve.found(under))["items"] == []
    assert code_of(await eve.put(f"/questions/{made['id']}/vote")) == (404, "not_found")
    assert [one["id"] for one in (await bob.found(under, mine=True))["items"]] == [made["id"]]
    assert [one["id"] for one in (await anna.found(under))["items"]] == [made["id"]]
    await anna.made(f"/questions/{made['id']}/answer", {"room_id": post["room_id"], "text": "So."})
    assert [one["id"] for one in (await eve.found(under))["items"]] == [made["id"]]
    assert code_of(await eve.get(under, state="open"))[0] == 403


async def test_the_box(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna), await member(site, anna, name="Eve")
    box = "/communities/anna/questions"
    assert code_of(await bob.post(box, {"text": "Why?"})) == (404, "not_found")
    assert code_of(await bob.put("/communities/anna/question-box", {"on": True}))[0] == 403
    assert (await anna.put("/communities/anna/question-box", {"on": True})).json() == {
        "on": True,
        "min_rank": 0,
    }
    made = await bob.made(box, {"text": "Why?"})
    found = await eve.found(box)
    assert (found["items"], found["may"], found["box"]["on"]) == ([], True, True)
    assert (await site.nobody().found(box))["may"] is False
    assert [one["text"] for one in (await bob.found(box, mine=True))["items"]] == ["Why?"]
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    reply = {"room_id": await news_of(anna), "text": "So.", "min_rank": 10}
    refused = await anna.post(f"/questions/{made['id']}/answer", reply)
    assert code_of(refused) == (409, "asker_locked_out")
    await anna.made(f"/questions/{made['id']}/answer", reply | {"even_if_locked": True})
    assert (await eve.found(box))["items"] == [], "the question stands in an answer that is locked to her"
    [own] = (await bob.found(box, mine=True))["items"]
    assert (own["state"], own["answer"]) == ("answered", None)


async def test_staff_put_the_same_ones_together_and_rubbish_aside(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna), await member(site, anna, name="Eve")
    under = f"/posts/{(await prompting(anna))['id']}/questions"
    one, other = await bob.made(under, {"text": "Why?"}), await eve.made(under, {"text": "Why so?"})
    patch = {"state": "merged", "merged_into": one["id"]}
    assert code_of(await bob.patch(f"/questions/{other['id']}", patch))[0] == 403
    merged = await anna.patch(f"/questions/{other['id']}", patch)
    assert (merged.status_code, merged.json()["merged_into"]) == (200, one["id"])
    assert [(x["id"], x["votes"]) for x in (await anna.found(under))["items"]] == [(one["id"], 1)]
    assert (await anna.patch(f"/questions/{one['id']}", {"state": "spam"})).json()["state"] == "spam"
    assert (await bob.found(under))["items"] == []
    assert (await anna.patch(f"/questions/{one['id']}", {"state": "open"})).json()["state"] == "open"


async def test_who_asked_changes_it_once_or_takes_it_back(site: Site) -> None:
    anna = await site.creator()
    bob = await member(site, anna)
    under = f"/posts/{(await prompting(anna))['id']}/questions"
    one = f"/questions/{(await bob.made(under, {'text': 'Why?'}))['id']}"
    assert (await bob.patch(one, {"text": "How?"})).json()["text"] == "How?"
    assert code_of(await bob.patch(one, {"text": "Who?"})) == (409, "edited_already")
    assert code_of(await anna.patch(one, {"text": "Mine"}))[0] == 403
    assert code_of(await anna.patch(one, {"state": "withdrawn"}))[0] == 403
    taken = await bob.patch(one, {"state": "withdrawn"})
    assert (taken.json()["state"], taken.json()["text"]) == ("withdrawn", "")
    assert (await anna.found(under))["items"] == []


async def test_of_a_locked_prompt_nothing_leaves(site: Site) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    tier = next(t for t in (await anna.found("/communities/anna/tiers"))["items"] if t["rank"] == 10)
    gold, free = await member(site, anna, tier_id=tier["id"]), await member(site, anna, name="Free")
    body = {"text": "Ask me", "min_rank": 10, "prompt": {}}
    post = await anna.made(f"/rooms/{await news_of(anna)}/posts", body)
    under = f"/posts/{post['id']}/questions"
    made = await gold.made(under, {"text": "A secret question"})
    for caller in (free, site.nobody()):
        assert code_of(await caller.get(under))[0] == 403
        locked = await caller.found(f"/posts/{post['id']}")
        assert locked["locked"] is True
        assert "prompt" not in locked
        for address in (f"/rooms/{post['room_id']}/posts", f"/streams/room:{post['room_id']}/events", under):
            assert "secret" not in (await caller.get(address)).text
    assert code_of(await free.post(under, {"text": "Let me in"}))[0] == 403
    assert code_of(await free.put(f"/questions/{made['id']}/vote")) == (404, "not_found")
    assert code_of(await free.patch(f"/questions/{made['id']}", {"text": "x"})) == (404, "not_found")


async def test_an_ended_prompt_says_so_and_can_begin_again(site: Site) -> None:
    anna = await site.creator()
    bob = await member(site, anna)
    post = await prompting(anna)
    under = f"/posts/{post['id']}/questions"
    assert (await anna.delete(f"/posts/{post['id']}/prompt")).status_code == 204
    ended = await bob.found(f"/posts/{post['id']}")
    assert (ended["prompt"]["open"], ended["prompt"]["may"], ended["rev"]) == (False, False, 2)
    assert code_of(await bob.post(under, {"text": "Why?"})) == (409, "prompt_closed")
    assert code_of(await bob.put(f"/posts/{post['id']}/prompt", {}))[0] == 403
    assert (await anna.put(f"/posts/{post['id']}/prompt", {})).json()["prompt"]["open"] is True
    await bob.made(under, {"text": "Why?"})


async def test_lists_go_on_where_they_ended(site: Site) -> None:
    anna = await site.creator()
    bob, eve = await member(site, anna), await member(site, anna, name="Eve")
    under = f"/posts/{(await prompting(anna))['id']}/questions"
    made = [(await bob.made(under, {"text": f"Why {n}?"}))["id"] for n in range(5)]
    await eve.put(f"/questions/{made[1]}/vote")
    for sort in ("votes", "new"):
        seen, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await eve.found(under, sort=sort, limit=2, **more)
            seen += [one["id"] for one in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        assert sorted(seen) == sorted(made)
        assert sort == "new" or seen[0] == made[1]
    assert fields_of(await eve.get(under, cursor="x")) == {"cursor"}
    assert code_of(await eve.get("/posts/x/questions"))[0] == 404
