"""Hooks and addresses by which programs post, by the API, on both databases."""

from dataclasses import replace

import pytest

from channel.api.webhooks import Hook
from channel.limiter import Limiter
from tests.api.conftest import Caller, Site, code_of, fields_of

pytestmark = pytest.mark.anyio
HOOKS = "/communities/anna/hooks"
INCOMING = "/communities/anna/incoming"


async def room_of(caller: Caller, slug: str = "news") -> str:
    return str((await caller.found(f"/communities/anna/rooms/{slug}"))["id"])


async def test_a_webhook_is_made_changed_renewed_tried_and_deleted(site: Site) -> None:
    anna = await site.creator()
    made = await anna.made(
        HOOKS, {"name": "Shop", "url": "https://shop.friend.org/in?x=1", "kinds": ["member.*"]}
    )
    assert set(made) == set(Hook.__struct_fields__)
    assert made["secret"].startswith("whsec_")
    assert (made["where"], made["kind"], made["state"]) == ("shop.friend.org", "webhook", "active")
    place = f"{HOOKS}/{made['id']}"
    assert (await anna.found(place))["secret"] is None
    changed = (await anna.patch(place, {"name": "Till", "kinds": ["*"], "state": "paused"})).json()
    assert (changed["name"], changed["kinds"], changed["state"]) == ("Till", ["*"], "paused")
    assert code_of(await anna.post(f"{place}/test", {})) == (409, "not_active")
    assert (await anna.patch(place, {"state": "active"})).status_code == 200
    renewed = (await anna.post(f"{place}/secret", {})).json()
    assert renewed["secret"] not in (None, made["secret"])
    assert renewed["old_secret_until"] is not None
    sent = await anna.post(f"{place}/test", {})
    assert sent.status_code == 201
    [message] = (await anna.found(f"{place}/messages"))["items"]
    assert (message["id"], message["kind"], message["state"]) == (sent.json()["id"], "hook.test", "waiting")
    again = await anna.post(f"{place}/replay", {"message_id": message["id"]})
    assert (again.status_code, again.json()) == (200, {"messages": 1})
    assert (await anna.post(f"{place}/replay", {})).json() == {"messages": 0}
    assert (await anna.delete(place)).status_code == 204
    assert (await anna.found(HOOKS))["items"] == []


async def test_what_is_wrong_is_named(site: Site) -> None:
    anna = await site.creator()
    for body, field in (
        ({"name": "x", "url": "https://127.0.0.1/"}, "url"),
        ({"name": "x", "url": "https://a.friend.org/", "kinds": ["post.painted"]}, "kinds"),
        ({"name": "x", "kind": "telegram", "token": "no", "chat": "@fine_name"}, "token"),
        ({"name": "x", "kind": "discord", "url": "https://friend.org/"}, "url"),
        ({"name": "x", "url": "https://a.friend.org/", "room_id": "nowhere"}, "room_id"),
    ):
        assert fields_of(await anna.post(HOOKS, body)) == {field}
    room = await room_of(anna)
    assert fields_of(await anna.post(INCOMING, {"name": " ", "room_id": room})) == {"name"}
    assert fields_of(await anna.post(INCOMING, {"name": "Bot", "room_id": "nowhere"})) == {"room_id"}


async def test_a_program_posts_by_its_address_alone_under_its_name(site: Site) -> None:
    anna = await site.creator()
    room = await room_of(anna)
    made = await anna.made(INCOMING, {"name": "Weather", "room_id": room})
    address = made["url"].removeprefix("http://channel.test/api/v1")
    client = site.nobody()
    sent = await client.post(address, {"text": "It **rains** @everyone"})
    assert sent.status_code == 201
    assert sent.json()["url"] == f"http://channel.test/@anna/news/{sent.json()['seq']}"
    post = await anna.found(f"/posts/{sent.json()['id']}")
    assert post["author"] == {
        "id": made["bot_id"], "name": "Weather", "handle": None, "avatar_url": None, "bot": True,
    }  # fmt: skip
    assert "<strong>rains</strong>" in post["html"]
    assert post["mentions"] == []
    [listed] = (await anna.found(INCOMING))["items"]
    assert (listed["posts"], listed["url"]) == (1, None)
    twice = [await client.post(address, {"text": "Sun"}, key="once-and-no-more") for _ in range(2)]
    assert twice[0].json() == twice[1].json()
    assert (await client.post(address, {"text": "x", "author": "me"})).status_code == 422
    empty = (await client.post(address, {"text": ""})).json()
    assert empty["errors"] == [{"field": "text", "detail": "Write something here."}]
    kind = {"content-type": "application/json"}
    assert (await client.call("POST", address, content=b"[" * 200_000, headers=kind)).status_code == 422
    assert (await client.call("POST", address, content=b"{" * 200_000, headers=kind)).status_code == 400
    assert (await anna.delete(f"{INCOMING}/{made['id']}")).status_code == 204
    gone = await client.post(address, {"text": "Too late"})
    assert (gone.status_code, gone.json()["code"]) == (410, "hook_revoked")
    assert (await client.post("/incoming/" + "x" * 43, {"text": "x"})).status_code == 404


async def test_the_rights_of_who_made_it_count_at_each_post(site: Site) -> None:
    anna = await site.creator()
    joined = await site.member(anna, name="Carol")
    assert joined.account is not None
    member = f"/communities/anna/members/{joined.account.id}"
    assert (await anna.patch(member, {"role": "admin"})).status_code == 200
    carol = await site.program(joined.account)
    made = await carol.made(INCOMING, {"name": "Weather", "room_id": await room_of(anna)})
    address = made["url"].removeprefix("http://channel.test/api/v1")
    client = site.nobody()
    assert (await client.post(address, {"text": "x"})).status_code == 201
    demoted = await anna.patch(member, {"role": "member"})
    assert demoted.status_code == 200
    refused = await client.post(address, {"text": "y"})
    assert (refused.status_code, refused.json()["code"]) == (403, "hook_owner")


async def test_it_is_not_too_much(site: Site) -> None:
    anna = await site.creator()
    made = await anna.made(INCOMING, {"name": "Weather", "room_id": await room_of(anna)})
    address = made["url"].removeprefix("http://channel.test/api/v1")
    client = site.nobody()
    site.app.state.services = replace(site.app.state.services, limiter=Limiter(1))
    answers = [(await client.post(address, {"text": str(n)})).status_code for n in range(62)]
    assert answers.count(201) == 60
    assert answers[-1] == 429
