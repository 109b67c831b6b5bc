"""The set of headers on every answer there is, the attributes of cookies, and nothing open that was not declared."""

import contextlib
import dataclasses
from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette

from channel.accounts import sessions
from channel.app import build
from channel.communities import queries as community_queries
from channel.routing import Who
from channel.settings import Settings
from channel.viewing import HEADERS, SECRET_PATHS
from channel.web import front
from channel.web.feeds.public import SHARED as SHARED_FEED
from channel.web.media import PUBLIC
from channel.web.shelf import ASK_AGAIN
from tests.cast import person
from tests.security.expecting.communities import STRANGERS_PAGES
from tests.security.expecting.feeds import EMBEDS, FEEDS
from tests.security.sights import ON_ONE_DATABASE, ON_SQLITE, World
from tests.security.table import doors
from tests.security.targets import target
from tests.security.targets.case import Case
from tests.security.walk import Seen, Walk
from tests.security.wire import HERE, Answer, ask, websocket

LOOK = "/looks/{look}/{size}.webp"  # a stranger's frame on another site shows faces, too
REQUIRED = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "",
    "permissions-policy": "camera=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "x-request-id": "",
    "cache-control": "",
}
# The same for everybody, so that shared caches may keep them; none of them looks at who asks.
SHARED = ("/static/", "/covers/", "/app/icons/", "/manifest.webmanifest", "/robots.txt", "/favicon.ico", "/apple-touch-icon", "/sw.js", "/health", "/ready", "/api/openapi.json",
          "/api/asyncapi.json")  # fmt: skip


def missing(headers: tuple[tuple[str, str], ...]) -> list[str]:
    """What is wrong with the headers of an answer."""
    found = dict(headers)
    lacking = [name for name, start in REQUIRED.items() if not found.get(name, "\0").startswith(start)]
    twice = [name for name in REQUIRED if sum(name == other for other, _ in headers) > 1]
    cors = [name for name in found if name.startswith("access-control-")]
    tells = [name for name in found if name in ("server", "x-powered-by")]
    loose = [
        word
        for word in ("unsafe-inline", "unsafe-eval", "*")
        if word in found.get("content-security-policy", "")
    ]
    return [*lacking, *(f"{name} twice" for name in twice), *cors, *tells, *loose]


async def test_every_answer_of_the_walk_wears_the_whole_set(walk: Walk) -> None:
    wrong = [(str(seen), missing(dressed(seen))) for seen in walk.seen if missing(dressed(seen))]
    assert not wrong, "\n".join(map(str, wrong[:30]))
    assert {200, 201, 204, 303, 401, 403, 404, 409, 422} <= {seen.status for seen in walk.seen}


FRAMES = {"cross-origin-resource-policy": "cross-origin", "access-control-allow-origin": "*"}
# The same for all who ask, whoever they are: drawn pictures and public feeds.
OF_ALL = (
    "/covers/{name}.svg", "/covers/card-{hue}.png", "/covers/podcast-{hue}.png", "/app/icons/{name}.png",
    *(f"/@{{handle}}/{feed}" for feed in ("feed.atom", "feed.rss", "feed.json", "podcast.rss")),
    *(f"/@{{handle}}/{{slug}}/{feed}" for feed in ("feed.atom", "feed.rss", "feed.json", "podcast.rss")),
)  # fmt: skip


def framed(seen: Seen) -> tuple[tuple[str, str], ...]:
    """The headers of a frame for other sites, as they would be if it were a page: nothing else of them differs."""
    told = dict(seen.headers)
    assert told["content-security-policy"].endswith("; frame-ancestors http: https:"), str(seen)
    assert "unsafe" not in told["content-security-policy"] and not seen.header("set-cookie"), str(seen)
    assert "x-frame-options" not in told, str(seen)
    assert {name: told[name] for name in FRAMES} == FRAMES, str(seen)
    kept = tuple(header for header in seen.headers if header[0] not in FRAMES)
    return (*kept, ("x-frame-options", "DENY"), ("cross-origin-resource-policy", "same-origin"))


def dressed(seen: Seen) -> tuple[tuple[str, str], ...]:
    """The headers; pages elsewhere may show what is everybody's, and what is asked for by a secret without a cookie."""
    if seen.door.path in EMBEDS:
        return framed(seen)
    if (
        seen.door.path == "/oembed"
    ):  # scripts of other sites may ask, too: there is nothing in it but for strangers
        return tuple(header for header in seen.headers if header[0] != "access-control-allow-origin")
    if seen.door.path == LOOK and seen.status == 200 and not seen.sight.signed:
        assert seen.header("cross-origin-resource-policy") == "cross-origin", str(seen)
        kept = tuple(header for header in seen.headers if header[0] != "cross-origin-resource-policy")
        return (*kept, ("cross-origin-resource-policy", "same-origin"))
    if seen.door.path in OF_ALL and seen.status in (200, 304):
        return closed(seen)
    files = ("/media/{id}/{variant}", "/feeds/{secret}/media/{id}/{variant}")
    elsewhere = seen.door.path in files and seen.status == 200
    if not elsewhere or (seen.door.path == files[0] and not kept_by_a_browser(seen)):
        return seen.headers
    if seen.door.path == files[0]:
        return closed(seen)
    name = "cross-origin-resource-policy"
    assert seen.header(name) == "cross-origin", str(seen)
    return (*(header for header in seen.headers if header[0] != name), (name, "same-origin"))


def closed(seen: Seen) -> tuple[tuple[str, str], ...]:
    """The headers of what scripts of other sites may read, as they would be if they might not."""
    told = dict(seen.headers)
    assert {name: told.get(name) for name in FRAMES} == FRAMES and not seen.header("set-cookie"), str(seen)
    kept = tuple(header for header in seen.headers if header[0] not in FRAMES)
    return (*kept, ("cross-origin-resource-policy", "same-origin"))


def kept_by_a_browser(seen: Seen) -> bool:
    """A file or a card's picture of a post that everybody may read: the browser alone keeps it; its bytes never change.

    So it is with what is worn, whose address is as secret as it is.
    """
    if seen.door.path in ("/looks/{look}/{size}.webp", "/looks/{look}/app-{kind}.png", "/emoji/{key}.webp"):
        return seen.status == 200 and seen.header("cache-control") == PUBLIC
    file = seen.door.path in ("/media/{id}/{variant}", "/linked/{id}/{key}.webp") and seen.status == 200
    return (
        file and not seen.case.paid and seen.case.handle == "anna" and seen.header("cache-control") == PUBLIC
    )


def everybodys(seen: Seen) -> bool:
    """A public feed, or a frame for other sites: a guest's view, whoever asks. Shared caches may keep it for a minute."""
    if seen.door.path in (*EMBEDS, "/oembed"):
        return seen.status == 200 and seen.header("cache-control").startswith("public, max-age=60")
    public = seen.door.path.startswith("/@") and seen.door.path.endswith(FEEDS) and seen.status == 200
    return public and seen.header("cache-control") == SHARED_FEED


def told_to_ask_again(seen: Seen) -> bool:
    """A stranger's page, of the few that are kept: their browser alone has it, and asks whether it still holds."""
    page = seen.door.path in STRANGERS_PAGES and seen.status == 200 and not seen.sight.signed
    return page and seen.header("cache-control") == ASK_AGAIN and not seen.header("set-cookie")


async def test_no_cache_keeps_what_depends_on_who_asks(world: World, walk: Walk) -> None:
    def kept(seen: Seen) -> bool:
        rules = seen.header("cache-control")
        fine = (
            seen.address.startswith(SHARED)
            or everybodys(seen)
            or told_to_ask_again(seen)
            or kept_by_a_browser(seen)
        )
        return "no-store" not in rules and not fine

    wrong = sorted({f"{seen} {seen.header('cache-control')!r}" for seen in walk.seen if kept(seen)})
    assert not wrong, "\n".join(wrong[:40])
    assert {seen.door.path for seen in walk.seen if told_to_ask_again(seen)} == set(STRANGERS_PAGES)
    for seen in walk.seen:
        if seen.sight.signed and seen.door.policy.who is not Who.ANYONE and not kept_by_a_browser(seen):
            assert "no-store" in seen.header("cache-control"), str(seen)
        if everybodys(seen):
            guest = world.viewers["anonymous"].page
            assert not world.canaries.illegal(seen.canaries, guest), str(seen)
            assert not seen.header("set-cookie"), str(seen)
        elif "public" in seen.header("cache-control"):
            assert not seen.canaries and not seen.header("set-cookie"), str(seen)


async def test_every_body_says_what_it_is_and_in_which_letters(walk: Walk) -> None:
    for seen in walk.seen:
        kind = seen.header("content-type")
        if seen.size:
            assert kind, str(seen)
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind, (str(seen), kind)


async def test_pages_whose_address_is_a_secret_do_not_send_it_on(walk: Walk) -> None:
    secret = [seen for seen in walk.seen if seen.address.startswith(SECRET_PATHS)]
    assert {seen.door.path for seen in secret} >= {
        "/join/{code}",
        "/sign-in/link/{secret}",
        "/account/email/{secret}",
        "/notices/quiet/{token}",
        "/follow/by/{token}",
        "/follow/on/{token}",
        "/api/v1/follow/{token}",
        "/follow/yes/{secret}",
        "/follow/pass/{secret}",
    }
    assert {seen.header("referrer-policy") for seen in secret} <= {"strict-origin", "no-referrer"}


@ON_ONE_DATABASE
async def test_the_answers_that_the_walk_does_not_meet_wear_it_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """304, 400, 404, 405, 413, 500 and a slash too many: whoever answers them, us or the framework."""
    app = world.app
    owner = world.viewers["owner"].page.headers
    etag = (await ask(app, "GET", "/static/app.css")).header("etag") or ""
    large = b"x" * 2 * 1024 * 1024
    form = ("content-type", "application/x-www-form-urlencoded")

    async def broken(*given: object) -> None:
        raise RuntimeError("a bug with CNRY-secret in it")

    monkeypatch.setattr(front.communities, "listed", broken)
    monkeypatch.setattr(community_queries, "by_handle", broken)
    monkeypatch.setattr("channel.communities.by_handle", broken)
    answers: dict[str, tuple[int, Answer]] = {
        "not modified": (304, await ask(app, "GET", "/static/app.css", [("if-none-match", etag)])),
        "foreign host": (400, await ask(app, "GET", "/", [("host", "evil.test")])),
        "unknown page": (404, await ask(app, "GET", "/no/such/page")),
        "unknown call": (404, await ask(app, "GET", "/api/v1/nothing")),
        "wrong method": (405, await ask(app, "DELETE", "/about", owner)),
        "wrong method of a call": (405, await ask(app, "TRACE", "/api/v1/me")),
        "too large": (413, await ask(app, "POST", "/new", [*owner, form], large)),
        "too large in pieces": (
            413,
            await ask(app, "POST", "/sign-in/passkey", owner, large, told_length=False),
        ),
        "too large for a call": (413, await ask(app, "POST", "/api/v1/communities", owner, large)),
        "a bug in a page": (500, await ask(app, "GET", "/@anna", owner)),
        "a bug in a call": (500, await ask(app, "GET", "/api/v1/communities", [("accept", "*/*")])),
        "foreign form": (403, await ask(app, "POST", "/new", [owner[0], ("origin", "https://evil.test")])),
    }
    for name, (status, answer) in answers.items():
        assert answer.status == status, (name, answer.status, answer.text[:300])
        assert not missing(answer.headers), (name, missing(answer.headers))
        assert "CNRY" not in answer.text and "Traceback" not in answer.text, name
        assert bool(answer.header("allow")) == (status == 405), name


@ON_ONE_DATABASE
async def test_a_refused_websocket_wears_it_too(world: World) -> None:
    cookie = world.viewers["owner"].page.headers[0]
    for headers, address in (([cookie, ("origin", "https://evil.test")], "/live"), ([("host", "evil.test")], "/live"),
                             ([("origin", HERE)], "/no/such/socket")):  # fmt: skip
        async with websocket(world.app, headers, address) as line:
            start = await line.next()
            assert start["type"] == "websocket.http.response.start", (address, start)
            assert start["status"] in (400, 403, 404)
            told = tuple((name.decode(), value.decode()) for name, value in start["headers"])
            assert not missing(told), (address, missing(told))


@contextlib.asynccontextmanager
async def site(settings: Settings) -> AsyncIterator[Starlette]:
    app = build(settings)
    async with app.router.lifespan_context(app):
        yield app


@ON_SQLITE
@pytest.mark.parametrize("url", ["https://channel.test", "http://channel.test"])
async def test_the_session_cookie_is_out_of_reach(settings: Settings, url: str) -> None:
    """Of scripts, of other sites, of other hosts of the domain; and every other cookie of ours is as careful."""
    secure = url.startswith("https")
    async with site(dataclasses.replace(settings, url=url)) as app:
        db = app.state.services.db
        account = await person(db, "Bob")
        from channel.accounts import links

        async with db.write() as tx:
            secret = await links.sign_in_link(tx, account.id, minutes=5)
        here = [("origin", url)]
        answer = await ask(
            app,
            "POST",
            f"/sign-in/link/{secret}",
            [*here, ("cookie", "channel=planted; __Host-channel=planted")],
        )
        assert answer.status == 303
        name, value, attributes = parsed(answer.header("set-cookie") or "")
        assert name == ("__Host-channel" if secure else "channel")
        assert value != "planted" and len(value) >= 32
        assert {"httponly", "samesite=lax", "path=/"} <= attributes
        assert ("secure" in attributes) == secure
        assert not [one for one in attributes if one.startswith("domain")]
        assert bool(answer.header("strict-transport-security")) == secure
        cookie = ("cookie", f"{name}={value}")
        for address, fields in (("/language", b"language=de"), ("/theme", b"theme=dark"), ("/sign-out", b"")):
            form = ("content-type", "application/x-www-form-urlencoded")
            set_to = await ask(app, "POST", address, [*here, cookie, form], fields)
            _, _, attributes = parsed(set_to.header("set-cookie") or "")
            assert {"httponly", "samesite=lax", "path=/"} <= attributes, address
            assert ("secure" in attributes) == secure, address
        async with db.read() as tx:
            assert await sessions.signed_by_session(tx, value) is None, (
                "signing out ends the session on the server"
            )


def parsed(header: str) -> tuple[str, str, set[str]]:
    """Name, value and attributes of one Set-Cookie."""
    first, *rest = [part.strip() for part in header.split(";")]
    name, _, value = first.partition("=")
    return name, value, {part.lower() for part in rest}


@ON_ONE_DATABASE
async def test_nothing_is_open_that_was_not_declared(world: World) -> None:
    """Fresh from the box: no metrics without a token, no debug page, no files, no default account, no set-up after the set-up."""
    app = world.app
    for address in ("/debug", "/docs", "/redoc", "/openapi.json", "/admin/", "/.env", "/.git/config",
                    "/channel.db", "/data/channel.db", "/static/../channel.db", "/static/%2e%2e/pyproject.toml",
                    "/static/..%2f..%2fpyproject.toml", "/static//etc/passwd", "/static/%00", "/static/", "/server-status",
                    "/__debug__/", "/graphql", "/api/v1/", "/api", "/api/v2/me", "/login", "/register", "/covers/..svg",
                    "/static/css/", "/secret.key", "/.well-known/security.txt/x"):  # fmt: skip
        answer = await ask(app, "GET", address)
        assert answer.status in (303, 307, 404), (address, answer.status)
        assert answer.crash is None, address
    assert (await ask(app, "GET", "/metrics")).status == 401
    assert (await ask(app, "GET", "/setup")).status == 410
    assert (await ask(app, "GET", "/setup?token=x")).status == 410
    open_to_all = {door.path for door in doors(app) if door.policy.who is Who.ANYONE and door.method == "GET"}
    assert not {path for path in open_to_all if path.startswith(("/studio", "/account/", "/admin"))} - {
        "/account/email/{secret}"
    }


@ON_ONE_DATABASE
async def test_no_foreign_origin_is_let_in_by_cors(world: World) -> None:
    asks = [
        ("origin", "https://evil.test"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "authorization"),
    ]
    for door in doors(world.app):
        if door.method == "WS":
            continue
        answer = await ask(world.app, "OPTIONS", target(door, Case(), world), asks)
        assert answer.status in (204, 405), (door.name, answer.status)
        assert not [name for name, _ in answer.headers if name.startswith("access-control")], door.name


def test_the_set_has_what_is_promised() -> None:
    for name, start in REQUIRED.items():
        assert name in ("x-request-id", "cache-control") or HEADERS[name].startswith(start), name
