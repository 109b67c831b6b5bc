"""Push services that are away, slow, gone or cross; and a server that dies in between. On both databases."""

from dataclasses import dataclass, field

import pytest
from sqlalchemy import func, select, update

from channel import outbox, push
from channel.accounts import sessions
from channel.accounts.tables import accounts
from channel.accounts.tables import sessions as session_rows
from channel.ids import token_hash
from channel.members.tables import memberships
from channel.notify.pushed import courier as couriers
from channel.notify.pusher import Outcome, Parcel
from channel.push import planning, queue
from channel.push.tables import push_devices, pushes
from channel.tasks import PushesDue
from channel.worker import Worker
from tests.posts.writing import post, remove
from tests.push.depot import Depot

DAY_MS = 24 * 3_600_000


@dataclass
class FakePusher:
    """Takes everything, or says what it is told to."""

    says: Outcome = field(default_factory=lambda: Outcome("taken"))
    sent: list[Parcel] = field(default_factory=list)

    async def send(self, parcel: Parcel) -> Outcome:
        self.sent.append(parcel)
        return self.says

    async def rest(self) -> None:
        pass


@pytest.mark.parametrize("answer", ["404 Not Found", "410 Gone"])
async def test_a_device_that_is_gone_is_forgotten_at_once_with_all_that_waits_for_it(
    depot: Depot, answer: str
) -> None:
    await depot.reader("Bob", devices=2)
    depot.service.answers["bob"] = [answer]
    await post(depot.scene)
    await depot.planned()
    await post(depot.scene, "Another")
    assert set(await depot.to()) == {"bob2"}
    assert await depot.names() == ["bob2"]
    asked = depot.service.asked.count("bob")
    assert asked in (1, 2), "in one round both may be on their way"
    await post(depot.scene, "Third")
    await depot.pushed()
    assert depot.service.asked.count("bob") == asked


@pytest.mark.parametrize(
    "answer",
    ["413 Too Large", "400 Bad", "401 No", "403 No", "301 Moved|Location: https://evil.example/\r\n"],
)
async def test_what_is_refused_is_not_tried_again(depot: Depot, answer: str) -> None:
    await depot.reader("Bob")
    depot.service.answers["bob"] = [answer]
    await post(depot.scene)
    await depot.pushed()
    depot.clock.forward(DAY_MS)
    await depot.pushed()
    assert depot.service.asked == ["bob"]
    assert (await depot.states())["bob"].startswith("failed ")
    assert answer[:3] in (await depot.states())["bob"]
    async with depot.db.read() as tx:
        [device] = await push.devices(tx, depot.scene.people["Bob"].id)
    assert answer[:3] in device.problem
    assert device.success_at is None


async def test_429_is_obeyed_to_the_second_and_disturbs_nobody_else(depot: Depot) -> None:
    await depot.reader("Bob", devices=2)
    depot.service.answers["bob"] = ["429 Slow|Retry-After: 120\r\n", "201 Created"]
    courier = depot.hire()
    await post(depot.scene)
    assert await depot.to(courier) == ["bob2"]
    depot.clock.forward(119_000)
    assert await courier.round() == 0
    depot.clock.forward(1_000)
    assert await depot.to(courier) == ["bob"]
    assert (await depot.states())["bob"] == "sent"


async def test_500_is_tried_again_and_again_until_it_is_old(depot: Depot) -> None:
    await depot.reader("Bob")
    depot.service.answers["bob"] = ["500 Oops", "503 Oops", "201 Created"]
    await post(depot.scene)
    assert await depot.to() == []
    assert (await depot.states())["bob"].startswith("waiting The push service asks")
    depot.clock.forward(queue.FIRST_RETRY_MS)
    assert await depot.to() == []
    depot.clock.forward(2 * queue.FIRST_RETRY_MS)
    assert await depot.to() == ["bob"]
    depot.service.answers["bob"] = ["500 Oops"]
    await post(depot.scene, "Another")
    await depot.pushed()
    for _ in range(40):
        depot.clock.forward(queue.LONGEST_RETRY_MS)
        await depot.pushed()
    assert (await depot.states())["bob"].startswith("failed ")
    assert depot.service.asked.count("bob") < 30


async def test_who_hangs_is_given_up_and_after_three_times_left_alone_while_others_go_on(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channel.outside.client.LONGEST_S", 0.5)
    await depot.reader("Bob", devices=4)
    for name in ("bob", "bob2", "bob3"):
        depot.service.answers[name] = ["hang"]
    courier = depot.hire()
    await post(depot.scene)
    assert await depot.to(courier) == ["bob4"], "together, so nobody waits for the others"
    assert (await depot.states())["bob"] == "waiting The push service did not answer."
    depot.clock.forward(queue.FIRST_RETRY_MS)
    asked = len(depot.service.asked)
    assert await courier.round() == 3
    assert len(depot.service.asked) == asked, "its push service rests"
    assert (await depot.states())["bob"].startswith("waiting Its push service is left alone")


async def test_one_silence_makes_nobody_else_wait(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("channel.outside.client.LONGEST_S", 0.5)
    await depot.reader("Bob")
    depot.service.answers["bob"] = ["hang", "201 Created"]
    courier = depot.hire()
    await post(depot.scene)
    assert await depot.to(courier) == []
    depot.clock.forward(queue.FIRST_RETRY_MS)
    assert await depot.to(courier) == ["bob"]


async def test_a_server_that_dies_with_a_notice_in_hand_pushes_it_after_the_lease(depot: Depot) -> None:
    await depot.reader("Bob")
    made = await post(depot.scene)
    await depot.planned()
    depot.clock.forward(planning.GLANCE_MS)
    async with depot.db.write() as tx:
        assert len(await queue.PUSHES.claim(tx)) == 1
    assert await depot.hire().round() == 0, "somebody has it in hand"
    depot.clock.forward(queue.LEASE_MS)
    [one] = await depot.pushed()
    assert one.said["id"] == made.id


async def test_a_server_that_dies_before_it_is_written_down_pushes_again_under_the_same_tag(
    depot: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await depot.reader("Bob")
    await post(depot.scene)
    await depot.planned()
    depot.clock.forward(planning.GLANCE_MS)

    async def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(couriers, "_write_down", dies)
        with pytest.raises(KeyboardInterrupt):
            await depot.hire().round()
    assert await depot.hire().round() == 0
    depot.clock.forward(queue.LEASE_MS)
    first, second = await depot.pushed()
    assert first.said == second.said
    assert (await depot.states())["bob"] == "sent"


async def test_what_was_in_hand_is_asked_again_after_a_crash(depot: Depot) -> None:
    await depot.reader("Bob")
    made = await post(depot.scene)
    await depot.planned()
    depot.clock.forward(planning.GLANCE_MS)
    async with depot.db.write() as tx:
        await queue.PUSHES.claim(tx)
    await remove(depot.scene, made)
    depot.clock.forward(queue.LEASE_MS)
    assert await depot.to() == []
    assert await depot.states() == {"bob": "cancelled deleted"}


async def test_somebody_who_was_too_slow_writes_nothing_down(depot: Depot) -> None:
    await depot.reader("Bob")
    await post(depot.scene)
    await depot.planned()
    depot.clock.forward(planning.GLANCE_MS)
    async with depot.db.write() as tx:
        [slow] = await queue.PUSHES.claim(tx)
    depot.clock.forward(queue.LEASE_MS)
    async with depot.db.write() as tx:
        [quick] = await queue.PUSHES.claim(tx)
        await queue.PUSHES.settle(tx, slow.claim, [slow.id], "sent")
    assert await depot.states() == {"bob": "waiting"}
    async with depot.db.write() as tx:
        await queue.PUSHES.settle(tx, quick.claim, [quick.id], "sent")
    assert await depot.states() == {"bob": "sent"}


async def test_a_bug_in_one_notice_stops_no_other(depot: Depot, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(FakePusher):
        async def send(self, parcel: Parcel) -> Outcome:
            await super().send(parcel)
            if len(self.sent) == 1:
                raise RuntimeError
            return self.says

    await depot.reader("Bob", devices=3)
    await post(depot.scene)
    await depot.pushed(depot.hire(Broken()))
    states = [state.partition(" ")[0] for state in (await depot.states()).values()]
    assert sorted(states) == ["sent", "sent", "waiting"]


async def crowd(depot: Depot, many: int) -> None:
    """Members with a device each, written straight into the tables: signing in so often takes too long."""
    browser = depot.service.browser("crowd").subscription
    async with depot.db.write() as tx:
        people = [
            {"id": f"00000000-0000-7000-8000-{number:012x}", "name": "Crowd", "created_at": tx.now, "state": "active"}
            for number in range(many)
        ]  # fmt: skip
        owner_account = (await tx.all(select(accounts)))[0]._asdict()
        await tx.run_many(
            accounts.insert(), [owner_account | {"is_admin": False, "handle": None} | one for one in people]
        )
        owner = (await tx.all(select(memberships)))[0]._asdict()
        theirs = owner | {"role": "member", "tier_id": depot.scene.free.id}
        await tx.run_many(memberships.insert(), [theirs | {"account_id": one["id"]} for one in people])
        row = {"session_id": None, "name": "crowd", "p256dh": browser.p256dh, "auth": browser.auth, "shows_text": False,
               "language": "en", "problem": "", "created_at": tx.now, "success_at": None}  # fmt: skip
        rows = [
            row | {"id": one["id"], "account_id": one["id"], "endpoint": f"{browser.endpoint}{one['id']}",
                   "endpoint_hash": token_hash(one["id"])}
            for one in people
        ]  # fmt: skip
        await tx.run_many(push_devices.insert(), rows)


async def test_a_thousand_are_planned_through_a_crash_and_pushed_once_each(depot: Depot) -> None:
    await crowd(depot, 1_000)
    await post(depot.scene)
    handle = push.planner(depot.db)
    for _ in range(2):
        async with depot.db.write() as tx:
            [job] = await outbox.claim(tx, ["push"], limit=1)
        await handle(job.event)
        async with depot.db.write() as tx:
            await outbox.settle(tx, job)
    async with depot.db.write() as tx:
        [job] = await outbox.claim(tx, ["push"], limit=1)
    assert isinstance(job.event, PushesDue)
    await handle(job.event)
    # The server dies here: the piece is written and its job is not settled, so it is done again after its lease.
    depot.clock.forward(outbox.LEASE_MS)
    await Worker(depot.db, {"push": handle}).work_off()
    async with depot.db.read() as tx:
        assert await tx.value(select(func.count()).select_from(pushes)) == 1_000
    pusher = FakePusher()
    await depot.pushed(depot.hire(pusher))
    assert len({parcel.to.endpoint for parcel in pusher.sent}) == len(pusher.sent) == 1_000


async def test_a_community_without_devices_costs_a_post_nothing(depot: Depot) -> None:
    await depot.scene.member("Bob")
    await post(depot.scene)
    async with depot.db.read() as tx:
        jobs = select(func.count()).select_from(outbox.jobs).where(outbox.jobs.c.consumer == "push")
        assert await tx.value(jobs) == 0


async def test_what_is_settled_is_forgotten_after_a_while(depot: Depot) -> None:
    await depot.reader("Bob")
    await post(depot.scene)
    await depot.pushed()
    depot.clock.forward(queue.KEPT_MS + DAY_MS)
    async with depot.db.write() as tx:
        await queue.PUSHES.sweep(tx)
        assert await tx.value(select(func.count()).select_from(pushes)) == 0


async def test_a_session_that_ran_out_takes_its_device_along(depot: Depot) -> None:
    await depot.reader("Bob")
    async with depot.db.write() as tx:
        await tx.run(update(session_rows).values(expires_at=tx.now))
        await sessions.sweep(tx)
    assert await depot.names() == []
