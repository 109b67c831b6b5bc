"""What an operator may say, in which order it counts, and how every fault is told at once."""

from pathlib import Path

import pytest

from channel.settings import DEFAULT_URL, KNOWN, Settings, SettingsError, load

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
        ("CHANNEL_BUS", "nats://x"),
        ("CHANNEL_STORAGE", "s3://x"),
    ],
)
def test_what_cannot_be_is_told_with_its_name(variable: str, values: str) -> None:
    for value in values.split():
        [problem] = faults({"CHANNEL_MAIL_FROM": "a@b.org", variable: value})
        assert problem.startswith(f"{variable}: "), value
        assert problem.endswith("."), value


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
