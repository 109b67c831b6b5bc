"""Comments from before the inbox: those of who runs the community today count as answers."""

import importlib.util
from pathlib import Path
from types import ModuleType

from sqlalchemy import update

from channel.comments.tables import comments
from channel.members import Role, actions
from channel.storage import Database, migrate
from tests.cast import creator
from tests.comments import saying
from tests.inbox.waiting import waiting
from tests.posts import writing


def step() -> ModuleType:
    """The migration, whose file begins with a number."""
    file = Path(migrate.__file__).parent / "migrations" / "versions" / "0012_inbox.py"
    spec = importlib.util.spec_from_file_location("step_0012", file)
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


async def test_old_answers_of_the_team_are_answers(db: Database) -> None:
    anna = await creator(db)
    bob, eve, mia = [await anna.member(name) for name in ("bob", "eve", "mia")]
    post = await writing.post(anna)
    asked, other = await saying.say(anna, post, bob), await saying.say(anna, post, eve)
    async with db.write() as tx:
        owner = await anna.by(tx, anna.owner)
        for role in (Role.MODERATOR, Role.MEMBER):
            await actions.give_role(tx, owner, anna.community, mia.id, role)
    await saying.say(anna, post, anna.owner, "Yes", reply_to=asked.id)
    await saying.say(anna, post, mia, "Perhaps", reply_to=other.id)
    async with db.write() as tx:
        await tx.run(update(comments).values(by_staff=False))
        await tx.run(step().said_by_staff())
    assert {(item.key.what, item.key.who) for item in await waiting(anna)} == {
        (other.id, eve.id), (other.id, mia.id)
    }  # fmt: skip
