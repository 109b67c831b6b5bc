"""Forms and addresses as nobody fills them in: never a 5xx, and what is refused says which field it was."""

import re
from urllib.parse import quote, urlencode

import pytest

from channel.routing import Who
from tests.security.state import rehearsing
from tests.security.table import Door, doors
from tests.security.targets import BODIES, SCRIPTED, Case, target
from tests.security.wire import Answer, Headers, ask
from tests.security.world import Sight, World

FORM = ("content-type", "application/x-www-form-urlencoded")
# As the bytes of a form have it, percent-encoded.
ODD: dict[str, str] = {
    "nul": "a%00b",
    "half a character": "%ED%A0%80",
    "no utf-8": "%FF%FE%C0%AF",
    "empty": "",
    "spaces": "+++",
    "a number without end": "9" * 400,
    "a number beyond 64 bit": "9223372036854775808",
    "a negative number": "-1",
    "two signs": "--5",
    "a digit that is no number": "%C2%B2",
    "digits of another script": "%D9%A3%D9%A3",
    "a fraction": "1e3",
    "a template": quote("{{7*7}}${7*7}{0.__class__}%s%(x)s"),
    "markup": quote("<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"),
    "sql": quote("' OR 1=1; DROP TABLE posts; --"),
    "right to left": quote("\u202eabc\u2066"),
    "a combining bomb": quote("a" + "\u0301" * 2000),
    "fifty thousand": "x" * 50_000,
}
BEYOND = {"a hundred thousand": "x" * 100_000}
# Decided by the address or the session alone: no field is wrong with them.
FIELDLESS = frozenset(
    name for name, filled in BODIES.items() if not name.startswith(("PUT", "PATCH", "DELETE"))
)


def forms(world: World) -> list[Door]:
    """Every door that takes a form."""
    return [
        door
        for door in doors(world.app)
        if door.method == "POST" and not door.api and door.name not in SCRIPTED
    ]


def master(world: World, door: Door) -> Sight:
    return world.viewers["operator" if door.policy.who is Who.ADMIN else "owner"].page


def names_of(world: World, door: Door) -> list[str]:
    """The fields of the door's form."""
    return list(BODIES[door.name](master(world, door), world.things["anna"]))


async def post(world: World, door: Door, content: str | bytes, *headers: tuple[str, str]) -> Answer:
    sent = content.encode() if isinstance(content, str) else content
    told: Headers = [*master(world, door).headers, *(headers or (FORM,))]
    with rehearsing():
        return await ask(world.app, "POST", target(door, Case(), world), told, sent)


def sound(answer: Answer, about: object) -> None:
    """Whatever was decided, it was decided: no fault, and a refusal that a person can do something with."""
    assert answer.crash is None, (about, answer.crash)
    assert answer.status < 500, (about, answer.status, answer.text[:300])
    if answer.status == 422:
        text = answer.text
        named = (
            'aria-invalid="true"' in text
            or 'role="alert"' in text
            or 'class="empty"' in text
            or '"problems"' in text
        )
        assert named, (about, text[:500])
    assert "49${" not in answer.text and "{{49" not in answer.text and "&lt;class" not in answer.text, about


@pytest.mark.parametrize("kind", ODD)
async def test_odd_values_in_every_field_of_every_form(world: World, kind: str) -> None:
    for door in forms(world):
        names = names_of(world, door)
        sound(await post(world, door, "&".join(f"{name}={ODD[kind]}" for name in names)), (door.name, kind))


@pytest.mark.parametrize(
    "kind", ["nul", "half a character", "two signs", "a digit that is no number", "a number without end"]
)
async def test_one_odd_field_among_good_ones_is_named(world: World, kind: str) -> None:
    """The checks come one after another: a bad value must not hide behind another one's refusal."""
    for door in forms(world):
        fields = BODIES[door.name](master(world, door), world.things["anna"])
        extra = {
            "draft": "",
            "quote": "",
            "min_rank": "",
            "teaser": "",
            "next": "",
            "tier_id": "",
            "max_uses": "",
            "room": "",
        }
        for name in {**extra, **fields}:
            good = urlencode({key: value for key, value in fields.items() if key != name})
            sound(await post(world, door, f"{good}&{name}={ODD[kind]}"), (door.name, name, kind))


async def test_missing_double_many_and_foreign_fields(world: World) -> None:
    for door in forms(world):
        fields = BODIES[door.name](master(world, door), world.things["anna"])
        good = urlencode(fields)
        sound(await post(world, door, ""), (door.name, "missing"))
        sound(await post(world, door, f"{good}&{good}"), (door.name, "double"))
        sound(
            await post(
                world, door, good + "&is_admin=1&role=owner&id=x&account_id=x&state=deleted&created_at=0"
            ),
            door.name,
        )
        many = await post(world, door, good + "".join(f"&f{number}=1" for number in range(101)))
        sound(many, (door.name, "many"))
        if fields:
            assert many.status in (400, 422), (door.name, many.status)
        sound(await post(world, door, good, ("content-type", "application/json")), (door.name, "json"))
        sound(
            await post(world, door, good, ("content-type", "multipart/form-data")), (door.name, "no boundary")
        )
        sound(
            await post(world, door, good, ("content-type", "text/plain; charset=nonsense")),
            (door.name, "type"),
        )


async def test_a_file_where_a_field_belongs_is_refused(world: World) -> None:
    edge = "edge"
    kind = ("content-type", f"multipart/form-data; boundary={edge}")
    for door in forms(world):
        for name in names_of(world, door):
            part = f'content-disposition: form-data; name="{name}"; filename="../../x\\";.html"\r\ncontent-type: text/html'
            content = f"--{edge}\r\n{part}\r\n\r\n<script>\r\n--{edge}--\r\n"
            answer = await post(world, door, content, kind)
            sound(answer, (door.name, name))
            assert answer.status in (400, 422), (door.name, name, answer.status)


async def test_what_is_too_much_is_told_so_before_it_is_read(world: World) -> None:
    for door in forms(world):
        if not (names := names_of(world, door)):
            continue
        for name, value in BEYOND.items():
            answer = await post(world, door, f"{names[0]}={value}")
            sound(answer, (door.name, name))
            assert answer.status in (400, 413, 422), (door.name, answer.status)
        huge = await post(world, door, f"{names[0]}=" + "x" * 2 * 1024 * 1024)
        assert huge.status == 413 and huge.crash is None, door.name


ASKED = ("before", "after", "from", "at", "around", "limit", "q", "tier", "role", "state", "cursor", "draft", "quote", "room",
         "said", "step", "show", "next", "token", "welcome", "sent", "download")  # fmt: skip


@pytest.mark.parametrize("kind", ["nul", "half a character", "no utf-8", "a number without end", "a number beyond 64 bit", "two signs",
                                  "a digit that is no number", "digits of another script", "sql", "a template", "markup"])  # fmt: skip
async def test_odd_questions_in_every_address(world: World, kind: str) -> None:
    """All parameters that any page knows, each alone: none of them breaks a page, none comes back as markup."""
    known = {"GET /@{handle}/{slug}", "GET /rooms/{id}/posts", "GET /studio/{handle}", "GET /studio/{handle}/members",
             "GET /studio/{handle}/posts", "GET /studio/{handle}/invites", "GET /admin/accounts", "GET /admin/communities",
             "GET /sign-in", "GET /", "GET /@{handle}/hello", "GET /setup", "GET /studio/{handle}/invites/{id}"}  # fmt: skip
    for door in doors(world.app):
        if door.method != "GET" or door.api or door.path.startswith("/static"):
            continue
        together = "&".join(f"{name}={ODD[kind]}" for name in ASKED)
        alone = [f"{name}={ODD[kind]}" for name in ASKED] if door.name in known else []
        for query in (together, *alone):
            answer = await ask(
                world.app, "GET", f"{target(door, Case(), world)}?{query}", master(world, door).headers
            )
            sound(answer, (door.name, query[:80]))
            assert "<script>alert" not in answer.text and "onerror=alert(1)>" not in answer.text, (
                door.name,
                query[:80],
            )


async def test_cookies_that_are_none_of_ours_break_nothing(world: World) -> None:
    for cookie in (
        "channel=",
        "channel=\x80\xff",
        "channel=" + "x" * 8000,
        "language=xx",
        "language=%00",
        "theme=<b>",
        ";;;=;",
        "channel=a; channel=b",
    ):
        for address in ("/", "/@anna", "/account", "/api/v1/me"):
            answer = await ask(world.app, "GET", address, [("cookie", cookie)])
            assert answer.status in (200, 303, 401), (cookie, address, answer.status)
            assert "<b>" not in re.sub(r"<b[ >]", "", answer.text) or "theme=<b>" not in answer.text
    for language in ("*", "de;q=x", "x" * 5000, "de-DE-" + "x-" * 500, "\xff", ",,,,"):
        assert (await ask(world.app, "GET", "/", [("accept-language", language)])).status == 200
    for bearer in ("Bearer", "Bearer ", "Bearer \xff", "bearer " + "x" * 5000, "Basic Og==", "\x80"):
        assert (await ask(world.app, "GET", "/api/v1/me", [("authorization", bearer)])).status == 401
