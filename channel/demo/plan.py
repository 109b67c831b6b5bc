"""The door of the demo's content: `plan(seed, now_ms)` gives everything that is to be written, as data."""

import random

from channel.demo.clock import MINUTE_MS, Timeline, with_dates
from channel.demo.content.akte_kueste import STORY as AKTE_KUESTE
from channel.demo.content.brandt_keramik import STORY as BRANDT_KERAMIK
from channel.demo.content.cast import CREATOR, FREE_FOLLOWER, PAYING_FOLLOWER, REGULARS, STAFF
from channel.demo.content.names import NameBook
from channel.demo.content.night_ferry import STORY as NIGHT_FERRY
from channel.demo.members import followers
from channel.demo.model import (
    CommunityPlan,
    DraftPlan,
    InvitePlan,
    MemberPlan,
    PersonPlan,
    PostPlan,
    RoomPlan,
    TierPlan,
)
from channel.demo.script import FIRST_DAY, Note, Story, unwrap

__all__ = [
    "CREATOR",
    "FREE_FOLLOWER",
    "PAYING_FOLLOWER",
    "CommunityPlan",
    "DraftPlan",
    "InvitePlan",
    "MemberPlan",
    "PersonPlan",
    "PostPlan",
    "RoomPlan",
    "TierPlan",
    "plan",
]

STORIES = (BRANDT_KERAMIK, NIGHT_FERRY, AKTE_KUESTE)
_OPENED_AT = "7:05"
_JITTER_MIN = 4  # less than the smallest distance between two notes
_EDITED_AFTER_MIN = (6, 50)


def plan(seed: int, now_ms: int) -> tuple[CommunityPlan, ...]:
    """Three communities as they would look at `now_ms`. The same arguments give the same plan.

    The seed chooses the followers, when they came, and the minutes; the stories are always the same.
    """
    timeline = Timeline.ending_at(now_ms)
    cast = frozenset(person.handle for person in (*STAFF, *(person for person, _ in REGULARS)))
    names = NameBook(random.Random(f"{seed}:names"), cast)
    return tuple(
        _community(story, timeline, names, random.Random(f"{seed}:{story.handle}")) for story in STORIES
    )


def _community(story: Story, timeline: Timeline, names: NameBook, rng: random.Random) -> CommunityPlan:
    return CommunityPlan(
        handle=story.handle,
        name=story.name,
        about=story.about,
        visibility="public",
        hue=story.hue,
        cover=story.cover,
        avatar=story.avatar,
        language=story.language,
        founded_at_ms=timeline.at_ms(FIRST_DAY, _OPENED_AT),
        owner=story.owner,
        co_workers=story.co_workers,
        tiers=story.tiers,
        rooms=story.rooms,
        posts=_posts(story, timeline, rng),
        members=followers(story, timeline, names, rng),
        invites=tuple(door.invite for door in story.doors),
        drafts=story.drafts,
        talk=story.talk,
    )


def _posts(story: Story, timeline: Timeline, rng: random.Random) -> tuple[PostPlan, ...]:
    timed = [(timeline.at_ms(note.day, note.at, rng.randint(0, _JITTER_MIN)), note) for note in story.notes]
    timed.sort(key=lambda entry: entry[0])
    place = {note.key: index for index, (_, note) in enumerate(timed) if note.key}
    return tuple(_post(story, note, at_ms, place, rng) for at_ms, note in timed)


def _post(story: Story, note: Note, at_ms: int, place: dict[str, int], rng: random.Random) -> PostPlan:
    def finished(text: str) -> str:
        return with_dates(unwrap(text), at_ms, story.language)

    return PostPlan(
        room_slug=note.room,
        author_handle=note.by or story.owner.handle,
        at_ms=at_ms,
        text=finished(note.text),
        min_rank=note.min_rank,
        opens=tuple((at_ms + hours * 60 * MINUTE_MS, rank) for hours, rank in note.opens),
        teaser=finished(note.teaser),
        ai=note.ai,
        pinned=note.pinned,
        silent=note.silent,
        quotes=place[note.quotes] if note.quotes else None,
        earlier_text=finished(note.earlier),
        edited_at_ms=at_ms + rng.randint(*_EDITED_AFTER_MIN) * MINUTE_MS if note.earlier else None,
        key=note.key,
    )
