"""`/notices/quiet/{token}`: quiet for a while, pressed on a notice, and a page to choose less of that community. What the
notice carries is the authority: that device alone was told it, nobody has to be signed in, and it can do nothing else.

Looking at the page changes nothing."""

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from channel import accounts, communities, members, notices, push
from channel.accounts import Account
from channel.communities import Community
from channel.errors import Invalid, NotFound
from channel.following.devices import parse_days
from channel.i18n import translation
from channel.members.queries import readable_rooms
from channel.notices.limits import NO_LIMIT, limit, limits
from channel.notices.model import HOUR_MS, WEEK_MS, How, Limit, holding, key_of, parse_tag, tags_of
from channel.posts.tagged import often
from channel.push import actions, links, queries
from channel.push.model import held
from channel.routing import ANYONE, route, services_of, viewer_of
from channel.storage import Tx
from channel.topics.telling import by_letter
from channel.web.forms import Form, read_form
from channel.web.responses import page
from channel.web.untold import Followed, followed, unfollow
from channel.web.wishes import MOST_OFFERED

DAY_MS = 24 * HOUR_MS
TEMPLATE: Final = "quiet.html"


@dataclass(frozen=True, slots=True)
class _Whose:
    """The device that was told, whose it is, and of which community; `mail`: a letter could come instead. `topic`: that the
    notice tells of, by `?topic=` behind the link."""

    device_id: str
    account: Account
    community: Community
    by: members.Entitlement
    mail: bool
    topic: Followed | None


async def _whose(tx: Tx, request: Request) -> _Whose:
    """Raises NotFound for what is no link of ours, a device that was switched off, and who is not in the community."""
    services = services_of(request)
    told = links.opened(services.secret, request.path_params["token"])
    account = await accounts.one(tx, await queries.owner_of(tx, told.device_id))
    community = await communities.one(tx, told.community_id)
    by = await members.entitlement(tx, community, account.id)
    if not by.belongs:
        raise NotFound("There is no such community.")
    mail = bool(services.settings.smtp) and account.email is not None
    topic_id = request.query_params.get("topic", "")
    topic = await followed(tx, community, by, topic_id) if topic_id else None
    return _Whose(told.device_id, account, community, by, mail, topic)


def answer(request: Request, community: Community, days: int) -> Response:
    """What takes the place of the notice: its words, and what can be pressed next (static/sw/acts.js)."""
    _ = translation(viewer_of(request).language).gettext
    if not days:
        said = {"body": _("New posts of %(community)s are told again."), "mute": _("Quiet for a day")}
    elif days == 1:
        said = {
            "body": _("Nothing of %(community)s for a day."), "week": _("A whole week"), "loud": _("Tell me again"),
        }  # fmt: skip
    else:
        said = {"body": _("Nothing of %(community)s for a week."), "loud": _("Tell me again")}
    said["body"] %= {"community": community.name}
    said["manage"] = _("Choose or end")
    return JSONResponse(said, headers={"cache-control": "no-store"})


async def look(request: Request) -> Response:
    """GET /notices/quiet/{token}: what can be chosen."""
    async with services_of(request).db.read() as tx:
        whose = await _whose(tx, request)
        tags = await often(tx, whose.by, MOST_OFFERED)
    return page(request, TEMPLATE, {"whose": whose, "done": "", "tags": tags, "topic": whose.topic})


async def be_quiet(request: Request) -> Response:
    """POST /notices/quiet/{token} {days: 1 | 7 | 0}, by the notice itself: nothing of that community, by no way; 0 takes it
    back. Or {what: important | daily | week | none | topic | tag | device | all, tag?}, by the page."""
    form = await read_form(request)
    async with services_of(request).db.write() as tx:
        whose = await _whose(tx, request)
        if not form.line("what"):
            days = parse_days(form.number("days"))
            await _rest(tx, whose, tx.now + days * DAY_MS if days else None)
            return answer(request, whose.community, days)
        await _choose(tx, whose, form)
    return page(request, TEMPLATE, {"whose": whose, "done": form.line("what"), "tag": form.line("tag")})


async def _rest(tx: Tx, whose: _Whose, until: int | None) -> None:
    """`until`: epoch ms; None: it is told again."""
    here = whose.community.id
    now = (await limits(tx, whose.account.id)).get(here, NO_LIMIT)
    wanted = Limit(now.per_week) if until is None else now.quieter(until)
    await limit(tx, whose.account.id, here, wanted)


async def _choose(tx: Tx, whose: _Whose, form: Form) -> None:
    account_id, here = whose.account.id, whose.community.id
    match form.line("what"):
        case "important":
            await actions.change(tx, account_id, here, "important")
        case "daily" if whose.mail:
            await by_letter(tx, account_id, here)
            await _move_to_letters(tx, whose, account_id)
            await actions.change(tx, account_id, here, "none")
        case "week":
            await _rest(tx, whose, tx.now + WEEK_MS)
        case "none":
            await actions.change(tx, account_id, here, "none")
        case "topic" if whose.topic:
            await unfollow(tx, account_id, whose.topic.topic)
        case "tag":
            await push.choose(tx, whose.by, whose.community, None, tags={parse_tag(form.line("tag")): "none"})
        case "device":
            await actions.switch_off(tx, account_id, whose.device_id)
        case "all":
            await actions.change(tx, account_id, here, "instant")
            await _rest(tx, whose, None)
        case _:
            raise Invalid(what="Choose what comes to your devices from the list.")


async def _move_to_letters(tx: Tx, whose: _Whose, account_id: str) -> None:
    """What came to devices, or by letter, comes in one letter a day; what came by neither goes on coming by none."""
    here = whose.community.id
    pushed = held([rule for rule in await queries.rules(tx, account_id) if rule.community_id == here])
    lettered = holding(await notices.rules(tx, account_id, here), whose.by.joined_at)
    rest = (pushed.get(None, "instant"), lettered.get(None, "none"))

    def way(key: str | None) -> How:
        found = (pushed.get(key, rest[0]), lettered.get(key, rest[1]))
        return "none" if set(found) == {"none"} else "daily"

    named = pushed.keys() | lettered.keys()
    places = [(room, way(room.id)) for room in await readable_rooms(tx, whose.by) if room.id in named]
    by_tag = {tag: way(key_of(tag)) for tag in tags_of(named)}
    await notices.choose(tx, whose.by, whose.community, way(None), rooms=places, tags=by_tag)


ROUTES = [
    route("/notices/quiet/{token}", look, ANYONE),
    route("/notices/quiet/{token}", be_quiet, ANYONE, methods=("POST",)),
]
