"""`/share/…`: every way to pass on a community, a room or a post, on a page that needs no scripts.

Who makes invites gets a link with a name there: who joins by it is counted, and stands in the studio under that name.
"""

import re
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from channel import invites
from channel.errors import ChannelError, Forbidden, NotFound
from channel.invites import Invite, Seal, qr
from channel.members import Action
from channel.members.model import OUTSIDER_RANK
from channel.posts import queries as posts
from channel.render import titles, views
from channel.rooms import Room
from channel.routing import VIEWER, role, route, services_of
from channel.storage import Tx
from channel.web.embeds import links
from channel.web.forms import Form, read_form
from channel.web.places import Place, banned_page, community_of, room_of, seq_of
from channel.web.refusals import ask_again
from channel.web.responses import PRIVATE, page, see_other

TEMPLATE: Final = "share.html"
NAMED: Final = 12  # of the newest links with a name, to choose from
QR_PIXELS: Final = 16  # of a module in the PNG: 60 mm at 300 dpi
TITLE_CHARS: Final = 80
KINDS: Final = {"svg": "image/svg+xml", "png": "image/png"}
_BELOW: Final = re.compile(r"(?:[a-z0-9_-]{1,40}(?:/[0-9]{1,15})?)?")


@dataclass(frozen=True, slots=True)
class Thing:
    """What is shared. `open`: a stranger sees the page, so the address leads somewhere for everybody."""

    place: Place
    room: Room | None
    seq: int | None
    title: str
    open: bool

    @property
    def below(self) -> str:
        """Behind the handle in its address."""
        return "/".join(part for part in (self.room and self.room.slug, self.seq and str(self.seq)) if part)

    @property
    def path(self) -> str:
        return f"/@{self.place.community.handle}" + (f"/{self.below}" if self.below else "")


async def show(request: Request) -> Response:
    """GET /share/@{handle}, …/{slug}, …/{slug}/{seq}; ?link= a named link, ?qr=svg|png the code as a file."""
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            return await banned_page(tx, request, place)
        thing = await _thing(tx, request, place)
        context = await _ways(tx, request, thing)
    kind = request.query_params.get("qr", "")
    return _code(context["address"], kind, place) if kind else page(request, TEMPLATE, context)


async def _thing(tx: Tx, request: Request, place: Place) -> Thing:
    """Raises NotFound, and Forbidden for a room above the viewer's tier."""
    community, where = place.community, request.path_params
    public = community.visibility != "private" and not community.deleted
    if "slug" not in where:
        return Thing(place, None, None, community.name, public)
    room = await room_of(tx, request, place)
    if not place.by.reads(room.min_rank):
        raise Forbidden("Your tier does not open this room.", code="room_locked")
    public = public and room.min_rank is None
    name = f"{room.name} · {community.name}"
    if "seq" not in where:
        return Thing(place, room, None, name, public)
    post = await posts.by_seq(tx, room.id, seq_of(where["seq"]) or 0)
    if post.topic_id is not None or post.deleted_at is not None:
        raise NotFound("There is no such post.")
    facts = (await views.facts(tx, [post], room, community))[0]
    said = titles.title(views.show(facts, OUTSIDER_RANK), TITLE_CHARS)  # what those see whom it is sent to
    return Thing(place, room, post.seq, f"{said} · {community.name}" if said else name, public)


async def _ways(tx: Tx, request: Request, thing: Thing) -> dict[str, Any]:
    place, base = thing.place, services_of(request).settings.url
    named = await _named(tx, request, place)
    chosen = await _chosen(tx, request, place)
    address = _address(base, thing, chosen)
    return {
        "community": place.community,
        "thing": thing,
        "address": address,
        "mail": f"mailto:?subject={quote(thing.title)}&body={quote(address)}",
        "named": named,
        "chosen": chosen,
        "may_name": place.by.may(Action.INVITE) and not place.community.deleted,
        "runs": place.runs,
        "snippet": _snippet(base, thing),
        "frame": links.framed("", thing.path) if _may_embed(thing) else "",
        "here": f"/share{thing.path}",
        "form": None,
    }


def _address(base: str, thing: Thing, invite: Invite | None) -> str:
    """The page, by the named link if one was chosen; the link itself where a page opens for members alone."""
    if invite is None or not invite.code:
        return f"{base}{thing.path}"
    return f"{base}{thing.path}?via={invite.code}" if thing.open else f"{base}/join/{invite.code}"


def _may_embed(thing: Thing) -> bool:
    group = thing.room is not None and thing.room.is_group
    return thing.open and thing.place.community.shown_elsewhere and not group


def _snippet(base: str, thing: Thing) -> str:
    if not _may_embed(thing):
        return ""
    width, height = links.LIST if thing.seq is None else links.CARD
    return str(links.snippet(links.framed(base, thing.path), thing.title, width=width, height=height))


def _seal(request: Request) -> Seal:
    return Seal(services_of(request).secret)


async def _named(tx: Tx, request: Request, place: Place) -> list[Invite]:
    """Links that are open and give nothing besides: those that may stand in public."""
    if not place.by.may(Action.INVITE):
        return []
    found = await invites.listing(tx, place.by, place.community, seal=_seal(request))
    return [one for one in found.items if _may_stand_in_public(one)][:NAMED]


def _may_stand_in_public(invite: Invite) -> bool:
    free = invite.tier is None or invite.tier.rank == 0
    return free and invite.status == "open" and bool(invite.code)


async def _chosen(tx: Tx, request: Request, place: Place) -> Invite | None:
    """Of `?link=`. Raises NotFound, also for who may not see links."""
    wanted = request.query_params.get("link")
    if not wanted:
        return None
    if not place.by.may(Action.INVITE):
        raise NotFound("There is no such invite.")
    found = await invites.one(tx, place.by, place.community, wanted, seal=_seal(request))
    if not _may_stand_in_public(found):
        raise NotFound("There is no such invite.")
    return found


def _code(address: str, kind: str, place: Place) -> Response:
    """The address as a picture to keep."""
    if kind not in KINDS:
        raise NotFound("There is no such picture.")
    body = qr.svg(address).encode() if kind == "svg" else qr.png(address, QR_PIXELS)
    name = f'attachment; filename="{place.community.handle}-qr.{kind}"'
    return Response(
        body, headers={"cache-control": PRIVATE, "content-disposition": name}, media_type=KINDS[kind]
    )


async def name(request: Request) -> Response:
    """POST /share/@{handle} {label, below}: a link with a name, on the page of what is shared."""
    form = await read_form(request)
    below = form.line("below")
    try:
        async with services_of(request).db.write() as tx:
            place = await community_of(tx, request)
            landing = await _landing(tx, request, place, below)
            made = await invites.create(
                tx, place.by, place.community, _seal(request), label=form.text("label"),
                requires_approval=place.community.approval, rooms=landing,
            )  # fmt: skip
    except NotFound:
        raise
    except ChannelError as error:
        return await _again(request, form, error)
    here = f"/share/@{place.community.handle}" + (f"/{below}" if below else "")
    return see_other(f"{here}?link={made.id}#named")


async def _landing(tx: Tx, request: Request, place: Place, below: str) -> list[str]:
    """The room in which those arrive who come by it. Raises NotFound for what is none of the community's."""
    if place.banned:
        raise Forbidden("You are banned from this community.", code="banned")
    if not _BELOW.fullmatch(below):
        raise NotFound("There is no such room.")
    if not below:
        return []
    request.path_params["slug"] = below.partition("/")[0]
    return [(await room_of(tx, request, place)).id]


async def _again(request: Request, form: Form, error: ChannelError) -> Response:
    """The page of the community, for who may see that much, with what was wrong."""
    request.path_params.pop("slug", None)
    async with services_of(request).db.read() as tx:
        place = await community_of(tx, request)
        if place.banned:
            raise error
        context = await _ways(tx, request, await _thing(tx, request, place))
    return ask_again(request, TEMPLATE, form, error, context)


ROUTES = [
    route("/share/@{handle}", show, VIEWER),
    route("/share/@{handle}", name, role(Action.INVITE), methods=("POST",)),
    route("/share/@{handle}/{slug}", show, VIEWER),
    route("/share/@{handle}/{slug}/{seq}", show, VIEWER),
]
