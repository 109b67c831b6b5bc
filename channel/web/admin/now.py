"""What this server is doing right now. The page is printed anew every two seconds where scripts run."""

from collections.abc import Iterator, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from channel.i18n import noop as N_
from channel.routing import ADMIN, route
from channel.watch import Now, Watch, figures
from channel.web.responses import fragment, page, wants_fragment

NEARLY_FULL: Final = 0.9
MANY_WAITING: Final = 100
LATE_S: Final = 0.5

BEGAN: Final = {
    "new": N_("Listened from now on"),
    "current": N_("Came back, had missed nothing"),
    "memory": N_("Came back, caught up from memory"),
    "log": N_("Came back, caught up from the log"),
    "gap": N_("Was too far behind, fetches the rest"),
    "reset": N_("Had to start afresh"),
}
REFUSED: Final = {
    "full": N_("All places were taken"),
    "queue": N_("The line was too long"),
    "lag": N_("The server was too busy"),
    "rate": N_("Connected too often"),
    "account": N_("Too many connections of one account"),
    "network": N_("Too many connections of one network"),
    "stalled": N_("Cut: took nothing for too long"),
    "behind": N_("Cut: fell too far behind"),
    "far": N_("Cut: further behind than is read"),
    "unsent": N_("Cut: left its answers lying"),
    "silent": N_("Cut: was not heard from any more"),
}
ENDED: Final = {
    "left": N_("Left"),
    "lost": N_("The line broke"),
    "1012": N_("Restart"),
    "1013": N_("Asked to come back later"),
    "4001": N_("Signed out"),
    "4003": N_("Rights changed"),
    "4004": N_("Not allowed"),
    "4008": N_("Read too slowly"),
    "4009": N_("Not our protocol"),
    "4029": N_("Too many messages or connections"),
}
NOT_WEBSOCKET: Final = N_("Not understood")


async def now(request: Request) -> Response:
    """The page, or only its figures for the script that puts them in place."""
    watch: Watch = request.app.state.watch
    await watch.ask()
    seen = figures(watch)
    tallies = watch.live.hub.tallies
    context = {
        "now": seen,
        "hub": watch.live.hub,
        "entrance": watch.live.entrance,
        "commits": watch.live.db.engine.commits,
        "process": watch.process,
        "jobs": watch.jobs,
        "bus": watch.bus,
        "troubles": list(_troubles(seen, draining=request.app.state.draining)),
        "tables": [
            (N_("How listeners began"), _named(BEGAN, tallies.resumes)),
            (N_("Turned away or cut"), _named(REFUSED, tallies.refused | tallies.cuts)),
            (N_("How connections ended"), _named(ENDED, tallies.closes)),
        ],
    }
    if wants_fragment(request):
        return fragment(request, "fragments/admin/now.html", context)
    return page(request, "admin/now.html", context)


def _named(names: Mapping[str, str], counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """(what is said of it, how often), most often first."""
    said: dict[str, int] = {}
    for key, count in counts.items():
        name = names.get(key, NOT_WEBSOCKET)
        said[name] = said.get(name, 0) + count
    return sorted(((name, count) for name, count in said.items() if count), key=lambda one: -one[1])


def _troubles(seen: Now, *, draining: bool) -> Iterator[tuple[str, str]]:
    """(how bad, what it is), for what an operator should look at."""
    watch, entrance = seen.watch, seen.watch.live.entrance
    if draining:
        yield "warn", N_("This server is stopping.")
    if not watch.bus.connected:
        yield "bad", N_("The other servers are not heard. News from them comes some seconds late.")
    if not watch.jobs:
        yield "bad", N_("The database does not answer.")
    if watch.lag.overloaded():
        yield "bad", N_("This server has more to do than it can. New listeners are asked to come back later.")
    elif seen.lag_s >= LATE_S:
        yield "warn", N_("Something held this server up within the last two minutes.")
    if seen.connections >= NEARLY_FULL * entrance.most_open:
        yield "bad", N_("Nearly all places for listeners are taken. Raise the limit of open files.")
    if watch.live.db.engine.commits.waiting >= MANY_WAITING:
        yield "warn", N_("Many writes wait for the disk.")
    if watch.jobs.get("dead"):
        yield "warn", N_("Some jobs failed for good and wait for you.")


ROUTES = [route("/admin/now", now, ADMIN)]
