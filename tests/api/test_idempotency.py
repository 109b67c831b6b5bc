"""P2: any write with the same key has one effect and the same answer, for 24 hours."""

import asyncio
from itertools import pairwise

import pytest
from sqlalchemy import select

from channel.api import idempotency as keeping
from channel.api.idempotency import KEPT_MS, idempotency, sweep
from channel.errors import Unavailable
from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.api.test_contract import news_of

pytestmark = pytest.mark.anyio
KEY = "0b9f6c0e-5d1f-4a53-9c5b-5b8f2a0d7e11"


async def texts(caller: Caller, room: str) -> list[str]:
    return [post["text"] for post in (await caller.found(f"/rooms/{room}/posts"))["items"]]


async def test_the_same_key_and_body_gives_the_first_answer_again(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    first = await anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY)
    site.clock.forward(KEPT_MS - 1)
    again = await anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY)
    assert (again.status_code, again.content) == (201, first.content)
    assert await texts(anna, room) == ["once"]


async def test_the_same_key_with_another_body_path_or_method_is_refused(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    await anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY)
    other = await anna.post(f"/rooms/{room}/posts", {"text": "twice"}, key=KEY)
    assert code_of(other) == (422, "idempotency_mismatch")
    elsewhere = await anna.post("/communities/anna/invites", {"label": "x"}, key=KEY)
    assert code_of(elsewhere) == (422, "idempotency_mismatch")
    assert await texts(anna, room) == ["once"]


async def test_fifty_at_once_have_one_effect_and_fifty_equal_answers(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    calls = [anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY) for _ in range(50)]
    answers = await asyncio.gather(*calls)
    assert {(answer.status_code, answer.content) for answer in answers} == {(201, answers[0].content)}
    assert await texts(anna, room) == ["once"]
    assert (await anna.found(f"/streams/room:{room}/events"))["head"] == 1


async def test_an_answer_that_cannot_be_kept_takes_its_effect_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = await site.creator()
    room = await news_of(anna)

    async def fails(*_: object) -> None:
        raise Unavailable("The database cannot be reached. Nothing was saved; try again.")

    with monkeypatch.context() as broken:
        broken.setattr(keeping, "finish", fails)
        assert (await anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY)).status_code == 503
    assert await texts(anna, room) == []
    assert (await anna.post(f"/rooms/{room}/posts", {"text": "once"}, key=KEY)).status_code == 201
    assert await texts(anna, room) == ["once"]


async def test_fifty_at_once_with_two_bodies_have_one_effect_and_one_kind_of_refusal(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    calls = [anna.post(f"/rooms/{room}/posts", {"text": f"body {n % 2}"}, key=KEY) for n in range(50)]
    answers = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in answers) == [201] * 25 + [422] * 25
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(await texts(anna, room)) == 1


async def test_joining_twice_with_one_key_makes_one_account_and_shows_its_token_again(site: Site) -> None:
    anna = await site.creator()
    invite = await anna.made("/communities/anna/invites", {"max_uses": 5})
    path = f"/invites/{invite['code']}/accept"
    calls = [site.nobody().post(path, {"display_name": "Bob"}, key=KEY) for _ in range(10)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["token"] for answer in answers}) == 1
    assert (await anna.found(f"/communities/anna/invites/{invite['id']}"))["uses"] == 1


async def test_a_key_belongs_to_its_account_or_network(site: Site) -> None:
    anna, zoe = await site.creator("anna"), await site.creator("zoe")
    first = await anna.post("/communities/anna/invites", {}, key=KEY)
    assert first.status_code == 201
    assert code_of(await zoe.post("/communities/anna/invites", {}, key=KEY))[0] == 403
    path = f"/invites/{first.json()['code']}/accept"
    here = await site.nobody().post(path, {"display_name": "Bob"}, key=KEY)
    there = await site.nobody("198.51.100.9").post(path, {"display_name": "Bob"}, key=KEY)
    assert here.json()["account"]["id"] != there.json()["account"]["id"]


async def test_a_refused_call_leaves_its_key_free(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    assert (
        await anna.post(f"/rooms/{room}/posts", {"text": "x", "min_rank": 10}, key=KEY)
    ).status_code == 422
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    assert (
        await anna.post(f"/rooms/{room}/posts", {"text": "x", "min_rank": 10}, key=KEY)
    ).status_code == 201


async def test_after_a_day_the_key_is_fresh_again(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    await anna.post(f"/rooms/{room}/posts", {"text": "old"}, key=KEY)
    site.clock.forward(KEPT_MS)
    assert (await anna.post(f"/rooms/{room}/posts", {"text": "new"}, key=KEY)).status_code == 201
    assert await texts(anna, room) == ["new", "old"]
    site.clock.forward(KEPT_MS)
    async with site.db.write() as tx:
        await sweep(tx)
        assert await tx.all(select(idempotency)) == []


async def test_nothing_that_is_shown_once_lies_readable_in_the_database(site: Site) -> None:
    anna = await site.creator()
    invite = (await anna.post("/communities/anna/invites", {}, key=KEY)).json()
    path = f"/invites/{invite['code']}/accept"
    token = (await site.nobody().post(path, {"display_name": "Bob"}, key=KEY)).json()["token"]
    async with site.db.read() as tx:
        rows = await tx.all(select(idempotency))
    kept = b" ".join(bytes(row.answer) + row.key_hash.encode() for row in rows)
    assert len(rows) == 2
    assert not any(secret.encode() in kept for secret in (invite["code"], token, KEY))


async def test_a_key_has_1_to_255_visible_characters(site: Site) -> None:
    anna = await site.creator()
    for key, status in (("k", 201), ("k" * 255, 201), ("k" * 256, 422), ("a b", 422), ("a\tb", 422)):
        assert (await anna.post("/communities/anna/invites", {}, key=key)).status_code == status, key


async def test_without_credentials_a_key_has_to_be_hard_to_guess(site: Site) -> None:
    anna = await site.creator()
    code = (await anna.made("/communities/anna/invites", {}))["code"]
    path = f"/invites/{code}/accept"
    refused = await site.nobody().post(path, {"display_name": "Bob"}, key="k" * 15)
    assert fields_of(refused) == {"Idempotency-Key"}
    assert (await site.nobody().post(path, {"display_name": "Bob"}, key="k" * 16)).status_code == 201


async def test_every_kind_of_write_repeats_its_answer(site: Site) -> None:
    anna = await site.creator()
    room = await news_of(anna)
    post = await anna.made(f"/rooms/{room}/posts", {"text": "x"})
    writes: list[tuple[str, str, object]] = [
        ("PATCH", "/communities/anna", {"name": "A"}),
        ("POST", "/communities/anna/rooms", {"slug": "kiln", "name": "Kiln"}),
        ("PATCH", "/communities/anna/rooms/kiln", {"position": 1}),
        ("POST", "/communities/anna/tiers", {"name": "Gold", "rank": 10}),
        ("PATCH", f"/posts/{post['id']}", {"text": "y"}),
        ("PUT", f"/posts/{post['id']}/pin", {"position": 1}),
        ("DELETE", f"/posts/{post['id']}/pin", None),
        ("PUT", f"/rooms/{room}/read", {"seq": 1}),
        ("POST", "/live/ticket", None),
        ("DELETE", f"/posts/{post['id']}", None),
        ("DELETE", "/communities/anna/rooms/kiln", None),
    ]
    for number, (method, path, body) in enumerate(writes):
        key = f"{KEY}-{number}"
        answers = [await anna.call(method, path, body, headers={"idempotency-key": key}) for _ in range(3)]
        assert answers[0].is_success, (path, answers[0].text)
        assert all(a.content == b.content and a.status_code == b.status_code for a, b in pairwise(answers)), (
            path
        )
