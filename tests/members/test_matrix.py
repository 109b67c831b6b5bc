"""The role matrix, cell by cell: every verb × every role, generated from the one table that says who may what."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import pytest

from channel import accounts, invites
from channel.accounts import Account
from channel.errors import Conflict, Forbidden, NotFound
from channel.invites import Seal
from channel.members import Action, Entitlement, Role, actions, governing, joining, listing
from channel.members.model import MATRIX, POWER
from channel.rooms import Room
from channel.storage import Database, Tx
from channel.tiers import Tier
from tests.cast import Scene, creator

SEAL = Seal(bytes(32))


@dataclass
class Stage:
    """A community with somebody of every role, and things to act on."""

    scene: Scene
    staff: dict[Role, Account]
    target: Account
    asking: Account
    room: Room
    tier: Tier
    invite: invites.Invite


async def staged(db: Database) -> Stage:
    scene = await creator(db)
    staff = {Role.OWNER: scene.owner}
    for role in (Role.ADMIN, Role.EDITOR, Role.MODERATOR, Role.MEMBER):
        staff[role] = await scene.member(role.value, role=role)
    target, room, tier = (
        await scene.member("Target"),
        await scene.room("workshop"),
        await scene.tier("Gold", 10),
    )
    async with db.write() as tx:
        asking = await _asking(tx, scene)
        invite = await invites.create(
            tx, await scene.by(tx, scene.owner), scene.community, SEAL, label="Fair"
        )
    return Stage(scene, staff, target, asking, room, tier, invite)


async def _asking(tx: Tx, scene: Scene) -> Account:
    account = await accounts.create(tx, name="Asking")
    await joining.join(tx, account, scene.community, approve=True, note="Please")
    return account


Act = Callable[[Tx, Entitlement, Stage], Awaitable[object]]
VERBS: dict[str, tuple[Action, Act]] = {
    "edit_community": (
        Action.EDIT_COMMUNITY,
        lambda tx, by, on: governing.edit_community(tx, by, on.scene.community, name="New name"),
    ),
    "close": (Action.CLOSE_COMMUNITY, lambda tx, by, on: governing.close(tx, by, on.scene.community)),
    "reopen": (Action.CLOSE_COMMUNITY, lambda tx, by, on: governing.reopen(tx, by, on.scene.community)),
    "delete_community": (
        Action.CLOSE_COMMUNITY,
        lambda tx, by, on: governing.delete_community(tx, by, on.scene.community, typed_handle="anna"),
    ),
    "undo_delete": (
        Action.CLOSE_COMMUNITY,
        lambda tx, by, on: governing.undo_delete(tx, by, on.scene.community),
    ),
    "transfer": (
        Action.CLOSE_COMMUNITY,
        lambda tx, by, on: actions.transfer(tx, by, on.scene.community, on.target.id, typed_handle="anna"),
    ),
    "create_room": (
        Action.EDIT_ROOMS,
        lambda tx, by, on: governing.create_room(tx, by, on.scene.community, slug="x", name="X"),
    ),
    "edit_room": (
        Action.EDIT_ROOMS,
        lambda tx, by, on: governing.edit_room(tx, by, on.scene.community, on.room, name="X"),
    ),
    "delete_room": (
        Action.EDIT_ROOMS,
        lambda tx, by, on: governing.delete_room(tx, by, on.scene.community, on.room, typed_slug="workshop"),
    ),
    "move_room": (
        Action.EDIT_ROOMS,
        lambda tx, by, on: governing.move_room(tx, by, on.scene.community, on.room, 1),
    ),
    "create_tier": (
        Action.EDIT_TIERS,
        lambda tx, by, on: governing.create_tier(tx, by, on.scene.community, name="Silver", rank=5),
    ),
    "edit_tier": (
        Action.EDIT_TIERS,
        lambda tx, by, on: governing.edit_tier(tx, by, on.scene.community, on.tier, rank=11),
    ),
    "delete_tier": (
        Action.EDIT_TIERS,
        lambda tx, by, on: governing.delete_tier(tx, by, on.scene.community, on.tier),
    ),
    "mute": (Action.MODERATE, lambda tx, by, on: actions.mute(tx, by, on.scene.community, on.target.id)),
    "unmute": (Action.MODERATE, lambda tx, by, on: actions.unmute(tx, by, on.scene.community, on.target.id)),
    "ban": (Action.MODERATE, lambda tx, by, on: actions.ban(tx, by, on.scene.community, on.target.id)),
    "unban": (Action.MODERATE, lambda tx, by, on: actions.unban(tx, by, on.scene.community, on.target.id)),
    "approve": (
        Action.MODERATE,
        lambda tx, by, on: actions.approve(tx, by, on.scene.community, [on.asking.id]),
    ),
    "refuse": (
        Action.MODERATE,
        lambda tx, by, on: actions.refuse(tx, by, on.scene.community, [on.asking.id]),
    ),
    "give_tier": (
        Action.GIVE_TIER,
        lambda tx, by, on: actions.give_tier(tx, by, on.scene.community, [on.target.id], on.tier.id),
    ),
    "give_role": (
        Action.GIVE_ROLE,
        lambda tx, by, on: actions.give_role(tx, by, on.scene.community, on.target.id, Role.MODERATOR),
    ),
    "listing": (Action.SEE_MEMBERS, lambda tx, by, on: listing.listing(tx, by, on.scene.community)),
    "counts": (Action.SEE_MEMBERS, lambda tx, by, on: listing.counts(tx, by, on.scene.community)),
    "one_member": (
        Action.SEE_MEMBERS,
        lambda tx, by, on: listing.one_member(tx, by, on.scene.community, on.target.id),
    ),
    "export_csv": (
        Action.EXPORT_MEMBERS,
        lambda tx, by, on: listing.export_csv(tx, by, on.scene.community),
    ),
    "create_invite": (Action.INVITE, lambda tx, by, on: invites.create(tx, by, on.scene.community, SEAL)),
    "create_invite_with_tier": (
        Action.GIVE_TIER,
        lambda tx, by, on: invites.create(tx, by, on.scene.community, SEAL, tier_id=on.tier.id),
    ),
    "see_invites": (
        Action.SEE_MEMBERS,
        lambda tx, by, on: invites.listing(tx, by, on.scene.community, seal=SEAL),
    ),
    "see_invite": (
        Action.SEE_MEMBERS,
        lambda tx, by, on: invites.one(tx, by, on.scene.community, on.invite.id, seal=SEAL),
    ),
    "see_joins": (
        Action.SEE_MEMBERS,
        lambda tx, by, on: invites.joins(tx, by, on.scene.community, on.invite),
    ),
    "revoke_invite": (
        Action.SEE_MEMBERS,
        lambda tx, by, on: invites.set_state(tx, by, on.scene.community, on.invite.id, "revoked", seal=SEAL),
    ),
    "reopen_invite": (
        Action.INVITE,
        lambda tx, by, on: invites.set_state(tx, by, on.scene.community, on.invite.id, "open", seal=SEAL),
    ),
}
# Reachable for who has the right, but there is nothing to undo, unmute or unban on this stage.
FRUITLESS = {"undo_delete", "unmute", "unban"}


class RolledBackError(Exception):
    pass


async def attempt(
    on: Stage, act: Act, who: Account | None, *, rights_of: Scene | None = None
) -> type[Exception] | None:
    """What the verb raises for somebody (with the rights they have in that scene), nothing of it kept."""
    try:
        async with on.scene.db.write() as tx:
            await act(tx, await (rights_of or on.scene).by(tx, who), on)
            raise RolledBackError
    except RolledBackError:
        return None
    except (Forbidden, NotFound, Conflict) as error:
        return type(error)


@pytest.mark.parametrize("action", sorted({action for action, _ in VERBS.values()}))
async def test_its_verbs_are_open_to_exactly_the_roles_of_the_matrix(db: Database, action: Action) -> None:
    on = await staged(db)
    for verb, act in verbs_of(action).items():
        for role, account in on.staff.items():
            outcome = await attempt(on, act, account)
            if role not in MATRIX[action]:
                assert outcome is Forbidden, (verb, role)
            else:
                assert outcome is (Conflict if verb in FRUITLESS else None), (verb, role)


@pytest.mark.parametrize("action", sorted({action for action, _ in VERBS.values()}))
async def test_nobody_acts_where_they_are_nothing(db: Database, action: Action) -> None:
    on, other = await staged(db), await creator(db, "bert")
    outsiders = (None, other.owner, on.asking)
    for verb, act in verbs_of(action).items():
        assert [await attempt(on, act, who) for who in outsiders] == [Forbidden] * 3, verb
        # The rights of an owner elsewhere are worth nothing here, not even the knowledge that there is something.
        assert await attempt(on, act, other.owner, rights_of=other) is NotFound, verb
    async with db.write() as tx:
        owner = await on.scene.by(tx, on.scene.owner)
        await actions.ban(tx, owner, on.scene.community, on.staff[Role.ADMIN].id)
        await governing.edit_community(tx, owner, on.scene.community, visibility="private")
    for verb, act in verbs_of(action).items():
        for who in (*outsiders, on.staff[Role.ADMIN]):
            assert await attempt(on, act, who) is NotFound, verb


def verbs_of(action: Action) -> dict[str, Act]:
    return {verb: act for verb, (asked, act) in VERBS.items() if asked is action}


@pytest.mark.parametrize("verb", ["mute", "ban", "give_tier", "give_role"])
async def test_nobody_acts_on_an_equal_or_a_higher_role(db: Database, verb: str) -> None:
    on = await staged(db)
    action, act = VERBS[verb]
    for actor_role, actor in on.staff.items():
        for target_role, target in on.staff.items():
            aimed = replace(on, target=target)
            outcome = await attempt(aimed, act, actor)
            allowed = actor_role in MATRIX[action] and POWER[actor_role] > POWER[target_role]
            assert outcome is (None if allowed else Forbidden), (verb, actor_role, target_role)


@pytest.mark.parametrize("role", Role)
async def test_nobody_gives_a_role_at_or_above_their_own(db: Database, role: Role) -> None:
    on = await staged(db)
    for own, actor in on.staff.items():
        outcome = await attempt(
            on,
            lambda tx, by, on: actions.give_role(tx, by, on.scene.community, on.target.id, role),
            actor,
        )
        allowed = own in MATRIX[Action.GIVE_ROLE] and role is not Role.OWNER and POWER[own] > POWER[role]
        assert outcome is (None if allowed else Forbidden), (own, role)


def test_every_action_of_the_matrix_has_a_verb_here_or_belongs_to_others() -> None:
    elsewhere = {Action.POST, Action.EDIT_ANY_POST, Action.PIN, Action.MENTION_MANY, Action.SEE_STUDIO}
    elsewhere |= {Action.HANDLE_MONEY, Action.CONNECT_MONEY, Action.ANSWER}
    assert {action for action, _ in VERBS.values()} | elsewhere == set(Action)


async def test_nothing_of_another_community_can_be_named(db: Database) -> None:
    ours, theirs = await staged(db), await creator(db, "bert")
    far_room, far_tier, stranger = theirs.news, await theirs.tier("Far", 7), await theirs.member("Stranger")
    acts: list[Act] = [
        lambda tx, by, on: governing.edit_room(tx, by, on.scene.community, far_room, name="Mine"),
        lambda tx, by, on: governing.delete_room(tx, by, on.scene.community, far_room, typed_slug="news"),
        lambda tx, by, on: governing.move_room(tx, by, on.scene.community, far_room, 1),
        lambda tx, by, on: governing.edit_tier(tx, by, on.scene.community, far_tier, rank=3),
        lambda tx, by, on: governing.delete_tier(tx, by, on.scene.community, far_tier),
        lambda tx, by, on: actions.give_tier(tx, by, on.scene.community, [on.target.id], far_tier.id),
        lambda tx, by, on: actions.give_tier(tx, by, on.scene.community, [stranger.id], on.tier.id),
        lambda tx, by, on: actions.ban(tx, by, on.scene.community, stranger.id),
        lambda tx, by, on: listing.one_member(tx, by, on.scene.community, stranger.id),
    ]
    for act in acts:
        assert await attempt(ours, act, ours.scene.owner) is NotFound
