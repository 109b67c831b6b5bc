"""How often one may guess: by account, by network, and whatever a request claims about where it comes from."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
from starlette.applications import Starlette

from channel import accounts
from channel.accounts import Account, links, recovery
from channel.app import build
from channel.invites import model
from channel.settings import Settings
from tests.cast import Scene, creator
from tests.conftest import Clock
from tests.security.sights import ON_SQLITE
from tests.security.wire import HERE, Answer, Headers, ask

FORM = ("content-type", "application/x-www-form-urlencoded")
ORIGIN = ("origin", HERE)
QUARTER_MS = 15 * 60 * 1000
LIES: tuple[Headers, ...] = tuple(
    [(name, f"198.51.100.{number}")]
    for number, name in enumerate((
        "x-forwarded-for", "x-real-ip", "forwarded", "cf-connecting-ip", "true-client-ip", "x-client-ip", "x-forwarded",
        "x-cluster-client-ip", "fastly-client-ip", "x-originating-ip", "x-remote-ip", "via", "client-ip", "x-forwarded-host",
    ))
)  # fmt: skip
WRONG = "00000-00000-00000-00000"


@dataclass
class Place:
    """An instance with the limits it has in life, and somebody whose codes are guessed."""

    app: Starlette
    clock: Clock
    victim: Account
    codes: list[str]
    scene: Scene

    async def guess(
        self, name: str, code: str = WRONG, *, lie: Headers = (), client: str = "192.0.2.1"
    ) -> Answer:
        typed = f"name={name}&code={code}".encode()
        return await ask(self.app, "POST", "/sign-in/recovery", [ORIGIN, FORM, *lie], typed, client=client)


@pytest.fixture
async def place(settings: Settings, clock: Clock) -> AsyncIterator[Place]:
    # The limits of the database do not scale; those in memory must not come before them here.
    app = build(settings, clock=clock)
    async with app.router.lifespan_context(app):
        db = app.state.services.db
        async with db.write() as tx:
            victim = await accounts.create(tx, name="Vic", handle="vic", email="vic@example.org")
            codes = await recovery.new_recovery_codes(tx, victim.id)
        yield Place(app, clock, victim, codes, await creator(db))


def waits(answer: Answer) -> bool:
    """Refused for being too often, with the time to wait."""
    wait = answer.header("retry-after") or ""
    return answer.status == 429 and wait.isdigit() and 0 < int(wait) <= QUARTER_MS // 1000 + 1


async def test_ten_codes_for_an_account_then_none_from_wherever(place: Place) -> None:
    """Its two names have half each; new addresses and forged ones do not help, the right code does not either."""
    for name in ("vic", "vic%40example.org"):
        tries = [await place.guess(name, client=f"192.0.2.{number}") for number in range(10)]
        assert [answer.status for answer in tries[:5]] == [422] * 5
        assert all(waits(answer) for answer in tries[5:])
    for lie in LIES:
        assert waits(await place.guess("vic", lie=lie, client="192.0.2.99"))
    for spelling in ("VIC", "@vic", "+vic+", "%40Vic", "VIC%40EXAMPLE.ORG"):
        assert waits(await place.guess(spelling, client="192.0.2.98")), spelling
    assert waits(await place.guess("vic", place.codes[0], client="192.0.2.97"))
    place.clock.forward(QUARTER_MS + 1)
    right = await place.guess("vic", place.codes[0], client="192.0.2.97")
    assert right.status == 303, "the victim gets in again"


async def test_a_hundred_codes_from_a_network_then_none_by_whatever_name(place: Place) -> None:
    """An IPv6 /64 is one network, however many addresses it has."""
    for start, client in (("a", lambda n: "192.0.2.7"), ("b", lambda n: f"2001:db8:0:1::{n:x}")):
        statuses = [
            (await place.guess(f"{start}{number}", client=client(number + 1))).status for number in range(100)
        ]
        assert statuses == [422] * 100
        for number, lie in enumerate(LIES):
            assert waits(await place.guess(f"{start}x{number}", lie=lie, client=client(200 + number)))
    assert (await place.guess("elsewhere", client="192.0.2.8")).status == 422
    assert (await place.guess("elsewhere", client="2001:db8:0:2::1")).status == 422


async def test_a_hundred_sign_in_links_from_a_network_then_none(place: Place) -> None:
    async with place.app.state.services.db.write() as tx:
        good = await links.sign_in_link(tx, place.victim.id, minutes=60)

    async def press(secret: str, lie: Headers = (), client: str = "192.0.2.20") -> Answer:
        return await ask(place.app, "POST", f"/sign-in/link/{secret}", [ORIGIN, *lie], client=client)

    statuses = [(await press(f"wrong{number}")).status for number in range(100)]
    assert statuses == [410] * 100
    for lie in LIES:
        assert waits(await press("wrong", lie))
    assert waits(await press(good)), "the right one does not get through either"
    assert (await press(good, client="192.0.2.21")).status == 303, (
        "but from elsewhere it does, and was not used up"
    )


async def test_made_up_passkeys_are_counted_too(place: Place) -> None:
    json = ("content-type", "application/json")

    async def prove(lie: Headers = ()) -> Answer:
        made_up = b'{"state": "none", "credential": {}}'
        return await ask(
            place.app, "POST", "/sign-in/passkey", [ORIGIN, json, *lie], made_up, client="192.0.2.30"
        )

    assert {(await prove()).status for _ in range(100)} <= {410, 422}
    for lie in LIES[:4]:
        assert waits(await prove(lie))


async def test_three_mails_an_hour_for_an_address_whether_or_not_it_is_known(
    settings: Settings, clock: Clock
) -> None:
    app = build(replace(settings, smtp="smtp+plain://127.0.0.1:1", mail_from="a@channel.test"), clock=clock)
    async with app.router.lifespan_context(app):
        async with app.state.services.db.write() as tx:
            await accounts.create(tx, name="Vic", email="vic@example.org")
        told = {}
        for address in ("vic@example.org", "nobody@example.org"):
            typed = f"email={address}".encode()
            sent = [
                await ask(
                    app,
                    "POST",
                    "/sign-in/mail",
                    [ORIGIN, FORM, *LIES[number]],
                    typed,
                    client=f"192.0.2.{number + 40}",
                )
                for number in range(6)
            ]
            told[address] = [(answer.status, answer.header("location"), len(answer.body)) for answer in sent]
            assert [answer.status for answer in sent] == [303, 303, 303, 429, 429, 429]
            assert all(answer.header("retry-after") for answer in sent[3:])
    known, unknown = told.values()
    assert [one[:2] for one in known] == [one[:2] for one in unknown], (
        "the answer tells whether there is an account"
    )


@ON_SQLITE
@pytest.mark.parametrize("way", ["page", "call"])
async def test_invite_codes_cannot_be_tried_without_end(settings: Settings, clock: Clock, way: str) -> None:
    """Joining is counted by network and account, whatever one claims about one's address; calls that look are too.

    Pages that look are not: many may follow one link from behind one address, and 128 bit are not found by looking.
    """
    app = build(replace(settings, limit_scale=1), clock=clock)
    async with app.router.lifespan_context(app):
        look = "/join/" if way == "page" else "/api/v1/invites/"
        kind = FORM if way == "page" else ("content-type", "application/json")
        join = (
            (lambda code: f"/join/{code}")
            if way == "page"
            else (lambda code: f"/api/v1/invites/{code}/accept")
        )
        name = b"display_name=Eve" if way == "page" else b'{"display_name": "Eve"}'
        joins = [
            (
                await ask(
                    app, "POST", join(f"{number:022d}"), [ORIGIN, kind, *LIES[number % len(LIES)]], name
                )
            ).status
            for number in range(25)
        ]
        assert joins == [404] * 20 + [429] * 5
        looks = [
            await ask(app, "GET", f"{look}{number:022d}", LIES[number % len(LIES)]) for number in range(650)
        ]
        assert {answer.status for answer in looks} == ({404} if way == "page" else {404, 429})
        assert way == "page" or looks[-1].header("retry-after")
    assert len(set(model._ALPHABET)) ** model.CODE_CHARS >= 2**128
