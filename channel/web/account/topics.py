"""On the page of notices: the topics of a community that one follows, and how one is told of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from channel import topics
from channel.communities import Community
from channel.members import Entitlement
from channel.posts import horizon
from channel.rooms import Room
from channel.storage import Tx
from channel.topics import marks
from channel.topics.model import Mark, parse_mail_way, parse_push_way
from channel.topics.telling import followed
from channel.web.forms import Form

PUSH: Final = "topic-push-"  # what the names of the fields begin with, before the id of a topic
MAIL: Final = "topic-mail-"


@dataclass(frozen=True, slots=True)
class Line:
    """A topic that one follows, and what was chosen for it."""

    id: str
    number: int
    name: str
    href: str
    room: Room
    mark: Mark


async def lines(tx: Tx, community: Community, by: Entitlement, rooms: Sequence[Room]) -> tuple[Line, ...]:
    """Those in the groups among `rooms` that whoever is `by` may enter, what somebody wrote in last first."""
    there = {room.id: room for room in rooms if room.is_group and by.reads(room.min_rank)}
    if not there or by.account_id is None:
        return ()
    begins = dict.fromkeys(there, 0) | await horizon.first_seqs(tx, by, there.values())
    found = await followed(tx, by.account_id, community.id, begins)
    root = f"/@{community.handle}/"
    return tuple(
        Line(
            topic.id, topic.number, topic.name, f"{root}{there[topic.room_id].slug}/t/{topic.number}",
            there[topic.room_id], mark,
        )
        for topic, mark in found
    )  # fmt: skip


async def save(tx: Tx, account_id: str, shown: Sequence[Line], form: Form) -> None:
    """What the form says of them; what it does not name stays. Raises Invalid (with the names of fields)."""
    for line in shown:
        push_name, mail_name = f"{PUSH}{line.id}", f"{MAIL}{line.id}"
        push = parse_push_way(form.line(push_name), push_name) if push_name in form.values else None
        mail = parse_mail_way(form.line(mail_name), mail_name) if mail_name in form.values else None
        if (push or line.mark.push, mail or line.mark.mail) != (line.mark.push, line.mark.mail):
            await marks.follow(tx, account_id, await topics.one(tx, line.id), push=push, mail=mail)
