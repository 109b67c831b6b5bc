"""Quiet hours in which important posts may come, in what a creator sees after sending."""

from dataclasses import replace

import pytest

from channel import notices
from channel.following import Wish, actions, devices
from channel.notices.actions import set_times
from channel.notices.model import Times
from channel.notify.following import following_handler
from channel.notify.pushed.plans import planner as push_planner
from channel.reach.queries import report
from channel.storage import Database
from channel.worker import Worker
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.notices.mailroom import SECRET, SITE
from tests.posts.writing import post
from tests.push.browsers import Browser
from tests.reach.test_forecast import follower
from tests.reach.test_strangers import Mailbag

NIGHT = Times("UTC", 18, 23 * 60, 8 * 60)  # it is midnight
AWAKE = Times("UTC", 18, 23 * 60, 8 * 60, important_passes=True)


async def sleepers(scene: Scene, name: str, times: Times) -> None:
    """A member with letters, and two without an account, by mail and on a device."""
    account = await follower(scene, name, "instant")
    async with scene.db.write() as tx:
        await set_times(tx, account.id, times)
        wish = Wish(scene.community.id, f"{name}@example.org", "instant", "en")
        made = await actions.confirm(tx, await actions.confirmation(tx, wish))
        await actions.change(tx, made.id, "instant", times, {})
        one = await devices.switch_on(
            tx, scene.community, Browser(name).subscription, language="en", zone="UTC", network="192.0.2.1"
        )
        await devices.change(tx, one.id, "instant", times, {})


@pytest.mark.parametrize("important", [False, True])
async def test_who_lets_it_pass_does_not_wait_for_the_end_of_quiet_hours(
    db: Database, clock: Clock, important: bool
) -> None:
    scene = await creator(db)
    await sleepers(scene, "night", NIGHT)
    await sleepers(scene, "awake", AWAKE)
    made = await post(scene, "Words", important=important)
    settings = replace(SITE, smtp="smtp+plain://127.0.0.1:9", mail_from="hello@example.org")
    plans = {
        "notices": notices.planner(db, mail=True), "push": push_planner(db),
        "following": following_handler(db, Mailbag(), settings, SECRET),
    }  # fmt: skip
    await Worker(db, plans).work_off()
    async with db.read() as tx:
        found = await report(tx, made, scene.news, mail=True)
    assert found.outside is not None
    assert found.reasons == ({"quiet": 1, "waiting": 1} if important else {"quiet": 2})
    assert found.outside.reasons == ({"quiet": 2, "waiting": 2} if important else {"quiet": 4})
