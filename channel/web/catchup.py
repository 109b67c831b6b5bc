"""Catch me up: what one missed in all rooms, in the order of time, and one button that marks it as read."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from channel.comments.named import Said
from channel.live import catchup
from channel.markdown import plain
from channel.members import queries
from channel.posts.missed import Missed
from channel.render import views
from channel.render.comments import CommentView, said_views
from channel.routing import SIGNED_IN, account_of, route, services_of
from channel.storage import Tx
from channel.web.feed import date_of
from channel.web.forms import read_form
from channel.web.responses import page, see_other

LINE_CHARS = 200
AT_ONCE = 40
CATCH_UP = "/catch-up"


@dataclass(frozen=True, slots=True)
class CommentLine:
    """One comment that names or answers the reader, in a line that leads to it."""

    missed: Said
    view: CommentView
    text: str

    @property
    def href(self) -> str:
        return self.view.place

    @property
    def day(self) -> str:
        return date_of(self.missed.place[0])

    @property
    def at(self) -> int:
        return self.missed.place[0]


@dataclass(frozen=True, slots=True)
class Line:
    """One post that was missed, in a line that leads to it."""

    missed: Missed
    view: views.AnyView
    text: str

    @property
    def href(self) -> str:
        topic = f"/t/{self.view.topic.number}" if self.view.topic else ""
        place = f"/@{self.missed.community.handle}/{self.missed.room.slug}{topic}"
        return f"{place}?from={self.view.seq}#p{self.view.seq}"

    @property
    def at(self) -> int:
        return self.view.created_at

    @property
    def day(self) -> str:
        return date_of(self.view.created_at)


async def catch_up(request: Request) -> Response:
    """GET /catch-up?in=&cursor="""
    account, asked = account_of(request), request.query_params
    async with services_of(request).db.read(heavy=True) as tx:
        all_of_them = await queries.entitlements(tx, account.id)
        wanted = catchup.within(all_of_them, asked.get("in"))
        found = await catchup.missed_by(
            tx, account.id, wanted, upto=tx.now, cursor=asked.get("cursor"), limit=AT_ONCE
        )
        lines = [await _line(tx, one) for one in found.items]
        now = tx.now
    context = {
        "lines": lines,
        "newer": found.next_cursor,
        "upto": now,
        "chosen": wanted[0].community if asked.get("in") else None,
        "communities": [one.community for one in all_of_them],
        "today": date_of(now),
        "first": not asked.get("cursor"),
    }
    return page(request, "catch_up.html", context)


async def _line(tx: Tx, one: Missed | Said) -> Line | CommentLine:
    if isinstance(one, Said):
        [(_, said)] = await said_views(tx, [one])
        return CommentLine(one, said, plain(said.text, LINE_CHARS))
    (view,) = await views.post_views(tx, [one.post], one.room, one.community, one.entitlement)
    return Line(one, view, views.line(view, LINE_CHARS))


async def read_all(request: Request) -> Response:
    """POST /catch-up/read: everything until `upto` (epoch ms), in one community (`in`) or in all."""
    services, account = services_of(request), account_of(request)
    form = await read_form(request)
    handle = form.line("in")
    async with services.db.write() as tx:
        upto = min(form.number("upto") or tx.now, tx.now)
        wanted = catchup.within(await queries.entitlements(tx, account.id), handle)
        moved = await catchup.read_all(tx, account.id, wanted, upto)
    catchup.tell(services.bus, account.id, moved)
    return see_other(CATCH_UP)


ROUTES = [
    route(CATCH_UP, catch_up, SIGNED_IN),
    route(f"{CATCH_UP}/read", read_all, SIGNED_IN, methods=("POST",)),
]
