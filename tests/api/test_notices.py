"""Choosing letters about posts over the API."""

import pytest

from tests.api.conftest import Caller, Site, fields_of

pytestmark = pytest.mark.anyio
NOTHING = {
    "address": None, "refused": False, "zone": "UTC", "hour": 18, "quiet_from": None, "quiet_to": None,
    "important_passes": False, "wait_hours": 4,
    "pictures": False, "rules": [], "limits": [],
}  # fmt: skip


async def put(caller: Caller, *rules: dict[str, str], **more: object) -> object:
    answer = await caller.put(
        "/me/notices", {"zone": "Europe/Berlin", "hour": 7, "rules": list(rules)} | more
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_nothing_is_chosen_for_anybody(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    assert await bob.found("/me/notices") == NOTHING


async def test_what_is_put_replaces_all_and_twice_is_as_once(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    rules = ({"community": "anna", "how": "daily"}, {"community": "anna", "room": "news", "how": "none"})
    for _ in range(2):
        kept = await put(bob, *rules, quiet_from="22:00", quiet_to="06:30")
    assert kept == NOTHING | {
        "zone": "Europe/Berlin", "hour": 7, "quiet_from": "22:00", "quiet_to": "06:30",
        "rules": [
            {"community": "anna", "room": None, "tag": None, "how": "daily"},
            {"community": "anna", "room": "news", "tag": None, "how": "none"},
        ],
    }  # fmt: skip
    assert await bob.found("/me/notices") == kept
    assert await put(bob) == NOTHING | {"zone": "Europe/Berlin", "hour": 7}


async def test_limits_are_chosen_seen_and_left_alone_by_who_does_not_know_them(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    until = "2026-01-20T00:00:00.000Z"
    one = {"community": "anna", "per_week": 3, "muted_until": until}
    kept = await put(bob, limits=[one], wait_hours=8)
    assert kept == NOTHING | {"zone": "Europe/Berlin", "hour": 7, "wait_hours": 8, "limits": [one]}
    assert (await put(bob))["limits"] == [one]  # type: ignore[index]
    assert (await put(bob, limits=[]))["limits"] == []  # type: ignore[index]


async def test_pictures_are_chosen_seen_and_left_alone_by_who_does_not_know_them(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    for given, kept in (({}, False), ({"pictures": True}, True), ({}, True), ({"pictures": False}, False)):
        assert (await put(bob, **given))["pictures"] is kept  # type: ignore[index]


async def test_what_may_come_at_any_hour_is_chosen_seen_and_left_alone_by_who_does_not_know_it(
    site: Site,
) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    name = "important_passes"
    for given, kept in (({}, False), ({name: True}, True), ({}, True), ({name: False}, False)):
        assert (await put(bob, quiet_from="22:00", quiet_to="06:30", **given))[name] is kept  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"wait_hours": 3}, "wait_hours"),
        ({"limits": [{"community": "nobody", "per_week": 1}]}, "limits"),
        ({"limits": [{"community": "anna", "muted_until": "2030-01-01T00:00:00Z"}]}, "muted_until"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"quiet_from": "22:00"}, "quiet_to"),
        ({"rules": [{"community": "nobody", "how": "daily"}]}, "rules"),
        ({"rules": [{"community": "anna", "room": "vault", "how": "daily"}]}, "rules"),
        ({"rules": [{"community": "anna", "how": "daily"}] * 2}, "rules"),
        ({"rules": [{"community": "anna", "tag": "12", "how": "daily"}]}, "rules"),
        ({"rules": [{"community": "anna", "tag": "tour", "room": "news", "how": "daily"}]}, "rules"),
        (
            {"rules": [{"community": "anna", "tag": tag, "how": "daily"} for tag in ("tour", "#Tour")]},
            "rules",
        ),
        ({"rules": [{"community": "anna", "tag": f"t{n}", "how": "daily"} for n in range(21)]}, "rules"),
    ],
)
async def test_what_is_wrong_is_named_and_nothing_is_kept(
    site: Site, given: dict[str, object], field: str
) -> None:
    anna = await site.creator()
    await anna.made("/communities/anna/tiers", {"name": "Gold", "rank": 10})
    await anna.made("/communities/anna/rooms", {"slug": "vault", "name": "Vault", "min_rank": 10})
    bob = await site.member(anna)
    answer = await bob.put("/me/notices", {"zone": "UTC", "hour": 18, "rules": []} | given)
    assert field in fields_of(answer)
    assert await bob.found("/me/notices") == NOTHING


async def test_a_tag_is_chosen_by_letter_and_on_devices(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    rule = {"community": "anna", "tag": "#Tour", "how": "instant"}
    kept = {"community": "anna", "room": None, "tag": "tour", "how": "instant"}
    assert (await put(bob, rule))["rules"] == [kept]  # type: ignore[index]
    answer = await bob.put("/me/push", {"rules": [rule]})
    assert answer.json()["rules"] == [kept]
    assert fields_of(await bob.put("/me/push", {"rules": [rule, kept]})) == {"rules"}


async def test_a_program_that_may_only_read_chooses_nothing(site: Site) -> None:
    anna = await site.creator()
    bob = await site.member(anna)
    assert bob.account
    reading = await site.program(bob.account, scopes=("read",))
    assert await reading.found("/me/notices") == NOTHING
    answer = await reading.put("/me/notices", {"zone": "UTC", "hour": 18, "rules": []})
    assert answer.status_code == 403
