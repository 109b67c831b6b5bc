"""Voting, changing a vote and taking it back. Each holds the poll: votes of one poll come one after another.

What is stored where is the promise of an anonymous poll. `poll_voters` says who has voted; `ballots` says what was
voted, under a random code that only the voter is told. Whoever wants to change an anonymous vote has to bring the
code, for nothing here knows which ballot is theirs.
"""

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, delete, insert, select, update

from channel.errors import Conflict, Invalid
from channel.members.model import Entitlement
from channel.polls import queries, rights
from channel.polls.model import Cast, Poll, Receipt, bits, closed, new_code, parse_code
from channel.polls.tables import ballots, poll_options, polls, voters
from channel.posts.model import Post
from channel.rooms.model import Room
from channel.storage import Prepared, Tx

_HAS_VOTED = Prepared(
    lambda words: (
        words.insert(voters)
        .values(post_id=bindparam("post_id"), account_id=bindparam("account_id"))
        .on_conflict_do_nothing(index_elements=["post_id", "account_id"])
    )
)
_HOLD = Prepared(
    lambda words: words.locking(
        select(polls.c.post_id).where(polls.c.post_id == bindparam("post_id")), key_share=True
    )
)
_BALLOT = Prepared(insert(ballots))
_CHOOSE = Prepared(
    update(ballots)
    .where(ballots.c.post_id == bindparam("of_post"), ballots.c.code == bindparam("of_code"))
    .values(choices=bindparam("chosen", type_=Integer))
)
_COUNT = Prepared(
    lambda words: (
        update(poll_options)
        .where(poll_options.c.post_id == bindparam("of_post"), words.among(poll_options.c.id, "options"))
        .values(votes=poll_options.c.votes + bindparam("more", type_=Integer))
    )
)
_VOTERS = Prepared(
    update(polls)
    .where(polls.c.post_id == bindparam("of_post"))
    .values(voters=polls.c.voters + bindparam("more", type_=Integer))
)


async def vote(
    tx: Tx, by: Entitlement, post: Post, room: Room, options: Sequence[int], *, receipt: str = ""
) -> Cast:
    """Vote, or change one's vote. The same choice again changes nothing.

    `receipt`: the code of the vote that is to be changed, which an anonymous poll needs. Raises NotFound, Forbidden
    (post_locked, join_first, muted, community_closed, tier_too_low), Conflict (poll_closed, already_voted,
    receipt_needed), Invalid (options, receipt).
    """
    await rights.require_sight(tx, by, post, room)
    account_id = rights.require_voice(by)
    poll = await _held(tx, post.id)
    rights.require_rank(by, poll)
    chosen = poll.chosen(options)
    if await tx.run(_HAS_VOTED, post_id=post.id, account_id=account_id):
        code = await _first(tx, poll, account_id, chosen)
    else:
        code = await _change(tx, poll, await _own(tx, poll, account_id, receipt), chosen)
    return Cast(await queries.one(tx, post.id), chosen, code)


async def retract(tx: Tx, by: Entitlement, post: Post, room: Room, *, receipt: str = "") -> Poll:
    """Take one's vote back; without one nothing happens. Raises as `vote` does; Conflict (vote_final)."""
    await rights.require_sight(tx, by, post, room)
    account_id = rights.require_voice(by)
    poll = await _held(tx, post.id)
    if post.id not in await queries.mine(tx, account_id, [post.id]):
        return poll
    if not poll.may_change:
        raise Conflict("In this poll a vote is final. It stays counted.", code="vote_final")
    ballot = await _own(tx, poll, account_id, receipt)
    await tx.run(delete(ballots).where(ballots.c.post_id == post.id, ballots.c.code == ballot.code))
    await tx.run(delete(voters).where(voters.c.post_id == post.id, voters.c.account_id == account_id))
    await tx.run(_VOTERS, of_post=post.id, more=-1)
    await _count(tx, post.id, ballot.options, -1)
    return await queries.one(tx, post.id)


async def _held(tx: Tx, post_id: str) -> Poll:
    """The poll as it is, and so until the end of the transaction. Raises NotFound, Conflict (poll_closed)."""
    await tx.one(_HOLD, post_id=post_id)
    poll = await queries.one(tx, post_id)
    if poll.over(tx.now):
        raise closed()
    return poll


async def _first(tx: Tx, poll: Poll, account_id: str, chosen: tuple[int, ...]) -> str:
    code = new_code()
    named = None if poll.anonymous else account_id
    ballot = {"post_id": poll.post_id, "code": code, "choices": bits(chosen), "account_id": named}
    await tx.run(_BALLOT, **ballot)
    await tx.run(_VOTERS, of_post=poll.post_id, more=1)
    await _count(tx, poll.post_id, chosen, 1)
    return code


async def _own(tx: Tx, poll: Poll, account_id: str, typed: str) -> Receipt:
    """The ballot of somebody who has voted. Raises Conflict, Invalid (receipt)."""
    if not poll.anonymous:
        mine = (await queries.mine(tx, account_id, [poll.post_id]))[poll.post_id]
        return Receipt(mine.receipt or "", mine.options or ())
    if not typed and poll.may_change:
        raise Conflict(
            "You have voted. Changing it needs the code that you were given: nobody here knows which vote is yours.",
            code="receipt_needed",
        )
    found = await queries.receipt(tx, poll.post_id, parse_code(typed))
    if found is not None:
        return found
    if not poll.may_change:
        raise _final()
    raise Invalid(receipt="No vote in this poll has this code. Look at it again.")


async def _change(tx: Tx, poll: Poll, ballot: Receipt, chosen: tuple[int, ...]) -> str:
    if ballot.options == chosen:
        return ballot.code
    if not poll.may_change:
        raise _final()
    await tx.run(_CHOOSE, of_post=poll.post_id, of_code=ballot.code, chosen=bits(chosen))
    await _count(tx, poll.post_id, [one for one in ballot.options if one not in chosen], -1)
    await _count(tx, poll.post_id, [one for one in chosen if one not in ballot.options], 1)
    return ballot.code


def _final() -> Conflict:
    return Conflict("You have voted already, and in this poll a vote is final.", code="already_voted")


async def _count(tx: Tx, post_id: str, options: Sequence[int], more: int) -> None:
    if options:
        await tx.run(_COUNT, of_post=post_id, options=list(options), more=more)
