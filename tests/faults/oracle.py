"""The judge: compares what was acknowledged, what the log says and what each follower saw."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.faults.followers import Follower, Told
from tests.faults.site import Site
from tests.faults.writers import Book

STANDS_STILL_S = 30.0
CATCH_UP_S = 600.0


@dataclass(slots=True)
class Verdict:
    """What went wrong. The promises hold when nothing is in it."""

    lost: list[str] = field(default_factory=list)
    dup: list[str] = field(default_factory=list)
    disorder: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


async def caught_up(site: Site, followers: Sequence[Follower]) -> None:
    """Wait until every follower stands at the head, or is not coming there: then the verdict will tell.

    That is when nobody has heard anything for STANDS_STILL_S. How long all of it takes says how busy the machine is,
    and how far the followers were behind; CATCH_UP_S bounds it.
    """
    head = len(await site.log())
    heard, moved_s = -1, time.monotonic()
    deadline_s = moved_s + CATCH_UP_S
    while any(follower.seq < head for follower in followers):
        so_far = sum(follower.seq for follower in followers)
        if so_far > heard:
            heard, moved_s = so_far, time.monotonic()
        if time.monotonic() > min(moved_s + STANDS_STILL_S, deadline_s):
            return
        await asyncio.sleep(0.05)


async def judge(site: Site, book: Book, followers: Sequence[Follower]) -> Verdict:
    """Read log, posts and members once more from the server and hold everything against them."""
    verdict = Verdict(refused=book.refused)
    log = await site.log()
    if [event["seq"] for event in log] != list(range(1, len(log) + 1)):
        verdict.disorder.append("the log's seq is not 1, 2, 3 …")
    told, texts = [Told.by(event) for event in log], await site.texts()
    _judge_log(verdict, book, told)
    _judge_texts(verdict, book, texts)
    _judge_joins(verdict, book, Counter(await site.member_names()))
    for number, follower in enumerate(followers):
        _judge_follower(verdict, f"{type(follower).__name__} {number}", follower, told, texts)
    return verdict


def _judge_log(verdict: Verdict, book: Book, told: list[Told]) -> None:
    """Each acknowledged post and edit is told of once; what was never acknowledged at most once."""
    times = Counter(told)
    for write in book.acknowledged("post"):
        published = Told("post.published", write.post_id)
        if not times[published]:
            verdict.lost.append(f"event of {write.canary}")
        elif told[write.seq - 1] != published:
            verdict.disorder.append(f"{write.canary} was acknowledged as {write.seq}")
    verdict.dup += [event.post_id for event, n in times.items() if event.kind == "post.published" and n > 1]
    sent = Counter(write.post_id for write in book.writes if write.kind == "edit")
    acknowledged = Counter(write.post_id for write in book.acknowledged("edit"))
    for post_id in sent:
        edited = times[Told("post.edited", post_id)]
        if edited < acknowledged[post_id]:
            verdict.lost.append(f"event of an edit of {post_id}")
        if edited > sent[post_id]:
            verdict.dup.append(f"event of an edit of {post_id}")


def _judge_texts(verdict: Verdict, book: Book, texts: dict[str, str]) -> None:
    """Each post says what was last acknowledged, or what was sent after that without an answer."""
    shown = Counter(texts.values())
    verdict.dup += [text for text, times in shown.items() if times > 1]
    verdict.phantom += sorted(shown.keys() - book.sent())
    for post_id, versions in book.versions().items():
        newest = max(n for n, write in enumerate(versions) if write.acknowledged)
        if texts.get(post_id) not in {write.canary for write in versions[newest:]}:
            verdict.lost.append(f"{versions[newest].canary}; the post says {texts.get(post_id)}")


def _judge_joins(verdict: Verdict, book: Book, names: Counter[str]) -> None:
    verdict.lost += [write.canary for write in book.acknowledged("join") if not names[write.canary]]
    verdict.dup += [name for name, times in names.items() if times > 1 and name.startswith("CNRY:")]


def _judge_follower(
    verdict: Verdict, who: str, follower: Follower, told: list[Told], texts: dict[str, str]
) -> None:
    faults = {fault: times for fault, times in follower.faults.items() if times}
    if faults:
        verdict.disorder.append(f"{who}: {faults}")
    if follower.seq < len(told):
        verdict.lost.append(f"{who} stands at {follower.seq} of {len(told)}")
    if follower.seen != told[: follower.seq]:
        verdict.phantom.append(f"{who} was told of other events than the log has")
    if follower.seq == len(told) and follower.texts != texts:
        verdict.lost.append(f"{who} was left with old texts")
