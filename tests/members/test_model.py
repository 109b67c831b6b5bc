"""The judge, without a database."""

from itertools import product

import pytest

from channel.members.model import (
    MATRIX,
    MAX_TIER_RANK,
    OUTSIDER_RANK,
    STAFF_RANK,
    Action,
    Role,
    Standing,
    State,
    entitle,
)

NOW = 1000


def judged(role: Role, state: State, rank: int = 5, until: int | None = None, **community: object):  # type: ignore[no-untyped-def]
    about = {"visibility": "public", "closed": False, "deleted": False} | community
    return entitle("c", "a", Standing(role, state, "t", "T", rank, until), now=NOW, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "state"), list(product(Role, State)))
def test_only_who_is_in_has_a_rank_and_a_role(role: Role, state: State) -> None:
    found = judged(role, state)
    inside = state in (State.ACTIVE, State.MUTED)
    assert found.role == (role if inside else None)
    assert found.rank == ((5 if role is Role.MEMBER else STAFF_RANK) if inside else OUTSIDER_RANK)
    assert found.visible is (state is not State.BANNED)
    if not inside:
        assert not any(found.may(action) for action in Action)


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_the_matrix_says_who_may_and_closing_stops_posting_and_inviting(role: Role, action: Action) -> None:
    assert judged(role, State.ACTIVE).may(action) is (role in MATRIX[action])
    stopped = action in (Action.POST, Action.INVITE)
    assert judged(role, State.ACTIVE, closed=True).may(action) is (role in MATRIX[action] and not stopped)


@pytest.mark.parametrize("min_rank", [None, 0, 1, 5, 6, MAX_TIER_RANK])
def test_rank_decides(min_rank: int | None) -> None:
    assert judged(Role.MEMBER, State.ACTIVE).reads(min_rank) is (min_rank is None or min_rank <= 5)
    assert judged(Role.EDITOR, State.ACTIVE).reads(min_rank)
    outsider = entitle("c", None, None, visibility="public", closed=False, deleted=False, now=NOW)
    assert outsider.reads(min_rank) is (min_rank is None)


def test_a_private_community_shows_an_outsider_nothing() -> None:
    outsider = entitle("c", None, None, visibility="private", closed=False, deleted=False, now=NOW)
    assert not outsider.visible
    assert not outsider.reads(None)


@pytest.mark.parametrize("role", Role)
def test_a_deleted_community_is_there_for_its_owner_alone(role: Role) -> None:
    found = judged(role, State.ACTIVE, deleted=True)
    assert found.visible is found.may(Action.CLOSE_COMMUNITY) is (role is Role.OWNER)
    assert not found.may(Action.POST)


@pytest.mark.parametrize(
    ("until", "state"), [(NOW, State.LEFT), (NOW + 1, State.BANNED), (None, State.BANNED)]
)
def test_a_ban_is_over_at_its_end(until: int | None, state: State) -> None:
    assert judged(Role.MEMBER, State.BANNED, until=until).state is state


@pytest.mark.parametrize(
    ("until", "state"), [(NOW, State.ACTIVE), (NOW + 1, State.MUTED), (None, State.MUTED)]
)
def test_a_mute_is_over_at_its_end(until: int | None, state: State) -> None:
    assert judged(Role.MEMBER, State.MUTED, until=until).state is state
