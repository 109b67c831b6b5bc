"""What may be a name, a handle, an address."""

import unicodedata

import pytest

from channel.accounts.devices import device_of
from channel.accounts.model import Profile, parse_email, parse_handle, parse_label, parse_name, parse_scopes
from channel.errors import Invalid


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Anna Brandt ", "Anna Brandt"),
        ("Jose\u0301", "José"),
        ("👩‍🎨 Mia", "👩‍🎨 Mia"),
        ("李", "李"),
        ("x" * 60, "x" * 60),
        ("🎸", "🎸"),
    ],
)
def test_a_name_is_kept_as_people_write_it(typed: str, kept: str) -> None:
    assert parse_name(typed) == kept
    assert unicodedata.is_normalized("NFC", parse_name(typed))


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "x" * 61,
        "a\nb",
        "a\x00b",
        "a\x1b[31m",
        "a\u2028b",
        "nna\u202eA",
        "\u2066a",
        "\u200d\u200d",
        "\u0301",
        "a\ud800",
    ],
)
def test_a_name_that_could_mislead_or_break_a_line_is_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_name(typed, field="display_name")
    assert refused.value.fields["display_name"].endswith(".")


@pytest.mark.parametrize("typed", ["anna", "@Anna", " anna_b ", "a1", "a" * 30])
def test_a_handle_is_lower_case_without_the_at_sign(typed: str) -> None:
    assert parse_handle(typed) == typed.strip().removeprefix("@").lower()


@pytest.mark.parametrize(
    "typed", ["", "a", "a" * 31, "an na", "änna", "anna!", "admin", "API", "studio", "sign_in", "а" * 3]
)
def test_a_handle_that_is_malformed_or_reserved_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_handle(typed)
    assert set(refused.value.fields) == {"handle"}


@pytest.mark.parametrize("typed", ["anna@example.org", "ANNA@Example.ORG ", "a.b+c@mail.example.co.uk"])
def test_a_mail_address_is_lower_case(typed: str) -> None:
    assert parse_email(typed) == typed.strip().lower()


@pytest.mark.parametrize(
    "typed",
    [
        "", "anna", "anna@", "@example.org", "a@b", "a b@example.org", "a@example.org\nBcc: x@y.org", "a@example.org,b@example.org",
        "<a@example.org>", "a@exa\u2028mple.org", "a@example..org", "ann\u0430@exampl\u0435.org", "x" * 65 + "@example.org",
        "a@" + "b." * 130 + "org", "a@example.org\x00", '"a b"@example.org',
    ],
)  # fmt: skip
def test_what_could_steer_a_mail_server_is_no_address(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_email(typed)
    assert set(refused.value.fields) == {"email"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),
        ("anna@例子.example", "anna@xn--fsqu00a.example"),
    ],
)
def test_a_domain_of_other_letters_is_kept_as_mail_servers_know_it(typed: str, kept: str) -> None:
    assert parse_email(typed) == kept


@pytest.mark.parametrize("typed", ["jörg@example.org", "j.ö@bücher.example"])
def test_other_letters_before_the_at_are_refused_with_a_remedy(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_email(typed)
    assert "before the @" in refused.value.fields["email"]


def test_a_profile_names_every_wrong_field_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        Profile.parse(name="", handle="!", avatar="../x", hue=360, language="fr", theme="pink")
    assert set(refused.value.fields) == {"name", "handle", "avatar", "hue", "language", "theme"}


def test_only_an_admin_can_give_the_admin_scope() -> None:
    assert parse_scopes(frozenset({"read", "admin"}), is_admin=True) == ("admin", "read")
    with pytest.raises(Invalid):
        parse_scopes(frozenset({"admin"}), is_admin=False)


@pytest.mark.parametrize("scopes", [set(), {"everything"}, {"read", "READ"}])
def test_a_token_needs_scopes_that_exist(scopes: set[str]) -> None:
    with pytest.raises(Invalid):
        parse_scopes(frozenset(scopes), is_admin=True)


def test_a_label_may_be_left_out_but_not_run_on() -> None:
    assert parse_label(" ", default="Passkey") == "Passkey"
    with pytest.raises(Invalid):
        parse_label("x" * 61, default="Passkey")


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "Firefox on Android"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile/15E148 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        ("curl/8.0\x1b[31m", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_in_words_of_ours(agent: str, device: str) -> None:
    assert device_of(agent) == device
