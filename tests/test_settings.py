"""What an operator may say, in which order it counts, and how every fault is told at once."""

from pathlib import Path

import pytest

from channel.bucket import Bucket
from channel.settings import DEFAULT_URL, KNOWN, Settings, SettingsError, load
from channel.values import Dkim

NOWHERE = Path("/nonexistent/channel.toml")
GOOD = {
    "CHANNEL_DATA": "/srv/channel",
    "CHANNEL_URL": "https://channel.example.org/",
    "CHANNEL_DATABASE": "postgresql://me:secret@db:5433/channel?host=/run/pg",
    "CHANNEL_LIMIT_SCALE": "2.5",
    "CHANNEL_SMTP": "smtp://me:pass%20word@mail.example.org:587",
    "CHANNEL_MAIL_FROM": "Channel <hello@example.org>",
    "CHANNEL_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
    "CHANNEL_LOG": "json",
}


def faults(environment: dict[str, str], file: Path = NOWHERE) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        load(environment, file=file)
    return refused.value.problems


def test_nothing_said_is_a_server_on_this_machine() -> None:
    assert load({}, file=NOWHERE) == Settings()
    assert load({}, file=NOWHERE, default_url="http://127.0.0.1:9999").url == "http://127.0.0.1:9999"
    assert Settings().url == DEFAULT_URL
    assert Settings().on_sqlite
    assert not Settings().secure


def test_every_setting_is_taken() -> None:
    settings = load(GOOD, file=NOWHERE)
    assert settings == Settings(
        data=Path("/srv/channel"),
        url="https://channel.example.org",
        database="postgresql+asyncpg://me:secret@db:5433/channel?host=/run/pg",
        limit_scale=2.5,
        smtp="smtp://me:pass%20word@mail.example.org:587",
        mail_from="Channel <hello@example.org>",
        trusted_proxies=("10.0.0.0/8", "::1"),
        log="json",
        sandbox=False,
    )
    assert (settings.host, settings.origin) == ("channel.example.org", "https://channel.example.org")
    assert settings.secure
    assert not settings.on_sqlite


def test_no_secret_of_the_mail_server_is_printed() -> None:
    assert "pass" not in repr(load(GOOD, file=NOWHERE))
    assert "secret" not in repr(load(GOOD, file=NOWHERE))


def test_the_environment_counts_more_than_the_file_and_flags_count_more_than_both(tmp_path: Path) -> None:
    file = tmp_path / "channel.toml"
    file.write_text('url = "https://file.example.org"\nlog = "json"\nlimit_scale = 3\ndata = "from-file"\n')
    environment = {"CHANNEL_URL": "https://environment.example.org", "CHANNEL_LOG": "text"}
    settings = load(environment, {"url": "https://flag.example.org"}, file=file, default_url="http://d:1")
    assert settings.url == "https://flag.example.org"
    assert settings.log == "text"
    assert settings.limit_scale == 3
    assert settings.data == Path("from-file")


def test_lists_may_be_written_as_lists(tmp_path: Path) -> None:
    file = tmp_path / "channel.toml"
    file.write_text('trusted_proxies = ["10.0.0.0/8", "192.168.0.1"]\n')
    assert load({}, file=file).trusted_proxies == ("10.0.0.0/8", "192.168.0.1")


@pytest.mark.parametrize("name", ["smtp", "database", "data", "url"])
def test_a_value_may_lie_in_a_file(tmp_path: Path, name: str) -> None:
    variable = f"CHANNEL_{name.upper()}"
    secret = tmp_path / "secret"
    secret.write_text(GOOD[variable] + "\n")
    others = {key: value for key, value in GOOD.items() if key != variable}
    assert load(others | {f"{variable}_FILE": str(secret)}, file=NOWHERE) == load(GOOD, file=NOWHERE)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    [problem] = faults({"CHANNEL_SMTP_FILE": str(tmp_path / "nothing")})
    assert problem.startswith("CHANNEL_SMTP_FILE: the file")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    [problem] = faults({"CHANNEL_SMTP_FILE": str(tmp_path / "binary")})
    assert "cannot be read" in problem


def test_known_signers_are_read_from_a_file_of_certificates(tmp_path: Path) -> None:
    file = tmp_path / "roots.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n")
    assert load({"CHANNEL_C2PA_TRUST": str(file)}, file=NOWHERE).c2pa_trust == file.read_text().strip()
    file.write_text("Hello")
    [problem] = faults({"CHANNEL_C2PA_TRUST": str(file)})
    assert "no certificate in it" in problem


MAIL = {name: GOOD[name] for name in ("CHANNEL_SMTP", "CHANNEL_MAIL_FROM")}


def test_mail_is_signed_for_the_domain_of_its_sender_unless_another_is_named() -> None:
    assert load(MAIL, file=NOWHERE).dkim is None
    named = MAIL | {"CHANNEL_DKIM_KEY": "/srv/dkim.pem"}
    assert load(named, file=NOWHERE).dkim == Dkim(Path("/srv/dkim.pem"), "channel", "example.org")
    named |= {"CHANNEL_MAIL_FROM": "hello@news.example.org", "CHANNEL_DKIM_DOMAIN": "Example.org"}
    named |= {"CHANNEL_DKIM_SELECTOR": "s1.channel"}
    assert load(named, file=NOWHERE).dkim == Dkim(Path("/srv/dkim.pem"), "s1.channel", "example.org")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"CHANNEL_DKIM_DOMAIN": "example.net"}, "says nothing about mail from 'example.org'"),
        ({"CHANNEL_DKIM_DOMAIN": "ample.org"}, "says nothing about mail from 'example.org'"),
        ({"CHANNEL_DKIM_DOMAIN": "ex ample.org"}, "no name in the DNS"),
        ({"CHANNEL_DKIM_SELECTOR": "a;b"}, "no name in the DNS"),
        ({"CHANNEL_DKIM_KEY": "", "CHANNEL_DKIM_SELECTOR": "x"}, "need a key"),
        ({"CHANNEL_SMTP": ""}, "Set CHANNEL_SMTP, too"),
    ],
)
def test_a_signature_that_would_prove_nothing_is_told(given: dict[str, str], why: str) -> None:
    [problem] = faults(MAIL | {"CHANNEL_DKIM_KEY": "/srv/dkim.pem"} | given)
    assert why in problem


def test_a_key_in_the_place_of_its_path_is_told_and_never_printed(tmp_path: Path) -> None:
    file = tmp_path / "dkim.pem"
    file.write_text("-----BEGIN PRIVATE KEY-----\nHIDDEN\n-----END PRIVATE KEY-----\n")
    [problem] = faults(MAIL | {"CHANNEL_DKIM_KEY_FILE": str(file)})
    assert "it names the file" in problem
    assert "HIDDEN" not in problem


def test_a_value_and_a_file_for_it_are_one_too_many(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("json")
    for environment in (
        {"CHANNEL_LOG": "text", "CHANNEL_LOG_FILE": str(secret)},
        {"CHANNEL_LOG_FILE": str(secret), "CHANNEL_LOG": "text"},
    ):
        [problem] = faults(environment)
        assert "Keep one of the two" in problem


@pytest.mark.parametrize(
    ("variable", "values"),
    [
        (
            "CHANNEL_URL",
            "channel.example.org ftp://x https://x/path https://x?q=1 https://u:p@x http://[::1 http://x:99999 https://x#a",
        ),
        ("CHANNEL_DATABASE", "mysql://x sqlite:///x postgresql://host:port/x postgresql://[x"),
        ("CHANNEL_LIMIT_SCALE", "0 -1 many nan inf 1e9"),
        ("CHANNEL_SMTP", "mail.example.org http://x smtp:// smtp+plain://mail.example.org smtp://x:99999"),
        ("CHANNEL_TRUSTED_PROXIES", "* proxy 10.0.0.0/99 10.0.0.1/8"),
        ("CHANNEL_LOG", "xml JSON"),
        ("CHANNEL_MAIL_HOST_RATE", "-1 1.5 many 60001 " + "9" * 5_000),
        (
            "CHANNEL_WEBSUB_HUB",
            "hub.example.org ftp://hub.example.org https:// https://hub https://u:p@hub.example.org https://hub.example.org:8443 "
            "https://127.0.0.1/ https://[::1]/ http://localhost/hub https://hub.example.org/#a https://hub.example.org/<x> "
            "https://hub.example.org/ü http://hub.example.org:443 https://[x",
        ),
        ("CHANNEL_BUS", "nats://x"),
        ("CHANNEL_STORAGE", "s3://x https://bucket s3://Bucket s3://bucket/../x s3://bucket/a?b bucket"),
        ("CHANNEL_MEDIA_STORE", "s3 folder"),
        ("CHANNEL_MEDIA_SERVING", "direct"),
        ("CHANNEL_MEDIA_ACCEL", "media /media /.. /a/../b/ /a?b/ https://x/"),
        ("CHANNEL_C2PA_TRUST", "/nonexistent/roots.pem /dev/null/x"),
        ("CHANNEL_MEDIA_URL", "media.example.org ftp://x https://x/path http://127.0.0.1:8000"),
        ("CHANNEL_S3_ENDPOINT", "https://s3.example.org"),
        ("CHANNEL_S3_REGION", "eu-central-1"),
        ("CHANNEL_S3_KEY_ID", "key"),
        ("CHANNEL_S3_SECRET", "secret"),
    ],
)
def test_what_cannot_be_is_told_with_its_name(variable: str, values: str) -> None:
    for value in values.split():
        [problem] = faults({"CHANNEL_MAIL_FROM": "a@b.org", variable: value})
        assert problem.startswith(f"{variable}: "), value
        assert problem.endswith("."), value


def test_a_hub_is_taken_with_its_path_and_is_never_ourselves() -> None:
    for value in (
        "https://hub.example.org/", "https://Hub.example.org:443/a?b=c&d=%20", "http://hub.example.org:80",
        "https://xn--hb-yka.example.org/",
    ):  # fmt: skip
        assert load({"CHANNEL_WEBSUB_HUB": value}, file=NOWHERE).websub_hub == value
    assert load({"CHANNEL_WEBSUB_HUB": " "}, file=NOWHERE).websub_hub == ""
    [problem] = faults(
        {"CHANNEL_URL": "https://a.example.org", "CHANNEL_WEBSUB_HUB": "https://A.example.org/hub"}
    )
    assert problem.startswith("CHANNEL_WEBSUB_HUB: this is our own host") and "Name another one" in problem


def test_a_bus_is_taken_beside_postgresql_and_never_shown() -> None:
    both = {"CHANNEL_DATABASE": "postgresql://x/y"}
    for value in ("nats://x", "tls://u:secret@x:4222", "nats://a:1, nats://secret@b:2"):
        settings = load({"CHANNEL_BUS": value, **both}, file=Path("/nonexistent"))
        assert settings.bus == value
        assert "secret" not in repr(settings)
    for value in ("x", "http://x", "nats://", "nats://x:99999", "nats://a,redis://b"):
        [problem] = faults({"CHANNEL_BUS": value, **both})
        assert problem.startswith("CHANNEL_BUS: write it like nats://"), value
    [problem] = faults({"CHANNEL_BUS": "nats://x"})
    assert "CHANNEL_DATABASE=postgresql://" in problem


def test_mail_needs_a_sender() -> None:
    [problem] = faults({"CHANNEL_SMTP": "smtps://mail.example.org"})
    assert problem.startswith("CHANNEL_MAIL_FROM")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "channel.toml"
    file.write_text('colour = "red"\nlog = "xml"\n')
    problems = faults(
        {
            "CHANNEL_URL": "nonsense", "CHANNEL_DATABASE": "mysql://x", "CHANNEL_LIMIT_SCALE": "0",
            "CHANNEL_SMTP": "nonsense", "CHANNEL_TRUSTED_PROXIES": "x,y", "CHANNEL_BUS": "http://x",
        },
        file,
    )  # fmt: skip
    assert len(problems) == 10, problems
    assert all(problem.endswith((".", "?")) for problem in problems)


@pytest.mark.parametrize("content", ["url = ", "\x00", "= 3"])
def test_a_file_that_is_no_toml_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "channel.toml"
    file.write_text(content)
    [problem] = faults({}, file)
    assert "cannot be read as TOML" in problem


def test_unknown_names_are_told_with_the_known_ones(tmp_path: Path) -> None:
    file = tmp_path / "channel.toml"
    file.write_text('colour = "red"\n')
    [problem] = faults({}, file)
    assert "'colour'" in problem
    assert all(name in problem for name in KNOWN)


def test_a_slip_of_the_pen_is_no_silent_default() -> None:
    [problem] = faults({"CHANNEL_DATABSE": "postgresql://x/y"})
    assert "Did you mean CHANNEL_DATABASE?" in problem
    [problem] = faults({"CHANNEL_TRUSTED_PROXY": "10.0.0.1"})
    assert "CHANNEL_TRUSTED_PROXIES" in problem


def test_variables_of_the_platform_are_none_of_ours() -> None:
    platform = {
        "CHANNEL_PORT": "tcp://10.0.0.1:80", "CHANNEL_SERVICE_HOST": "10.0.0.1", "CHANNEL_SERVICE_PORT": "80",
        "CHANNEL_PORT_80_TCP_ADDR": "10.0.0.1", "CHANNEL_KILLS": "300", "PATH": "/bin", "XCHANNEL_DATA": "x",
    }  # fmt: skip
    assert load(platform, file=NOWHERE) == Settings()


def test_pretend_payments_are_offered_on_loopback_and_elsewhere_when_somebody_says_so() -> None:
    public = {"CHANNEL_URL": "https://channel.example.org"}
    assert not load(public, file=NOWHERE).sandbox
    assert load(public | {"CHANNEL_SANDBOX": "on"}, file=NOWHERE).sandbox
    assert load({"CHANNEL_URL": "http://localhost:8000"}, file=NOWHERE).sandbox
    with pytest.raises(SettingsError, match="CHANNEL_SANDBOX"):
        load(public | {"CHANNEL_SANDBOX": "maybe"}, file=NOWHERE)


BUCKET = {
    "CHANNEL_STORAGE": "s3://my-media/channel/", "CHANNEL_S3_ENDPOINT": "https://s3.example.org/",
    "CHANNEL_S3_REGION": "eu-central-1", "CHANNEL_S3_KEY_ID": "AKIA", "CHANNEL_S3_SECRET": "hidden",
}  # fmt: skip


def test_a_bucket_is_taken_whole_and_its_keys_are_never_shown(tmp_path: Path) -> None:
    settings = load(BUCKET, file=NOWHERE)
    assert settings.bucket == Bucket(
        "my-media", "channel", "https://s3.example.org", "eu-central-1", "AKIA", "hidden"
    )
    assert (settings.media_store, settings.media_serving) == ("s3", "redirect")
    assert settings.bucket.address == "https://s3.example.org/my-media"
    assert "hidden" not in repr(settings) and "AKIA" not in repr(settings)
    (tmp_path / "secret").write_text("hidden\n")
    rest = {name: value for name, value in BUCKET.items() if name != "CHANNEL_S3_SECRET"}
    assert load(rest | {"CHANNEL_S3_SECRET_FILE": str(tmp_path / "secret")}, file=NOWHERE) == settings
    assert load(BUCKET | {"CHANNEL_MEDIA_STORE": "local"}, file=NOWHERE).media_store == "local"


def test_what_a_bucket_lacks_is_told_with_its_name() -> None:
    problems = faults({"CHANNEL_STORAGE": "s3://my-media"})
    assert [problem.partition(":")[0] for problem in problems] == ["CHANNEL_S3_KEY_ID", "CHANNEL_S3_SECRET"]
    for name, value in (
        ("ENDPOINT", "s3.example.org"),
        ("ENDPOINT", "ftp://x"),
        ("REGION", "Nowhere at all"),
    ):
        [problem] = faults(BUCKET | {f"CHANNEL_S3_{name}": value})
        assert problem.startswith(f"CHANNEL_S3_{name}: ")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("my-media", "https://my-media.s3.us-east-1.amazonaws.com"),
        ("my.media", "https://s3.us-east-1.amazonaws.com/my.media"),
    ],
)
def test_without_an_endpoint_it_is_a_bucket_of_aws(name: str, address: str) -> None:
    keys = {"CHANNEL_S3_KEY_ID": "AKIA", "CHANNEL_S3_SECRET": "hidden"}
    bucket = load({"CHANNEL_STORAGE": f"s3://{name}", **keys}, file=NOWHERE).bucket
    assert bucket is not None
    assert bucket.address == address
    assert address.startswith(bucket.origin)


def test_a_mail_with_pictures_is_as_large_as_the_operator_says_within_what_mails_have() -> None:
    assert Settings().incoming_largest == 25 * 1024**2
    assert load({"CHANNEL_INCOMING_LARGEST": "50M"}, file=NOWHERE).incoming_largest == 50 * 1024**2
    assert "Write 50M or less" in faults({"CHANNEL_INCOMING_LARGEST": "51M"})[0]
    assert "is no size" in faults({"CHANNEL_INCOMING_LARGEST": "much"})[0]
