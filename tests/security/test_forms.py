"""Forms and addresses as nobody fills them in: never a 5xx, and what is refused says which field it was."""

from urllib.parse import quote, urlencode

import pytest

from channel.routing import Who
from tests.security.sights import ON_ONE_DATABASE, Sight, World
from tests.security.state import rehearsing
from tests.security.table import Door, doors
from tests.security.targets import BODIES, target
from tests.security.targets.bodies import SCRIPTED
from tests.security.targets.case import Case
from tests.security.wire import Answer, Headers, ask, at_once

FORM = ("content-type", "application/x-www-form-urlencoded")
# As the bytes of a form have it, percent-encoded.
ODD: dict[str, str] = {
    "nul": "a%00b",
    "half a character": "%ED%A0%80",
    "no utf-8": "%FF%FE%C0%AF",
    "empty": "",
    "a number without end": "9" * 400,
    "a number beyond 64 bit": "9223372036854775808",
    "a negative number": "-1",
    "two signs": "--5",
    "a digit that is no number": "%C2%B2",
    "digits of another script": "%D9%A3%D9%A3",
    "a template": quote("{{7*7}}${7*7}{0.__class__}%s%(x)s"),
    "markup": quote("<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"),
    "sql": quote("' OR 1=1; DROP TABLE posts; --"),
    "right to left": quote("\u202eabc\u2066"),
    "a combining bomb": quote("a" + "\u0301" * 2000),
    "fifty thousand": "x" * 50_000,
}
BEYOND = {"a hundred thousand": "x" * 100_000}
# What reaches the database when nothing stops it; the rest is the same on both.
FELT = frozenset({"nul", "half a character", "no utf-8", "a number beyond 64 bit", "a combining bomb", "sql"})
# Fields of forms that a minimal body leaves out.
UNSENT: dict[str, tuple[str, ...]] = {
    "POST /studio/{handle}/posts": (
        "min_rank",
        "teaser",
        "quote",
        "draft",
        "ai",
        "silent",
        "important",
        "morning",
        "prompt",
    ),
    "POST /account/notices": ("quiet_from", "quiet_to", "important_passes", "do", "wait_hours", "pictures"),
    "POST /account/push": ("shows_text", "zone"),
    "POST /@{handle}/hello": ("how", "zone"),
    "POST /follow/@{handle}": ("zone",),
    "POST /follow/by/{token}": ("quiet_from", "quiet_to", "important_passes", "do", "days", "pictures"),
    "POST /follow/on/{token}": ("quiet_from", "quiet_to", "important_passes", "do", "days"),
    "POST /studio/{handle}/preview": ("min_rank", "teaser", "quote", "ai", "show"),
    "POST /studio/{handle}/posts/{id}": ("min_rank", "teaser", "rev", "ai", "do"),
    "POST /studio/{handle}/drafts": ("id", "draft", "min_rank", "teaser", "quote"),
    "POST /studio/{handle}/library/{id}/crop": ("crop_x", "crop_y", "crop_width", "crop_height"),
    "POST /studio/{handle}/invites": (
        "tier_id",
        "max_uses",
        "expires_at",
        "expires_at_date",
        "room",
        "requires_approval",
    ),
    "POST /studio/{handle}/rooms": (
        "min_rank",
        "about",
        "kind",
        "write_rank",
        "topic_rank",
        "upload_rank",
        "history",
        "slow_s",
        "slow_free_rank",
        "quiet_from",
        "quiet_to",
        "close_days",
    ),
    "POST /studio/{handle}/rooms/{slug}": (
        "has_rules",
        "comments",
        "comment_rank",
        "comment_age_days",
        "comment_days",
    ),
    "POST /studio/{handle}/comments": ("id", "reason"),
    "POST /@{handle}/{slug}/{seq}/comments": ("reply_to",),
    "POST /@{handle}/{slug}/{seq}/comments/{id}": ("text", "rev", "reason"),
    "POST /@{handle}/{slug}/{seq}/report": ("comment", "words"),
    "POST /@{handle}/{slug}/t/{number}": ("quote",),
    "POST /@{handle}/{slug}/t/{number}/change": ("into", "answer_id"),
    "POST /@{handle}/{slug}/t/{number}/mark": ("push", "mail", "starred", "next"),
    "POST /@{handle}/{slug}/t/{number}/choose": ("to",),
    "POST /studio/{handle}/hooks": ("token", "chat", "room_id", "content"),
    "POST /studio/{handle}/hooks/{id}": ("message", "name", "url"),
    "POST /studio/{handle}/tiers": ("about", "benefits", "colour"),
    "POST /studio/{handle}/members/{id}": ("until", "until_date", "reason", "role", "tier_id"),
    "POST /studio/{handle}/members/bulk": ("tier_id",),
    "POST /studio/{handle}/posts/{id}/pin": ("room",),
    "POST /new": ("about", "visibility", "language", "hue"),
    "POST /account/profile": ("handle", "avatar", "language"),
    "POST /account/tokens": ("days",),
    "POST /sign-in/recovery": ("next",),
    "POST /rooms/{id}/read": ("next", "topic"),
    "POST /studio/{handle}/posts/{id}/prompt": ("prompt_until", "prompt_until_date", "prompt_rank", "shown"),
    "POST /studio/{handle}/questions": ("of",),
    "POST /studio/{handle}/questions/box": ("box_rank",),
    "POST /studio/{handle}/questions/{id}/answer": ("min_rank", "of", "anyway"),
    "POST /posts/{id}/questions": ("key",),
    "POST /@{handle}/questions": ("key",),
    "POST /questions/{id}": ("next",),
    "POST /questions/{id}/vote": ("next",),
    "POST /@{handle}/tiers/{tier_id}": ("price", "way", "amount", "code", "key", "next", "do"),
}


def forms(world: World) -> list[Door]:
    """Every door that takes a form."""
    return [
        door
        for door in doors(world.app)
        if door.method == "POST" and not door.path.startswith("/api/") and door.name not in SCRIPTED
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


async def try_each(world: World, jobs: list[tuple[Door, str, object]]) -> None:
    """Post all of these and look at each answer."""
    answers = await at_once(post(world, door, content) for door, content, _ in jobs)
    for (_, _, about), answer in zip(jobs, answers, strict=True):
        sound(answer, about)


@pytest.mark.parametrize("kind", sorted(FELT))
async def test_odd_values_in_every_field_of_every_form(world: World, kind: str) -> None:
    await fill_with(world, kind)


@ON_ONE_DATABASE
@pytest.mark.parametrize("kind", sorted(ODD.keys() - FELT))
async def test_odd_values_that_no_database_meets(world: World, kind: str) -> None:
    await fill_with(world, kind)


async def fill_with(world: World, kind: str) -> None:
    """Every form with this in all of its fields."""
    jobs: list[tuple[Door, str, object]] = []
    for door in forms(world):
        together = "&".join(f"{name}={ODD[kind]}" for name in names_of(world, door))
        jobs.append((door, together, (door.name, kind)))
    await try_each(world, jobs)


async def test_one_odd_field_among_good_ones(world: World) -> None:
    """The checks come one after another: a bad value must not hide behind another one's refusal."""
    kind = "nul" if world.second else "a digit that is no number"
    jobs: list[tuple[Door, str, object]] = []
    for door in forms(world):
        fields = BODIES[door.name](master(world, door), world.things["anna"])
        for name in dict.fromkeys([*fields, *UNSENT.get(door.name, ())]):
            good = urlencode({key: value for key, value in fields.items() if key != name})
            jobs.append((door, f"{good}&{name}={ODD[kind]}", (door.name, name, kind)))
    assert len(jobs) > 60
    await try_each(world, jobs)


@ON_ONE_DATABASE
@pytest.mark.parametrize(("door", "fields", "field"), [
    ("POST /account/profile", "name=A&hue=%C2%B2", "hue"),
    ("POST /account/profile", "name=a%00&hue=1", "name"),
    ("POST /account/tokens", "token_name=b&scopes=read&days=" + "9" * 400, "days"),
    ("POST /studio/{handle}/tiers", "name=Silver&rank=99999999999&shared_colour=1", "rank"),
    ("POST /studio/{handle}/tiers", "name=" + "x" * 5000 + "&rank=5&shared_colour=1", "name"),
    ("POST /studio/{handle}/rooms", "name=A&slug=a%00", "slug"),
    ("POST /studio/{handle}/invites", "label=" + "x" * 500, "label"),
    ("POST /studio/{handle}/invites", "label=&max_uses=0", "max_uses"),
    ("POST /studio/{handle}/posts", "key=k&room=news&text=a%00b", "text"),
    ("POST /studio/{handle}/posts", "key=k&room=news&text=" + "x" * 10_001, "text"),
    ("POST /studio/{handle}/settings", "name=&visibility=public&hue=1&cover=pattern:0&language=en", "name"),
    ("POST /new", "name=A&handle=a%00", "handle"),
    ("POST /join/{code}", "display_name=%ED%A0%80%00", "display_name"),
])  # fmt: skip
async def test_what_is_refused_names_its_field(world: World, door: str, fields: str, field: str) -> None:
    found = next(one for one in forms(world) if one.name == door)
    if found.path.startswith("/join"):
        anonymous = world.viewers["anonymous"].page.headers
        with rehearsing():
            answer = await ask(
                world.app, "POST", target(found, Case(), world), [*anonymous, FORM], fields.encode()
            )
    else:
        answer = await post(world, found, fields)
    assert answer.status == 422, (answer.status, answer.text[:300])
    assert f'id="p-{field}"' in answer.text, "the problem does not stand beside its field"


@ON_ONE_DATABASE
async def test_missing_double_many_and_foreign_fields(world: World) -> None:
    jobs: list[tuple[Door, str, object]] = []
    for door in forms(world):
        good = urlencode(BODIES[door.name](master(world, door), world.things["anna"]))
        jobs += [(door, "", (door.name, "missing")), (door, f"{good}&{good}", (door.name, "double"))]
        mass = "&is_admin=1&role=owner&id=x&account_id=x&state=deleted&created_at=0"
        jobs.append((door, good + mass, (door.name, "columns")))
    await try_each(world, jobs)
    for door in forms(world):
        good = urlencode(BODIES[door.name](master(world, door), world.things["anna"]))
        many = await post(world, door, good + "".join(f"&f{number}=1" for number in range(101)))
        sound(many, (door.name, "many"))
        assert not good or many.status in (400, 422), (door.name, many.status)
        kinds = ("application/json", "multipart/form-data", "text/plain; charset=nonsense")
        for answer in await at_once(post(world, door, good, ("content-type", kind)) for kind in kinds):
            sound(answer, (door.name, "another type"))


FILES = (
    "POST /studio/{handle}/media", "POST /studio/{handle}/posts/{id}/media", "POST /studio/{handle}/library",
    "POST /studio/{handle}/library/{id}/replace",
)  # fmt: skip
SHARED = "POST /app/share"  # files with words, and words without files
# Forms for one picture. A file in another of their fields is nobody's, and without a picture nothing is taken.
PICTURES = (
    "POST /account/face",
    "POST /studio/{handle}/icon",
    "POST /studio/{handle}/cover",
    "POST /studio/{handle}/emoji",
)


@ON_ONE_DATABASE
async def test_a_file_where_a_field_belongs_is_refused(world: World) -> None:
    edge = "edge"
    kind = ("content-type", f"multipart/form-data; boundary={edge}")
    for door in forms(world):
        for name in names_of(world, door):
            part = f'content-disposition: form-data; name="{name}"; filename="../../x\\";.html"\r\ncontent-type: text/html'
            content = f"--{edge}\r\n{part}\r\n\r\n<script>\r\n--{edge}--\r\n"
            answer = await post(world, door, content, kind)
            sound(answer, (door.name, name))
            taken = door.name in (*FILES, SHARED)  # it belongs there, under a name made harmless
            assert answer.status in ((200, 303, 404, 422) if taken else (400, 422)), (
                door.name,
                name,
                answer.status,
            )


@ON_ONE_DATABASE
async def test_what_is_too_much_is_told_so(world: World) -> None:
    for door in forms(world):
        if not (names := names_of(world, door)):
            continue
        for name, value in BEYOND.items():
            answer = await post(world, door, f"{names[0]}={value}")
            sound(answer, (door.name, name))
            assert answer.status in (400, 413, 422), (door.name, answer.status)
        huge = await post(world, door, f"{names[0]}=" + "x" * 2 * 1024 * 1024)
        # The forms for files do not read what comes in any other shape.
        assert huge.status == (422 if door.name in (*FILES, *PICTURES) else 413) and huge.crash is None, (
            door.name
        )


ASKED = ("before", "after", "from", "at", "around", "limit", "q", "tier", "role", "state", "cursor", "draft", "quote", "room",
         "said", "step", "show", "of", "sort", "edit", "next", "token", "welcome", "sent", "download")  # fmt: skip


KNOWING = ("GET /@{handle}/{slug}", "GET /rooms/{id}/posts", "GET /studio/{handle}", "GET /studio/{handle}/members",
           "GET /studio/{handle}/posts", "GET /studio/{handle}/invites", "GET /admin/accounts", "GET /admin/communities",
           "GET /sign-in", "GET /@{handle}/hello", "GET /setup", "GET /studio/{handle}/invites/{id}")  # fmt: skip


@pytest.mark.parametrize("kind", ["nul", "half a character", "a number beyond 64 bit"])
async def test_odd_questions_in_every_address(world: World, kind: str) -> None:
    """All parameters that any page knows, together and for those that know some each alone."""
    await question_with(world, kind, singly=world.second and kind == "nul")


@ON_ONE_DATABASE
@pytest.mark.parametrize(
    "kind", ["a number without end", "two signs", "a digit that is no number", "a template", "markup"]
)
async def test_odd_questions_that_no_database_meets(world: World, kind: str) -> None:
    await question_with(world, kind, singly=kind == "a digit that is no number")


async def question_with(world: World, kind: str, *, singly: bool) -> None:
    """None of it comes back as markup."""
    jobs: list[tuple[str, Sight]] = []
    for door in doors(world.app):
        if door.method != "GET" or door.api or door.path.startswith("/static"):
            continue
        alone = ASKED if door.name in KNOWING and singly else ()
        questions = [
            "&".join(f"{name}={ODD[kind]}" for name in ASKED),
            *(f"{name}={ODD[kind]}" for name in alone),
        ]
        jobs += [(f"{target(door, Case(), world)}?{question}", master(world, door)) for question in questions]
    answers = await at_once(ask(world.app, "GET", address, sight.headers) for address, sight in jobs)
    for (address, _), answer in zip(jobs, answers, strict=True):
        sound(answer, address[:200])
        assert "<script>alert" not in answer.text and "onerror=alert(1)>" not in answer.text, address[:200]


COOKIES = ("channel=", "channel=\x80\xff", "channel=" + "x" * 8000, "language=xx", "language=%00", "theme=<b>", ";;;=;",
           "channel=a; channel=b")  # fmt: skip


@ON_ONE_DATABASE
async def test_headers_that_are_none_of_ours_break_nothing(world: World) -> None:
    for cookie in COOKIES:
        for address in ("/", "/@anna", "/account", "/api/v1/me"):
            answer = await ask(world.app, "GET", address, [("cookie", cookie)])
            assert answer.status in (200, 303, 401), (cookie, address, answer.status)
            assert 'data-theme="<b>' not in answer.text
    for language in ("*", "de;q=x", "x" * 5000, "de-DE-" + "x-" * 500, "\xff", ",,,,"):
        assert (await ask(world.app, "GET", "/", [("accept-language", language)])).status == 200
    for bearer in ("Bearer", "Bearer ", "Bearer \xff", "bearer " + "x" * 5000, "Basic Og==", "\x80"):
        assert (await ask(world.app, "GET", "/api/v1/me", [("authorization", bearer)])).status == 401
