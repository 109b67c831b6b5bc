"""Following without an account: asking, confirming, choosing, ending, and taking it into an account."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Table, case, delete, func, select, update

from channel import communities, members
from channel.accounts import guesses, one_time
from channel.accounts.guesses import Limit
from channel.accounts.tables import accounts
from channel.communities import Community
from channel.errors import Forbidden, Gone, NotFound
from channel.following.choices import BY_MAIL
from channel.following.model import CONFIRM_MS, DAY_MS, MOST_REFUSALS, PASS_MS, Follower, Wish
from channel.following.queries import of_wish, one
from channel.following.tables import follow_ends, follow_letters, follow_troubles, followers
from channel.i18n import noop as N_
from channel.ids import new_id
from channel.members import State
from channel.notices import limits as quiet
from channel.notices import pictures
from channel.notices.actions import choose, inherit_times
from channel.notices.model import LOUDER, How, Times, key_of, tags_of
from channel.notices.model import Limit as Quiet
from channel.notices.queries import rules
from channel.outbox import schedule
from channel.rooms import Room
from channel.storage import Tx
from channel.tasks import FollowAsked, PassAsked

HOUR_MS: Final = 60 * 60_000
_ANSWERED: Final = N_(
    "This link has been used or is too old. If you pressed the button before, you follow already; if not, ask for a new letter."
)
_PASS_TAKEN: Final = N_(
    "This link has been used or is too old. If you have the pass already, sign in with your address; if not, ask for a new letter."
)
ENDS_DAYS: Final = 90
# Somebody who types the address of another one must not fill that one's mailbox: however many networks they come from.
PER_ADDRESS: Final = (
    Limit(3, HOUR_MS, "Three mails went to this address within the hour. Look for them, or wait a while."),
    Limit(6, DAY_MS, "Six mails went to this address within a day. Look for them, or come back tomorrow."),
)
PER_NETWORK: Final = Limit(20, HOUR_MS, "Too many addresses from one network within the hour. Wait a while.")


async def ask(tx: Tx, community: Community, wish: Wish, *, network: str) -> None:
    """Have a letter sent to the address that confirms it. The same work and answer for every address.

    Raises NotFound for a community that strangers see nothing of; TooMany.
    """
    await require_open(tx, community)
    await _spend(tx, wish.email)
    await guesses.spend(tx, f"follow:network:{network}", PER_NETWORK)
    await schedule(tx, FollowAsked(**msgspec.to_builtins(wish)))


async def require_open(tx: Tx, community: Community) -> None:
    """Strangers see something there, so it can be followed. Raises NotFound."""
    stranger = await members.entitlement(tx, community, None)
    if not stranger.visible or community.deleted:
        raise NotFound("There is no such community.")


async def _spend(tx: Tx, email: str) -> None:
    for limit in PER_ADDRESS:
        await guesses.spend(tx, guesses.by_name(f"follow:{limit.window_ms}", email), limit)


async def confirmation(tx: Tx, wish: Wish) -> str:
    """The secret for the letter that confirms `wish`. Until then nothing else is kept of it."""
    return await one_time.issue(tx, "follow", lasts_ms=CONFIRM_MS, data=msgspec.json.encode(wish).decode())


async def waiting(tx: Tx, secret: str) -> Wish:
    """What the secret would confirm. Uses nothing up. Raises Gone."""
    return _wish((await one_time.look(tx, secret, "follow", gone=_ANSWERED)).data)


def _wish(data: str) -> Wish:
    return msgspec.json.decode(data, type=Wish)


async def confirm(tx: Tx, secret: str) -> Follower:
    """They follow from now on. Raises Gone; NotFound when strangers see nothing of the community any more; Forbidden (code
    banned) where the account with that address was put out."""
    wish = _wish((await one_time.redeem(tx, secret, "follow", gone=_ANSWERED)).data)
    community = await communities.one(tx, wish.community_id)
    await require_open(tx, community)
    account_id = await tx.value(select(accounts.c.id).where(accounts.c.email == wish.email))
    if (
        account_id is not None
        and (await members.entitlement(tx, community, account_id)).state is State.BANNED
    ):
        raise Forbidden("You are banned from this community.", code="banned")
    plain = Times(wish.zone)
    row = {
        "id": new_id(tx.now), "community_id": wish.community_id, "email": wish.email,
        "how": "none" if wish.tag else wish.how,
        "language": wish.language, "zone": plain.zone, "hour": plain.hour, "quiet_from": None, "quiet_to": None,
        "refusals": 0, "refused_at": None, "created_at": tx.now, "muted_until": None,
        "pictures_since": None,
    }  # fmt: skip
    await tx.run(tx.insert(followers).values(**row).on_conflict_do_nothing())
    found = await of_wish(tx, wish)
    assert found is not None
    if not wish.tag:
        return found
    await BY_MAIL.write(tx, found.id, {key_of(wish.tag): wish.how})
    return await one(tx, found.id)


async def change(tx: Tx, follower_id: str, how: How, times: Times, chosen: Mapping[str, How | None]) -> None:
    """What they get from the next post on; quiet hours hold for what waits already, too (see set_times). `chosen`: for rooms
    and tags, see Choices.write. Raises NotFound; Invalid (tag)."""
    values = {
        "how": how, "zone": times.zone, "hour": times.hour, "quiet_from": times.quiet_from, "quiet_to": times.quiet_to,
        "important_passes": times.important_passes, "turned_at": turned(followers, how, tx.now),
    }  # fmt: skip
    await _write(tx, follower_id, **values)
    await BY_MAIL.write(tx, follower_id, chosen)


def turned(table: Table, how: str, now: int) -> ColumnElement[int | None]:
    """Since when nothing is wanted, when `how` is chosen at `now`: saving the same again moves it not."""
    was_off, held = table.c.how == "none", table.c.turned_at
    if how == "none":
        return case((was_off, held), else_=now)
    return case((was_off, None), else_=held)


async def soften(tx: Tx, follower_id: str, how: How) -> None:
    """What tells more than this comes in this way from now on, what waits already as it was; what was switched off stays
    off. Raises NotFound."""
    await BY_MAIL.soften(tx, follower_id, how)
    held = followers.c.how
    await _write(tx, follower_id, how=case((held.in_(LOUDER[how]), how), else_=held))


async def be_quiet(tx: Tx, follower_id: str, until: int | None) -> None:
    """Nothing is told before `until` (epoch ms), and what was due is not told later; None: at once. Raises NotFound,
    Invalid (muted_until) for more than 90 days."""
    still = case((followers.c.how == "none", followers.c.turned_at), else_=None)
    turned_at = still if until is None else tx.now
    await _write(
        tx, follower_id, muted_until=Quiet.parse(None, until, tx.now).muted_until, turned_at=turned_at
    )


async def limit(tx: Tx, follower_id: str, per_week: int | None) -> None:
    """So many posts at once in seven days at most, the rest in the letter of the week; None: all of them. Raises NotFound,
    Invalid (per_week)."""
    await _write(tx, follower_id, per_week=Quiet.parse(per_week, None, tx.now).per_week)


async def show_pictures(tx: Tx, follower_id: str, *, wanted: bool) -> None:
    """Letters show pictures from the next one on; taken back, no earlier letter loads any more. Raises NotFound."""
    since = func.coalesce(followers.c.pictures_since, tx.now) if wanted else None
    await _write(tx, follower_id, pictures_since=since)


async def try_again(tx: Tx, follower_id: str) -> None:
    """Letters go to an address again that was refused. Raises NotFound."""
    await tx.run(delete(follow_troubles).where(follow_troubles.c.follower_id == follower_id))
    await _write(tx, follower_id, refusals=0, refused_at=None)


async def _write(tx: Tx, follower_id: str, **values: object) -> None:
    if not await tx.run(update(followers).where(followers.c.id == follower_id).values(**values)):
        await one(tx, follower_id)


async def stop(tx: Tx, follower_id: str) -> None:
    """They follow no more, and nothing is kept of them. Twice is as once."""
    await BY_MAIL.forget(tx, follower_id)
    for table in (follow_letters, follow_troubles):
        await tx.run(delete(table).where(table.c.follower_id == follower_id))
    await tx.run(delete(followers).where(followers.c.id == follower_id))


async def end(tx: Tx, follower_id: str) -> None:
    """As stop, by their own will. Their community is told that somebody did that day, and not who."""
    here = await tx.value(select(followers.c.community_id).where(followers.c.id == follower_id))
    await stop(tx, follower_id)
    if here is not None:
        await count_end(tx, here)


async def end_with(tx: Tx, email: str | None, community_id: str | None = None) -> None:
    """Who ends letters as a member (None: of every community) ends those that come to the same address without the account:
    else they would begin where the others stop."""
    theirs = followers.c.email == email
    if community_id is not None:
        theirs &= followers.c.community_id == community_id
    rows = await tx.all(select(followers.c.id).where(theirs).order_by(followers.c.id)) if email else ()
    for row in rows:
        await end(tx, row.id)


async def count_end(tx: Tx, community_id: str) -> None:
    """One more ended following today; what is older than anybody looks back is forgotten."""
    today = tx.now // DAY_MS
    await tx.run(
        delete(follow_ends).where(
            follow_ends.c.community_id == community_id, follow_ends.c.day < today - ENDS_DAYS
        )
    )
    row: Any = tx.insert(follow_ends).values(community_id=community_id, day=today, ended=1)
    more = {"ended": follow_ends.c.ended + 1}
    await tx.run(row.on_conflict_do_update(index_elements=["community_id", "day"], set_=more))


async def forget(tx: Tx, email: str | None) -> None:
    """Whoever erases their account follows no more by the address of it, in no community."""
    if email:
        await tx.run(delete(followers).where(followers.c.email == email))


async def refused(tx: Tx, follower_id: str) -> None:
    """A mail server refused the address for good: it is left alone for two weeks; forgotten at the third time.

    Not at the first: a relay that refuses everybody for an hour must not cost a creator all who follow.
    """
    more = {"refusals": followers.c.refusals + 1, "refused_at": tx.now}
    await tx.run(update(followers).where(followers.c.id == follower_id).values(**more))
    count = await tx.value(select(followers.c.refusals).where(followers.c.id == follower_id))
    if count is not None and count >= MOST_REFUSALS:
        await stop(tx, follower_id)


async def ask_pass(tx: Tx, follower_id: str) -> None:
    """Have a letter sent whose link makes an account. The link that manages must not: letters are passed on, and an
    account is opened with this address. Raises NotFound, TooMany."""
    follower = await one(tx, follower_id)
    await _spend(tx, follower.email)
    await schedule(tx, PassAsked(follower_id=follower.id))


async def pass_secret(tx: Tx, follower_id: str) -> str:
    """The secret for that letter."""
    return await one_time.issue(tx, "follow_pass", lasts_ms=PASS_MS, data=follower_id)


async def pass_waiting(tx: Tx, secret: str) -> Follower:
    """Whose account the secret would make. Uses nothing up. Raises Gone."""
    return await _still(tx, (await one_time.look(tx, secret, "follow_pass", gone=_PASS_TAKEN)).data)


async def redeem_pass(tx: Tx, secret: str) -> Follower:
    """Uses the secret up, in the transaction that makes the account. Raises Gone."""
    return await _still(tx, (await one_time.redeem(tx, secret, "follow_pass", gone=_PASS_TAKEN)).data)


async def _still(tx: Tx, follower_id: str) -> Follower:
    try:
        return await one(tx, follower_id)
    except NotFound as error:
        raise Gone("Nobody follows by this link any more. Nothing is sent, and nothing is kept.") from error


async def hand_over(
    tx: Tx, follower: Follower, by: members.Entitlement, community: Community, here: list[Room]
) -> None:
    """Give the account of `by`, which is in, all that was chosen, and forget the follower. What the account has chosen
    itself stays."""
    assert by.account_id is not None
    if not await rules(tx, by.account_id, community.id):
        named = [room for room in here if room.id in follower.chosen and not room.is_group]
        own = [(room, follower.chosen[room.id]) for room in named]
        tags = {tag: follower.chosen[key_of(tag)] for tag in tags_of(follower.chosen)}
        await choose(tx, by, community, follower.how, rooms=own, tags=tags)
    await inherit_times(tx, by.account_id, follower.times)
    await pictures.inherit(tx, by.account_id, wanted=follower.pictures_since is not None)
    held_back = Quiet(follower.per_week, follower.muted_until if follower.mutes(tx.now) else None)
    if held_back != quiet.NO_LIMIT and community.id not in await quiet.limits(tx, by.account_id):
        await quiet.limit(tx, by.account_id, community.id, held_back)
    await stop(tx, follower.id)
