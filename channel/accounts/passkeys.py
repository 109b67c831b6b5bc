"""Passkeys: the key stays on the person's device, we hold its public half. `rp_id` is the host, for ever.

Each ceremony is two requests. What ties them is a one-time secret that holds the challenge; if the second request
fails, its transaction takes nothing away and the person may try again within the five minutes.

The library is loaded by the first ceremony: it takes 15 MiB that a server whose readers stay signed in does not need.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID

from sqlalchemy import delete, select, update

from channel.accounts import one_time
from channel.accounts.model import Account, Passkey, parse_label
from channel.accounts.queries import active
from channel.accounts.tables import passkeys
from channel.errors import Conflict, Forbidden, NotFound
from channel.settings import Settings
from channel.storage import Tx
from channel.storage.tables import instance

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential

T = TypeVar("T")

CHALLENGE_MS: Final = 5 * 60_000
MAX_PER_ACCOUNT = 20
MAX_CREDENTIAL_CHARS = 32_768


def possible(settings: Settings) -> bool:
    """Browsers keep passkeys for names reached over https (and for localhost), not for bare IP addresses."""
    try:
        ip_address(settings.host)
    except ValueError:
        return settings.secure or settings.host == "localhost" or settings.host.endswith(".localhost")
    return False


async def registration_options(tx: Tx, account: Account, settings: Settings) -> tuple[str, str]:
    """What the browser needs to make a key (JSON), and the secret that `register` wants back.

    Raises Conflict at MAX_PER_ACCOUNT.
    """
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    held = await tx.all(
        select(passkeys.c.id).where(passkeys.c.account_id == account.id).limit(MAX_PER_ACCOUNT)
    )
    if len(held) >= MAX_PER_ACCOUNT:
        raise Conflict("An account has at most 20 passkeys. Remove one first.", code="too_many_passkeys")
    options = generate_registration_options(
        rp_id=settings.host,
        rp_name=str(await tx.value(select(instance.c.name)) or settings.host),
        user_id=UUID(account.id).bytes,
        user_name=account.handle or account.name,
        user_display_name=account.name,
        timeout=CHALLENGE_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.id)) for row in held],
    )
    challenge = bytes_to_base64url(options.challenge)
    secret = await one_time.issue(
        tx, "passkey_new", lasts_ms=CHALLENGE_MS, account_id=account.id, data=challenge, replace=True
    )
    return options_to_json(options), secret


async def register(
    tx: Tx, account: Account, settings: Settings, state_secret: str, credential_json: str, name: str
) -> Passkey:
    """Keep the public half of the key that the browser made. Raises Gone, Forbidden, Conflict, Invalid (name)."""
    from webauthn import base64url_to_bytes, verify_registration_response
    from webauthn.helpers import bytes_to_base64url

    redeemed = await one_time.redeem(tx, state_secret, "passkey_new")
    if redeemed.account_id != account.id:
        raise Forbidden("This passkey was begun by another account. Start again.", code="passkey_refused")
    made = _judged(
        lambda: verify_registration_response(
            credential=_bounded(credential_json),
            expected_challenge=base64url_to_bytes(redeemed.data),
            expected_rp_id=settings.host,
            expected_origin=settings.origin,
        )
    )
    passkey = Passkey(
        bytes_to_base64url(made.credential_id), parse_label(name, default="Passkey"), tx.now, None
    )
    new = tx.insert(passkeys).values(
        id=passkey.id, account_id=account.id, public_key=bytes_to_base64url(made.credential_public_key),
        sign_count=made.sign_count, name=passkey.name, created_at=tx.now, used_at=None,
    )  # fmt: skip
    if not await tx.run(new.on_conflict_do_nothing()):
        raise Conflict("This passkey is in use already.", code="passkey_known")
    return passkey


async def sign_in_options(tx: Tx, settings: Settings) -> tuple[str, str]:
    """What the browser needs to offer the passkeys it has for us (JSON), and the secret that `sign_in` wants back.

    Names no account: the answer is the same for everybody.
    """
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=settings.host, timeout=CHALLENGE_MS, user_verification=UserVerificationRequirement.PREFERRED
    )
    challenge = bytes_to_base64url(options.challenge)
    secret = await one_time.issue(tx, "passkey_sign_in", lasts_ms=CHALLENGE_MS, data=challenge)
    return options_to_json(options), secret


async def sign_in(tx: Tx, settings: Settings, state_secret: str, credential_json: str) -> Account:
    """Whose passkey signed the challenge. Raises Gone, Forbidden (also for a copied key: its counter went back)."""
    from webauthn import base64url_to_bytes, verify_authentication_response
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json

    redeemed = await one_time.redeem(tx, state_secret, "passkey_sign_in")
    credential = _judged(lambda: parse_authentication_credential_json(_bounded(credential_json)))
    row = await tx.one(select(passkeys).where(passkeys.c.id == bytes_to_base64url(credential.raw_id)))
    if row is None or not _names(credential, row.account_id):
        raise _refused()
    proof = _judged(
        lambda: verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(redeemed.data),
            expected_rp_id=settings.host,
            expected_origin=settings.origin,
            credential_public_key=base64url_to_bytes(row.public_key),
            credential_current_sign_count=row.sign_count,
        )
    )
    used = {"sign_count": proof.new_sign_count, "used_at": tx.now}
    await tx.run(update(passkeys).where(passkeys.c.id == row.id).values(**used))
    return await active(tx, row.account_id)


def _names(credential: "AuthenticationCredential", account_id: str) -> bool:
    handle = credential.response.user_handle
    return handle is None or handle == UUID(account_id).bytes


def _bounded(credential_json: str) -> str:
    if len(credential_json) > MAX_CREDENTIAL_CHARS:
        raise _refused()
    return credential_json


def _refused() -> Forbidden:
    return Forbidden(
        "This passkey could not be confirmed. Try again, or sign in another way.", code="passkey_refused"
    )


def _judged(ceremony: Callable[[], T]) -> T:
    """Run the library on what a stranger sent. It meets broken input with errors of every kind: all mean no."""
    try:
        return ceremony()
    except Exception as error:
        raise _refused() from error


async def listing(tx: Tx, account_id: str) -> list[Passkey]:
    """The account's passkeys, newest first."""
    mine = select(passkeys).where(passkeys.c.account_id == account_id)
    rows = await tx.all(mine.order_by(passkeys.c.created_at.desc(), passkeys.c.id).limit(MAX_PER_ACCOUNT))
    return [Passkey(row.id, row.name, row.created_at, row.used_at) for row in rows]


async def remove(tx: Tx, account_id: str, passkey_id: str) -> None:
    """The passkey signs in no more. Raises NotFound."""
    mine = (passkeys.c.id == passkey_id, passkeys.c.account_id == account_id)
    if (
        not passkey_id.isascii()
        or not passkey_id.isprintable()
        or not await tx.run(delete(passkeys).where(*mine))
    ):
        raise NotFound("This passkey has been removed already.")
