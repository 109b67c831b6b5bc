"""What the instance's admin looks after."""

from channel.ids import new_id
from channel.outbox import jobs
from channel.storage import Tx
from tests.security.world.ground import Ground


class Jobs(Ground):
    """What the worker could not do."""

    async def _dead_job(self, tx: Tx) -> None:
        """A letter that had no relay to go to."""
        self.own["job"] = new_id(tx.now)
        dead = {
            "consumer": "mail",
            "kind": "sign_in_link.asked",
            "data": "{}",
            "tries": 10,
            "state": "dead",
        }
        times = {"problem": "No relay.", "due_at": tx.now, "created_at": tx.now}
        await tx.run(jobs.insert().values(id=self.own["job"], **dead, **times))
