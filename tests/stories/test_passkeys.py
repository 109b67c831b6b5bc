"""A passkey, made on the account page and used to sign in, with an authenticator that the browser plays."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.async_api import Browser, expect

from tests.stories.stage import Stage, sign_in, staged

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
# A browser that does not offer passkeys by itself while one looks at the field.
NO_SUGGESTIONS = "PublicKeyCredential.isConditionalMediationAvailable = async () => false"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    # Browsers keep passkeys for names, not for addresses.
    with staged(tmp_path_factory.mktemp("passkeys"), url="http://localhost:{port}") as made:
        yield made


@pytest.mark.parametrize("suggested", [False, True], ids=["by-button", "by-suggestion"])
async def test_a_passkey_signs_in(browser: Browser, house: Stage, suggested: bool) -> None:
    anna = await replace(house, cookie=sign_in(house.server)).anna(browser)
    if not suggested:
        await anna.context.add_init_script(NO_SUGGESTIONS)
    try:
        devices = await anna.context.new_cdp_session(anna.page)
        await devices.send("WebAuthn.enable")
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await anna.go("/account")
        await anna.press("[data-passkey=register]")
        await expect(anna.page).to_have_url(re.compile("/account"))
        await expect(anna.page.locator("#sign-in form[action*='/passkeys/']").first).to_be_attached()
        await anna.press("form[action='/sign-out'] button")
        await anna.go("/sign-in?next=/account")
        if not suggested:
            await anna.press("[data-passkey=sign-in]")
        await expect(anna.page).to_have_url(re.compile("/account$"))
        await expect(anna.page.locator("[name=name]").first).to_have_value("Anna")
        assert not anna.faults
    finally:
        await anna.context.close()
