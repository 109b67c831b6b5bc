"""What a request says of itself is not believed: host, forwarding, where to go next, names with control characters."""

import asyncio
import dataclasses
import html
import logging
import re
from urllib.parse import quote, urlsplit

import pytest

from channel.app import build
from channel.notify import letters
from channel.server import listen, serve
from channel.settings import Settings
from channel.web.forms import local_path
from tests.security.sights import ON_ONE_DATABASE, ON_SQLITE, World
from tests.security.table import doors
from tests.security.targets import target
from tests.security.targets.case import Case
from tests.security.walk import knock
from tests.security.wire import HERE, HOST, ask

FORM = ("content-type", "application/x-www-form-urlencoded")
FOREIGN_HOSTS = (
    "evil.test", "channel.test.evil.test", "evil.test:80", "channel.test@evil.test", "channel.test/evil", "channel.test?x",
    "channel.test#x", "channel.test\\evil", "channel.test, evil.test", "channel.test evil.test", "", "127.0.0.1", "localhost",
    "[::1]", "CHANNEL.TEST.", ".channel.test", "channel.test%00.evil.test", "channel.test:80:80", "channel.test:x",
)  # fmt: skip
LYING = (
    ("x-forwarded-host", "evil.test"), ("x-forwarded-proto", "https"), ("x-forwarded-prefix", "/evil"), ("x-forwarded-port", "99"),
    ("forwarded", "host=evil.test;proto=https"), ("x-original-url", "/admin"), ("x-rewrite-url", "/admin"),
    ("x-host", "evil.test"), ("x-http-host-override", "evil.test"), ("x-forwarded-server", "evil.test"),
    ("referer", "http://evil.test/"), ("origin", "http://evil.test"),
)  # fmt: skip
ELSEWHERE = (
    "//evil.test", "/\\evil.test", "\\\\evil.test", "https://evil.test", "https:evil.test", "http:evil.test", "///evil.test",
    "/\t/evil.test", "/\n/evil.test", "javascript:alert(1)", "@evil.test", "evil.test", "/%0d%0aset-cookie:x=1\r\nx: y",
    "/\r\nset-cookie: x=1", "data:text/html,x", " //evil.test", "/..//evil.test\\", "/\u2028/evil.test", "//channel.test@evil.test",
)  # fmt: skip
CONTROLS = ("a\r\nset-cookie: evil=1", "a\nb", "\x1b[31mred\x1b[0m", "a\x00b", "a\x85b", "a\u2028b", "a\x07b")
# Addresses of other hosts that our pages may name: what was posted, and where the program comes from.
NAMED = (
    "http://www.w3.org/",
    "https://example.org",
    "https://github.com/",
    "https://gitlab.com/",
    "https://dashboard.stripe.com/",
    "https://spdx.org/",
    # What feeds are written in, by its name.
    "http://purl.org/",
    "http://www.itunes.com/dtds/",
    "https://podcastindex.org/namespace/",
    "https://jsonfeed.org/version/",
    "http://podlove.org/simple-chapters",
)


@ON_ONE_DATABASE
@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_an_unknown_host_is_400_whatever_is_asked(world: World, host: str) -> None:
    for method, address in (
        ("GET", "/"),
        ("GET", "/@anna"),
        ("POST", "/sign-in/mail"),
        ("GET", "/api/v1/me"),
        ("GET", "/static/app.css"),
    ):
        answer = await ask(world.app, method, address, [("host", host), ("origin", HERE)])
        assert answer.status == 400, (host, address)
        assert "evil" not in answer.text and "evil" not in repr(answer.headers)


@ON_ONE_DATABASE
async def test_two_hosts_are_none(world: World) -> None:
    answer = await ask(world.app, "GET", "/", [("host", HOST), ("host", HOST)])
    assert answer.status == 400


@ON_ONE_DATABASE
async def test_every_link_we_make_leads_to_the_configured_address(world: World) -> None:
    """Whatever the request claims, and by whichever port it came: pages, calls, headers, codes and cards."""
    found = 0
    for door in doors(world.app):
        if door.method != "GET" or door.path == "/live/sse":
            continue
        viewer = world.viewers["operator" if door.policy.who == "admin" else "owner"]
        sight = viewer.program if door.api else viewer.page
        plain = [pair for pair in sight.headers if pair[0] != "origin"]
        asked = [("host", f"{HOST}:6543"), *plain, *LYING]
        answer = await ask(world.app, "GET", target(door, Case(), world), asked)
        assert answer.status < 500, door.name
        told = html.unescape(answer.text) + repr(answer.headers)
        assert not re.search(r"\bevil", told) and ":6543" not in told, door.name  # Libreville is a time zone
        if door.path.startswith(("/static", "/api/docs", "/api/openapi", "/api/asyncapi")):
            continue
        for link in re.findall(r"https?://[a-z0-9][^\s\"'<>)\]}`]*", told):
            ours = link.rstrip(".,:;") == HERE or link.startswith(f"{HERE}/")
            assert ours or link.startswith(NAMED), (door.name, link)
            found += ours
    assert found > 20, "no links were found: the search is broken"


@ON_ONE_DATABASE
async def test_a_slash_too_many_is_sent_to_our_own_address(world: World) -> None:
    for address in ("/@anna/", "/about/", "/studio/anna/", "//about/", "/@anna//", "/about//evil.test/"):
        answer = await ask(world.app, "GET", address, [("host", f"{HOST}:6543")])
        place = urlsplit(answer.header("location") or "")
        assert answer.status in (303, 307, 404), address
        assert not place.netloc or place.geturl().startswith(f"{HERE}/"), (address, answer.header("location"))


@ON_ONE_DATABASE
async def test_links_in_mail_and_on_the_admins_page_are_ours(world: World) -> None:
    settings: Settings = world.app.state.services.settings
    for mail in (letters.sign_in(settings, to="a@example.org", language="de", secret="s", minutes=5),
                 letters.email_proof(settings, to="a@example.org", language="en", secret="s", minutes=5)):  # fmt: skip
        links = re.findall(r"https?://[^\s\"'<>]+", mail.text + mail.html)
        assert links and all(link.startswith(HERE) for link in links), links
        assert not re.search(r"[\r\n]", mail.subject + mail.to)
    operator = world.viewers["operator"].page.headers
    victim = world.things["anna"].victim.id
    made = await ask(
        world.app, "POST", f"/admin/accounts/{victim}", [*operator, FORM, *LYING[:4]], b"do=link"
    )
    assert f"{HERE}/sign-in/link/" in made.text
    assert "evil" not in made.text


@ON_ONE_DATABASE
@pytest.mark.parametrize("onward", ELSEWHERE)
async def test_nothing_sends_anybody_to_another_site(world: World, onward: str) -> None:
    assert local_path(onward) in ("/", onward)
    owner = world.viewers["owner"].page.headers
    typed = quote(onward, safe="").encode()
    page = await ask(world.app, "GET", f"/sign-in?next={typed.decode()}")
    assert page.status == 200
    kept = re.findall(r'name="next" value="([^"]*)"', page.text)
    assert kept and all(is_local(html.unescape(value)) for value in kept), kept
    for address, fields in (("/language", b"language=en&next="), ("/theme", b"theme=light&next="),
                            (f"/rooms/{world.anna.news.id}/read", b"seq=1&next=")):  # fmt: skip
        answer = await ask(world.app, "POST", address, [*owner, FORM], fields + typed)
        assert answer.status == 303, (address, answer.text[:200])
        assert is_local(answer.header("location") or ""), (address, answer.header("location"))
        assert {name for name, _ in answer.headers if "evil" in name} == set()


def is_local(location: str) -> bool:
    """As browsers read it: tabs and line ends fall out, a backslash is a slash."""
    read = re.sub(r"[\t\r\n]", "", location).strip().replace("\\", "/")
    return read.startswith("/") and not read.startswith("//") and not urlsplit(read).netloc


@ON_ONE_DATABASE
async def test_an_address_that_needs_signing_in_cannot_be_one_of_elsewhere(world: World) -> None:
    for address in (
        "/studio/%0d%0aset-cookie:%20x=1",
        "/studio/%2f%2fevil.test",
        "/studio/a%26next=%2f%2fevil.test",
        "/account/",
    ):
        answer = await ask(world.app, "GET", address)
        location = answer.header("location") or "/"
        assert is_local(location), (address, location)
        assert not re.search(r"[\r\n]", location)
        assert [name for name, _ in answer.headers if name == "set-cookie"] == []


@ON_ONE_DATABASE
@pytest.mark.parametrize("odd", CONTROLS)
async def test_control_characters_reach_neither_headers_nor_logs(
    world: World, caplog: pytest.LogCaptureFixture, odd: str
) -> None:
    """In names, labels, addresses, agents: refused, or shown as text; a header or a log line more there never is."""
    caplog.set_level(logging.INFO)
    owner = world.viewers["owner"].page
    typed = quote(odd, safe="").encode()
    for name in (
        "POST /account/profile",
        "POST /new",
        "POST /studio/{handle}/tiers",
        "POST /studio/{handle}/rooms",
    ):
        door = next(door for door in doors(world.app) if door.name == name)
        fields = b"name=" + typed + b"&hue=1&rank=7&slug=abc&handle=abc&shared_colour=1"
        answer = await ask(world.app, "POST", target(door, Case(), world), [*owner.headers, FORM], fields)
        assert answer.status == 422, (name, answer.status)
        assert 'aria-invalid="true"' in answer.text or 'role="alert"' in answer.text, name
    for address in (
        "/" + typed.decode(),
        "/@" + typed.decode(),
        "/join/" + typed.decode(),
        "/about?q=" + typed.decode(),
    ):
        answer = await ask(
            world.app, "GET", address, [("user-agent", odd.encode().decode("latin-1").replace("\0", ""))]
        )
        assert answer.status in (200, 404), address
        for header, value in answer.headers:
            assert not re.search(r"[\x00-\x1f\x7f-\x9f]", value), (header, value)
            assert header != "set-cookie"
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("channel")]
    assert any("/join/" in line for line in lines), "the log of requests was not heard"
    assert not [line for line in lines if re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", line)]


@ON_ONE_DATABASE
async def test_a_file_to_download_has_a_name_of_our_own(world: World) -> None:
    owner = world.viewers["owner"].page
    for name in ("GET /studio/{handle}/members.csv", "GET /studio/{handle}/invites/{id}/qr.svg"):
        door = next(door for door in doors(world.app) if door.name == name)
        seen = await knock(world, door, Case(), owner, target(door, Case(), world) + "?download=1")
        assert re.fullmatch(
            r'attachment; filename="[a-z0-9_-]+\.(csv|svg)"', seen.header("content-disposition")
        ), name


@ON_SQLITE
async def test_an_absolute_address_in_the_request_line_changes_nothing(settings: Settings) -> None:
    """On the real server, byte by byte: the host header decides, and it has to be ours."""
    app = build(dataclasses.replace(settings, url=HERE))
    sock, ready = listen("127.0.0.1", 0), asyncio.Event()
    port = sock.getsockname()[1]
    serving = asyncio.create_task(serve(app, sock, on_ready=ready.set))
    await ready.wait()
    for line, host, status in (("http://evil.test/sign-in", HOST, 200), ("http://evil.test/sign-in", "evil.test", 400),
                               (f"{HERE}/sign-in", "evil.test", 400), ("http://evil.test/@x", HOST, 404)):  # fmt: skip
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        told = (await reader.read()).decode()
        writer.close()
        assert told.startswith(f"HTTP/1.1 {status} "), (line, host, told[:200])
        assert "evil" not in told
        assert "nosniff" in told
    serving.cancel()
    await asyncio.wait([serving])
