"""From what happens to messages for programs: signed, tried again, replayed, stopped. On both databases."""

import asyncio
import base64
import hashlib
import hmac
import importlib.util
from pathlib import Path

import pytest
from sqlalchemy import func, select

from channel import hooks, invites
from channel.errors import Conflict, Forbidden, Invalid, NotFound
from channel.hooks import kinds, queue, signing
from channel.hooks.model import OVERLAP_MS, SCHEDULE_S, wait_ms
from channel.hooks.tables import ROWS, changes, deliveries
from channel.members import Role, actions, joining
from channel.outbox import jobs
from channel.storage import migrate
from tests.cast import creator
from tests.hooks.desk import SECRET, Switchboard
from tests.posts.writing import change, post, remove

MINUTE_MS = 60_000


def genuine(key: str, headers: dict[str, str], body: bytes) -> bool:
    """As the specification has a receiver do it, by itself."""
    told = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    made = hmac.new(base64.b64decode(key.removeprefix("whsec_")), told, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(made).decode()
    return any(hmac.compare_digest(wanted, one) for one in headers["webhook-signature"].split(" "))


def test_signatures_are_those_of_the_specification() -> None:
    """The example that the libraries of Standard Webhooks are tested with."""
    made = signing.signature(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_there_are_thirty_kinds_and_more_and_waits_are_bounded() -> None:
    assert len(kinds.KINDS) >= 30
    assert [wait_ms(tries, 0) for tries in range(1, 11)] == [*(1000 * s for s in SCHEDULE_S), None]
    assert wait_ms(1, 1) == 5_500
    assert wait_ms(1, 0, asked_s=60) == 60_000
    assert wait_ms(1, 0, asked_s=10**9) == 86_400_000


async def test_a_post_is_told_with_its_signature(board: Switchboard) -> None:
    hook, secret = await board.hook("post.*")
    made = await post(board.scene, "The kiln is **hot**", min_rank=0)
    assert await board.send() == 1
    [one] = board.there.got
    assert secret is not None
    assert genuine(secret, one.headers, one.body)
    assert one.headers["webhook-timestamp"] == str(board.clock() // 1000)
    assert one.said["type"] == "post.published"
    assert one.said["community"] == "anna"
    assert one.said["data"]["post"]["text"] == "The kiln is **hot**"
    assert one.said["data"]["url"] == f"https://channel.example.org/@anna/news/{made.seq}"
    assert await board.states() == ["sent"]
    assert (await board.log())[0].status == 200
    assert (await board.now(hook)).success_at == board.clock()


async def test_all_that_goes_on_is_told_by_its_name(board: Switchboard) -> None:
    scene = board.scene
    await board.hook()
    one = await post(scene)
    await change(scene, one, "Changed")
    await remove(scene, one)
    room = await scene.room("other")
    gold = await scene.tier("Gold", 10)
    bob = await scene.member("Bob", tier=gold, role=Role.MODERATOR)
    async with board.db.write() as tx:
        owner = await scene.by(tx, scene.owner)
        link = await invites.create(tx, owner, scene.community, invites.Seal(SECRET), label="Poster")
        await invites.set_state(tx, owner, scene.community, link.id, "paused", seal=invites.Seal(SECRET))
        await actions.give_role(tx, owner, scene.community, bob.id, Role.MEMBER)
        await actions.mute(tx, owner, scene.community, bob.id)
        await actions.ban(tx, owner, scene.community, bob.id)
    while await board.send():
        pass
    told = board.there.kinds()
    assert [kind for kind in told if kind.startswith("post.")] == [
        "post.published", "post.edited", "post.deleted",
    ]  # fmt: skip
    assert set(told) >= {
        "room.created", "tier.created", "member.joined", "member.tier_changed", "member.role_changed", "member.muted",
        "member.banned", "invite.created", "invite.paused",
    }  # fmt: skip
    assert set(told) <= set(kinds.KINDS)
    assert room.slug == "other"


async def test_who_comes_and_goes_is_told_as_they_stand(board: Switchboard) -> None:
    await board.hook("member.*")
    bob = await board.scene.member("Bob")
    await board.send()
    [one] = board.there.got
    assert one.said["type"] == "member.joined"
    assert one.said["data"]["member"]["name"] == "Bob"
    assert (one.said["data"]["role"], one.said["data"]["state"]) == ("member", "active")
    board.there.got.clear()
    async with board.db.write() as tx:
        await joining.leave(tx, bob.id, board.scene.community)
    await board.send()
    assert board.there.kinds() == ["member.left"]


async def test_a_hook_hears_what_it_chose_of_its_room_and_its_community(board: Switchboard) -> None:
    other = await board.scene.room("other")
    await board.hook("post.deleted", path="/a")
    await board.hook("post.published", path="/b", room_id=other.id)
    elsewhere = await creator(board.db, "zoe")
    await post(elsewhere)
    await post(board.scene)
    await post(board.scene, room=other)
    await board.send()
    assert [one.path for one in board.there.got] == ["/b"]


async def test_nothing_is_written_down_where_nobody_hears(board: Switchboard) -> None:
    await post(board.scene)
    async with board.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(changes)) == 0


@pytest.mark.parametrize("answer", ["500 Oops", "404 Not Found", "302 Found|Location: https://evil.org/\r\n"])
async def test_what_is_refused_is_tried_again_on_the_schedule_and_then_switched_off(
    board: Switchboard, answer: str
) -> None:
    hook, _ = await board.hook("post.published")
    board.there.answers = [answer]
    await post(board.scene)
    assert await board.send() == 1
    for wait_s in SCHEDULE_S:
        board.clock.forward(wait_s * 1000 - 1)
        assert await board.send() == 0, "too early"
        board.clock.forward(wait_s * 100 + 1)
        assert await board.send() == 1
    assert len({one.headers["webhook-id"] for one in board.there.got}) == 1
    assert len(board.there.got) == 10
    [one] = await board.log()
    assert (one.state, one.tries, len(one.log)) == ("failed", 10, 10)
    now = await board.now(hook)
    assert now.state == "stopped"
    assert "days" in now.problem
    async with board.db.read() as tx:
        assert await tx.value(select(func.count()).where(jobs.c.kind == "hook.stopped")) == 1
    await post(board.scene)
    assert await board.send() == 0


async def test_one_that_succeeds_in_between_keeps_the_hook_on(board: Switchboard) -> None:
    hook, _ = await board.hook("post.published")
    board.there.answers = ["500 Oops"]
    await post(board.scene, "One")
    await board.send()
    for number, wait_s in enumerate(SCHEDULE_S):
        board.clock.forward(int(wait_s * 1100))
        if number == 4:
            await post(board.scene, "Two")
            board.there.answers = ["500 Oops", "200 OK", "500 Oops"]
        await board.send()
    assert sorted(await board.states()) == ["failed", "sent"]
    assert (await board.now(hook)).state == "active"


async def test_gone_means_gone(board: Switchboard) -> None:
    hook, _ = await board.hook("post.published")
    board.there.answers = ["410 Gone"]
    await post(board.scene)
    await board.send()
    assert (await board.now(hook)).state == "stopped"
    assert await board.states() == ["failed"]


async def test_who_asks_for_time_gets_it(board: Switchboard) -> None:
    await board.hook("post.published")
    board.there.answers = ["429 Slow|Retry-After: 600\r\n", "200 OK"]
    await post(board.scene)
    await board.send()
    board.clock.forward(9 * MINUTE_MS)
    assert await board.send() == 0
    board.clock.forward(2 * MINUTE_MS)
    assert await board.send() == 1
    assert await board.states() == ["sent"]


async def test_a_server_that_hangs_keeps_no_other_waiting(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.outside.client.LONGEST_S", 1.0)
    await board.hook("post.published", path="/slow")
    await board.hook("post.published", path="/quick")
    board.there.speak = lambda one: ("hang" if one.path == "/slow" else "200 OK", {})
    await post(board.scene)
    await board.send()
    assert sorted(await board.states()) == ["sent", "waiting"]
    waits = next(one for one in await board.log() if one.state == "waiting")
    assert waits.status is None
    assert "does not answer" in waits.problem


async def test_killed_between_sending_and_writing_it_down_it_goes_again_under_the_same_id(
    board: Switchboard,
) -> None:
    await board.hook("post.published")
    board.there.answers = ["hang", "200 OK"]
    await post(board.scene)
    dying = asyncio.create_task(board.courier.work_off())
    await board.there.heard.wait()
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    board.courier = board.hire()
    assert await board.send() == 0, "it is leased"
    board.clock.forward(queue.LEASE_MS)
    assert await board.send() == 1
    first, second = (one.headers["webhook-id"] for one in board.there.got)
    assert first == second
    assert await board.states() == ["sent"]


async def test_a_message_is_replayed_under_its_id_and_all_failed_ones_at_once(board: Switchboard) -> None:
    hook, _ = await board.hook("post.published")
    await post(board.scene)
    await board.send()
    [one] = await board.log()
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        assert await hooks.replay(tx, owner, board.scene.community, hook.id, one.id) == 1
        with pytest.raises(NotFound):
            await hooks.replay(tx, owner, board.scene.community, hook.id, hook.id)
        assert await hooks.replay(tx, owner, board.scene.community, hook.id, None) == 0
    await board.send()
    assert len({got.headers["webhook-id"] for got in board.there.got}) == 1
    assert len(board.there.got) == 2
    async with board.db.write() as tx:
        await tx.run(deliveries.update().values(state="failed"))
        owner = await board.scene.by(tx, board.scene.owner)
        assert await hooks.replay(tx, owner, board.scene.community, hook.id, None) == 1
    await board.send()
    assert await board.states() == ["sent"]


async def test_both_secrets_sign_for_a_day(board: Switchboard) -> None:
    hook, old = await board.hook("post.published")
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        _, new = await hooks.rotate(tx, owner, board.scene.community, SECRET, hook.id)
    assert old is not None
    assert old != new
    await post(board.scene)
    await board.send()
    one = board.there.got.pop()
    assert genuine(old, one.headers, one.body)
    assert genuine(new, one.headers, one.body)
    board.clock.forward(OVERLAP_MS)
    await post(board.scene)
    await board.send()
    one = board.there.got.pop()
    assert not genuine(old, one.headers, one.body)
    assert genuine(new, one.headers, one.body)


async def test_a_test_is_sent_whatever_was_chosen(board: Switchboard) -> None:
    hook, _ = await board.hook("invite.used")
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await hooks.test(tx, owner, board.scene.community, hook.id)
    await board.send()
    assert board.there.kinds() == ["hook.test"]


async def test_who_lost_the_right_is_told_nothing_more_and_the_hook_says_so(board: Switchboard) -> None:
    carol = await board.scene.member("Carol", role=Role.ADMIN)
    hook, _ = await board.hook("post.published", by=carol)
    await post(board.scene, "secret words")
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        await actions.give_role(tx, owner, board.scene.community, carol.id, Role.EDITOR)
    await board.send()
    assert board.there.got == []
    now = await board.now(hook)
    assert now.state == "stopped"
    assert "may not see" in now.problem
    assert await board.states() == ["cancelled"]
    async with board.db.write() as tx:
        owner = await board.scene.by(tx, board.scene.owner)
        again = await hooks.change(tx, owner, board.scene.community, SECRET, hook.id, {"state": "active"})
    assert again.owner_id == board.scene.owner.id
    await post(board.scene)
    await board.send()
    assert board.there.kinds() == ["post.published"]


@pytest.mark.parametrize("role", [Role.MEMBER, Role.MODERATOR, Role.EDITOR])
async def test_only_admins_have_hooks(board: Switchboard, role: Role) -> None:
    bob = await board.scene.member("Bob", role=role)
    with pytest.raises(Forbidden):
        await board.hook(by=bob)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"url": "http://hooks.friend.org/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://10.1.2.3/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://hooks.friend.org:8443/"}, "url"),
        ({"url": "https://a@hooks.friend.org/"}, "url"),
        ({"url": "gopher://hooks.friend.org/"}, "url"),
        ({"url": ""}, "url"),
        ({"kinds": ("post.painted",)}, "kinds"),
        ({"name": " "}, "name"),
        ({"room_id": "nowhere"}, "room_id"),
        ({"kind": "pigeon"}, "kind"),
        ({"kind": "discord", "url": "https://discord.com.evil.org/api/webhooks/1/2"}, "url"),
        ({"kind": "telegram", "token": "x", "chat": "@okay_name"}, "token"),
        ({"kind": "telegram", "token": "123456:" + "a" * 35, "chat": "no"}, "chat"),
        ({"kind": "mastodon", "url": "https://mastodon.social", "token": ""}, "token"),
        ({"kind": "generic", "content": "half"}, "content"),
    ],
)
async def test_what_is_wrong_is_said_by_its_field(
    board: Switchboard, given: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await board.hook(**given)
    assert list(refused.value.fields) == [field]


async def test_an_address_that_turns_inwards_is_never_connected_to(board: Switchboard) -> None:
    """The name was public when the hook was made, and is not when something is sent."""
    await board.hook("post.published")

    async def inwards(host: str, port: int) -> list[str]:
        return ["169.254.169.254"]

    outside = board.there.outside()
    outside._resolve = inwards
    board.courier._outside = outside
    await post(board.scene)
    await board.send()
    assert board.there.got == []
    [one] = await board.log()
    assert (one.state, one.status) == ("failed", None)
    assert "169.254" not in one.problem


async def test_there_are_twenty_at_most(board: Switchboard) -> None:
    for _ in range(20):
        await board.hook()
    with pytest.raises(Conflict):
        await board.hook()


async def test_secrets_and_addresses_are_closed_in_the_database(board: Switchboard) -> None:
    _, secret = await board.hook(path="/token-in-path")
    async with board.db.read() as tx:
        [row] = await tx.all(select(hooks.actions.hooks))
    kept = " ".join(map(str, row))
    assert secret is not None
    assert secret not in kept
    assert "token-in-path" not in kept


def test_the_documentation_has_every_event_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    table = page.partition("<!-- events -->")[2].partition("<!-- /events -->")[0]
    rows = [line.split(" | ", 1) for line in table.splitlines() if line.startswith("| `")]
    assert {kind.strip("| `"): told.removesuffix(" |") for kind, told in rows} == kinds.KINDS


def test_the_triggers_tell_what_is_read_from_them() -> None:
    file = Path(migrate.__file__).parent / "migrations" / "versions" / "0033_hooks.py"
    spec = importlib.util.spec_from_file_location("hooks_step", file)
    assert spec is not None
    assert spec.loader is not None
    step = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(step)
    assert {table: told[1] for table, told in step._ROWS.items()} == ROWS
