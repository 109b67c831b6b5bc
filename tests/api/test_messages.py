"""Messages to the team, saved answers and the inbox, as programs use them."""

from channel.accounts import tokens
from channel.inbox.model import DAY_MS
from channel.render.json import iso
from tests.api.conftest import Caller, Site, code_of, fields_of
from tests.conftest import Clock

OWN = "/communities/anna/messages"
INBOX = "/communities/anna/inbox"


async def writing(site: Site) -> tuple[Caller, Caller]:
    """Anna, to whom members may write, and Bob who may write."""
    anna = await site.creator("anna")
    bob = await site.member(anna)
    assert (await anna.put("/communities/anna/message-box", {"on": True})).json() == {
        "on": True,
        "min_rank": 0,
    }
    return anna, await everything(site, bob)


async def everything(site: Site, caller: Caller) -> Caller:
    """The same account with a token of every scope but admin."""
    async with site.db.write() as tx:
        _, secret = await tokens.create_token(
            tx, caller.account.id, name="t", scopes={"read", "post", "members", "manage"}, days=None
        )
    return Caller(site.client(), caller.account, secret)


async def test_a_follower_writes_and_reads_what_is_answered(site: Site) -> None:
    anna, bob = await writing(site)
    mine = await bob.made(OWN, {"text": "When is the *show*?"})
    assert (mine["seq"], mine["side"], mine["author"]["name"]) == (1, "follower", "Bob")
    (talk,) = (await anna.get("/communities/anna/conversations")).json()["items"]
    assert (talk["follower"]["name"], talk["waits_since"]) == ("Bob", mine["created_at"])
    there = f"/conversations/{talk['id']}/messages"
    secret = await anna.made(there, {"text": "On Friday"})
    assert (secret["author"]["name"], secret["as_team"]) == ("Anna", True)
    await anna.made(there, {"text": "See you there", "as_team": False})
    page = (await bob.get(OWN, limit=2)).json()
    assert [one["text"] for one in page["items"]] == ["See you there", "On Friday"]
    assert [one["author"] and one["author"]["name"] for one in page["items"]] == ["Anna", None]
    assert (page["unread"], page["read_seq"], page["may"]) == (2, 0, True)
    assert (await bob.put(f"{OWN}/read", {"seq": 3})).status_code == 204
    rest = (await bob.get(OWN, limit=2, cursor=page["next_cursor"])).json()
    assert ([one["text"] for one in rest["items"]], rest["next_cursor"], rest["unread"]) == (
        ["When is the *show*?"], None, 0
    )  # fmt: skip
    assert (await bob.delete(f"/messages/{mine['id']}")).status_code == 204
    (*_, gone) = (await anna.get(there)).json()["items"]
    assert (gone["deleted"], gone["text"]) == (True, "")


async def test_who_may_not_is_told_why(site: Site) -> None:
    anna, bob = await writing(site)
    assert fields_of(await bob.post(OWN, {"text": "x" * 4_001})) == {"text"}
    assert fields_of(await bob.post(OWN, {"text": " "})) == {"text"}
    await bob.made(OWN, {"text": "Hello"})
    (talk,) = (await anna.get("/communities/anna/conversations")).json()["items"]
    for refused in (
        await bob.get(f"/conversations/{talk['id']}/messages"),
        await bob.post(f"/conversations/{talk['id']}/messages", {"text": "Me, too"}),
    ):
        assert code_of(refused) == (404, "not_found")
    assert code_of(await bob.get("/communities/anna/conversations")) == (403, "forbidden")
    assert code_of(await bob.get(INBOX)) == (403, "forbidden")
    assert code_of(await anna.post(OWN, {"text": "Dear me"})) == (409, "own_team")
    stranger = await site.creator("zoe")
    assert code_of(await stranger.post(OWN, {"text": "Hi"})) == (403, "join_first")
    assert (await stranger.get(OWN)).json()["items"] == []
    await anna.put("/communities/anna/message-box", {"on": False})
    assert code_of(await bob.post(OWN, {"text": "Hi"})) == (403, "messages_off")
    muted = await anna.patch(
        f"/communities/anna/members/{bob.account.id}", {"state": "muted", "reason": "Rude"}
    )
    assert muted.status_code == 200
    answer = await bob.post(OWN, {"text": "Hi"})
    assert code_of(answer) == (403, "muted")
    assert "Rude" in answer.json()["detail"]
    assert (await bob.get(OWN)).json()["may"] is False


async def test_answers_are_kept_changed_and_dropped(site: Site) -> None:
    anna, bob = await writing(site)
    kept = "/communities/anna/saved-answers"
    one = await anna.made(kept, {"name": "Refund", "text": "You get it back."})
    assert fields_of(await anna.post(kept, {"name": "Refund", "text": "Again"})) == {"name"}
    changed = await anna.patch(f"{kept}/{one['id']}", {"name": "Money"})
    assert changed.json() == {"id": one["id"], "name": "Money", "text": "You get it back."}
    assert code_of(await bob.get(kept)) == (403, "forbidden")
    assert (await anna.delete(f"{kept}/{one['id']}")).status_code == 204
    assert (await anna.get(kept)).json()["items"] == []


async def test_the_inbox_is_read_and_worked_off(site: Site, clock: Clock) -> None:
    anna, bob = await writing(site)
    await anna.put("/communities/anna/question-box", {"on": True})
    await bob.made(OWN, {"text": "Hello there"})
    clock.forward(1_000)
    asked = await bob.made("/communities/anna/questions", {"text": "Why?"})
    page = (await anna.get(INBOX)).json()
    message, question = page["items"]
    assert (message["kind"], message["text"], message["author"]["name"]) == ("message", "Hello there", "Bob")
    assert (question["about_id"], question["state"]) == (asked["id"], "open")
    assert question["url"] == f"http://channel.test/studio/anna/questions?of=box#q-{asked['id']}"
    assert page["counts"] == {
        "comment": 0,
        "held": 0,
        "mention": 0,
        "message": 1,
        "question": 1,
        "report": 0,
        "request": 0,
    }
    done = await anna.post(f"{INBOX}/{message['id']}/done", {"mark": message["mark"], "rev": message["rev"]})
    assert done.json()["state"] == "done"
    until = iso(clock.now_ms + DAY_MS)
    later = (await anna.post(f"{INBOX}/{question['id']}/later", {"until": until})).json()
    assert (later["state"], later["later_until"]) == ("later", until)
    given = (await anna.post(f"{INBOX}/{question['id']}/assign", {"account_id": anna.account.id})).json()
    assert given["assigned_to"]["name"] == "Anna"
    assert (await anna.get(INBOX)).json()["items"] == []
    assert len((await anna.get(INBOX, state="done")).json()["items"]) == 1
    assert len((await anna.get(INBOX, state="later", whose="mine", kind="question")).json()["items"]) == 1
    stale = await anna.post(f"{INBOX}/{question['id']}/done", {"rev": 0})
    assert code_of(stale) == (409, "acted_meanwhile")
    assert (await anna.post(f"{INBOX}/{question['id']}/reopen", {})).json()["state"] == "open"
    clock.forward(1_000)
    await bob.made(OWN, {"text": "Still there?"})
    assert [one["kind"] for one in (await anna.get(INBOX)).json()["items"]] == ["message", "question"]


async def test_items_that_are_none_and_those_that_left(site: Site) -> None:
    anna, bob = await writing(site)
    await bob.made(OWN, {"text": "Hello there"})
    (item,) = (await anna.get(INBOX)).json()["items"]
    for name in ("x", "message.x.y", "a.b.c", item["id"].replace("message", "held")):
        refused = await anna.post(f"{INBOX}/{name}/done", {})
        assert refused.status_code == 404, name
    await anna.made(f"/conversations/{item['about_id']}/messages", {"text": "Hello"})
    assert code_of(await anna.post(f"{INBOX}/{item['id']}/done", {})) == (404, "left_inbox")
    past = await anna.post(f"{INBOX}/{item['id']}/later", {"until": "2020-01-01T00:00:00Z"})
    assert past.status_code in (404, 422)
    assert fields_of(await anna.post(f"{INBOX}/{item['id']}/later", {})) == {"until"}


async def test_how_long_answers_take_is_for_the_team(site: Site, clock: Clock) -> None:
    anna, bob = await writing(site)
    await bob.made(OWN, {"text": "Hello there"})
    (item,) = (await anna.get(INBOX)).json()["items"]
    clock.forward(90_000)
    await anna.made(f"/conversations/{item['about_id']}/messages", {"text": "Hello"})
    found = (await anna.get("/communities/anna/response-times")).json()["items"]
    assert {one["kind"]: (one["asked"], one["answered"], one["unanswered"], one["median_s"]) for one in found} == {
        "question": (0, 0, 0, None), "comment": (0, 0, 0, None), "message": (1, 1, 0, 90)
    }  # fmt: skip
    assert code_of(await bob.get("/communities/anna/response-times")) == (403, "forbidden")


async def test_who_leaves_by_the_api_takes_the_conversation_along(site: Site) -> None:
    anna, bob = await writing(site)
    await bob.made(OWN, {"text": "Hello there"})
    assert (await bob.delete("/communities/anna/membership")).status_code == 204
    assert (await anna.get("/communities/anna/conversations")).json()["items"] == []
