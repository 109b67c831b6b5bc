"""Jobs that failed for good wait here for a person."""

from starlette.requests import Request
from starlette.responses import Response

from channel import outbox
from channel.errors import NotFound
from channel.i18n import translate_error
from channel.ids import is_id
from channel.routing import ADMIN, route, services_of, viewer_of
from channel.web.forms import read_form
from channel.web.responses import page, see_other


async def jobs(request: Request) -> Response:
    """What failed, why, and how often it was tried."""
    async with services_of(request).db.read() as tx:
        dead, waiting = await outbox.dead_jobs(tx), await outbox.waiting_jobs(tx)
    language = viewer_of(request).language
    problems = {job.id: translate_error(language, job.problem) for job in dead}
    return page(request, "admin/jobs.html", {"jobs": dead, "problems": problems, "waiting": waiting})


async def act(request: Request) -> Response:
    """Try it again, or drop it."""
    job_id = request.path_params["id"]
    verbs = {"retry": outbox.retry, "drop": outbox.discard}
    verb = verbs.get((await read_form(request)).line("do"))
    if verb is None or not is_id(job_id):
        raise NotFound
    async with services_of(request).db.write() as tx:
        await verb(tx, job_id)
    request.app.state.worker.wake()
    return see_other("/admin/jobs")


ROUTES = [
    route("/admin/jobs", jobs, ADMIN),
    route("/admin/jobs/{id}", act, ADMIN, methods=("POST",)),
]
