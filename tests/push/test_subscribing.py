"""Which browsers may be pushed to (T32): refused when they subscribe, and again when something is to be sent."""

import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import update

from channel import push
from channel.accounts import sessions
from channel.errors import Conflict, Invalid, NotFound
from channel.notify import sealing
from channel.notify.pusher import Parcel
from channel.notify.webpush import WebPush
from channel.outside import Outside
from channel.push import Owner, Subscription, actions
from channel.push.model import MAX_DEVICES, knows
from channel.push.tables import push_devices
from tests.posts.writing import post
from tests.push.browsers import PUBLIC, Browser, bytes_of, text_of
from tests.push.depot import SECRET, Depot

GOOD = (
    "https://fcm.googleapis.com/fcm/send/abc:APA91b-_",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
    "https://web.push.apple.com/QGx",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2f",
    "https://FCM.googleapis.com/fcm/send/x",
    "https://fcm.googleapis.com:443/fcm/send/x",
)
BAD = (
    "http://fcm.googleapis.com/fcm/send/x",
    "https://fcm.googleapis.com:8443/fcm/send/x",
    "https://fcm.googleapis.com:22/",
    "https://fcm.googleapis.com.evil.org/x",
    "https://evilfcm.googleapis.com.org/x",
    "https://evil-fcm.googleapis.com/x",
    "https://notify.windows.com.evil.org/x",
    "https://evilnotify.windows.com/x",
    "https://notify.windows.com/x",
    "https://push.apple.com@evil.org/x",
    "https://evil.org#@fcm.googleapis.com/x",
    "https://evil.org/fcm.googleapis.com",
    "https://user@fcm.googleapis.com/x",
    "https://fcm.googleapis.com\\@evil.org/x",
    "https://fcm。googleapis。com.evil.org/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://2130706433/x",
    "https://0x7f.1/x",
    "https://169.254.169.254/latest/meta-data",
    "https://93.184.215.14/x",
    "https://localhost/x",
    "https://channel.example.org/x",
    "ftp://fcm.googleapis.com/x",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "",
    "fcm.googleapis.com",
    "https://fcm.googleapis.com/" + "x" * 1_100,
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/\r\nX: y",
)


@pytest.mark.parametrize("endpoint", GOOD)
def test_the_push_services_of_the_browsers_are_known(endpoint: str) -> None:
    assert Subscription.parse(**Browser().given | {"endpoint": endpoint})


@pytest.mark.parametrize("endpoint", BAD)
def test_no_other_address_is_taken(endpoint: str) -> None:
    with pytest.raises(Invalid) as refused:
        Subscription.parse(**Browser().given | {"endpoint": endpoint})
    assert set(refused.value.fields) == {"endpoint"}
    assert not endpoint or endpoint not in str(refused.value.fields)


@pytest.mark.parametrize("endpoint", BAD)
async def test_nor_is_anything_sent_to_it_should_it_stand_in_the_database(endpoint: str) -> None:
    asked: list[str] = []
    pusher = pusher_of(PUBLIC, asked)
    p256dh, auth = Browser().given["p256dh"], Browser().given["auth"]
    outcome = await pusher.send(Parcel(Subscription(endpoint, p256dh, auth), b"{}", "t", 60))
    assert outcome.fate == "refused"
    assert asked == [], "nobody was even looked up"


async def test_a_row_that_was_changed_by_hand_is_not_pushed_to(depot: Depot) -> None:
    await depot.reader("Bob")
    async with depot.db.write() as tx:
        await tx.run(update(push_devices).values(endpoint="https://fcm.googleapis.com.evil.org/fcm/send/bob"))
    await post(depot.scene)
    assert await depot.to() == []
    assert (await depot.states())["bob"].startswith("failed Its push service")


def test_an_operator_may_name_more_services() -> None:
    assert knows("push.example.org", ["push.example.org"])
    assert knows("a.b.example.org", ["*.example.org"])
    assert not knows("example.org", ["*.example.org"])
    assert not knows("push.example.org.evil.org", ["push.example.org", "*.example.org"])
    given = Browser().given | {"endpoint": "https://ntfy.example.org/up?x=1"}
    assert (
        Subscription.parse(**given, more=["ntfy.example.org"]).endpoint == "https://ntfy.example.org/up?x=1"
    )


OFF_CURVE = b"\x04" + (5).to_bytes(32, "big") + (5).to_bytes(32, "big")


@pytest.mark.parametrize(
    "wrong",
    [
        {"p256dh": text_of(OFF_CURVE)},
        {"p256dh": text_of(b"\x04" + b"\x00" * 64)},
        {"p256dh": text_of(b"\x04" + b"\xff" * 64)},
        {"p256dh": text_of(b"\x02" + b"\x01" * 32)},
        {"p256dh": text_of(b"\x00")},
        {"p256dh": ""},
        {"p256dh": "<b>"},
        {"p256dh": "A" * 5_000},
        {"auth": ""},
        {"auth": text_of(b"x" * 15)},
        {"auth": text_of(b"x" * 17)},
        {"auth": "ä"},
    ],
)
def test_keys_that_are_none_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refused:
        Subscription.parse(**Browser().given | wrong)
    assert set(refused.value.fields) == set(wrong)


async def test_sixteen_devices_are_as_many_as_there_can_be(depot: Depot) -> None:
    bob = await depot.scene.member("Bob")
    refused = 0
    for number in range(100):
        owner = Owner(bob.id, None, f"{number}")
        try:
            async with depot.db.write() as tx:
                await push.switch_on(tx, owner, depot.service.browser(f"b{number}").subscription)
        except Conflict:
            refused += 1
    assert (len(await depot.names()), refused) == (MAX_DEVICES, 100 - MAX_DEVICES)
    async with depot.db.write() as tx:
        again = await push.switch_on(
            tx, Owner(bob.id, None, "again"), depot.service.browser("b3").subscription
        )
    assert again.name == "again", "one that is there may come again"
    assert len(await depot.names()) == MAX_DEVICES


async def test_an_endpoint_of_somebody_else_moves_only_with_the_keys_that_its_browser_keeps(
    depot: Depot,
) -> None:
    await depot.reader("Bob")
    mallory = await depot.scene.member("Mallory")
    browser = depot.service.browser("bob")
    theirs = Browser("bob")
    claims: list[dict[str, Any]] = [
        theirs.given,
        theirs.given | {"p256dh": browser.given["p256dh"]},
        theirs.given | {"auth": browser.given["auth"]},
        browser.given | {"auth": text_of(secrets.token_bytes(16))},
    ]
    for claim in claims:
        with pytest.raises(Conflict):
            async with depot.db.write() as tx:
                await push.switch_on(tx, Owner(mallory.id, None, "mine"), Subscription.parse(**claim))
    assert await depot.names() == ["bob"]
    await post(depot.scene)
    await depot.planned()
    async with depot.db.write() as tx:
        await push.switch_on(tx, Owner(mallory.id, None, "moved"), browser.subscription)
    assert await depot.names() == ["moved"]
    assert await depot.to() == [], "what waited for Bob is not shown to who came after"


async def test_a_browser_has_one_subscription_and_the_newest_counts(depot: Depot) -> None:
    bob = await depot.scene.member("Bob")
    session = await depot.device(bob, "old")
    async with depot.db.write() as tx:
        made = await push.switch_on(
            tx, Owner(bob.id, session, "new"), depot.service.browser("new").subscription
        )
        assert made.current
    assert await depot.names() == ["new"]


async def test_only_ones_own_devices_can_be_changed(depot: Depot) -> None:
    bob = await depot.reader("Bob")
    mallory = await depot.scene.member("Mallory")
    async with depot.db.read() as tx:
        [device] = await push.devices(tx, bob.id)
        assert await push.devices(tx, mallory.id) == []
    for verb in (
        lambda tx: push.switch_off(tx, mallory.id, device.id),
        lambda tx: actions.allow_text(tx, mallory.id, device.id, True),
    ):
        with pytest.raises(NotFound):
            async with depot.db.write() as tx:
                await verb(tx)
    assert await depot.names() == ["bob"]


async def test_signing_out_ends_it_and_what_waits(depot: Depot) -> None:
    bob = await depot.scene.member("Bob")
    session = await depot.device(bob, "bob")
    await post(depot.scene)
    await depot.planned()
    async with depot.db.write() as tx:
        await sessions.end_session(tx, bob.id, session)
    assert await depot.names() == []
    assert await depot.to() == []


def test_a_message_is_closed_as_the_standard_has_it() -> None:
    """RFC 8291, appendix A."""
    number = int.from_bytes(bytes_of("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"), "big")
    closed = sealing.close(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        salt=bytes_of("DGv6ra1nlYgDCS1FRnbzlw"),
        own=ec.derive_private_key(number, ec.SECP256R1()),
    )
    assert text_of(closed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_more_than_a_push_service_takes_is_not_closed() -> None:
    with pytest.raises(ValueError, match="more content"):
        sealing.close(b"x" * 3_001, **{key: Browser().given[key] for key in ("p256dh", "auth")})


def test_two_messages_are_never_closed_alike() -> None:
    browser = Browser()
    keys = {key: browser.given[key] for key in ("p256dh", "auth")}
    one, two = sealing.close(b"same", **keys), sealing.close(b"same", **keys)
    assert one[:86] != two[:86]
    assert browser.opened(one) == browser.opened(two) == b"same"


def pusher_of(address: str, asked: list[str]) -> WebPush:
    """One whose resolver says `address` whatever it is asked."""

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return [address]

    outside = Outside("channel.example.org", resolve=resolve)
    return WebPush(outside, SECRET, contact="https://channel.example.org", more=(), clock=lambda: 0)


async def test_a_service_behind_a_private_address_is_not_asked() -> None:
    asked: list[str] = []
    outcome = await pusher_of("10.0.0.7", asked).send(Parcel(Browser().subscription, b"{}", "t", 60))
    assert outcome.fate == "refused"
    assert asked == ["fcm.googleapis.com"]
